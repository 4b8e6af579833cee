//! What kind of thing a question asks for, as far as its words tell, and whether a sentence holds one.

use unicode_segmentation::UnicodeSegmentation;

use crate::{is_common, number_key, number_word, stem};

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// A number or a date.
    Number,
    /// A person or a place, in English: a capitalised name.
    Name,
    /// A reason.
    Reason,
    /// Anything.
    Any,
}

const NUMBER: [&str; 14] = [
    "how many",
    "how much",
    "how long",
    "how old",
    "how far",
    "how tall",
    "how often",
    "when ",
    "what year",
    "which year",
    "what date",
    "what percent",
    "what day",
    "what decade",
];
const NUMBER_HAN: [&str; 15] = [
    "多少",
    "幾",
    "几",
    "何時",
    "何时",
    "哪一年",
    "哪年",
    "何年",
    "年份",
    "什麼時候",
    "什么时候",
    "日期",
    "多久",
    "多長",
    "多长",
];
const NAME: [&str; 4] = ["who ", "whom ", "whose ", "where "];
const REASON: [&str; 5] = ["why ", "為什麼", "为什么", "為何", "为何"];
const BECAUSE: [&str; 12] = [
    "because",
    "due to",
    "in order to",
    "since ",
    "so that",
    "as a result",
    "因",
    "由於",
    "由于",
    "為了",
    "为了",
    "導致",
];

impl Expected {
    /// What `question` asks for.
    pub fn of(question: &str) -> Self {
        let lower = question.to_lowercase();
        let any = |list: &[&str]| list.iter().any(|w| lower.contains(w));
        if any(&NUMBER) || any(&NUMBER_HAN) {
            Self::Number
        } else if any(&REASON) {
            Self::Reason
        } else if any(&NAME) {
            Self::Name
        } else {
            Self::Any
        }
    }
}

/// Whether `sentence` holds what is expected, and not only in words of the question (`asked`, as terms).
pub fn holds(expected: Expected, sentence: &str, asked: &[String]) -> bool {
    match expected {
        Expected::Any => false,
        Expected::Reason => {
            let lower = sentence.to_lowercase();
            BECAUSE.iter().any(|w| lower.contains(w))
        }
        Expected::Number => {
            let han =
                sentence.contains(['一', '二', '兩', '两', '三', '四', '五', '六', '七', '八', '九', '十', '百', '千']);
            let words = || sentence.unicode_words();
            let digits = words()
                .filter(|w| w.contains(|c: char| c.is_ascii_digit()))
                .any(|w| !asked.contains(&number_key(&w.to_lowercase())));
            digits || han || words().any(|w| number_word(&w.to_lowercase()).is_some())
        }
        Expected::Name => names(sentence).iter().any(|name| !asked.contains(&stem(&name.to_lowercase()))),
    }
}

/// The capitalised words of an English sentence, its first word only if it is not a common one.
pub fn names(sentence: &str) -> Vec<&str> {
    let capital = |w: &&str| w.chars().next().is_some_and(char::is_uppercase);
    sentence.unicode_words().filter(capital).filter(|w| !is_common(&w.to_lowercase())).collect()
}
