//! Whether a statement is so, or what a question for yes or no is answered with, and the sentences that show it:
//! `[3] = yes`, `[3] = no`, or that none tells.

use serde::{Deserialize, Serialize};

use super::{
    Numbered,
    answer::SAYS,
    none, one_line,
    pointing::{numbers_regex, take_numbers, write_numbers},
    prompt,
    words::words,
};
use crate::{
    Language,
    ports::{Constraint, Message},
};

/// What passages say of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It is so; a question for yes or no is answered with yes.
    Supported,
    /// It is not so.
    Contradicted,
    /// They do not tell.
    NotSaid,
}

impl Verdict {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Supported, Self::Contradicted, Self::NotSaid];

    /// Its name in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Supported => "supported",
            Self::Contradicted => "contradicted",
            Self::NotSaid => "not_said",
        }
    }
}

/// A verdict and what shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judgement {
    /// What the passages say.
    pub verdict: Verdict,
    /// Of the sentences that show it, in reading order; empty where nothing is said.
    pub numbers: Vec<usize>,
}

/// Asks whether a statement is so; a question for yes or no is put in the same way. The answer is [`verdict_text`].
pub fn verdict_prompt(language: Language, shown: &Numbered, statement: &str) -> Vec<Message> {
    prompt(language, shown, &format!("{}{}", words(language).statement, one_line(statement)))
}

/// How a verdict is written. One without numbers is written as [`Verdict::NotSaid`], which has none.
pub fn verdict_text(language: Language, judgement: &Judgement) -> String {
    let words = words(language);
    let said = match judgement.verdict {
        Verdict::Supported if !judgement.numbers.is_empty() => words.yes,
        Verdict::Contradicted if !judgement.numbers.is_empty() => words.no,
        _ => return words.none.to_owned(),
    };
    format!("{}{SAYS}{said}", write_numbers(&judgement.numbers))
}

/// Takes [`verdict_text`] apart again.
pub fn read_verdict(language: Language, shown: &Numbered, text: &str) -> Option<Judgement> {
    let (words, text) = (words(language), text.trim());
    if text == words.none {
        return Some(Judgement { verdict: Verdict::NotSaid, numbers: Vec::new() });
    }
    let (numbers, rest) = take_numbers(shown, text)?;
    let verdict = match rest.strip_prefix(SAYS)? {
        said if said == words.yes => Verdict::Supported,
        said if said == words.no => Verdict::Contradicted,
        _ => return None,
    };
    Some(Judgement { verdict, numbers })
}

/// The form of a verdict.
pub fn verdict_constraint(language: Language, shown: &Numbered) -> Constraint {
    let words = words(language);
    let pointed = numbers_regex(shown).map(|numbers| format!("{numbers}{SAYS}({}|{})|", words.yes, words.no));
    Constraint::Regex(format!("{}{}", pointed.unwrap_or_default(), none(language)))
}
