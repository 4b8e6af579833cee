//! From a question to hits and passages: what search and ask share.

use std::{collections::HashMap, sync::Arc};

use domain::{
    CourseId, DocumentId, Hit, ParsedDocument, Passage, SearchFilter, SearchMode, SearchQuery, ports::ChunkSearcher,
};
use generator::{MaterialDocument, MaterialQuestion, material_passages, names_document};

use crate::{
    app::App,
    problem::{ApiResult, Problem},
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
        let ready: HashMap<_, _> = self
            .store
            .ready_documents(course)
            .await?
            .into_iter()
            .map(|(id, name, text)| (id, FoundDocument { name, text }))
            .collect();
        if let Some(unknown) = filter.documents.iter().find(|id| !ready.contains_key(id)) {
            let detail = format!("Document {unknown} is not among this course's ready documents.");
            return Err(Problem::new(domain::ErrorKind::NotFound, "document_not_found", detail));
        }
        let hits = self.retriever.search(SearchQuery { course, text, limit: limit + SPARE_HITS, mode, filter }).await?;
        Ok(hits
            .into_iter()
            .filter_map(|hit| ready.get(&hit.document_id).cloned().map(|document| (hit, document)))
            .take(limit)
            .collect())
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
    pub async fn find_material(&self, course: CourseId, question: &str, asked: &MaterialQuestion) -> ApiResult<Found> {
        let mut ready = self.store.ready_documents(course).await?;
        if ready.iter().any(|(_, name, _)| names_document(question, name)) {
            ready.retain(|(_, name, _)| names_document(question, name));
        }
        ready.sort_by(|a, b| a.1.cmp(&b.1));
        let (mut documents, mut material) = (HashMap::new(), Vec::new());
        for (id, name, text) in ready.into_iter().take(MOST_DOCUMENTS) {
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
        Ok(Found { passages, documents })
    }

    /// The passages that a question is to be answered from.
    pub async fn find_passages(&self, course: CourseId, question: String) -> ApiResult<Found> {
        let limit = self.settings.answers.passages * 2;
        let found = self.find_hits(course, question, limit, SearchMode::Hybrid, SearchFilter::default()).await?;
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
        Ok(Found { passages, documents })
    }
}
