//! Training rows: conversations whose last message is what the model is to say.

mod hold_out;
mod neighbours;
mod prepare;
mod question_set;
mod spans;

use std::path::Path;

use domain::{
    Language,
    ports::{Message, Role},
};
use serde::{Deserialize, Serialize};

pub use prepare::{PrepareReport, PrepareSettings, Prepared, prepare};
pub use question_set::{QuestionItem, read_passages, read_questions};

use crate::{TunerError, TunerResult, error::unreadable, files::write_whole};

/// One training row. On disk: one JSON object a line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// For messages and reports.
    pub id: String,
    /// What is asked for: `answer`, `refuse`, `stem`, `distractors`, or a task of one's own.
    pub task: String,
    /// For reports.
    #[serde(default = "english")]
    pub language: Language,
    /// Rows of a group begin alike and are trained together, their beginning computed once. Rows without one stay alone.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub group: String,
    /// The last is the assistant's.
    pub messages: Vec<Message>,
}

const fn english() -> Language {
    Language::English
}

/// Reads rows; a line that is none is an error with its number.
pub fn read_rows(path: &Path) -> TunerResult<Vec<Row>> {
    let text = std::fs::read_to_string(path).map_err(|e| unreadable(path, e))?;
    let mut rows = Vec::new();
    for (line, text) in (1..).zip(text.lines()).filter(|(_, text)| !text.trim().is_empty()) {
        let bad = |problem: String| TunerError::BadRow { path: path.to_owned(), line, problem };
        let row: Row = serde_json::from_str(text).map_err(|e| bad(e.to_string()))?;
        check(&row).map_err(bad)?;
        rows.push(row);
    }
    Ok(rows)
}

fn check(row: &Row) -> Result<(), String> {
    let Some((last, before)) = row.messages.split_last() else { return Err("field `messages` is empty".to_owned()) };
    if last.role != Role::Assistant {
        return Err("field `messages`: the last must be the assistant's".to_owned());
    }
    if last.content.trim().is_empty() {
        return Err("field `messages`: the assistant's is empty".to_owned());
    }
    if before.is_empty() {
        return Err("field `messages`: there is no prompt before the assistant's".to_owned());
    }
    Ok(())
}

/// Writes rows, one a line; the file is whole or not there.
pub fn write_rows(path: &Path, rows: &[Row]) -> TunerResult<()> {
    let mut text = Vec::new();
    for row in rows {
        serde_json::to_writer(&mut text, row).map_err(|e| unreadable(path, e.into()))?;
        text.push(b'\n');
    }
    write_whole(path, &text)
}
