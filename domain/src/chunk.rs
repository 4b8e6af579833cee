//! A chunk: what is indexed and found.

use serde::{Deserialize, Serialize};

use crate::{ByteRange, ChunkId};

/// Raised whenever the same bytes would be split differently, so that old and new chunks never share an id.
pub const CHUNKER_VERSION: u32 = 2;

/// A stretch of a document, small enough for the embedder, never across a heading.
///
/// Law: its text is exactly the document's text at `range`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Chunk {
    /// See [`ChunkId::derive`].
    pub id: ChunkId,
    /// Its place among the document's chunks, from 0.
    pub ordinal: usize,
    /// The verbatim text.
    pub text: String,
    /// Length in the embedder's tokens, its special tokens not counted.
    pub tokens: usize,
    /// First and last page it touches, from 1.
    pub pages: (u32, u32),
    /// Titles of the headings it stands under, outermost first.
    pub heading_path: Vec<String>,
    /// Its bytes in the document's text.
    pub range: ByteRange,
}
