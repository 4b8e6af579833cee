//! Which sentences answer a question: `[3] [4]`, `[3] = Barbary Coast`, or that none does.

use serde::{Deserialize, Serialize};

use super::{
    Numbered, none, one_line,
    pointing::{numbers_regex, take_numbers, write_numbers},
    prompt,
    words::words,
};
use crate::{
    Language,
    ports::{Constraint, Message},
};

/// Between the numbers and what is said of them.
pub(super) const SAYS: &str = " = ";

/// What is said to a question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PointedAnswer {
    /// No sentence answers it.
    Absent,
    /// These do.
    Found {
        /// In reading order.
        numbers: Vec<usize>,
        /// Where a name, a number, a date or a place is asked for: the words of one of the sentences that are it.
        words: Option<String>,
    },
}

/// Asks which sentences answer a question. The answer is [`answer_text`].
pub fn answer_prompt(language: Language, shown: &Numbered, question: &str) -> Vec<Message> {
    prompt(language, shown, &format!("{}{}", words(language).question, one_line(question)))
}

/// How an answer is written.
pub fn answer_text(language: Language, answer: &PointedAnswer) -> String {
    match answer {
        PointedAnswer::Absent => none(language).to_owned(),
        PointedAnswer::Found { numbers, words: None } => write_numbers(numbers),
        PointedAnswer::Found { numbers, words: Some(words) } => {
            format!("{}{SAYS}{}", write_numbers(numbers), one_line(words))
        }
    }
}

/// Takes [`answer_text`] apart again. Words that stand in none of the sentences pointed at make it malformed.
pub fn read_answer(language: Language, shown: &Numbered, text: &str) -> Option<PointedAnswer> {
    let text = text.trim();
    if text == none(language) {
        return Some(PointedAnswer::Absent);
    }
    let (numbers, rest) = take_numbers(shown, text)?;
    if rest.is_empty() {
        return Some(PointedAnswer::Found { numbers, words: None });
    }
    let words = rest.strip_prefix(SAYS).filter(|words| !words.is_empty() && one_line(words) == *words)?;
    let quoted = numbers.iter().any(|n| shown.sentence(*n).is_some_and(|sentence| sentence.contains(words)));
    quoted.then(|| PointedAnswer::Found { numbers, words: Some(words.to_owned()) })
}

/// The form of an answer; that its words stand in the sentences is left to [`read_answer`].
pub fn answer_constraint(language: Language, shown: &Numbered) -> Constraint {
    let none = none(language);
    let pointed = numbers_regex(shown).map(|numbers| format!(r"{numbers}({SAYS}[^\s][^\n]*)?|"));
    Constraint::Regex(format!("{}{none}", pointed.unwrap_or_default()))
}
