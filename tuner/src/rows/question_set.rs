//! Reads question sets: one JSON object a line, with the passage, a question, and its answer or nothing.

use std::path::Path;

use domain::Language;
use serde::Deserialize;

use crate::{TunerError, TunerResult, error::unreadable};

/// A question about a passage.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct QuestionItem {
    /// For messages and rows.
    pub id: String,
    /// Of passage and question.
    pub lang: Language,
    /// The passage.
    pub context: String,
    /// The question.
    pub question: String,
    /// A stretch of the passage; empty where the passage does not answer the question.
    pub answer: String,
    /// Where it comes from.
    #[serde(default)]
    pub source: String,
    /// The article that the passage is of, where known.
    #[serde(default)]
    pub title: String,
}

/// Reads a set. A missing field, an empty one, or an answer that is not in its passage is an error with the line.
pub fn read_questions(path: &Path) -> TunerResult<Vec<QuestionItem>> {
    read_lines(path, |item: QuestionItem| {
        let empty = [("id", &item.id), ("context", &item.context), ("question", &item.question)];
        if let Some((field, _)) = empty.into_iter().find(|(_, value)| value.trim().is_empty()) {
            return Err(format!("field `{field}` is empty"));
        }
        if !item.context.contains(&item.answer) {
            return Err(format!("field `answer`: `{}` does not occur in `context`", item.answer));
        }
        Ok(item)
    })
}

/// Reads the texts of a set of passages (`{"text": …}` a line), such as those that are kept for evaluation.
pub fn read_passages(path: &Path) -> TunerResult<Vec<String>> {
    #[derive(Deserialize)]
    struct Passage {
        text: String,
    }
    read_lines(path, |passage: Passage| Ok(passage.text))
}

fn read_lines<T: for<'a> Deserialize<'a>, U>(
    path: &Path,
    check: impl Fn(T) -> Result<U, String>,
) -> TunerResult<Vec<U>> {
    let text = std::fs::read_to_string(path).map_err(|e| unreadable(path, e))?;
    let mut items = Vec::new();
    for (line, text) in (1..).zip(text.lines()).filter(|(_, text)| !text.trim().is_empty()) {
        let bad = |problem: String| TunerError::BadRow { path: path.to_owned(), line, problem };
        let item = serde_json::from_str(text).map_err(|e| bad(e.to_string()))?;
        items.push(check(item).map_err(bad)?);
    }
    Ok(items)
}
