//! What quizzes are made from: the prose of a course's ready documents, as passages.

use std::{collections::HashMap, sync::Arc};

use domain::{
    BlockKind, ByteRange, CourseId, DocumentId, ParsedDocument, Place, PortResult,
    ports::{BoxFuture, Locate, TokenCounter},
};
use ingest::SplitConfig;
use quiz::{QuizSource, SourceItem};

use super::{
    Library, ServiceError, ServiceResult,
    answer_question::places,
    recent::{Limits, Recent},
};
use crate::store::{Store, TextKey};

/// Courses whose passages are kept in memory: a teacher edits many questions of one course in a row. They weigh as much as
/// their documents' texts, whose words and boxes take about ten times as much; a course with more is cut each time.
const RECENT: Limits = Limits { entries: 4, weight: 24 << 20, newest_always: false };

/// What the passages of a course depend on: its ready documents with their names and texts. How they are cut is the same
/// as long as the program runs.
type DocumentSet = (CourseId, Vec<(DocumentId, String, TextKey)>);

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
    recent: Recent<DocumentSet, Arc<CourseSources>>,
}

impl QuizSources {
    /// Of the documents of a library, cut into passages so.
    pub fn new(store: Store, library: Arc<Library>, counter: Arc<dyn TokenCounter>, split: SplitConfig) -> Self {
        Self { store, library, counter, split, recent: Recent::new(RECENT) }
    }

    /// The passages of all ready documents of a course; the same documents give the same passages.
    pub async fn of(&self, course: CourseId) -> ServiceResult<Arc<CourseSources>> {
        let mut ready = self.store.ready_documents(course).await?;
        ready.sort_by_key(|(id, _, _)| *id);
        let set = (course, ready);
        if let Some(known) = self.recent.get(&set) {
            return Ok(known);
        }
        let (mut sources, mut documents) = (Vec::new(), HashMap::new());
        for (id, name, text) in &set.1 {
            let Some(parsed) = self.library.parsed(text).await? else { continue };
            sources.extend(self.passages_of(course, *id, name.clone(), parsed.clone()).await?);
            documents.insert(*id, parsed);
        }
        let whole = documents.len() == set.1.len();
        let weight = documents.values().map(|document| document.text.len()).sum();
        let cut = Arc::new(CourseSources { sources, documents });
        // A text that is not there at the moment, as while a document is read again, may be there the next time.
        if whole {
            self.recent.put(set, cut.clone(), weight);
        }
        Ok(cut)
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

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use bytes::Bytes;
    use domain::{Block, Language};
    use ingest::READER_VERSION;

    use super::*;
    use crate::store::{Files, Outcome};

    /// Counts words, and how often it was asked.
    #[derive(Default)]
    struct Counter(AtomicUsize);

    impl TokenCounter for Counter {
        fn count(&self, text: &str) -> usize {
            self.0.fetch_add(1, Ordering::Relaxed);
            text.split_whitespace().count()
        }
    }

    fn parsed(text: &str) -> ParsedDocument {
        let block = Block {
            kind: BlockKind::Paragraph,
            level: 0,
            range: ByteRange::new(0, text.len()),
            page: 1,
            heading_path: vec![],
            boxes: vec![],
        };
        ParsedDocument {
            text: text.to_owned(),
            pages: vec![],
            blocks: vec![block],
            words: vec![],
            language: Language::English,
            media_type: "text/plain".into(),
            warnings: vec![],
        }
    }

    async fn add(store: &Store, files: &Files, course: CourseId, name: &str, text: &str) {
        let bytes = futures::stream::iter([Ok::<_, std::io::Error>(Bytes::from(text.to_owned()))]);
        let staged = files.stage(bytes, 1 << 20).await.unwrap();
        files.keep(&staged).await.unwrap();
        store.register_document(course, name, &staged, None).await.unwrap().unwrap();
        let job = store.take_job().await.unwrap().unwrap();
        let parsed = parsed(text);
        files.keep_parsed(&TextKey::new(&job.sha256, None, READER_VERSION), &parsed).await.unwrap();
        assert!(store.finish(job.document_id, job.id, Outcome { parsed: &parsed, chunks: 1 }).await.unwrap());
    }

    #[tokio::test]
    async fn a_course_is_cut_once_until_its_documents_change() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("test.sqlite")).await.unwrap();
        let files = Files::open(folder.path().join("files")).await.unwrap();
        let course = store.create_course("Biology", None).await.unwrap().id;
        add(&store, &files, course, "a.txt", "Plants make sugar out of light.").await;
        let (counter, library) = (Arc::new(Counter::default()), Arc::new(Library::new(store.clone(), files.clone())));
        let sources = QuizSources::new(store.clone(), library, counter.clone(), SplitConfig::default());
        let first = sources.of(course).await.unwrap();
        let once = counter.0.load(Ordering::Relaxed);
        assert!(once > 0 && first.sources.len() == 1);
        for _ in 0..50 {
            assert!(Arc::ptr_eq(&first, &sources.of(course).await.unwrap()));
        }
        assert_eq!(counter.0.load(Ordering::Relaxed), once);
        add(&store, &files, course, "b.txt", "Water boils at a hundred degrees.").await;
        let more = sources.of(course).await.unwrap();
        assert_eq!((more.sources.len(), more.documents.len()), (2, 2));
        assert!(counter.0.load(Ordering::Relaxed) > once);
    }
}
