//! Reads a quiz as the API has it: a whole quiz, or `{"title", "questions"}`.

use domain::Question;
use serde::Deserialize;

use super::{FileProblem, ImportedQuiz};

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    title: Option<String>,
    questions: Vec<Question>,
}

/// Reads a file.
pub fn read(text: &str) -> Result<ImportedQuiz, Vec<FileProblem>> {
    let file: File = serde_json::from_str(text)
        .map_err(|e| vec![FileProblem::new(e.line(), format!("column {}: {e}", e.column()))])?;
    Ok(ImportedQuiz { title: file.title, questions: file.questions, left_out: vec![] })
}
