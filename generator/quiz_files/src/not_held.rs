//! What a format has no place for, gathered by reason.

use domain::Question;
use serde::Serialize;

/// Something of the quiz that a file does not hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NotHeld {
    /// `question` where the whole question is missing, else the part: `points`, `explanation`, …
    pub what: &'static str,
    /// Why, and what stands there instead.
    pub reason: &'static str,
    /// The numbers of the questions concerned, from 1.
    pub questions: Vec<usize>,
}

/// Gathers what is not held.
#[derive(Debug, Default)]
pub struct Notes(Vec<NotHeld>);

impl Notes {
    /// Notes that `what` of question `n` is not held.
    pub fn add(&mut self, n: usize, what: &'static str, reason: &'static str) {
        match self.0.iter_mut().find(|note| note.what == what && note.reason == reason) {
            Some(note) => note.questions.push(n),
            None => self.0.push(NotHeld { what, reason, questions: vec![n] }),
        }
    }

    /// Notes the tags of question `n`, where the format has none.
    pub fn add_tags(&mut self, n: usize, question: &Question) {
        if !question.tags.is_empty() {
            self.add(n, "tags", "the format has no tags");
        }
    }

    /// Notes that the passage of question `n` is not held.
    pub fn add_passage(&mut self, n: usize, question: &Question) {
        if question.passage.is_some() {
            self.add(
                n,
                "passage",
                "the format has no place for a text before its questions; hand it out beside the file",
            );
        }
    }

    /// All notes, in the order of their first question.
    pub fn into_list(self) -> Vec<NotHeld> {
        self.0
    }
}
