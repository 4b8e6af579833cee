//! Makes citations: numbered, each sentence of the material once, its words sliced from the passage and never taken
//! from a model.

use domain::{ByteRange, Citation, DocumentId, Passage, PortResult, Rect, ports::BoxFuture};

use super::rank_sentences::Sentence;

/// Where words stand on one page.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    /// Their bytes in the document's text.
    pub range: ByteRange,
    /// The page, from 1.
    pub page: u32,
    /// Whether the document has pages.
    pub paged: bool,
    /// Titles of the headings they stand under, outermost first.
    pub heading_path: Vec<String>,
    /// Their boxes; empty for formats without pages.
    pub boxes: Vec<Rect>,
    /// What to show in their place where they are of a table.
    pub shown: Option<String>,
}

impl Place {
    /// A place of which no more than its bytes is known: on the first page.
    pub const fn at(range: ByteRange) -> Self {
        Self { range, page: 1, paged: true, heading_path: Vec::new(), boxes: Vec::new(), shown: None }
    }
}

/// Finds the places of a quote.
pub trait Locate: Send + Sync {
    /// The places of the bytes `range` of the document's text, one per page that it touches, in order.
    fn locate(&self, document: DocumentId, range: ByteRange) -> BoxFuture<'_, PortResult<Vec<Place>>>;
}

impl<F: Fn(DocumentId, ByteRange) -> Vec<Place> + Send + Sync> Locate for F {
    fn locate(&self, document: DocumentId, range: ByteRange) -> BoxFuture<'_, PortResult<Vec<Place>>> {
        let places = self(document, range);
        Box::pin(async move { Ok(places) })
    }
}

/// The number of a citation, and itself where it is a new one.
pub(crate) type Cited = (usize, Option<Citation>);

/// The citations of one answer so far.
pub(crate) struct Citations<'a> {
    passages: &'a [Passage],
    locate: &'a dyn Locate,
    made: Vec<Citation>,
}

impl<'a> Citations<'a> {
    pub(crate) fn new(passages: &'a [Passage], locate: &'a dyn Locate) -> Self {
        Self { passages, locate, made: Vec::new() }
    }

    /// Cites a sentence: once per page it stands on, so that each quote can be found on its page. Empty for a sentence
    /// that is not in the passages.
    pub(crate) async fn cite(&mut self, sentence: &Sentence<'_>) -> PortResult<Vec<Cited>> {
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
    pub(crate) fn readable(&self, numbers: &[usize]) -> Option<String> {
        let cited = || self.made.iter().filter(|c| numbers.contains(&c.n));
        let table = cited().any(|c| c.shown.is_some());
        table.then(|| cited().map(Citation::readable).collect::<Vec<_>>().join("\n"))
    }

    pub(crate) fn into_vec(self) -> Vec<Citation> {
        self.made
    }
}

/// The passages whose text has the length of their range. Another would break the law that a quote is the document's
/// text at its place, so it is left out.
pub(crate) fn sound(passages: Vec<Passage>) -> Vec<Passage> {
    let fits = |p: &Passage| p.range.len() == p.text.len() && !p.text.is_empty();
    let (good, bad): (Vec<_>, Vec<_>) = passages.into_iter().partition(fits);
    for passage in bad {
        tracing::error!(document = %passage.document_id, n = passage.n, "a passage does not fit its byte range");
    }
    good
}
