//! The tasks' wordings, version 2: the sentences of all passages are numbered through, and the model points at them.
//!
//! What is pointed at can't be miscopied, turned into its opposite or cut into a fragment; several sentences of several
//! passages can be named; and an answer takes a few tokens. Numbers come before words in every task: the place is found
//! first, and what is written after it can lean on it. `[3] [4] = Barbary Coast`. Where nothing is found, one word says
//! so, and it shares no beginning with a number: its probability, as the first token, can be held against a threshold.
//!
//! The system message is the same for every task and the numbered passages come before the task, so that all tasks on the
//! same passages share their beginning: in training and, as a KV cache, in serving.
//!
//! Each task has its prompt, a writer for what is to be said, a strict reader (`None` for anything malformed, numbers that
//! are not shown, repetitions) and the [`Constraint`] that keeps a decoder to the form as far as a regular expression can.

mod answer;
mod distractors;
mod numbered;
mod pointing;
mod question;
mod question_type;
mod rewrite;
#[cfg(test)]
mod tests;
mod verdict;
mod words;

pub use answer::{PointedAnswer, answer_constraint, answer_prompt, answer_text, read_answer};
pub use distractors::{distractor_constraint, distractor_prompt, distractor_text, read_distractors};
pub use numbered::{Numbered, ShownPassage};
pub use pointing::MOST_POINTED;
pub use question::{WrittenQuestion, question_constraint, question_prompt, question_text, read_question};
pub use question_type::QuestionType;
pub use rewrite::{read_rewrite, rewrite_constraint, rewrite_prompt};
pub use verdict::{Judgement, Verdict, read_verdict, verdict_constraint, verdict_prompt, verdict_text};

use words::words;

use crate::{
    Language,
    ports::{Constraint, Message, Role},
};

/// The version of these wordings: a model tuned on them says so in its GGUF file, under [`super::MODEL_KEY`].
pub const VERSION: u32 = 2;

/// The system message of every task.
pub const fn rules(language: Language) -> &'static str {
    words(language).rules
}

/// What the model says where no sentence answers, or none tells whether a statement is so.
pub const fn none(language: Language) -> &'static str {
    words(language).none
}

/// The numbered passages, an empty line, and the task.
fn prompt(language: Language, shown: &Numbered, task: &str) -> Vec<Message> {
    let content = if shown.is_empty() { task.to_owned() } else { format!("{}\n{task}", shown.text()) };
    vec![Message { role: Role::System, content: rules(language).to_owned() }, Message { role: Role::User, content }]
}

/// White space and line ends made single spaces: what is one item must be one line.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// So many lines with something on each.
fn lines_constraint(count: usize) -> Constraint {
    Constraint::Regex(vec![r"[^\s][^\n]*"; count].join(r"\n"))
}
