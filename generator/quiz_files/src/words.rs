//! The few words that exported files add to a quiz, in its language.

use domain::{Language, Quiz};
use text::page_word;

/// Words of one language.
#[derive(Clone, Copy, Debug)]
pub struct FileWords {
    pub yes: &'static str,
    pub no: &'static str,
    pub key: &'static str,
    pub name: &'static str,
    pub date: &'static str,
    pub points: &'static str,
    pub judge: &'static str,
    pub order: &'static str,
    pub matching: &'static str,
    pub also: &'static str,
    pub source: &'static str,
    pub page: &'static str,
}

const ENGLISH: FileWords = FileWords {
    yes: "True",
    no: "False",
    key: "Answer key",
    name: "Name",
    date: "Date",
    points: "points",
    judge: "True or false?",
    order: "Bring into order.",
    matching: "Match.",
    also: "also right",
    source: "Source",
    page: page_word(Language::English),
};

const TRADITIONAL: FileWords = FileWords {
    yes: "是",
    no: "非",
    key: "答案",
    name: "姓名",
    date: "日期",
    points: "分",
    judge: "是非題",
    order: "請排列順序。",
    matching: "請配對。",
    also: "亦可",
    source: "出處",
    page: page_word(Language::TraditionalChinese),
};

const SIMPLIFIED: FileWords = FileWords {
    yes: "对",
    no: "错",
    key: "答案",
    name: "姓名",
    date: "日期",
    points: "分",
    judge: "判断题",
    order: "请排列顺序。",
    matching: "请配对。",
    also: "亦可",
    source: "出处",
    page: page_word(Language::SimplifiedChinese),
};

impl FileWords {
    /// Those of a language; English where Lectern has none.
    pub const fn of(language: Language) -> &'static Self {
        match language {
            Language::TraditionalChinese => &TRADITIONAL,
            Language::SimplifiedChinese => &SIMPLIFIED,
            Language::English | Language::Other => &ENGLISH,
        }
    }

    /// What a true-or-false key reads as.
    pub const fn truth(&self, key: bool) -> &'static str {
        if key { self.yes } else { self.no }
    }
}

/// The language that most questions are in.
pub fn language_of(quiz: &Quiz) -> Language {
    let languages = [Language::English, Language::TraditionalChinese, Language::SimplifiedChinese].into_iter().rev();
    languages
        .max_by_key(|language| quiz.questions.iter().filter(|q| q.language == *language).count())
        .unwrap_or(Language::English)
}
