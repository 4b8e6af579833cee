//! Reads a quiz as the API has it: a whole quiz, or `{"title", "questions"}`.

use domain::{Citation, Question};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{FileProblem, ImportedQuiz, read_gift::MAX_PROBLEMS};

#[derive(Deserialize)]
struct File<'a> {
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    passages: Vec<Citation>,
    #[serde(borrow)]
    questions: Vec<&'a RawValue>,
}

/// Reads a file.
pub fn read(text: &str) -> Result<ImportedQuiz, Vec<FileProblem>> {
    let file: File<'_> = serde_json::from_str(text).map_err(|e| vec![problem(1, &e)])?;
    let (title, passages) = (file.title, file.passages);
    let (mut quiz, mut problems) = (ImportedQuiz { title, passages, ..ImportedQuiz::default() }, Vec::new());
    let (mut line, mut counted) = (1, 0);
    for raw in file.questions {
        // A raw value is a piece of the text itself.
        let at = raw.get().as_ptr() as usize - text.as_ptr() as usize;
        line += text.get(counted..at).unwrap_or_default().matches('\n').count();
        counted = at;
        match serde_json::from_str::<Question>(raw.get()) {
            Ok(mut question) => {
                // A number that no passage has means nothing.
                question.passage = question.passage.filter(|n| quiz.passages.iter().any(|p| p.n == *n));
                quiz.push(line, question);
            }
            Err(error) if problems.len() < MAX_PROBLEMS => problems.push(problem(line, &error)),
            Err(_) => break,
        }
    }
    if problems.is_empty() { Ok(quiz) } else { Err(problems) }
}

/// A fault in a piece of the file that begins on a line.
fn problem(begins: usize, error: &serde_json::Error) -> FileProblem {
    // serde_json appends the place, which in a piece would be told from the piece's beginning.
    let reason = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    FileProblem::new(begins + error.line().saturating_sub(1), reason.strip_suffix(&place).unwrap_or(&reason))
}
