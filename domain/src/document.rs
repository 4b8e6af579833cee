//! A document as it was read: its text, its pages, its blocks, and a box for every word.

use serde::{Deserialize, Serialize};

use crate::{ByteRange, Language, Rect};

/// A box around several words is at most this much larger than they are.
const MOST_SURPLUS: f32 = 1.08;

/// Where a document stands on its way into the index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum DocumentStatus {
    /// Stored, waiting for its turn.
    Queued,
    /// In the reader process.
    Reading,
    /// Its chunks are being embedded and indexed.
    Indexing,
    /// Searchable, whole.
    Ready,
    /// Not searchable; the error says why.
    Failed,
}

/// Why a document or a job failed: a stable code, and a sentence for the user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Failure {
    /// Stable, machine-readable: `no_text_layer`, `document_encrypted`, …
    #[cfg_attr(feature = "openapi", schema(value_type = crate::ErrorCode))]
    pub code: String,
    /// What happened, to what, and what to do.
    pub detail: String,
}

/// What was not read although reading succeeded: a stable code with the pages that it is about, and a sentence for the user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "KeptWarning")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReadWarning {
    /// Stable, machine-readable: `page_damaged`, `recognition_not_installed`, …
    pub code: String,
    /// The pages that it is about, from 1.
    pub pages: Vec<u32>,
    /// What was not read, why, and what to do.
    pub detail: String,
}

/// A warning as it is kept; readers up to version 3 wrote the sentence alone.
#[derive(Deserialize)]
#[serde(untagged)]
enum KeptWarning {
    Sentence(String),
    Whole {
        code: String,
        #[serde(default)]
        pages: Vec<u32>,
        detail: String,
    },
}

impl From<KeptWarning> for ReadWarning {
    fn from(kept: KeptWarning) -> Self {
        match kept {
            KeptWarning::Sentence(detail) => Self { code: "page_not_read".to_owned(), pages: Vec::new(), detail },
            KeptWarning::Whole { code, pages, detail } => Self { code, pages, detail },
        }
    }
}

/// What a block is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum BlockKind {
    /// A heading; `Block::level` says how deep.
    Heading,
    /// Running text.
    Paragraph,
    /// One item of a list.
    ListItem,
    /// A table, as Markdown.
    Table,
    /// The words under a figure or table.
    Caption,
    /// Program text, spacing kept.
    Code,
    /// A formula.
    Formula,
}

/// A piece of a page as it was read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Block {
    /// What it is.
    pub kind: BlockKind,
    /// For a heading its depth, 1 to 6; 0 for everything else.
    pub level: u8,
    /// The page it begins on, from 1.
    pub page: u32,
    /// Its bytes in the document's text. Blocks follow each other in order and never overlap.
    pub range: ByteRange,
    /// Titles of the headings it stands under, outermost first; a heading's own title is not among them.
    pub heading_path: Vec<String>,
    /// Its boxes, one per page and column it touches; empty for formats without pages.
    pub boxes: Vec<Rect>,
}

/// One page. Formats without pages (Markdown, HTML, plain text) have one page of size 0 × 0.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PageInfo {
    /// From 1.
    pub number: u32,
    /// Points, as displayed.
    pub width: f32,
    /// Points, as displayed.
    pub height: f32,
}

/// One word and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Word {
    /// Its bytes in the document's text.
    pub range: ByteRange,
    /// Its box.
    pub rect: Rect,
}

/// One heading of the outline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OutlineEntry {
    /// The heading's words.
    pub title: String,
    /// Depth, from 1.
    pub level: u8,
    /// The page it stands on, from 1.
    pub page: u32,
}

/// What the reader makes of a file.
///
/// Laws: every range lies within `text` on character boundaries; `blocks` and `words` are sorted by range; the text of
/// a block is exactly `text[block.range]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ParsedDocument {
    /// The whole text, blocks separated by blank lines. Every byte range in Lectern counts in this string.
    pub text: String,
    /// Its pages in order, never empty.
    pub pages: Vec<PageInfo>,
    /// Its blocks in reading order.
    pub blocks: Vec<Block>,
    /// Its words, for formats with pages; empty otherwise.
    pub words: Vec<Word>,
    /// The language most of it is written in.
    pub language: Language,
    /// The media type that was detected from the content.
    pub media_type: String,
    /// What a user should know although reading succeeded: that page 3 was not read, …
    pub warnings: Vec<ReadWarning>,
}

impl ParsedDocument {
    /// The text of a block or of any other range; empty where the range is not one of this text.
    pub fn slice(&self, range: ByteRange) -> &str {
        self.text.get(std::ops::Range::from(range)).unwrap_or_default()
    }

    /// The boxes of a byte range: its words' boxes, joined line by line. Where words of one line differ much in height, as
    /// Chinese and Latin letters may, each keeps its own. Empty for formats without pages.
    pub fn boxes(&self, range: ByteRange) -> Vec<Rect> {
        let first = self.words.partition_point(|w| w.range.end <= range.start);
        let (mut lines, mut covered): (Vec<Rect>, f32) = (Vec::new(), 0.0);
        for word in self.words[first..].iter().take_while(|w| w.range.start < range.end) {
            if let Some(line) = lines.last_mut()
                && line.goes_on(word.rect)
            {
                let joined = line.union(word.rect);
                let gap = (word.rect.left - line.right).max(0.0) * (word.rect.bottom - word.rect.top);
                let together = covered + gap + word.rect.area();
                if joined.area() <= MOST_SURPLUS * together {
                    (*line, covered) = (joined, together);
                    continue;
                }
            }
            lines.push(word.rect);
            covered = word.rect.area();
        }
        lines
    }

    /// A byte range cut where its words go over to another page, without the space between. A range without words is
    /// given back whole.
    pub fn split_by_page(&self, range: ByteRange) -> Vec<ByteRange> {
        let first = self.words.partition_point(|w| w.range.end <= range.start);
        let words = self.words[first..].iter().take_while(|w| w.range.start < range.end);
        let mut pieces = vec![range];
        let mut before: Option<&Word> = None;
        for word in words {
            if let (Some(before), Some(last)) = (before, pieces.last_mut())
                && before.rect.page != word.rect.page
            {
                last.end = before.range.end;
                pieces.push(ByteRange::new(word.range.start, range.end));
            }
            before = Some(word);
        }
        pieces
    }

    /// The stretches of a byte range that stand on these pages, in order; those that follow one another are one.
    pub fn on_pages(&self, range: ByteRange, pages: &[u32]) -> Vec<ByteRange> {
        let (mut kept, mut follows): (Vec<ByteRange>, bool) = (Vec::new(), false);
        for block in self.blocks.iter().filter(|b| b.range.start < range.end && range.start < b.range.end) {
            let within = ByteRange::new(block.range.start.max(range.start), block.range.end.min(range.end));
            for piece in self.split_by_page(within) {
                let wanted = pages.contains(&self.page_of(piece.start));
                if wanted
                    && follows
                    && let Some(last) = kept.last_mut()
                {
                    last.end = piece.end;
                } else if wanted {
                    kept.push(piece);
                }
                follows = wanted;
            }
        }
        kept
    }

    /// The page that a byte stands on, from 1: that of its word, else of its block, else of the last block before it.
    pub fn page_of(&self, byte: usize) -> u32 {
        let word = self.words.partition_point(|w| w.range.end <= byte);
        if let Some(word) = self.words.get(word).filter(|w| w.range.start <= byte) {
            return word.rect.page;
        }
        let after = self.blocks.partition_point(|b| b.range.start <= byte);
        self.blocks.get(after.saturating_sub(1)).map_or(1, |b| b.page)
    }

    /// Whether it has pages (or slides) to tell its places by. What flows is one page without a size.
    pub fn is_paged(&self) -> bool {
        self.pages.len() > 1 || self.pages.iter().any(|p| p.width > 0.0)
    }

    /// Titles of the headings that a byte stands under, outermost first; a heading stands under itself.
    pub fn headings_of(&self, byte: usize) -> Vec<String> {
        let after = self.blocks.partition_point(|b| b.range.start <= byte);
        let Some(block) = self.blocks.get(after.saturating_sub(1)) else { return Vec::new() };
        let own = (block.kind == BlockKind::Heading).then(|| self.slice(block.range).to_owned());
        block.heading_path.iter().cloned().chain(own).collect()
    }

    /// The headings in order.
    pub fn outline(&self) -> Vec<OutlineEntry> {
        self.blocks
            .iter()
            .filter(|b| b.kind == BlockKind::Heading)
            .map(|b| OutlineEntry { title: self.slice(b.range).to_owned(), level: b.level, page: b.page })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(start: usize, end: usize, left: f32, top: f32) -> Word {
        let rect = Rect { page: 1, left, top, right: left + 20.0, bottom: top + 10.0 };
        Word { range: ByteRange::new(start, end), rect }
    }

    #[test]
    fn words_of_one_line_share_a_box_and_a_new_line_starts_another() {
        let doc = ParsedDocument {
            text: "one two three".into(),
            pages: vec![PageInfo { number: 1, width: 100.0, height: 100.0 }],
            blocks: vec![],
            words: vec![word(0, 3, 10.0, 10.0), word(4, 7, 33.0, 10.5), word(8, 13, 10.0, 24.0)],
            language: Language::English,
            media_type: "application/pdf".into(),
            warnings: vec![],
        };
        let boxes = doc.boxes(ByteRange::new(0, 13));
        assert_eq!(boxes.len(), 2);
        assert!((boxes[0].left - 10.0).abs() < 1e-6 && (boxes[0].right - 53.0).abs() < 1e-6);
        assert_eq!(doc.boxes(ByteRange::new(4, 6)).len(), 1);
        assert!(doc.boxes(ByteRange::new(3, 4)).is_empty());
        let mut tall = doc.clone();
        tall.words[1].rect.top -= 4.0;
        assert_eq!(tall.boxes(ByteRange::new(0, 7)), [tall.words[0].rect, tall.words[1].rect]);
        assert_eq!(doc.split_by_page(ByteRange::new(0, 13)), [ByteRange::new(0, 13)]);
    }

    #[test]
    fn what_stands_on_other_pages_is_left_out() {
        let on = |page: u32, start: usize, end: usize| {
            let mut word = word(start, end, 10.0, 10.0);
            word.rect.page = page;
            word
        };
        let block = |page: u32, start: usize, end: usize| Block {
            kind: BlockKind::Paragraph,
            level: 0,
            range: ByteRange::new(start, end),
            page,
            heading_path: vec![],
            boxes: vec![],
        };
        let mut doc = ParsedDocument {
            text: "one two\n\nthree\n\nfour".into(),
            pages: vec![],
            blocks: vec![block(1, 0, 7), block(2, 9, 14), block(3, 16, 20)],
            words: vec![on(1, 0, 3), on(2, 4, 7), on(2, 9, 14), on(3, 16, 20)],
            language: Language::English,
            media_type: "application/pdf".into(),
            warnings: vec![],
        };
        let whole = ByteRange::new(0, 20);
        let texts = |doc: &ParsedDocument, range, pages: &[u32]| {
            doc.on_pages(range, pages).into_iter().map(|r| doc.slice(r).to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(texts(&doc, whole, &[2]), ["two\n\nthree"]);
        assert_eq!(texts(&doc, whole, &[1, 3]), ["one", "four"]);
        assert_eq!(texts(&doc, ByteRange::new(4, 12), &[1, 2]), ["two\n\nthr"]);
        assert!(doc.on_pages(whole, &[4]).is_empty());
        // A format whose pages are told by its blocks alone, such as slides.
        doc.words.clear();
        assert_eq!(texts(&doc, whole, &[1, 2]), ["one two\n\nthree"]);
        assert_eq!(texts(&doc, whole, &[3]), ["four"]);
    }

    #[test]
    fn headings_of_a_byte() {
        let block = |kind, start: usize, end: usize, path: &[&str]| Block {
            kind,
            level: u8::from(kind == BlockKind::Heading),
            range: ByteRange::new(start, end),
            page: 1,
            heading_path: path.iter().map(|p| (*p).to_owned()).collect(),
            boxes: vec![],
        };
        let doc = ParsedDocument {
            text: "Rain\n\nIt falls.".into(),
            pages: vec![PageInfo { number: 1, width: 0.0, height: 0.0 }],
            blocks: vec![block(BlockKind::Heading, 0, 4, &[]), block(BlockKind::Paragraph, 6, 15, &["Rain"])],
            words: vec![],
            language: Language::English,
            media_type: "text/markdown".into(),
            warnings: vec![],
        };
        assert!(!doc.is_paged() && doc.headings_of(2) == ["Rain"] && doc.headings_of(9) == ["Rain"]);
    }

    #[test]
    fn warnings_of_older_readers_are_still_understood() {
        let kept = r#"["page 3 is damaged", {"code": "page_damaged", "pages": [3], "detail": "…"}]"#;
        let warnings: Vec<ReadWarning> = serde_json::from_str(kept).unwrap();
        assert_eq!(warnings[0].code, "page_not_read");
        assert_eq!((warnings[1].code.as_str(), warnings[1].pages.as_slice()), ("page_damaged", &[3][..]));
    }

    #[test]
    fn a_range_over_a_page_break_is_cut_there() {
        let mut second = word(4, 7, 10.0, 10.0);
        second.rect.page = 2;
        let doc = ParsedDocument {
            text: "one\ntwo".into(),
            pages: vec![],
            blocks: vec![],
            words: vec![word(0, 3, 10.0, 80.0), second],
            language: Language::English,
            media_type: "application/pdf".into(),
            warnings: vec![],
        };
        assert_eq!(doc.split_by_page(ByteRange::new(1, 6)), [ByteRange::new(1, 3), ByteRange::new(4, 6)]);
        assert_eq!(doc.split_by_page(ByteRange::new(4, 7)), [ByteRange::new(4, 7)]);
    }
}
