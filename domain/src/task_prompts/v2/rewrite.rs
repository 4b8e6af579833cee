//! A question that leans on those before it, in words that need nothing before it.

use super::{Numbered, lines_constraint, one_line, prompt, words::words};
use crate::{
    Language, Turn,
    ports::{Constraint, Message},
};

/// Asks for `question`, which follows on these questions and answers, in words that need nothing before it. Answers may
/// be empty.
pub fn rewrite_prompt(language: Language, before: &[Turn], question: &str) -> Vec<Message> {
    let words = words(language);
    let turn = |Turn { question, answer }: &Turn| {
        let (question, answer) = (one_line(question), one_line(answer));
        let answered = if answer.is_empty() { String::new() } else { format!("{}{answer}\n", words.key) };
        format!("{}{question}\n{answered}", words.question)
    };
    let before: String = before.iter().map(turn).collect();
    let task = format!("{before}{}{}\n{}", words.question, one_line(question), words.rewrite);
    prompt(language, &Numbered::default(), &task)
}

/// The question, if it is one line and nothing else.
pub fn read_rewrite(text: &str) -> Option<&str> {
    Some(text.trim()).filter(|text| !text.is_empty() && text.lines().count() == 1)
}

/// The form of a question.
pub fn rewrite_constraint() -> Constraint {
    lines_constraint(1)
}
