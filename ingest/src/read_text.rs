//! Plain text to blocks: paragraphs between blank lines, headings that are underlined or numbered.

use domain::{BlockKind, ParsedDocument};

use crate::{
    Format, IngestError,
    build_document::{DocumentBuilder, markdown_table},
    numbered_heading::numbered_heading,
    script::is_unspaced,
};

/// A heading is one line, and not a long one (characters).
const LONGEST_HEADING: usize = 100;

/// Reads plain text that was decoded already.
pub(crate) fn read_text(text: &str, name: &str) -> Result<ParsedDocument, IngestError> {
    let unix = text.replace("\r\n", "\n").replace(['\r', '\u{c}', '\u{2028}', '\u{2029}'], "\n");
    let mut document = DocumentBuilder::default();
    let lines: Vec<&str> = unix.lines().map(str::trim_end).collect();
    for paragraph in lines.split(|line| line.trim().is_empty()).filter(|p| !p.is_empty()) {
        read_paragraph(&mut document, paragraph);
    }
    document.finish_flowing(Format::Text, name)
}

fn read_paragraph(document: &mut DocumentBuilder, mut lines: &[&str]) {
    if let Some((title, level)) = underlined(lines) {
        document.push_heading(level, title);
        lines = &lines[2..];
    }
    match lines {
        [] => {}
        [line] if numbered_heading(line.trim()).is_some() && line.chars().count() <= LONGEST_HEADING => {
            // An underlined title and an underlined chapter stand above numbered sections.
            let level = numbered_heading(line.trim()).map_or(1, |n| n.depth.saturating_add(1));
            document.push_heading(level, line);
        }
        _ if lines.len() > 1 && lines.iter().all(|l| l.contains('\t')) => {
            let rows: Vec<Vec<String>> = lines.iter().map(|l| l.split('\t').map(str::to_owned).collect()).collect();
            document.push(BlockKind::Table, &markdown_table(&rows));
        }
        _ => read_lines(document, lines),
    }
}

/// Lines of a paragraph: list items each on their own, everything else joined.
fn read_lines(document: &mut DocumentBuilder, lines: &[&str]) {
    let mut open: Option<(BlockKind, String)> = None;
    for line in lines {
        let starts_item = is_list_item(line.trim_start());
        match &mut open {
            Some((_, text)) if !starts_item => join_line(text, line.trim()),
            _ => {
                if let Some((kind, text)) = open.take() {
                    document.push(kind, &text);
                }
                let kind = if starts_item { BlockKind::ListItem } else { BlockKind::Paragraph };
                open = Some((kind, line.trim().to_owned()));
            }
        }
    }
    if let Some((kind, text)) = open {
        document.push(kind, &text);
    }
}

/// Appends a line to a text: no space between Chinese characters.
fn join_line(text: &mut String, line: &str) {
    let tight = text.chars().next_back().is_some_and(is_unspaced) && line.chars().next().is_some_and(is_unspaced);
    if !tight {
        text.push(' ');
    }
    text.push_str(line);
}

fn underlined<'a>(lines: &[&'a str]) -> Option<(&'a str, u8)> {
    let [title, rule, ..] = lines else { return None };
    let rule = rule.trim();
    let level = match rule.chars().next()? {
        '=' => 1,
        '-' => 2,
        _ => return None,
    };
    let first = rule.chars().next()?;
    let whole = rule.len() >= 3 && rule.chars().all(|c| c == first);
    (whole && title.chars().count() <= LONGEST_HEADING && !title.contains('\t')).then_some((title.trim(), level))
}

fn is_list_item(line: &str) -> bool {
    line.starts_with("- ") || line.starts_with("* ") || line.starts_with("• ") || line.starts_with("+ ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_lists_tables_and_wrapped_lines() {
        let source = "Title\r\n=====\r\n\r\nCHAPTER 1. X\r\n---\r\n\r\n1.1 Bronze\r\n\r\nIt was\r\nwrapped.\r\n- one\r\n- two\r\n\r\n\
                      a\tb\r\n1\t2\r\n\r\n中文\r\n文字";
        let doc = read_text(source, "a.txt").unwrap();
        let seen: Vec<(BlockKind, u8, &str)> =
            doc.blocks.iter().map(|b| (b.kind, b.level, doc.slice(b.range))).collect();
        assert_eq!(
            seen,
            [
                (BlockKind::Heading, 1, "Title"),
                (BlockKind::Heading, 2, "CHAPTER 1. X"),
                (BlockKind::Heading, 3, "1.1 Bronze"),
                (BlockKind::Paragraph, 0, "It was wrapped."),
                (BlockKind::ListItem, 0, "- one"),
                (BlockKind::ListItem, 0, "- two"),
                (BlockKind::Table, 0, "| a | b |\n|---|---|\n| 1 | 2 |"),
                (BlockKind::Paragraph, 0, "中文文字"),
            ]
        );
        assert_eq!(read_text(" \n\t\n", "a.txt").unwrap_err().code(), "no_text");
    }
}
