//! The keyword index's fields, and a chunk as it is stored there.

use domain::{ByteRange, Chunk, ChunkId, CourseId, DocumentId, Hit, Scores};
use serde::{Deserialize, Serialize};
use tantivy::{
    TantivyDocument, Term,
    schema::{FAST, Field, INDEXED, IndexRecordOption, STORED, STRING, Schema, TextFieldIndexing, TextOptions, Value},
};

use crate::analyse_text::ANALYSER_NAME;

/// A chunk as the keyword index stores it: everything a hit needs.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct StoredChunk {
    pub(crate) course: CourseId,
    pub(crate) document: DocumentId,
    pub(crate) chunk: Chunk,
    /// Its packed token vectors; empty where it was stored without.
    #[serde(skip)]
    pub(crate) tokens: Vec<u8>,
}

impl StoredChunk {
    /// The chunk as a hit with these scores.
    pub(crate) fn into_hit(self, score: f32, scores: Scores) -> Hit {
        let Chunk { id, ordinal, text, tokens, pages, heading_path, range } = self.chunk;
        let range = ByteRange::new(range.start, range.end);
        let document_id = self.document;
        Hit { chunk_id: id, document_id, ordinal, pages, heading_path, text, tokens, range, score, scores }
    }
}

/// The fields.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fields {
    pub(crate) chunk: Field,
    /// The two halves of the chunk's id, to be read for many hits without opening the store.
    pub(crate) id_high: Field,
    pub(crate) id_low: Field,
    pub(crate) course: Field,
    pub(crate) document: Field,
    pub(crate) ordinal: Field,
    pub(crate) page: Field,
    pub(crate) headings: Field,
    pub(crate) text: Field,
    /// [`StoredChunk`] as JSON, then its packed token vectors.
    pub(crate) stored: Field,
}

impl Fields {
    /// The schema and its fields.
    pub(crate) fn build() -> (Schema, Self) {
        let searched = TextOptions::default().set_indexing_options(
            TextFieldIndexing::default().set_tokenizer(ANALYSER_NAME).set_index_option(IndexRecordOption::WithFreqs),
        );
        let mut schema = Schema::builder();
        let fields = Self {
            chunk: schema.add_text_field("chunk", STRING),
            id_high: schema.add_u64_field("id_high", FAST),
            id_low: schema.add_u64_field("id_low", FAST),
            course: schema.add_text_field("course", STRING),
            document: schema.add_text_field("document", STRING),
            ordinal: schema.add_u64_field("ordinal", INDEXED),
            page: schema.add_u64_field("page", INDEXED),
            headings: schema.add_text_field("headings", searched.clone()),
            text: schema.add_text_field("text", searched),
            stored: schema.add_bytes_field("stored", STORED),
        };
        (schema.build(), fields)
    }

    pub(crate) fn of_chunk(self, id: ChunkId) -> Term {
        Term::from_field_text(self.chunk, &id.to_string())
    }

    pub(crate) fn of_document(self, id: DocumentId) -> Term {
        Term::from_field_text(self.document, &id.to_string())
    }

    pub(crate) fn of_course(self, id: CourseId) -> Term {
        Term::from_field_text(self.course, &id.to_string())
    }

    /// A chunk as a document of the index.
    pub(crate) fn document(self, stored: &StoredChunk) -> Result<TantivyDocument, serde_json::Error> {
        let chunk = &stored.chunk;
        let (high, low) = chunk.id.0.as_u64_pair();
        let mut document = TantivyDocument::new();
        document.add_text(self.chunk, chunk.id.to_string());
        document.add_u64(self.id_high, high);
        document.add_u64(self.id_low, low);
        document.add_text(self.course, stored.course.to_string());
        document.add_text(self.document, stored.document.to_string());
        document.add_u64(self.ordinal, chunk.ordinal as u64);
        for page in chunk.pages.0..=chunk.pages.1 {
            document.add_u64(self.page, u64::from(page));
        }
        for heading in &chunk.heading_path {
            document.add_text(self.headings, heading);
        }
        document.add_text(self.text, &chunk.text);
        document.add_bytes(self.stored, &serde_json::to_vec(stored)?);
        document.add_bytes(self.stored, &stored.tokens);
        Ok(document)
    }

    /// The chunk that a document of the index stores.
    pub(crate) fn stored(self, document: &TantivyDocument) -> Option<StoredChunk> {
        let mut parts = document.get_all(self.stored).filter_map(|part| part.as_bytes());
        let chunk: StoredChunk = serde_json::from_slice(parts.next()?).ok()?;
        Some(StoredChunk { tokens: parts.next().unwrap_or_default().to_vec(), ..chunk })
    }
}
