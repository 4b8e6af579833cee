//! A question of a type, its key, and the sentences that prove it, which come first: they settle what is asked about, and
//! a decoder that is kept to some of them asks about these.

use serde::{Deserialize, Serialize};

use super::{
    Numbered, QuestionType, one_line,
    pointing::{numbers_regex, take_numbers, write_numbers},
    prompt,
    words::words,
};
use crate::{
    Language,
    ports::{Constraint, Message},
};

/// A question as the model writes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrittenQuestion {
    /// Numbers of the sentences that prove the key, in reading order.
    pub proof: Vec<usize>,
    /// The question.
    pub stem: String,
    /// Its right answer.
    pub key: String,
}

/// Asks for a question of a type. The answer is [`question_text`].
pub fn question_prompt(language: Language, shown: &Numbered, kind: QuestionType) -> Vec<Message> {
    prompt(language, shown, &format!("{}{}", words(language).write, kind.word(language)))
}

/// Three lines: the proof's numbers, the stem, the key.
pub fn question_text(question: &WrittenQuestion) -> String {
    format!("{}\n{}\n{}", write_numbers(&question.proof), one_line(&question.stem), one_line(&question.key))
}

/// Takes [`question_text`] apart again. A stem that is its own key is malformed.
pub fn read_question(shown: &Numbered, text: &str) -> Option<WrittenQuestion> {
    let mut lines = text.trim().lines();
    let (proof, rest) = take_numbers(shown, lines.next()?.trim_end())?;
    let (stem, key) = (one_line(lines.next()?), one_line(lines.next()?));
    let whole = rest.is_empty() && lines.next().is_none() && !stem.is_empty() && !key.is_empty() && stem != key;
    whole.then_some(WrittenQuestion { proof, stem, key })
}

/// The form of a question; with `proof`, of one about these sentences. `None` where nothing is shown: no question has
/// that form.
pub fn question_constraint(shown: &Numbered, proof: &[usize]) -> Option<Constraint> {
    let numbers = if proof.is_empty() {
        numbers_regex(shown)?
    } else {
        write_numbers(proof).replace('[', r"\[").replace(']', r"\]")
    };
    Some(Constraint::Regex(format!(r"{numbers}\n[^\s][^\n]*\n[^\s][^\n]*")))
}
