//! Plain text for files: what is shown after answering, names, numbers and letters.

use domain::{Citation, Question};
use text::one_line;

/// What is shown after answering: explanation, then feedback.
pub fn after_answering(question: &Question) -> String {
    let parts = [question.explanation.as_str(), question.feedback.as_str()];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n\n")
}

/// A short name: the number and the first words.
pub fn name(n: usize, question: &Question) -> String {
    let line = one_line(&question.stem);
    let start: String = line.chars().take(40).collect();
    let more = if start.len() < line.len() { "…" } else { "" };
    format!("Q{n} {}{more}", start.trim_end())
}

/// A short name for a passage: where it stands.
pub fn passage_name(passage: &Citation) -> String {
    let place =
        passage.heading_path.last().filter(|_| !passage.paged).cloned().unwrap_or_else(|| passage.page.to_string());
    format!("P{} {}, {}", passage.n, one_line(&passage.document_name), one_line(&place))
}

/// Points without needless digits.
pub fn number(points: f32) -> String {
    format!("{points}")
}

/// A, B, C, …
pub fn letter(index: usize) -> char {
    char::from(b'A' + u8::try_from(index % 26).unwrap_or(0))
}
