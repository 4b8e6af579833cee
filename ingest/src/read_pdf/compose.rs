//! A paragraph to text: lines joined, words hyphenated at line ends made whole, and a box for every word.

use std::collections::HashSet;

use domain::{BlockKind, ByteRange, Rect, Word as PlacedWord};
use unicode_normalization::UnicodeNormalization;

use super::{
    glyphs::Space,
    lines::{Line, Word, is_cell_gap, needs_space},
    paragraphs::Paragraph,
};
use crate::{build_document::NewBlock, script::is_unspaced};

const HYPHENS: [char; 2] = ['-', '\u{2010}'];
/// Between the cells of a row.
const CELL_SEPARATOR: &str = "  ";

/// Fewer lines than this share end in hyphens where nothing was hyphenated to fill lines: all hyphens are the author's.
const HYPHENATED: f32 = 0.02;

/// The words of a document, to tell a word that was hyphenated from one that has a hyphen.
pub(super) struct Spelling {
    words: HashSet<String>,
    /// Whether the typesetter broke words.
    hyphenated: bool,
}

impl Spelling {
    pub(super) fn of(paragraphs: &[Paragraph]) -> Self {
        let lines = || paragraphs.iter().flat_map(|p| &p.lines);
        let broken = |l: &&Line| l.words.last().is_some_and(|w| w.text.len() > 1 && w.text.ends_with(HYPHENS));
        let words = lines().flat_map(|l| &l.words).map(|w| plain(&w.text)).filter(|w| !w.is_empty()).collect();
        Self { words, hyphenated: lines().filter(broken).count() as f32 > HYPHENATED * lines().count() as f32 }
    }

    /// Whether the hyphen between the two belongs to the word: the document writes it so elsewhere, and never without.
    fn keeps_hyphen(&self, before: &str, after: &str) -> bool {
        let (before, after) = (plain(before), plain(after));
        let part = before.rsplit('-').next().unwrap_or_default();
        let has = |word: String| self.words.contains(&word);
        !has(format!("{part}{after}"))
            && (!self.hyphenated || has(format!("{before}-{after}")) || part.chars().any(|c| c.is_ascii_digit()))
    }
}

fn plain(word: &str) -> String {
    word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase()
}

/// The block of a paragraph.
pub(super) fn compose(paragraph: &Paragraph, spelling: &Spelling) -> NewBlock {
    if paragraph.kind == BlockKind::Table {
        return compose_table(paragraph);
    }
    let mut text = String::new();
    let mut words = Vec::new();
    for (n, line) in paragraph.lines.iter().enumerate() {
        let mut before: Option<&Word> = None;
        for word in &line.words {
            match before {
                _ if text.is_empty() => {}
                None => join_lines(&mut text, &mut words, paragraph, n, word, spelling),
                Some(last) if is_cell_gap(last, word) && line.is_row() => text.push_str(CELL_SEPARATOR),
                Some(_) if needs_space(&text, word) => text.push(' '),
                Some(_) => {}
            }
            let start = text.len();
            text.extend(spelled(&word.text).nfc());
            words.push(PlacedWord { range: ByteRange::new(start, text.len()), rect: word.rect });
            before = Some(word);
        }
    }
    block(paragraph, text, words)
}

fn block(paragraph: &Paragraph, text: String, words: Vec<PlacedWord>) -> NewBlock {
    NewBlock {
        kind: paragraph.kind,
        level: paragraph.level,
        page: paragraph.lines.first().map_or(1, Line::page),
        text,
        boxes: boxes(&paragraph.lines),
        words,
    }
}

/// A table as Markdown. A head that is repeated on the next page is left out there.
fn compose_table(paragraph: &Paragraph) -> NewBlock {
    let mut text = String::new();
    let mut words = Vec::new();
    let mut head: Option<Vec<String>> = None;
    for line in &paragraph.lines {
        for (n, row) in line.cells.iter().flat_map(|cells| &cells.rows).enumerate() {
            let plain: Vec<String> =
                row.iter().map(|cell| line.words[cell.clone()].iter().map(|w| w.text.as_str()).collect()).collect();
            if n == 0 && head.as_ref() == Some(&plain) {
                continue;
            }
            text.push_str(if text.is_empty() { "|" } else { "\n|" });
            for cell in row {
                compose_cell(&line.words[cell.clone()], &mut text, &mut words);
            }
            if head.is_none() {
                text.push_str("\n|");
                text.push_str(&"---|".repeat(row.len()));
                head = Some(plain);
            }
        }
    }
    block(paragraph, text, words)
}

fn compose_cell(cell: &[Word], text: &mut String, words: &mut Vec<PlacedWord>) {
    text.push(' ');
    let begin = text.len();
    for (n, word) in cell.iter().enumerate() {
        let new_line = n > 0 && !cell[n - 1].span.same_line(&word.span);
        let tight =
            text.chars().next_back().is_some_and(is_unspaced) || word.text.chars().next().is_some_and(is_unspaced);
        if text.len() > begin && if new_line { !tight } else { needs_space(text, word) } {
            text.push(' ');
        }
        let start = text.len();
        text.push_str(&spelled(&word.text).nfc().collect::<String>().replace('|', "\\|"));
        words.push(PlacedWord { range: ByteRange::new(start, text.len()), rect: word.rect });
    }
    text.push_str(" |");
}

/// What stands between the text so far and the first word of the paragraph's line `n`.
fn join_lines(
    text: &mut String,
    words: &mut [PlacedWord],
    paragraph: &Paragraph,
    n: usize,
    word: &Word,
    spelling: &Spelling,
) {
    let row = paragraph.lines[n].is_row() && paragraph.lines[n.saturating_sub(1)].is_row();
    if row || paragraph.kind == BlockKind::Code {
        text.push('\n');
        return;
    }
    let ends_in_hyphen = text.ends_with(HYPHENS);
    let last = text.rsplit(char::is_whitespace).next().unwrap_or_default();
    let letters = last.chars().rev().nth(1).is_some_and(char::is_alphanumeric);
    if ends_in_hyphen && letters && word.text.starts_with(char::is_alphanumeric) {
        let lower = word.text.starts_with(char::is_lowercase);
        if lower && !spelling.keeps_hyphen(last.trim_end_matches(HYPHENS), &word.text) {
            drop_last(text, words);
        }
        return;
    }
    let tight = text.chars().next_back().is_some_and(is_unspaced) || word.text.chars().next().is_some_and(is_unspaced);
    if !tight || word.space_before == Space::Typed {
        text.push(' ');
    }
}

/// Takes the hyphen away, from the text and from the range of the word that it ends.
fn drop_last(text: &mut String, words: &mut [PlacedWord]) {
    text.pop();
    if let Some(word) = words.last_mut() {
        word.range.end = text.len();
        word.range.start = word.range.start.min(word.range.end);
    }
}

/// Ligatures written out: nobody searches for `ﬁ`.
fn spelled(word: &str) -> impl Iterator<Item = char> + '_ {
    word.chars().flat_map(|c| {
        let letters: &'static str = match c {
            '\u{fb00}' => "ff",
            '\u{fb01}' => "fi",
            '\u{fb02}' => "fl",
            '\u{fb03}' => "ffi",
            '\u{fb04}' => "ffl",
            '\u{fb05}' | '\u{fb06}' => "st",
            _ => "",
        };
        letters.chars().chain(letters.is_empty().then_some(c))
    })
}

/// One box per page and region.
fn boxes(lines: &[Line]) -> Vec<Rect> {
    lines
        .chunk_by(|a, b| a.page() == b.page() && a.region == b.region)
        .filter_map(|part| part.iter().flat_map(|l| &l.words).map(|w| w.rect).reduce(Rect::union))
        .collect()
}
