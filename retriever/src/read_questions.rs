//! Evaluation sets: `passages.jsonl` and `questions.jsonl`, one JSON object a line.

use std::{fs, path::Path};

use serde::{Deserialize, de::DeserializeOwned};

use crate::RetrieverError;

/// A line of `passages.jsonl`; other fields are ignored.
#[derive(Debug, Deserialize)]
pub(crate) struct EvalPassage {
    pub(crate) id: String,
    #[serde(default)]
    pub(crate) title: String,
    pub(crate) text: String,
}

/// A line of `questions.jsonl`; other fields are ignored.
#[derive(Debug, Deserialize)]
pub(crate) struct EvalQuestion {
    pub(crate) question: String,
    pub(crate) passage_id: String,
}

/// Reads a file of lines; blank ones are skipped.
pub(crate) fn read_lines<T: DeserializeOwned>(path: &Path) -> Result<Vec<T>, RetrieverError> {
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
