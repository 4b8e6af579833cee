//! Tells a question's type, and the kind of thing it asks for, by its words.

use domain::{Language, task_prompts::v2::QuestionType};

/// What kind of thing a question asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Wanted {
    Person,
    Place,
    Time,
    Number,
    /// Another thing that has a name.
    Name,
}

/// Words and what they tell, tried in order.
type Cues<T> = [(&'static [&'static str], T)];

const ENGLISH_TYPES: &Cues<QuestionType> = &[
    (
        &["difference between", "differ from", "compared to", "compared with", "in common", "similar to"],
        QuestionType::Comparison,
    ),
    (&["mainly about", "main idea", "best title"], QuestionType::MainIdea),
    (&[" feel ", " feel?", " feeling", "emotion"], QuestionType::Feeling),
    (
        &[
            "meaning of",
            "stand for",
            "stands for",
            "definition of",
            " synonym",
            "the term ",
            "mean?",
            "means?",
            " signify",
        ],
        QuestionType::Vocabulary,
    ),
    (&["purpose", "in order to", " goal of", " aim of", "the intent of"], QuestionType::Purpose),
    (&["why ", "what caused", "what causes", "what led to", "reason"], QuestionType::Cause),
    (
        &[
            "the result of",
            "a result of",
            "consequence",
            "effect of",
            "the impact",
            "happened after",
            "happened when",
            "happened to ",
        ],
        QuestionType::Consequence,
    ),
    (
        &[
            "will happen",
            "would happen",
            "might happen",
            "may happen",
            "what will ",
            "what may ",
            "plan to",
            "planning to",
        ],
        QuestionType::Prediction,
    ),
];

const CHINESE_TYPES: &Cues<QuestionType> = &[
    (
        &[
            "差別",
            "差别",
            "差異",
            "差异",
            "不同之處",
            "不同之处",
            "有何不同",
            "有什麼不同",
            "有什么不同",
            "共同點",
            "共同点",
            "相同之處",
            "相同之处",
        ],
        QuestionType::Comparison,
    ),
    (&["主旨", "主要內容", "主要内容"], QuestionType::MainIdea),
    (
        &["什麼意思", "什么意思", "的意思", "含義", "含义", "意指", "意為", "意为", "是指什麼", "是指什么"],
        QuestionType::Vocabulary,
    ),
    (&["目的", "為了什麼", "为了什么", "用途", "作用"], QuestionType::Purpose),
    (&["為什麼", "为什么", "為何", "为何", "為甚麼", "原因", "何故", "緣故", "缘故"], QuestionType::Cause),
    (
        &["結果", "结果", "後果", "后果", "什麼影響", "什么影响", "有何影響", "有何影响", "導致了什麼", "导致了什么"],
        QuestionType::Consequence,
    ),
    (&["感受", "心情", "感到"], QuestionType::Feeling),
];

/// A question's type by its words; `otherwise` where they tell none.
pub(super) fn type_of(question: &str, language: Language, otherwise: QuestionType) -> QuestionType {
    let lower = readable(question);
    let cues = if language.is_chinese() { CHINESE_TYPES } else { ENGLISH_TYPES };
    find(cues, &lower).unwrap_or(otherwise)
}

const ENGLISH_WANTED: &Cues<Wanted> = &[
    (
        &[
            "how many",
            "how much",
            "how long",
            "how old",
            "how far",
            "how tall",
            "how big",
            "how large",
            "how often",
            "how high",
            "what percent",
            "what number",
            "what fraction",
        ],
        Wanted::Number,
    ),
    (
        &[
            "when ",
            "what year",
            "which year",
            "what date",
            "what day",
            "what month",
            "what century",
            "which century",
            "what decade",
            "what time",
            "what era",
            "what period",
        ],
        Wanted::Time,
    ),
    (
        &[
            "where ",
            "what city",
            "which city",
            "what country",
            "which country",
            "what state",
            "which state",
            "what town",
            "what continent",
            "what river",
            "what island",
            "what place",
        ],
        Wanted::Place,
    ),
    (&["who ", "whom ", "whose ", "who?", "whom?"], Wanted::Person),
    (
        &[
            "what is the name",
            "what was the name",
            "what is the title",
            "what was the title",
            "which ",
            "named?",
            "called?",
        ],
        Wanted::Name,
    ),
];

const CHINESE_WANTED: &Cues<Wanted> = &[
    (
        &[
            "何時",
            "何时",
            "什麼時候",
            "什么时候",
            "甚麼時候",
            "哪一年",
            "哪年",
            "何年",
            "幾年",
            "几年",
            "年份",
            "哪一天",
            "幾月",
            "几月",
            "哪個世紀",
            "哪个世纪",
            "什麼年代",
            "什么年代",
        ],
        Wanted::Time,
    ),
    (&["多少", "幾", "几", "百分之"], Wanted::Number),
    (
        &[
            "哪裡",
            "哪里",
            "哪裏",
            "哪兒",
            "哪儿",
            "何處",
            "何处",
            "何地",
            "哪個國家",
            "哪个国家",
            "哪國",
            "哪国",
            "哪個城市",
            "哪个城市",
            "哪座城",
            "哪個地",
            "哪个地",
            "什麼地方",
            "什么地方",
            "位於哪",
            "位于哪",
        ],
        Wanted::Place,
    ),
    (
        &["誰", "谁", "何人", "哪位", "哪一位", "哪個人", "哪个人", "哪一個人", "哪一个人", "什麼人", "什么人"],
        Wanted::Person,
    ),
    (
        &[
            "名稱", "名称", "名字", "稱為", "称为", "叫做", "叫作", "哪個", "哪个", "哪一", "哪種", "哪种", "何種",
            "何种",
        ],
        Wanted::Name,
    ),
];

/// The kind of thing that a question asks for; `None` where it is no single thing (why, how), or nothing tells.
pub(super) fn wanted(question: &str, language: Language) -> Option<Wanted> {
    let lower = readable(question);
    let (cues, open) =
        if language.is_chinese() { (CHINESE_WANTED, CHINESE_OPEN) } else { (ENGLISH_WANTED, ENGLISH_OPEN) };
    if open.iter().any(|cue| lower.contains(cue)) {
        return None;
    }
    first(cues, &lower)
}

/// What is not answered with a thing that has a name.
const ENGLISH_OPEN: &[&str] = &[
    "why ",
    "how did",
    "how do",
    "how does",
    "how was",
    "how were",
    "how is",
    "how are",
    "how can",
    "how could",
    "how would",
    "describe",
    "explain",
];
const CHINESE_OPEN: &[&str] =
    &["為什麼", "为什么", "為何", "为何", "為甚麼", "如何", "怎麼", "怎么", "怎樣", "怎样", "原因"];

/// The words that a question asks for, where they are few and stand in the text: shown beside the sentence they are of.
pub(super) fn asks_for_words(question: &str, answer: &str, language: Language) -> bool {
    let lower = readable(question);
    let (open, short) = if language.is_chinese() {
        (CHINESE_OPEN, answer.chars().count() <= 14)
    } else {
        (ENGLISH_OPEN, answer.split(' ').count() <= 6)
    };
    short && !open.iter().any(|cue| lower.contains(cue)) && !answer.contains(['，', '；', ';', '。'])
}

/// In lower case; 名為什麼 asks for a name, not for a reason.
pub(super) fn readable(question: &str) -> String {
    let mut lower = question.to_lowercase();
    for verb in ["名", "稱", "称", "分", "改", "譯", "译", "視", "视", "作", "成", "定", "歸", "归"] {
        for (why, what) in [("為什麼", "叫什麼"), ("为什么", "叫什么")] {
            lower = lower.replace(&format!("{verb}{why}"), &format!("{verb}{what}"));
        }
    }
    lower
}

fn find<T: Copy>(cues: &Cues<T>, lower: &str) -> Option<T> {
    // A question word also begins a question, which has no space before it.
    let spaced = format!(" {lower}");
    cues.iter().find(|(words, _)| words.iter().any(|word| spaced.contains(word))).map(|(_, found)| *found)
}

/// What the cue that stands first tells; of two at one place, the earlier in the list.
fn first<T: Copy>(cues: &Cues<T>, lower: &str) -> Option<T> {
    let spaced = format!(" {lower}");
    let place = |words: &[&str]| words.iter().filter_map(|word| spaced.find(word)).min();
    cues.iter().filter_map(|(words, found)| Some((place(words)?, *found))).min_by_key(|(at, _)| *at).map(|(_, f)| f)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_and_things_are_told_by_words() {
        let (english, chinese) = (Language::English, Language::TraditionalChinese);
        let kind = |question, language| type_of(question, language, QuestionType::Detail);
        assert_eq!(kind("Why did the library lend lamps?", english), QuestionType::Cause);
        assert_eq!(kind("What does the term \"prehension\" signify?", english), QuestionType::Vocabulary);
        assert_eq!(kind("哪一個人接任大總統？", chinese), QuestionType::Detail);
        assert_eq!(kind("初來港的上海女性為甚麼要加入?", chinese), QuestionType::Cause);
        assert_eq!(wanted("Who was setting?", english), Some(Wanted::Person));
        assert_eq!(wanted("How many classes are there?", english), Some(Wanted::Number));
        assert_eq!(wanted("How did he know when to stop?", english), None);
        assert_eq!(wanted("南加大在2016年的排名中名列第幾?", chinese), Some(Wanted::Number));
        assert_eq!(wanted("《中俄天津條約》在幾月幾日時簽訂?", chinese), Some(Wanted::Time));
    }

    #[test]
    fn only_few_words_are_asked_for() {
        assert!(asks_for_words("Karma's actions come from what?", "cetanā", Language::English));
        assert!(!asks_for_words("Why did he go?", "the sun", Language::English));
        assert!(!asks_for_words("她要求什麼？", "她要求所有的人都離開，並且不再回來", Language::TraditionalChinese));
    }
}
