//! Searching a course: the query, its filters, and what comes back.

use serde::{Deserialize, Serialize};

use crate::{ByteRange, ChunkId, CourseId, DocumentId, Rect};

/// Which rankings are asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum SearchMode {
    /// Both, fused.
    #[default]
    Hybrid,
    /// Embeddings alone.
    Dense,
    /// BM25 alone.
    Keyword,
}

/// What the search is limited to, besides its course. Empty lists do not limit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SearchFilter {
    /// Only chunks of these documents.
    pub documents: Vec<DocumentId>,
    /// Only chunks that touch one of these pages (from 1).
    pub pages: Vec<u32>,
}

/// A search in one course.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchQuery {
    /// The course.
    pub course: CourseId,
    /// The user's words.
    pub text: String,
    /// Most hits to return.
    pub limit: usize,
    /// Which rankings are asked.
    pub mode: SearchMode,
    /// Limits within the course.
    pub filter: SearchFilter,
}

/// The scores behind a hit; a ranking that did not return it has none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Scores {
    /// Cosine similarity of the embeddings.
    pub dense: Option<f32>,
    /// BM25.
    pub keyword: Option<f32>,
    /// The fused score, 0 to 1 within one result list.
    pub fused: Option<f32>,
    /// The reranker's score.
    pub rerank: Option<f32>,
}

/// A chunk that was found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hit {
    /// The chunk.
    pub chunk_id: ChunkId,
    /// Its document.
    pub document_id: DocumentId,
    /// Its place among the document's chunks.
    pub ordinal: usize,
    /// First and last page, from 1.
    pub pages: (u32, u32),
    /// Titles of the headings it stands under.
    pub heading_path: Vec<String>,
    /// Verbatim text.
    pub text: String,
    /// Length in the embedder's tokens.
    pub tokens: usize,
    /// Its bytes in the document's text.
    pub range: ByteRange,
    /// What the ranking went by.
    pub score: f32,
    /// Each ranking's own score.
    pub scores: Scores,
}

/// What a language model is given to read: a hit, or several neighbouring ones joined.
#[derive(Clone, Debug, PartialEq)]
pub struct Passage {
    /// Number shown to the model and to the user, from 1.
    pub n: usize,
    /// Its document.
    pub document_id: DocumentId,
    /// The document's name, as the teacher knows it.
    pub document_name: String,
    /// First and last page, from 1.
    pub pages: (u32, u32),
    /// Titles of the headings it stands under.
    pub heading_path: Vec<String>,
    /// Verbatim text of the document at `range`.
    pub text: String,
    /// Its bytes in the document's text.
    pub range: ByteRange,
    /// The best score among the hits it was made of.
    pub score: f32,
    /// The scores of that hit.
    pub scores: Scores,
    /// Its boxes on the pages, where known.
    pub boxes: Vec<Rect>,
}
