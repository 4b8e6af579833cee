//! Evaluation sets: `passages.jsonl` and `questions.jsonl`, one JSON object a line.

use std::{collections::HashMap, fs, path::Path};

use domain::Language;
use serde::{Deserialize, de::DeserializeOwned};

use crate::RetrieverError;

/// A line of `passages.jsonl`; other fields are ignored.
#[derive(Debug, Deserialize)]
pub struct EvalPassage {
    /// Its name.
    pub id: String,
    /// Of the article that it is from.
    #[serde(default)]
    pub title: String,
    /// The passage.
    pub text: String,
}

/// A line of `questions.jsonl`; other fields are ignored.
#[derive(Debug, Deserialize)]
pub struct EvalQuestion {
    /// The question.
    pub question: String,
    /// The passage that answers it.
    pub passage_id: String,
    /// What counts as an answer; empty where the question must be refused.
    #[serde(default)]
    pub answers: Vec<String>,
    /// Its language.
    #[serde(default)]
    pub lang: Option<Language>,
}

/// Passages, and questions about them.
#[derive(Debug)]
pub struct EvalSet {
    /// All passages.
    pub passages: Vec<EvalPassage>,
    /// The questions, all or as many as were wanted.
    pub questions: Vec<EvalQuestion>,
    places: HashMap<String, usize>,
}

impl EvalSet {
    /// Reads `passages.jsonl` and `questions.jsonl`; of the questions `limit`, see [`spread`]. A question whose passage is
    /// not there is an error with its line.
    pub fn read(dir: &Path, limit: Option<usize>) -> Result<Self, RetrieverError> {
        let passages: Vec<EvalPassage> = read_lines(&dir.join("passages.jsonl"))?;
        let questions: Vec<EvalQuestion> = read_lines(&dir.join("questions.jsonl"))?;
        let places: HashMap<String, usize> = passages.iter().enumerate().map(|(n, p)| (p.id.clone(), n)).collect();
        if let Some((line, question)) = (1..).zip(&questions).find(|(_, q)| !places.contains_key(&q.passage_id)) {
            let detail = format!("there is no passage `{}`", question.passage_id);
            return Err(RetrieverError::MalformedLine { path: dir.join("questions.jsonl"), line, detail });
        }
        let questions = spread(questions, limit);
        Ok(Self { passages, questions, places })
    }

    /// Takes a `share` (0 to 1) of the passages out, evenly over the list: what they answered is then unanswerable, while
    /// others of their articles stay.
    pub fn take_out(&mut self, share: f64) {
        let is_out = |n: usize| ((n + 1) as f64 * share).floor() > (n as f64 * share).floor();
        let kept = std::mem::take(&mut self.passages).into_iter().enumerate().filter(|(n, _)| !is_out(*n));
        self.passages = kept.map(|(_, passage)| passage).collect();
        self.places = self.passages.iter().enumerate().map(|(n, p)| (p.id.clone(), n)).collect();
        for question in self.questions.iter_mut().filter(|q| !self.places.contains_key(&q.passage_id)) {
            question.answers.clear();
        }
    }

    /// The place among the passages of the one that answers this question.
    pub fn place(&self, question: &EvalQuestion) -> Option<usize> {
        self.places.get(&question.passage_id).copied()
    }
}

/// Some of the items, as many as stated, evenly over the list: neighbours are often about the same text.
pub fn spread<T>(items: Vec<T>, limit: Option<usize>) -> Vec<T> {
    let (count, limit) = (items.len(), limit.unwrap_or(items.len()).min(items.len()));
    let is_chosen = |n: usize| (n + 1) * limit / count > n * limit / count;
    items.into_iter().enumerate().filter(|(n, _)| is_chosen(*n)).map(|(_, item)| item).collect()
}

/// Reads a file of lines; blank ones are skipped.
fn read_lines<T: DeserializeOwned>(path: &Path) -> Result<Vec<T>, RetrieverError> {
    let text = fs::read_to_string(path).map_err(RetrieverError::storage(path))?;
    text.lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(n, line)| {
            serde_json::from_str(line).map_err(|e| RetrieverError::MalformedLine {
                path: path.to_owned(),
                line: n + 1,
                detail: e.to_string(),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{EvalSet, spread};

    #[test]
    fn what_a_passage_answered_is_unanswerable_without_it() {
        let dir = tempfile::tempdir().unwrap();
        let line = |n| format!("{{\"id\": \"{n}\", \"text\": \"t\"}}\n");
        std::fs::write(dir.path().join("passages.jsonl"), (0..5).map(line).collect::<String>()).unwrap();
        let line = |n| format!("{{\"question\": \"q{n}\", \"answers\": [\"t\"], \"passage_id\": \"{n}\"}}\n");
        std::fs::write(dir.path().join("questions.jsonl"), (0..5).map(line).collect::<String>()).unwrap();
        let mut set = EvalSet::read(dir.path(), None).unwrap();
        set.take_out(0.4);
        let kept: Vec<_> = set.passages.iter().map(|p| p.id.as_str()).collect();
        assert_eq!(kept, ["0", "1", "3"]);
        let places: Vec<_> = set.questions.iter().map(|q| (set.place(q), q.answers.len())).collect();
        assert_eq!(places, [(Some(0), 1), (Some(1), 1), (None, 0), (Some(2), 1), (None, 0)]);
    }

    #[test]
    fn some_are_spread_evenly_and_none_is_made_up() {
        let of = |count: u32, limit| spread((0..count).collect(), limit);
        assert_eq!(of(10, Some(3)), [3, 6, 9]);
        assert_eq!(of(4, Some(9)), [0, 1, 2, 3]);
        assert_eq!(of(3, None), [0, 1, 2]);
        assert!(of(0, Some(2)).is_empty() && of(5, Some(0)).is_empty());
    }
}
