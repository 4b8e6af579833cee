//! Cuts what stands between two headings: running text at sentence ends; tables and exam questions whole where they fit,
//! else by rows, with the table's head named in each later part.

use domain::{Block, BlockKind, ByteRange, ParsedDocument};
use text_splitter::{ChunkSizer, TextSplitter};

use crate::split_chunks::{Section, TokenSizer};

/// A part of a section.
pub(crate) struct Piece {
    pub range: ByteRange,
    /// The head of the table that it goes on.
    pub head: Option<String>,
}

/// What cutting needs.
pub(crate) struct Cutter<'a> {
    pub document: &'a ParsedDocument,
    pub sizer: TokenSizer<'a>,
    pub splitter: TextSplitter<TokenSizer<'a>>,
}

/// Neighbouring blocks that are cut alike.
struct Run {
    range: ByteRange,
    kind: RunKind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum RunKind {
    Text,
    Table,
    Question,
}

impl Cutter<'_> {
    /// The pieces of a section, in order. `questions` are the ranges of exam questions.
    pub(crate) fn cut(&self, section: &Section<'_>, questions: &[ByteRange]) -> Vec<Piece> {
        let mut pieces = Vec::new();
        if self.fits(section.range) {
            self.split(section.range, &mut pieces);
            return pieces;
        }
        for run in runs(section.blocks, questions) {
            match run.kind {
                RunKind::Text => self.split(run.range, &mut pieces),
                _ if self.joins(&mut pieces, run.range) => {}
                _ if self.fits(run.range) => pieces.push(Piece { range: run.range, head: None }),
                RunKind::Table => self.cut_rows(run.range, &mut pieces),
                RunKind::Question => self.split(run.range, &mut pieces),
            }
        }
        pieces
    }

    fn tokens(&self, range: ByteRange) -> usize {
        self.sizer.size(self.document.slice(range))
    }

    fn fits(&self, range: ByteRange) -> bool {
        self.tokens(range) <= self.sizer.most
    }

    /// Puts a table or a question to the piece before it, if both fit into one: words that lead to it stay with it.
    fn joins(&self, pieces: &mut [Piece], range: ByteRange) -> bool {
        let Some(last) = pieces.last_mut().filter(|piece| piece.head.is_none()) else { return false };
        let both = ByteRange::new(last.range.start, range.end);
        let fits = self.fits(both);
        if fits {
            last.range = both;
        }
        fits
    }

    fn split(&self, range: ByteRange, pieces: &mut Vec<Piece>) {
        self.split_under(range, None, pieces);
    }

    fn split_under(&self, range: ByteRange, head: Option<&String>, pieces: &mut Vec<Piece>) {
        for (offset, piece) in self.splitter.chunk_indices(self.document.slice(range)) {
            if !piece.is_empty() {
                let start = range.start + offset;
                pieces.push(Piece { range: ByteRange::new(start, start + piece.len()), head: head.cloned() });
            }
        }
    }

    /// Rows by rows. A head that would fill half a chunk is not repeated.
    fn cut_rows(&self, table: ByteRange, pieces: &mut Vec<Piece>) {
        let rows = lines(self.document.slice(table), table.start);
        let Some(first) = rows.first() else { return };
        let words = self.document.slice(*first).trim_matches(['|', ' ']).to_owned();
        let head_tokens = self.sizer.size(&words);
        let head = (head_tokens * 2 <= self.sizer.most).then_some(words);
        let mut begun: Option<ByteRange> = None;
        for (n, row) in rows.iter().enumerate() {
            let longer = begun.map_or(*row, |begun| ByteRange::new(begun.start, row.end));
            let room = self.sizer.most - if longer.start > first.start && head.is_some() { head_tokens } else { 0 };
            // The head, the line under it and the first row are never parted.
            if begun.is_none() || n < 3 || self.tokens(longer) <= room {
                begun = Some(longer);
            } else {
                self.push_rows(begun.replace(*row), *first, head.as_ref(), pieces);
            }
        }
        self.push_rows(begun, *first, head.as_ref(), pieces);
    }

    fn push_rows(&self, rows: Option<ByteRange>, first: ByteRange, head: Option<&String>, pieces: &mut Vec<Piece>) {
        let Some(rows) = rows else { return };
        let head = head.filter(|_| rows.start > first.start);
        if self.fits(rows) {
            pieces.push(Piece { range: rows, head: head.cloned() });
        } else {
            self.split_under(rows, head, pieces);
        }
    }
}

fn runs(blocks: &[Block], questions: &[ByteRange]) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for block in blocks {
        let question = questions.iter().find(|q| q.contains(block.range));
        let kind = match block.kind {
            _ if question.is_some() => RunKind::Question,
            BlockKind::Table => RunKind::Table,
            _ => RunKind::Text,
        };
        let same = |run: &Run| match (run.kind, question) {
            (RunKind::Question, Some(question)) => question.contains(run.range),
            (RunKind::Text, None) => kind == RunKind::Text,
            _ => false,
        };
        match runs.last_mut() {
            Some(run) if same(run) => run.range.end = block.range.end,
            _ => runs.push(Run { range: block.range, kind }),
        }
    }
    runs
}

/// The ranges of a text's lines, which stands at `start`.
fn lines(text: &str, start: usize) -> Vec<ByteRange> {
    let mut at = start;
    let line = |line: &str| {
        let range = ByteRange::new(at, at + line.trim_end_matches('\n').len());
        at += line.len();
        range
    };
    text.split_inclusive('\n').map(line).collect()
}
