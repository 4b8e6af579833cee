//! The port to a vector index: the one in this process, or a Qdrant server.

use domain::{ChunkId, CourseId, DocumentId, Script, SearchFilter, ports::BoxFuture};

use crate::RetrieverError;

/// A chunk's vector and what it can be filtered by.
#[derive(Clone, Debug, PartialEq)]
pub struct VectorPoint {
    /// The chunk; also the point's id.
    pub chunk: ChunkId,
    /// Its course.
    pub course: CourseId,
    /// Its document.
    pub document: DocumentId,
    /// Its place among the document's chunks.
    pub ordinal: usize,
    /// First and last page it touches, from 1.
    pub pages: (u32, u32),
    /// How its text is written.
    pub script: Script,
    /// Its embedding, of length 1.
    pub vector: Vec<f32>,
}

/// A point that was found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct VectorHit {
    /// The chunk.
    pub chunk: ChunkId,
    /// Cosine similarity to what was searched for.
    pub score: f32,
}

/// Keeps vectors and finds the nearest ones.
///
/// Laws: what a call wrote is durable and searchable when it returns; every write can be repeated and ends in the same
/// state; a dropped call leaves each point either written or not.
pub trait VectorIndex: Send + Sync {
    /// Makes `points` the only points of `document`, to which all of them belong.
    fn replace_document(
        &self,
        document: DocumentId,
        points: Vec<VectorPoint>,
    ) -> BoxFuture<'_, Result<(), RetrieverError>>;

    /// Forgets a document. Not an error where there is none.
    fn remove_document(&self, document: DocumentId) -> BoxFuture<'_, Result<(), RetrieverError>>;

    /// Forgets a course. Not an error where there is none.
    fn remove_course(&self, course: CourseId) -> BoxFuture<'_, Result<(), RetrieverError>>;

    /// How many points a document has.
    fn count(&self, document: DocumentId) -> BoxFuture<'_, Result<usize, RetrieverError>>;

    /// The `limit` nearest points of `course` that pass `filter`, nearest first; none that is known to be written as
    /// `without` says.
    fn search(
        &self,
        course: CourseId,
        filter: SearchFilter,
        without: Option<Script>,
        vector: Vec<f32>,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<VectorHit>, RetrieverError>>;
}
