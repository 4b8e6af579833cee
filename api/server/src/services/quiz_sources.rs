//! What quizzes are made from: the prose of a course's ready documents, as passages.

use std::{collections::HashMap, sync::Arc};

use domain::{
    BlockKind, ByteRange, CourseId, DocumentId, ParsedDocument, PortResult,
    ports::{BoxFuture, TokenCounter},
};
use generator::{Locate, Place, QuizSource, SourceItem};
use ingest::SplitConfig;

use super::{Library, ServiceError, ServiceResult, answer_question::places};
use crate::store::Store;

/// A course's passages, and the documents they are from.
pub struct CourseSources {
    /// In the order of the documents.
    pub sources: Vec<QuizSource>,
    /// The documents as they were read.
    pub documents: HashMap<DocumentId, Arc<ParsedDocument>>,
}

impl Locate for CourseSources {
    fn locate(&self, document: DocumentId, range: ByteRange) -> BoxFuture<'_, PortResult<Vec<Place>>> {
        let found = places(self.documents.get(&document), range);
        Box::pin(async move { Ok(found) })
    }
}

/// Cuts courses into what quizzes are made from.
pub struct QuizSources {
    store: Store,
    library: Arc<Library>,
    counter: Arc<dyn TokenCounter>,
    split: SplitConfig,
}

impl QuizSources {
    /// Of the documents of a library, cut into passages so.
    pub fn new(store: Store, library: Arc<Library>, counter: Arc<dyn TokenCounter>, split: SplitConfig) -> Self {
        Self { store, library, counter, split }
    }

    /// The passages of all ready documents of a course; the same documents give the same passages.
    pub async fn of(&self, course: CourseId) -> ServiceResult<CourseSources> {
        let (mut sources, mut documents) = (Vec::new(), HashMap::new());
        let mut ready = self.store.ready_documents(course).await?;
        ready.sort_by_key(|(id, _, _)| *id);
        for (id, name, text) in ready {
            let Some(parsed) = self.library.parsed(&text).await? else { continue };
            sources.extend(self.passages_of(course, id, name, parsed.clone()).await?);
            documents.insert(id, parsed);
        }
        Ok(CourseSources { sources, documents })
    }

    async fn passages_of(
        &self,
        course: CourseId,
        id: DocumentId,
        name: String,
        parsed: Arc<ParsedDocument>,
    ) -> ServiceResult<Vec<QuizSource>> {
        let (counter, config) = (self.counter.clone(), self.split);
        let cut = tokio::task::spawn_blocking(move || {
            let items = ingest::exam_items(&parsed);
            // The chunks' ids, which the digest goes into, are of no use here.
            let chunks = ingest::split_chunks(&parsed, "", course, counter.as_ref(), &config);
            let prose = chunks.into_iter().filter(|chunk| is_prose(&parsed, chunk.range));
            prose
                .map(|chunk| QuizSource {
                    document_id: id,
                    document_name: name.clone(),
                    start: chunk.range.start,
                    page: chunk.pages.0,
                    language: language(&chunk.text, parsed.language),
                    items: items_in(&items, chunk.range),
                    heading_path: chunk.heading_path,
                    text: chunk.text,
                })
                .collect()
        });
        cut.await.map_err(ServiceError::SplittingBrokeOff)
    }
}

/// Whether most of a range is running text, not tables, code or formulas.
fn is_prose(document: &ParsedDocument, range: ByteRange) -> bool {
    let within = document.blocks.iter().filter(|b| b.range.start < range.end && range.start < b.range.end);
    let (mut prose, mut other) = (0, 0);
    for block in within {
        let bytes = block.range.end.min(range.end) - block.range.start.max(range.start);
        match block.kind {
            BlockKind::Paragraph | BlockKind::ListItem | BlockKind::Caption => prose += bytes,
            BlockKind::Table | BlockKind::Code | BlockKind::Formula => other += bytes,
            BlockKind::Heading => {}
        }
    }
    prose > other
}

/// The passage's own language where it is clear; short ones have their document's.
fn language(text: &str, document: domain::Language) -> domain::Language {
    match ingest::detect_language(text) {
        domain::Language::Other => document,
        found => found,
    }
}

fn items_in(items: &[ingest::ExamItem], range: ByteRange) -> Vec<SourceItem> {
    let begins = |item: &&ingest::ExamItem| range.start <= item.range.start && item.range.start < range.end;
    let place = |item: &ingest::ExamItem| {
        let mut labels = item.key.as_deref()?.chars();
        let label = labels.next().filter(|_| labels.next().is_none())?;
        item.options.iter().position(|option| option.label == label)
    };
    items
        .iter()
        .filter(begins)
        .map(|item| SourceItem {
            stem: item.stem.clone(),
            options: item.options.iter().map(|option| option.text.clone()).collect(),
            key: place(item),
            range: item.range,
        })
        .collect()
}
