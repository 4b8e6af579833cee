//! What can go wrong in this crate, and what the caller can do about it.

use std::{error::Error, path::PathBuf};

use domain::{ErrorKind, PortError};

/// A cause that only the log needs.
type Cause = Box<dyn Error + Send + Sync>;

/// An error of the retriever. Each variant has one [`ErrorKind`] and one stable code.
#[derive(Debug, thiserror::Error)]
pub enum RetrieverError {
    /// The embedder's queue is full; nothing was done.
    #[error("the embedder is busy: {waiting} texts are waiting and its queue holds {capacity}; try again shortly")]
    EmbedderBusy {
        /// Texts waiting now.
        waiting: usize,
        /// Most texts that may wait.
        capacity: usize,
    },
    /// A model file or a native library could not be loaded.
    #[error("{} can't be loaded: {detail}; `lectern models pull` fetches it again", path.display())]
    ModelUnavailable {
        /// The file.
        path: PathBuf,
        /// What the loader said.
        detail: String,
    },
    /// The embedder's thread has ended.
    #[error("the embedder has stopped; restart Lectern")]
    EmbedderStopped,
    /// The model failed on a batch.
    #[error("the text could not be embedded: {0}")]
    EmbeddingFailed(String),
    /// Too many searches wait for the reranker; nothing was done.
    #[error("the reranker is busy: {capacity} searches are waiting; try again shortly")]
    RerankerBusy {
        /// Most searches that may wait.
        capacity: usize,
    },
    /// The reranker failed on a question and its passages.
    #[error("the hits could not be reranked: {0}")]
    RerankingFailed(String),
    /// The index was made with another embedder or analyser.
    #[error(
        "the index in {} was made with {found}, and this Lectern uses {expected}: move the folder away and index the documents again",
        path.display()
    )]
    IndexMismatch {
        /// The index's folder.
        path: PathBuf,
        /// What it was made with.
        found: String,
        /// What is in use.
        expected: String,
    },
    /// The vector index in this process failed.
    #[error("the vector index failed to {action}")]
    VectorIndex {
        /// What was tried.
        action: &'static str,
        /// The cause.
        #[source]
        source: Cause,
    },
    /// The Qdrant server failed or can't be reached.
    #[error("the Qdrant server failed to {action}; check its URL, key and state")]
    VectorServer {
        /// What was tried.
        action: &'static str,
        /// The cause.
        #[source]
        source: Cause,
    },
    /// Another process has the index open.
    #[error("the index in {} is in use by another Lectern; stop it, or ask it through its API", path.display())]
    InUse {
        /// The folder.
        path: PathBuf,
    },
    /// The keyword index failed.
    #[error("the keyword index failed to {action}")]
    KeywordIndex {
        /// What was tried.
        action: &'static str,
        /// The cause.
        #[source]
        source: Cause,
    },
    /// A file or folder of the index can't be read or written.
    #[error("{} can't be used", path.display())]
    Storage {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A vector of another length than the index holds.
    #[error("a vector of {found} numbers does not fit an index of {expected}")]
    WrongDimensions {
        /// Length of the vector.
        found: usize,
        /// Length the index holds.
        expected: usize,
    },
    /// A line of an evaluation set is not what it should be.
    #[error("{}, line {line}: {detail}", path.display())]
    MalformedLine {
        /// The file.
        path: PathBuf,
        /// Its line, from 1.
        line: usize,
        /// What is wrong with it.
        detail: String,
    },
    /// Work on another thread ended with a panic: a fault in Lectern or in a library.
    #[error("work on the index broke off")]
    BrokeOff(#[source] Cause),
    /// An error of a port that this crate called: an embedder or a reranker.
    #[error(transparent)]
    Port(#[from] PortError),
}

impl RetrieverError {
    /// What the caller can do.
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::EmbedderBusy { .. } | Self::RerankerBusy { .. } => ErrorKind::Overloaded,
            Self::ModelUnavailable { .. }
            | Self::EmbedderStopped
            | Self::VectorServer { .. }
            | Self::Storage { .. } => ErrorKind::Unavailable,
            Self::IndexMismatch { .. } | Self::InUse { .. } => ErrorKind::Conflict,
            Self::MalformedLine { .. } => ErrorKind::InvalidInput,
            Self::EmbeddingFailed(_)
            | Self::RerankingFailed(_)
            | Self::VectorIndex { .. }
            | Self::KeywordIndex { .. }
            | Self::WrongDimensions { .. }
            | Self::BrokeOff(_) => ErrorKind::Internal,
            Self::Port(error) => error.kind,
        }
    }

    /// Stable, machine-readable.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::EmbedderBusy { .. } => "embedder_busy",
            Self::ModelUnavailable { .. } => "embedder_unavailable",
            Self::EmbedderStopped => "embedder_stopped",
            Self::EmbeddingFailed(_) => "embedding_failed",
            Self::RerankerBusy { .. } => "reranker_busy",
            Self::RerankingFailed(_) => "reranking_failed",
            Self::IndexMismatch { .. } => "index_mismatch",
            Self::InUse { .. } => "index_in_use",
            Self::VectorIndex { .. } => "vector_index_failed",
            Self::VectorServer { .. } => "vector_server_unavailable",
            Self::KeywordIndex { .. } => "keyword_index_failed",
            Self::Storage { .. } => "index_storage_unavailable",
            Self::WrongDimensions { .. } => "wrong_dimensions",
            Self::MalformedLine { .. } => "malformed_line",
            Self::BrokeOff(_) => "retriever_broke_off",
            Self::Port(error) => error.code,
        }
    }

    /// For `map_err`: the keyword index failed at `action`.
    pub(crate) fn keywords<E: Into<Cause>>(action: &'static str) -> impl FnOnce(E) -> Self {
        move |source| Self::KeywordIndex { action, source: source.into() }
    }

    /// For `map_err`: the vector index in this process failed at `action`.
    pub(crate) fn vectors<E: Into<Cause>>(action: &'static str) -> impl FnOnce(E) -> Self {
        move |source| Self::VectorIndex { action, source: source.into() }
    }

    /// For `map_err`: the Qdrant server failed at `action`.
    pub(crate) fn server<E: Into<Cause>>(action: &'static str) -> impl FnOnce(E) -> Self {
        move |source| Self::VectorServer { action, source: source.into() }
    }

    /// For `map_err`: `path` can't be read or written.
    pub(crate) fn storage(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::Storage { path: path.into(), source }
    }
}

impl From<RetrieverError> for PortError {
    fn from(error: RetrieverError) -> Self {
        match error {
            RetrieverError::Port(error) => error,
            other => Self::new(other.kind(), other.code(), other.to_string()).caused_by(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_error_keeps_kind_code_and_cause() {
        let error = PortError::from(RetrieverError::EmbedderBusy { waiting: 256, capacity: 256 });
        assert_eq!((error.kind, error.code), (ErrorKind::Overloaded, "embedder_busy"));
        assert!(error.source.is_some());
        let through = PortError::from(RetrieverError::Port(PortError::new(ErrorKind::NotFound, "x", "y")));
        assert_eq!((through.kind, through.code), (ErrorKind::NotFound, "x"));
    }
}
