//! Plain text for files: characters that no file format carries, single lines, the escapes of HTML and Markdown, and
//! the word for a page.

use std::fmt::Write as _;

use domain::Language;

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

/// With a backslash before every character that could be markup (`CommonMark` 2.4), and hard line breaks.
pub fn as_markdown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (i, line) in text.split('\n').enumerate() {
        if i > 0 {
            out.push_str("\\\n");
        }
        let digits = line.len() - line.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let words = line.trim_matches([' ', '\t']);
        let inner = line.find(words).map_or(0..0, |start| start..start + words.len());
        for (at, c) in line.char_indices() {
            // Blanks at either end of a line would be dropped, or make it code.
            if !inner.contains(&at) {
                let _ = write!(out, "&#{};", u32::from(c));
                continue;
            }
            let begins = at == 0 && matches!(c, '+' | '-' | '=');
            let numbers = digits > 0 && at == digits && matches!(c, '.' | ')');
            if begins
                || numbers
                || matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '|' | '~' | '&' | '$')
            {
                out.push('\\');
            }
            out.push(c);
        }
    }
    out
}

/// The word for a page, before its number.
pub const fn page_word(language: Language) -> &'static str {
    match language {
        Language::TraditionalChinese => "頁",
        Language::SimplifiedChinese => "页",
        Language::English | Language::Other => "page",
    }
}
