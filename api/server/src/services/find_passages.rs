//! From a question to hits and passages: what search and ask share.

use std::{collections::HashMap, sync::Arc};

use answer::{MaterialDocument, MaterialQuestion, material_passages, names_document};
use domain::{
    ByteRange, CourseId, DocumentId, Hit, ParsedDocument, Passage, PortError, SearchFilter, SearchMode, SearchQuery,
    ports::ChunkSearcher,
};
use retriever::{HybridRetriever, PackSources};

use super::{Library, ServiceError, ServiceResult};
use crate::store::{Store, TextKey};

/// Hits asked for beyond the limit, in case some belong to documents that are not ready.
const SPARE_HITS: usize = 10;

/// Documents that are looked through for a question about the material itself.
const MOST_DOCUMENTS: usize = 100;

/// What search needs to know of a hit's document.
#[derive(Clone, Debug)]
pub struct FoundDocument {
    /// Its name.
    pub name: String,
    /// Names its text.
    pub text: TextKey,
}

/// Passages, and the documents they are from.
pub struct Found {
    /// Numbered from 1.
    pub passages: Vec<Passage>,
    /// The documents as they were read.
    pub documents: HashMap<DocumentId, Arc<ParsedDocument>>,
}

/// Refuses questions that are empty or over the limit of characters.
pub fn check_question(question: &str, limit: usize) -> ServiceResult<()> {
    if question.trim().is_empty() {
        return Err(ServiceError::QuestionEmpty);
    }
    let length = question.chars().count();
    if length > limit { Err(ServiceError::QuestionTooLong { length, limit }) } else { Ok(()) }
}

/// How much of the material an answer is drawn from.
#[derive(Clone, Copy, Debug)]
pub struct PassageBudget {
    /// Passages.
    pub passages: usize,
    /// Their length together, in the embedder's tokens.
    pub context_tokens: usize,
}

/// Finds what questions are about in a course's ready documents.
pub struct PassageFinder {
    store: Store,
    library: Arc<Library>,
    retriever: Arc<HybridRetriever>,
    budget: PassageBudget,
}

impl PassageFinder {
    /// Over a library and its index.
    pub fn new(store: Store, library: Arc<Library>, retriever: Arc<HybridRetriever>, budget: PassageBudget) -> Self {
        Self { store, library, retriever, budget }
    }

    /// The best hits among a course's ready documents.
    pub async fn hits(
        &self,
        course: CourseId,
        text: String,
        limit: usize,
        mode: SearchMode,
        filter: SearchFilter,
    ) -> ServiceResult<Vec<(Hit, FoundDocument)>> {
        let ready = self.ready_documents(course, &filter).await?;
        let hits = self.retriever.search(SearchQuery { course, text, limit: limit + SPARE_HITS, mode, filter }).await?;
        Ok(hits
            .into_iter()
            .filter_map(|hit| ready.get(&hit.document_id).cloned().map(|document| (hit, document)))
            .take(limit)
            .collect())
    }

    /// A course's ready documents; an error where the filter names another.
    async fn ready_documents(
        &self,
        course: CourseId,
        filter: &SearchFilter,
    ) -> ServiceResult<HashMap<DocumentId, FoundDocument>> {
        let ready = self.store.ready_documents(course).await?.into_iter();
        let ready: HashMap<_, _> = ready.map(|(id, name, text)| (id, FoundDocument { name, text })).collect();
        if let Some(unknown) = filter.documents.iter().find(|id| !ready.contains_key(id)) {
            return Err(ServiceError::DocumentNotReady(*unknown));
        }
        Ok(ready)
    }

    /// The text that a hit is from. Where a document was just read again, its new chunks may be found a moment before the
    /// database names the new text.
    async fn parsed_for(&self, document: &FoundDocument, hit: &Hit) -> ServiceResult<Option<Arc<ParsedDocument>>> {
        let holds = |parsed: &Arc<ParsedDocument>| parsed.slice(hit.range) == hit.text;
        let parsed = self.library.parsed(&document.text).await?;
        if parsed.as_ref().is_some_and(holds) {
            return Ok(parsed);
        }
        let newer = self.library.parsed(&document.text.by_present_reader()).await?.filter(holds);
        Ok(newer.or(parsed))
    }

    /// The parts of the material that a question about it is about; no passages where there are none.
    pub async fn material(
        &self,
        course: CourseId,
        question: &str,
        asked: &MaterialQuestion,
        filter: &SearchFilter,
    ) -> ServiceResult<Found> {
        let mut ready: Vec<_> = self.ready_documents(course, filter).await?.into_iter().collect();
        ready.retain(|(id, _)| filter.documents.is_empty() || filter.documents.contains(id));
        if ready.iter().any(|(_, document)| names_document(question, &document.name)) {
            ready.retain(|(_, document)| names_document(question, &document.name));
        }
        ready.sort_by(|(a, one), (b, other)| (&one.name, a).cmp(&(&other.name, b)));
        let (mut documents, mut material) = (HashMap::new(), Vec::new());
        for (id, FoundDocument { name, text }) in ready.into_iter().take(MOST_DOCUMENTS) {
            let Some(parsed) = self.library.parsed(&text).await? else { continue };
            documents.insert(id, parsed.clone());
            material.push(MaterialDocument { id, name, parsed });
        }
        let (question, asked) = (question.to_owned(), asked.clone());
        let passages = tokio::task::spawn_blocking(move || material_passages(&question, &asked, &material)).await;
        let passages = passages.map_err(ServiceError::MaterialBrokeOff)?;
        Ok(Found { passages: keep_to_pages(passages, &filter.pages, &documents), documents })
    }

    /// The passages that a question is to be answered from.
    pub async fn passages(&self, course: CourseId, question: String, filter: SearchFilter) -> ServiceResult<Found> {
        let (limit, pages) = (self.budget.passages * 2, filter.pages.clone());
        let found = self.hits(course, question, limit, SearchMode::Hybrid, filter).await?;
        let (mut documents, mut names) = (HashMap::new(), HashMap::new());
        for (hit, document) in &found {
            if !documents.contains_key(&hit.document_id)
                && let Some(parsed) = self.parsed_for(document, hit).await?
            {
                documents.insert(hit.document_id, parsed);
                names.insert(hit.document_id, document.name.clone());
            }
        }
        let hits: Vec<Hit> = found.into_iter().map(|(hit, _)| hit).collect();
        let passages = self.pack(&hits, &names, &documents).await?;
        Ok(Found { passages: keep_to_pages(passages, &pages, &documents), documents })
    }
    /// Joins neighbours and packs hits into passages.
    async fn pack(
        &self,
        hits: &[Hit],
        names: &HashMap<DocumentId, String>,
        documents: &HashMap<DocumentId, Arc<ParsedDocument>>,
    ) -> Result<Vec<Passage>, PortError> {
        let near = self.retriever.chunks_at(retriever::neighbour_keys(hits)).await?;
        let sources = PackSources {
            neighbour: &|document, ordinal| {
                near.iter().find(|h| h.document_id == document && h.ordinal == ordinal).cloned()
            },
            name: &|document| names.get(&document).cloned().unwrap_or_default(),
            text: &|document, range: ByteRange| {
                documents.get(&document).map(|d| d.slice(range).to_owned()).filter(|text| !text.is_empty())
            },
        };
        let mut passages = retriever::pack_passages(hits, sources, self.budget.context_tokens);
        passages.truncate(self.budget.passages);
        for passage in &mut passages {
            passage.boxes = documents.get(&passage.document_id).map(|d| d.boxes(passage.range)).unwrap_or_default();
        }
        Ok(passages)
    }
}

/// What of the passages stands on these pages, numbered anew; all of it where no pages are named. A chunk may touch
/// several pages, and its neighbours were joined to it.
fn keep_to_pages(
    passages: Vec<Passage>,
    pages: &[u32],
    documents: &HashMap<DocumentId, Arc<ParsedDocument>>,
) -> Vec<Passage> {
    if pages.is_empty() {
        return passages;
    }
    let mut kept = Vec::new();
    for passage in passages {
        let Some(document) = documents.get(&passage.document_id) else { continue };
        for range in document.on_pages(passage.range, pages) {
            kept.push(Passage {
                n: kept.len() + 1,
                pages: (document.page_of(range.start), document.page_of(range.end.saturating_sub(1))),
                text: document.slice(range).to_owned(),
                range,
                boxes: document.boxes(range),
                ..passage.clone()
            });
        }
    }
    kept
}
