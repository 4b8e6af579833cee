//! The keyword index: BM25 over Tantivy, and the only place where the chunks themselves are stored.
//!
//! All calls block; callers on an async runtime go through a blocking thread.

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
};

use domain::{Chunk, ChunkId, CourseId, DocumentId, SearchFilter};
use tantivy::{
    DocAddress, DocSet, Index, IndexReader, IndexWriter, ReloadPolicy, Searcher, TERMINATED, TantivyDocument,
    TantivyError, Term,
    collector::{Count, TopDocs},
    directory::MmapDirectory,
    query::{BooleanQuery, Occur, Query, TermQuery},
    schema::IndexRecordOption,
};
use uuid::Uuid;

use crate::{
    RetrieverError,
    analyse_text::{ANALYSER_NAME, analyse, analyser},
    keyword_query::keyword_query,
    keyword_schema::{Fields, StoredChunk},
};

/// A chunk that was found by its words.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct KeywordHit {
    /// The chunk.
    pub chunk: ChunkId,
    /// BM25.
    pub score: f32,
}

/// The index in one folder. One process opens it at a time.
pub struct KeywordIndex {
    fields: Fields,
    reader: IndexReader,
    writer: Mutex<IndexWriter>,
    heading_boost: f32,
}

impl std::fmt::Debug for KeywordIndex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeywordIndex").field("chunks", &self.reader.searcher().num_docs()).finish_non_exhaustive()
    }
}

impl KeywordIndex {
    /// Opens the index in `dir`, or makes it. `heap` bounds the writer's memory in bytes (at least 15 MB are needed);
    /// `heading_boost` weighs a term in a heading against one in the text, 0 leaves headings out.
    pub fn open(dir: &Path, heap: usize, heading_boost: f32) -> Result<Self, RetrieverError> {
        fs::create_dir_all(dir).map_err(RetrieverError::storage(dir))?;
        let (schema, fields) = Fields::build();
        let directory = MmapDirectory::open(dir).map_err(RetrieverError::keywords("open"))?;
        let index = Index::open_or_create(directory, schema).map_err(RetrieverError::keywords("open"))?;
        index.tokenizers().register(ANALYSER_NAME, analyser());
        let writer = index.writer_with_num_threads(1, heap.max(16_000_000)).map_err(|e| match e {
            TantivyError::LockFailure(..) => RetrieverError::InUse { path: dir.to_owned() },
            e => RetrieverError::keywords("open")(e),
        })?;
        let reader = index
            .reader_builder()
            .reload_policy(ReloadPolicy::Manual)
            .try_into()
            .map_err(RetrieverError::keywords("open"))?;
        Ok(Self { fields, reader, writer: Mutex::new(writer), heading_boost })
    }

    /// Makes `chunks` the only chunks of `document`, in one commit: on return they are durable and found, and before
    /// it none of them is. `tokens` are their packed token vectors, in their order.
    pub fn replace_document(
        &self,
        course: CourseId,
        document: DocumentId,
        chunks: &[Chunk],
        tokens: &[Vec<u8>],
    ) -> Result<(), RetrieverError> {
        self.commit("store chunks", |writer| {
            writer.delete_term(self.fields.of_document(document));
            for (n, chunk) in chunks.iter().enumerate() {
                let tokens = tokens.get(n).cloned().unwrap_or_default();
                let stored = StoredChunk { course, document, chunk: chunk.clone(), tokens };
                let entry = self.fields.document(&stored).map_err(RetrieverError::keywords("store chunks"))?;
                writer.add_document(entry).map_err(RetrieverError::keywords("store chunks"))?;
            }
            Ok(())
        })
    }

    /// Forgets a document.
    pub fn remove_document(&self, document: DocumentId) -> Result<(), RetrieverError> {
        self.remove(self.fields.of_document(document))
    }

    /// Forgets a course.
    pub fn remove_course(&self, course: CourseId) -> Result<(), RetrieverError> {
        self.remove(self.fields.of_course(course))
    }

    /// How many chunks of a document are stored.
    pub fn count(&self, document: DocumentId) -> Result<usize, RetrieverError> {
        let query = TermQuery::new(self.fields.of_document(document), IndexRecordOption::Basic);
        self.reader.searcher().search(&query, &Count).map_err(RetrieverError::keywords("count"))
    }

    /// The `limit` best chunks of a course by BM25, best first. A query without a word finds nothing.
    pub fn search(
        &self,
        course: CourseId,
        filter: &SearchFilter,
        text: &str,
        limit: usize,
    ) -> Result<Vec<KeywordHit>, RetrieverError> {
        let query = keyword_query(self.fields, course, filter, text, self.heading_boost);
        let Some(query) = query.filter(|_| limit > 0) else { return Ok(Vec::new()) };
        let searcher = self.reader.searcher();
        let found = searcher
            .search(&query, &TopDocs::with_limit(limit).order_by_score())
            .map_err(RetrieverError::keywords("search"))?;
        found.into_iter().map(|(score, address)| Ok(KeywordHit { chunk: id_at(&searcher, address)?, score })).collect()
    }

    /// The stored chunks of these ids, in order; `None` for one that is not there.
    pub(crate) fn chunks(&self, ids: &[ChunkId]) -> Result<Vec<Option<StoredChunk>>, RetrieverError> {
        let searcher = self.reader.searcher();
        ids.iter().map(|&id| self.first_stored(&searcher, &self.fields.of_chunk(id))).collect()
    }

    /// The terms of a text and how rare each is in the index: the inverse document frequency of BM25.
    pub(crate) fn term_weights(&self, text: &str) -> Result<BTreeMap<String, f32>, RetrieverError> {
        let searcher = self.reader.searcher();
        let all = searcher.num_docs() as f32;
        let weight = |term: String| {
            let found = searcher.doc_freq(&Term::from_field_text(self.fields.text, &term));
            let found = found.map_err(RetrieverError::keywords("count a term"))? as f32;
            Ok((term, (1.0 + (all - found + 0.5).max(0.0) / (found + 0.5)).ln()))
        };
        analyse(text).into_iter().map(weight).collect()
    }

    /// The chunk of a document with this ordinal.
    pub(crate) fn chunk_at(&self, document: DocumentId, ordinal: usize) -> Result<Option<StoredChunk>, RetrieverError> {
        let exact = |term: Term| -> (Occur, Box<dyn Query>) {
            (Occur::Must, Box::new(TermQuery::new(term, IndexRecordOption::Basic)))
        };
        let query = BooleanQuery::new(vec![
            exact(self.fields.of_document(document)),
            exact(Term::from_field_u64(self.fields.ordinal, ordinal as u64)),
        ]);
        let searcher = self.reader.searcher();
        let found = searcher
            .search(&query, &TopDocs::with_limit(1).order_by_score())
            .map_err(RetrieverError::keywords("read a chunk"))?;
        found.first().map_or(Ok(None), |&(_, address)| self.stored_at(&searcher, address))
    }

    fn first_stored(&self, searcher: &Searcher, term: &Term) -> Result<Option<StoredChunk>, RetrieverError> {
        for (n, segment) in searcher.segment_readers().iter().enumerate() {
            let inverted =
                segment.inverted_index(self.fields.chunk).map_err(RetrieverError::keywords("read a chunk"))?;
            let postings = inverted
                .read_postings(term, IndexRecordOption::Basic)
                .map_err(RetrieverError::keywords("read a chunk"))?;
            let Some(mut postings) = postings else { continue };
            while postings.doc() != TERMINATED {
                if segment.alive_bitset().is_none_or(|alive| alive.is_alive(postings.doc())) {
                    return self.stored_at(searcher, DocAddress::new(n as u32, postings.doc()));
                }
                postings.advance();
            }
        }
        Ok(None)
    }

    fn stored_at(&self, searcher: &Searcher, address: DocAddress) -> Result<Option<StoredChunk>, RetrieverError> {
        let document: TantivyDocument = searcher.doc(address).map_err(RetrieverError::keywords("read a chunk"))?;
        Ok(self.fields.stored(&document))
    }

    fn remove(&self, term: Term) -> Result<(), RetrieverError> {
        self.commit("remove chunks", |writer| {
            writer.delete_term(term);
            Ok(())
        })
    }

    /// Runs `change` and commits it; where it fails, nothing of it stays.
    fn commit(
        &self,
        action: &'static str,
        change: impl FnOnce(&IndexWriter) -> Result<(), RetrieverError>,
    ) -> Result<(), RetrieverError> {
        let mut writer = self.lock_writer();
        if let Err(error) = change(&writer) {
            writer.rollback().map_err(RetrieverError::keywords("roll back"))?;
            return Err(error);
        }
        writer.commit().map_err(RetrieverError::keywords(action))?;
        drop(writer);
        self.reader.reload().map_err(RetrieverError::keywords(action))
    }

    fn lock_writer(&self) -> MutexGuard<'_, IndexWriter> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn id_at(searcher: &Searcher, address: DocAddress) -> Result<ChunkId, RetrieverError> {
    let fast = searcher.segment_reader(address.segment_ord).fast_fields();
    let half = |name: &str| -> Result<u64, RetrieverError> {
        let column = fast.u64(name).map_err(RetrieverError::keywords("read an id"))?;
        Ok(column.first(address.doc_id).unwrap_or_default())
    };
    Ok(ChunkId(Uuid::from_u64_pair(half("id_high")?, half("id_low")?)))
}
