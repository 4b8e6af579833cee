//! From hits to the passages a model reads: neighbours joined, overlaps merged, packed to a token budget, numbered.

use std::cmp::Ordering;

use domain::{ByteRange, DocumentId, Hit, Passage};

/// What packing needs to know of documents.
#[derive(Clone, Copy)]
pub struct PackSources<'a> {
    /// The chunk of a document with this ordinal, where there is one.
    pub neighbour: &'a dyn Fn(DocumentId, usize) -> Option<Hit>,
    /// A document's name.
    pub name: &'a dyn Fn(DocumentId) -> String,
    /// A document's text at a byte range; `None` where it can't be had: the passage is then left out, unless it is a
    /// single hit, whose text is known.
    pub text: &'a dyn Fn(DocumentId, ByteRange) -> Option<String>,
}

impl std::fmt::Debug for PackSources<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PackSources").finish_non_exhaustive()
    }
}

/// The places right before and right after these hits, each once, hits themselves left out.
pub fn neighbour_keys(hits: &[Hit]) -> Vec<(DocumentId, usize)> {
    let mut keys: Vec<(DocumentId, usize)> = hits
        .iter()
        .flat_map(|hit| {
            let before = hit.ordinal.checked_sub(1);
            before.into_iter().chain([hit.ordinal + 1]).map(|ordinal| (hit.document_id, ordinal))
        })
        .filter(|&(document, ordinal)| !hits.iter().any(|h| h.document_id == document && h.ordinal == ordinal))
        .collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// Packs `hits` (best first) into at most `budget` tokens of passages, best first, numbered from 1.
///
/// Hits come first, as many as fit; what is left of the budget goes to neighbours under the same headings, best hit
/// first. Chunks that touch or overlap in the text become one passage. A first hit over the whole budget is cut.
pub fn pack_passages(hits: &[Hit], sources: PackSources<'_>, budget: usize) -> Vec<Passage> {
    let mut chosen = choose_hits(hits, budget);
    let spent: usize = chosen.iter().map(|piece| piece.tokens).sum();
    add_neighbours(&mut chosen, sources, budget.saturating_sub(spent));
    let mut joined = join(chosen);
    joined.sort_by(|a, b| b.hit.score.partial_cmp(&a.hit.score).unwrap_or(Ordering::Equal));
    let passages = joined.into_iter().filter_map(|piece| piece.into_passage(sources));
    passages.enumerate().map(|(i, passage)| Passage { n: i + 1, ..passage }).collect()
}

/// A stretch of a document: a hit, or several chunks joined around the best of them.
struct Piece {
    /// The hit it goes by; its pages, headings and scores become the passage's.
    hit: Hit,
    range: ByteRange,
    pages: (u32, u32),
    tokens: usize,
    /// Ordinals of its first and last chunk.
    ordinals: (usize, usize),
    /// Whether it was searched for, or only stands beside what was.
    found: bool,
}

impl Piece {
    fn new(hit: &Hit, found: bool) -> Self {
        Self {
            range: hit.range,
            pages: hit.pages,
            tokens: hit.tokens.max(1),
            ordinals: (hit.ordinal, hit.ordinal),
            hit: hit.clone(),
            found,
        }
    }

    fn touches(&self, next: &Self) -> bool {
        let follows = self.ordinals.1 + 1 == next.ordinals.0 && self.hit.heading_path == next.hit.heading_path;
        self.hit.document_id == next.hit.document_id && (follows || self.range.overlaps(next.range))
    }

    fn take(&mut self, next: Self) {
        self.range = ByteRange::new(self.range.start.min(next.range.start), self.range.end.max(next.range.end));
        self.pages = (self.pages.0.min(next.pages.0), self.pages.1.max(next.pages.1));
        self.ordinals = (self.ordinals.0.min(next.ordinals.0), self.ordinals.1.max(next.ordinals.1));
        self.tokens += next.tokens;
        if next.found && (!self.found || next.hit.score > self.hit.score) {
            self.hit = next.hit;
            self.found = true;
        }
    }

    fn into_passage(self, sources: PackSources<'_>) -> Option<Passage> {
        let Hit { document_id, heading_path, score, scores, text, range, .. } = self.hit;
        let text = if self.range == range { text } else { (sources.text)(document_id, self.range)? };
        Some(Passage {
            n: 0,
            document_id,
            document_name: (sources.name)(document_id),
            pages: self.pages,
            heading_path,
            text,
            range: self.range,
            score,
            scores,
            boxes: Vec::new(),
        })
    }
}

fn choose_hits(hits: &[Hit], budget: usize) -> Vec<Piece> {
    let mut left = budget;
    let mut chosen: Vec<Piece> = Vec::new();
    for hit in hits {
        if chosen.iter().any(|piece| piece.hit.chunk_id == hit.chunk_id) {
            continue;
        }
        let piece = Piece::new(hit, true);
        if piece.tokens <= left {
            left -= piece.tokens;
            chosen.push(piece);
        } else if chosen.is_empty() && budget > 0 {
            return vec![shortened(piece, budget)];
        }
    }
    chosen
}

/// The front of a piece, cut on a character boundary in proportion to its tokens.
fn shortened(mut piece: Piece, budget: usize) -> Piece {
    let text = &piece.hit.text;
    let end = text.floor_char_boundary(text.len() * budget / piece.tokens);
    piece.hit.text.truncate(end);
    piece.range = ByteRange::new(piece.range.start, piece.range.start + end);
    piece.hit.range = piece.range;
    piece.tokens = budget;
    piece
}

fn add_neighbours(chosen: &mut Vec<Piece>, sources: PackSources<'_>, mut left: usize) {
    let hits: Vec<(DocumentId, usize, Vec<String>)> =
        chosen.iter().map(|p| (p.hit.document_id, p.hit.ordinal, p.hit.heading_path.clone())).collect();
    for (document, ordinal, headings) in hits {
        for beside in [Some(ordinal + 1), ordinal.checked_sub(1)].into_iter().flatten() {
            if chosen.iter().any(|p| p.hit.document_id == document && p.hit.ordinal == beside) {
                continue;
            }
            let Some(neighbour) = (sources.neighbour)(document, beside) else { continue };
            let piece = Piece::new(&neighbour, false);
            if neighbour.heading_path == headings && piece.tokens <= left {
                left -= piece.tokens;
                chosen.push(piece);
            }
        }
    }
}

fn join(mut pieces: Vec<Piece>) -> Vec<Piece> {
    pieces.sort_by_key(|piece| (piece.hit.document_id, piece.range.start, piece.range.end));
    let mut joined: Vec<Piece> = Vec::new();
    for piece in pieces {
        match joined.last_mut() {
            Some(last) if last.touches(&piece) => last.take(piece),
            _ => joined.push(piece),
        }
    }
    joined
}
