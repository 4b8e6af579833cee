//! Collects blocks into a document: text, ranges and heading paths are kept in step here and nowhere else.

use domain::{Block, BlockKind, ByteRange, PageInfo, ParsedDocument, ReadWarning, Rect, Word};
use unicode_normalization::UnicodeNormalization;

use crate::{Format, IngestError, detect_language};

/// What separates two blocks in a document's text.
const BETWEEN_BLOCKS: &str = "\n\n";

/// A document in the making.
pub(crate) struct DocumentBuilder {
    text: String,
    /// The page that flowing blocks are on.
    page: u32,
    blocks: Vec<Block>,
    words: Vec<Word>,
    headings: Vec<(u8, String)>,
}

impl Default for DocumentBuilder {
    fn default() -> Self {
        Self { text: String::new(), page: 1, blocks: Vec::new(), words: Vec::new(), headings: Vec::new() }
    }
}

/// A block before it has its place in the document.
pub(crate) struct NewBlock {
    pub kind: BlockKind,
    /// Depth of a heading, from 1; 0 for the rest.
    pub level: u8,
    /// From 1.
    pub page: u32,
    pub text: String,
    pub boxes: Vec<Rect>,
    /// Ranges count in `text`.
    pub words: Vec<Word>,
}

impl DocumentBuilder {
    /// Adds a block of a format without pages, its text normalised; blank ones are left out.
    pub(crate) fn push(&mut self, kind: BlockKind, text: &str) {
        self.push_flowing(kind, 0, text);
    }

    /// Adds a heading of a format without pages.
    pub(crate) fn push_heading(&mut self, level: u8, text: &str) {
        self.push_flowing(BlockKind::Heading, level.clamp(1, 6), text);
    }

    /// Sets the page of the flowing blocks that follow: a slide's number.
    pub(crate) const fn set_page(&mut self, page: u32) {
        self.page = page;
    }

    fn push_flowing(&mut self, kind: BlockKind, level: u8, text: &str) {
        let text = normalise(kind, text);
        self.push_block(NewBlock { kind, level, page: self.page, text, boxes: Vec::new(), words: Vec::new() });
    }

    /// Adds a finished block. Its text must neither begin nor end with white space; blank blocks are left out.
    pub(crate) fn push_block(&mut self, block: NewBlock) {
        if block.text.trim().is_empty() {
            return;
        }
        if !self.text.is_empty() {
            self.text.push_str(BETWEEN_BLOCKS);
        }
        let start = self.text.len();
        self.text.push_str(&block.text);
        let shifted =
            |w: Word| Word { range: ByteRange::new(w.range.start + start, w.range.end + start), rect: w.rect };
        self.words.extend(block.words.into_iter().map(shifted));
        if block.kind == BlockKind::Heading {
            self.headings.retain(|(level, _)| *level < block.level);
        }
        self.blocks.push(Block {
            kind: block.kind,
            level: block.level,
            page: block.page,
            range: ByteRange::new(start, self.text.len()),
            heading_path: self.headings.iter().map(|(_, title)| title.clone()).collect(),
            boxes: block.boxes,
        });
        if block.kind == BlockKind::Heading {
            self.headings.push((block.level, block.text));
        }
    }

    /// The document; `None` where no block was added.
    pub(crate) fn finish(
        self,
        format: Format,
        pages: Vec<PageInfo>,
        warnings: Vec<ReadWarning>,
    ) -> Option<ParsedDocument> {
        if self.blocks.is_empty() {
            return None;
        }
        Some(ParsedDocument {
            language: detect_language(&self.text),
            text: self.text,
            pages,
            blocks: self.blocks,
            words: self.words,
            media_type: format.media_type().to_owned(),
            warnings,
        })
    }

    /// The document of a format without pages.
    pub(crate) fn finish_flowing(self, format: Format, name: &str) -> Result<ParsedDocument, IngestError> {
        let page = PageInfo { number: 1, width: 0.0, height: 0.0 };
        self.finish(format, vec![page], Vec::new()).ok_or_else(|| IngestError::NoText { name: name.to_owned() })
    }
}

/// NFC without control characters; white space collapsed, except where lines mean something.
fn normalise(kind: BlockKind, text: &str) -> String {
    let clean: String = text.nfc().filter(|c| keep(*c)).collect();
    match kind {
        BlockKind::Code => clean.trim_matches('\n').trim_end().to_owned(),
        BlockKind::Table => clean.trim().to_owned(),
        _ => collapse(&clean),
    }
}

fn keep(c: char) -> bool {
    matches!(c, '\n' | '\t')
        || !(c.is_control() || matches!(c, '\u{feff}' | '\u{ad}' | '\u{200b}' | '\u{fffe}' | '\u{ffff}'))
}

/// Words joined by single spaces.
pub(crate) fn collapse(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

/// A table as Markdown: the first row is its head. Cells lose line ends and have their bars escaped.
pub(crate) fn markdown_table(rows: &[Vec<String>]) -> String {
    let width = rows.iter().map(Vec::len).max().unwrap_or(0);
    let mut lines = Vec::with_capacity(rows.len() + 1);
    for (n, row) in rows.iter().enumerate() {
        let cells: Vec<String> =
            (0..width).map(|i| row.get(i).map_or_else(String::new, |c| collapse(c).replace('|', "\\|"))).collect();
        lines.push(format!("| {} |", cells.join(" | ")));
        if n == 0 {
            lines.push(format!("|{}", "---|".repeat(width)));
        }
    }
    lines.join("\n")
}
