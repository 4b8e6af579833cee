//! Makes citations: numbered, each sentence of the material once, its words sliced from the passage and never taken
//! from a model.

use domain::{ByteRange, Citation, DocumentId, Passage, PortResult, Rect, ports::BoxFuture};

use super::rank_sentences::Sentence;

/// Where words stand on their page.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Place {
    /// The page they begin on, from 1.
    pub page: u32,
    /// Their boxes; empty for formats without pages.
    pub boxes: Vec<Rect>,
}

/// Finds the place of a quote.
pub trait Locate: Send + Sync {
    /// The place of the bytes `range` of the document's text.
    fn locate(&self, document: DocumentId, range: ByteRange) -> BoxFuture<'_, PortResult<Place>>;
}

impl<F: Fn(DocumentId, ByteRange) -> Place + Send + Sync> Locate for F {
    fn locate(&self, document: DocumentId, range: ByteRange) -> BoxFuture<'_, PortResult<Place>> {
        let place = self(document, range);
        Box::pin(async move { Ok(place) })
    }
}

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

    /// Cites a sentence: its number, and the citation where it is a new one. `None` for a sentence that is not in the
    /// passages.
    pub(crate) async fn cite(&mut self, sentence: &Sentence<'_>) -> PortResult<Option<(usize, Option<Citation>)>> {
        let Some(passage) = self.passages.get(sentence.passage) else { return Ok(None) };
        let Some(quote) = passage.text.get(sentence.range.clone()) else { return Ok(None) };
        let (start, end) = (passage.range.start + sentence.range.start, passage.range.start + sentence.range.end);
        let same = |c: &&Citation| (c.document_id, c.start, c.end) == (passage.document_id, start, end);
        if let Some(known) = self.made.iter().find(same) {
            return Ok(Some((known.n, None)));
        }
        let place = self.locate.locate(passage.document_id, ByteRange::new(start, end)).await?;
        let citation = Citation {
            n: self.made.len() + 1,
            document_id: passage.document_id,
            document_name: passage.document_name.clone(),
            page: place.page,
            quote: quote.to_owned(),
            start,
            end,
            boxes: place.boxes,
        };
        self.made.push(citation.clone());
        Ok(Some((citation.n, Some(citation))))
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
