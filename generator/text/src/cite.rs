//! Makes citations: numbered, each sentence of the material once, its words sliced from the passage and never taken
//! from a model.

use domain::{ByteRange, Citation, Passage, Place, PortResult, ports::Locate};

use crate::Sentence;

/// The number of a citation, and itself where it is a new one.
pub type Cited = (usize, Option<Citation>);

/// The citations of one answer so far.
pub struct Citations<'a> {
    passages: &'a [Passage],
    locate: &'a dyn Locate,
    made: Vec<Citation>,
}

impl<'a> Citations<'a> {
    /// None yet, of `passages`.
    pub fn new(passages: &'a [Passage], locate: &'a dyn Locate) -> Self {
        Self { passages, locate, made: Vec::new() }
    }

    /// Cites a sentence: once per page it stands on, so that each quote can be found on its page. Empty for a sentence
    /// that is not in the passages.
    pub async fn cite(&mut self, sentence: &Sentence<'_>) -> PortResult<Vec<Cited>> {
        let Some(passage) = self.passages.get(sentence.passage) else { return Ok(Vec::new()) };
        let (start, end) = (passage.range.start + sentence.range.start, passage.range.start + sentence.range.end);
        let places = self.locate.locate(passage.document_id, ByteRange::new(start, end)).await?;
        Ok(places.into_iter().filter_map(|place| self.cite_place(passage, place)).collect())
    }

    fn cite_place(&mut self, passage: &Passage, place: Place) -> Option<Cited> {
        let ByteRange { start, end } = place.range;
        let same = |c: &&Citation| (c.document_id, c.start, c.end) == (passage.document_id, start, end);
        if let Some(known) = self.made.iter().find(same) {
            return Some((known.n, None));
        }
        let in_passage = start.checked_sub(passage.range.start)?..end.checked_sub(passage.range.start)?;
        let citation = Citation {
            n: self.made.len() + 1,
            document_id: passage.document_id,
            document_name: passage.document_name.clone(),
            page: place.page,
            paged: place.paged,
            heading_path: place.heading_path,
            quote: passage.text.get(in_passage)?.to_owned(),
            start,
            end,
            boxes: place.boxes,
            shown: place.shown,
        };
        self.made.push(citation.clone());
        Some((citation.n, Some(citation)))
    }

    /// What to show in the place of these citations' words, where some are of a table.
    pub fn readable(&self, numbers: &[usize]) -> Option<String> {
        let cited = || self.made.iter().filter(|c| numbers.contains(&c.n));
        let table = cited().any(|c| c.shown.is_some());
        table.then(|| cited().map(Citation::readable).collect::<Vec<_>>().join("\n"))
    }

    /// All of them, in the order of their numbers.
    pub fn into_vec(self) -> Vec<Citation> {
        self.made
    }
}
