//! Training rows: conversations whose last message is what the model is to say.

mod hold_out;
mod neighbours;
mod pointing;
mod prepare;
mod question_set;
mod spans;
#[cfg(test)]
mod tests;

use std::path::Path;

use domain::{
    Language,
    ports::{Message, Role},
    task_prompts,
};
use serde::{Deserialize, Serialize};

pub use pointing::{AskedItem, Material, SourceText, SplitSentences, Told, prepare_pointing, read_material};
pub use prepare::{PrepareReport, PrepareSettings, Prepared, RowCount, prepare};
pub use question_set::{FollowUp, QuestionItem, QuestionSet, read_passages, read_questions, write_question_set};

use crate::{TunerError, TunerResult, error::unreadable, files::write_lines, random::Random};

/// One training row. On disk: one JSON object a line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// For messages and reports.
    pub id: String,
    /// What is asked for: `answer`, `refuse`, `stem`, `distractors`, `rewrite`, of version 2 also `verdict` and `question`, or
    /// a task of one's own.
    pub task: String,
    /// For reports: a question's type, a verdict, an answer's form.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// For reports.
    #[serde(default = "english")]
    pub language: Language,
    /// Rows of a group begin alike and are trained together, their beginning computed once. Rows without one stay alone.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub group: String,
    /// The last is the assistant's.
    pub messages: Vec<Message>,
}

impl Row {
    /// The version of Lectern's own wordings that the row is in; `None` for another's.
    pub(crate) fn task_prompts(&self) -> Option<u32> {
        task_prompts::version_of(self.language, &self.messages.first()?.content)
    }
}

impl Default for Row {
    fn default() -> Self {
        let (id, task, kind, group) = Default::default();
        Self { id, task, kind, language: Language::English, group, messages: Vec::new() }
    }
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
        let row: Row = serde_json::from_str(text).map_err(|e| bad(explain(text, &e)))?;
        check(&row).map_err(bad)?;
        rows.push(row);
    }
    Ok(rows)
}

/// Question sets are given by mistake for the rows that are made of them.
fn explain(line: &str, error: &serde_json::Error) -> String {
    let question = serde_json::from_str::<serde_json::Value>(line).is_ok_and(|v| v.get("context").is_some());
    if question {
        "is a question, not a training row; `lectern tune prepare` makes rows of questions".to_owned()
    } else {
        error.to_string()
    }
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

/// Divides rows into those to train on and about a `share` to evaluate with, whole groups at a time. For rows that came
/// without a part held out by article, as [`prepare`] does it: what is known of another group's passages can leak.
pub fn hold_out_rows(rows: &[Row], share: f64, seed: u64) -> (Vec<Row>, Vec<Row>) {
    let mut random = Random::derived(seed, &[5]);
    let (mut train, mut held_out) = (Vec::new(), Vec::new());
    for group in rows.chunk_by(|a, b| !a.group.is_empty() && a.group == b.group) {
        let part = if f64::from(random.float()) < share { &mut held_out } else { &mut train };
        part.extend_from_slice(group);
    }
    (train, held_out)
}

/// Writes rows, one a line; the file is whole or not there.
pub fn write_rows(path: &Path, rows: &[Row]) -> TunerResult<()> {
    write_lines(path, rows)
}
