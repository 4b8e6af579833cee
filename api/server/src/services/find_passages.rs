//! From a question to hits and passages: what search and ask share.

use std::{collections::HashMap, sync::Arc};

use domain::{
    CourseId, DocumentId, Hit, ParsedDocument, Passage, SearchFilter, SearchMode, SearchQuery, ports::ChunkSearcher,
};
use generator::{MaterialDocument, MaterialQuestion, material_passages, names_document};

use crate::{
    bootstrap::App,
    http::problem::{ApiResult, Problem},
    store::TextKey,
};

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
pub fn check_question(app: &App, question: &str) -> ApiResult<()> {
    if question.trim().is_empty() {
        return Err(Problem::invalid("question_empty", "The question is empty. Write at least one word."));
    }
    let (limit, length) = (app.settings.server.max_question_chars, question.chars().count());
    if length > limit {
        let detail = format!("The question has {length} characters; at most {limit} are read. Shorten it.");
        return Err(Problem::invalid("question_too_long", detail));
    }
    Ok(())
}

impl App {
    /// The best hits among a course's ready documents.
    pub async fn find_hits(
        &self,
        course: CourseId,
        text: String,
        limit: usize,
        mode: SearchMode,
        filter: SearchFilter,
    ) -> ApiResult<Vec<(Hit, FoundDocument)>> {
        let ready = self.ready_documents(course, &filter).await?;
        let hits = self.retriever.search(SearchQuery { course, text, limit: limit + SPARE_HITS, mode, filter }).await?;
        Ok(hits
            .into_iter()
            .filter_map(|hit| ready.get(&hit.document_id).cloned().map(|document| (hit, document)))
            .take(limit)
            .collect())
    }

    /// A course's ready documents; 404 where the filter names another.
    async fn ready_documents(
        &self,
        course: CourseId,
        filter: &SearchFilter,
    ) -> ApiResult<HashMap<DocumentId, FoundDocument>> {
        let ready = self.store.ready_documents(course).await?.into_iter();
        let ready: HashMap<_, _> = ready.map(|(id, name, text)| (id, FoundDocument { name, text })).collect();
        if let Some(unknown) = filter.documents.iter().find(|id| !ready.contains_key(id)) {
            let detail = format!("Document {unknown} is not among this course's ready documents.");
            return Err(Problem::new(domain::ErrorKind::NotFound, "document_not_found", detail));
        }
        Ok(ready)
    }

    /// The text that a hit is from. Where a document was just read again, its new chunks may be found a moment before the
    /// database names the new text.
    async fn parsed_for(&self, document: &FoundDocument, hit: &Hit) -> ApiResult<Option<Arc<ParsedDocument>>> {
        let holds = |parsed: &Arc<ParsedDocument>| parsed.slice(hit.range) == hit.text;
        let parsed = self.parsed(&document.text).await?;
        if parsed.as_ref().is_some_and(holds) {
            return Ok(parsed);
        }
        let newer = self.parsed(&document.text.by_present_reader()).await?.filter(holds);
        Ok(newer.or(parsed))
    }

    /// The parts of the material that a question about it is about; no passages where there are none.
    pub async fn find_material(
        &self,
        course: CourseId,
        question: &str,
        asked: &MaterialQuestion,
        filter: &SearchFilter,
    ) -> ApiResult<Found> {
        let mut ready: Vec<_> = self.ready_documents(course, filter).await?.into_iter().collect();
        ready.retain(|(id, _)| filter.documents.is_empty() || filter.documents.contains(id));
        if ready.iter().any(|(_, document)| names_document(question, &document.name)) {
            ready.retain(|(_, document)| names_document(question, &document.name));
        }
        ready.sort_by(|(a, one), (b, other)| (&one.name, a).cmp(&(&other.name, b)));
        let (mut documents, mut material) = (HashMap::new(), Vec::new());
        for (id, FoundDocument { name, text }) in ready.into_iter().take(MOST_DOCUMENTS) {
            let Some(parsed) = self.parsed(&text).await? else { continue };
            documents.insert(id, parsed.clone());
            material.push(MaterialDocument { id, name, parsed });
        }
        let (question, asked) = (question.to_owned(), asked.clone());
        let passages = tokio::task::spawn_blocking(move || material_passages(&question, &asked, &material)).await;
        let passages = passages.map_err(|error| {
            tracing::error!(%error, "looking through the material broke off");
            Problem::new(
                domain::ErrorKind::Internal,
                "material_failed",
                "Looking through the material broke off. Ask again.",
            )
        })?;
        Ok(Found { passages: keep_to_pages(passages, &filter.pages, &documents), documents })
    }

    /// The passages that a question is to be answered from.
    pub async fn find_passages(&self, course: CourseId, question: String, filter: SearchFilter) -> ApiResult<Found> {
        let (limit, pages) = (self.settings.answers.passages * 2, filter.pages.clone());
        let found = self.find_hits(course, question, limit, SearchMode::Hybrid, filter).await?;
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
