//! Cuts a document into chunks: sized in the embedder's tokens, never across a heading, at sentence ends where possible;
//! tables and exam questions are kept whole where they fit.

use std::ops::Range;

use domain::{Block, BlockKind, ByteRange, Chunk, ChunkId, CourseId, ParsedDocument, ports::TokenCounter};
use text_splitter::{ChunkConfig, ChunkSizer, TextSplitter};

use crate::{cut_section::Cutter, exam_items::exam_items};

/// How large chunks are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SplitConfig {
    /// The most tokens of a chunk. A single character that has more stays whole.
    pub max_tokens: usize,
    /// Tokens that two neighbours of a section share. 0 by default: neighbours that are found are joined when they are
    /// packed, so that shared words would only be indexed twice.
    pub overlap_tokens: usize,
}

impl Default for SplitConfig {
    fn default() -> Self {
        Self { max_tokens: 256, overlap_tokens: 0 }
    }
}

/// Cuts a document into the chunks that are indexed.
///
/// Laws: every chunk's text is exactly the document's text at its range; chunks are in order; every character of every
/// block that is not white space is in a chunk, except headings with something under them: those are in the heading
/// paths of what follows. Where a table is cut, its head stands last in the heading path of each later part, so that its
/// rows are understood. The same document, sha256 and course give the same chunks.
pub fn split_chunks(
    document: &ParsedDocument,
    sha256: &str,
    course: CourseId,
    counter: &dyn TokenCounter,
    config: &SplitConfig,
) -> Vec<Chunk> {
    let sizer = TokenSizer { counter, most: config.max_tokens.max(1) };
    let cutter = Cutter { document, sizer, splitter: splitter(counter, config) };
    let questions: Vec<ByteRange> =
        exam_items(document).into_iter().filter(|item| !item.options.is_empty()).map(|item| item.range).collect();
    let mut chunks = Vec::new();
    for section in sections(&document.blocks) {
        for piece in cutter.cut(&section, &questions) {
            let text = document.slice(piece.range);
            let ordinal = chunks.len();
            chunks.push(Chunk {
                id: ChunkId::derive(course, sha256, ordinal),
                ordinal,
                text: text.to_owned(),
                tokens: counter.count(text),
                pages: pages(document, text, piece.range),
                heading_path: section.path.iter().cloned().chain(piece.head).collect(),
                range: piece.range,
            });
        }
    }
    chunks
}

/// A text with more bytes than this for each token that a chunk may have is too long without counting. Counting it all
/// again for each chunk would take hours where a text has nowhere to be cut.
const MOST_BYTES_PER_TOKEN: usize = 16;

/// Counts tokens as far as it matters whether they fit into a chunk.
#[derive(Clone, Copy)]
pub(crate) struct TokenSizer<'a> {
    pub counter: &'a dyn TokenCounter,
    /// Tokens of a chunk.
    pub most: usize,
}

impl ChunkSizer for TokenSizer<'_> {
    fn size(&self, chunk: &str) -> usize {
        if chunk.len() > self.most * MOST_BYTES_PER_TOKEN {
            return chunk.len() / MOST_BYTES_PER_TOKEN + 1;
        }
        self.counter.count(chunk)
    }
}

fn splitter<'a>(counter: &'a dyn TokenCounter, config: &SplitConfig) -> TextSplitter<TokenSizer<'a>> {
    let most = config.max_tokens.max(1);
    // At most half: more would make chunks of little but what their neighbour has.
    let overlap = config.overlap_tokens.min(most / 2);
    let plain = || ChunkConfig::new(most).with_sizer(TokenSizer { counter, most });
    TextSplitter::new(plain().with_overlap(overlap).unwrap_or_else(|_| plain()))
}

/// Blocks that may share a chunk.
pub(crate) struct Section<'a> {
    pub range: ByteRange,
    pub path: &'a [String],
    pub blocks: &'a [Block],
}

/// What stands between two headings; and each heading with nothing under it, which nothing else would make findable.
fn sections(blocks: &[Block]) -> Vec<Section<'_>> {
    let mut sections = Vec::new();
    for span in spans(blocks) {
        let (first, last) = (&blocks[span.start], &blocks[span.end - 1]);
        let next = blocks.get(span.end);
        if first.kind == BlockKind::Heading && next.is_some_and(|next| stands_under(next, first)) {
            continue;
        }
        sections.push(Section {
            range: ByteRange::new(first.range.start, last.range.end),
            path: &first.heading_path,
            blocks: &blocks[span],
        });
    }
    sections
}

/// Runs of blocks that are not headings, and headings one by one.
fn spans(blocks: &[Block]) -> Vec<Range<usize>> {
    let mut spans: Vec<Range<usize>> = Vec::new();
    for (n, block) in blocks.iter().enumerate() {
        match spans.last_mut() {
            Some(span) if joins(&blocks[span.start], block) => span.end = n + 1,
            _ => spans.push(n..n + 1),
        }
    }
    spans
}

fn joins(first: &Block, next: &Block) -> bool {
    first.kind != BlockKind::Heading && next.kind != BlockKind::Heading && first.heading_path == next.heading_path
}

fn stands_under(next: &Block, heading: &Block) -> bool {
    next.kind != BlockKind::Heading || next.level > heading.level
}

fn pages(document: &ParsedDocument, piece: &str, range: ByteRange) -> (u32, u32) {
    let last = piece.chars().next_back().map_or(0, char::len_utf8);
    let (first, last) = (document.page_of(range.start), document.page_of(range.end.saturating_sub(last)));
    (first.min(last), last.max(first))
}
