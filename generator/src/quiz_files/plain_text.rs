//! Plain text for files: characters that no file format carries, single lines, names, and HTML's escapes.

use domain::{Citation, Question};

/// Without characters that XML 1.0 (2.2) does not allow, with `\n` as the only line end, and without blanks around.
pub fn clean(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let kept: String = text.chars().filter(|c| !forbidden(*c)).collect();
    kept.trim().to_owned()
}

const fn forbidden(c: char) -> bool {
    matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}')
}

/// On one line.
pub fn one_line(text: &str) -> String {
    text.split(['\n', '\t']).map(str::trim).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

/// As HTML: markup characters escaped, lines broken.
pub fn as_html(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\n' => html.push_str("<br>"),
            c => html.push(c),
        }
    }
    html
}

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
