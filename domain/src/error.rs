//! Kinds of error: what the caller can do about one, independent of where it arose.

use std::error::Error;

/// What went wrong, from the caller's side. `api` alone maps a kind to a status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The request or the file is wrong; sending it again will not help.
    InvalidInput,
    /// There is no such thing.
    NotFound,
    /// It clashes with the state things are in.
    Conflict,
    /// Over a size limit.
    TooLarge,
    /// A format or feature that Lectern does not read.
    Unsupported,
    /// A bounded queue is full; try again shortly.
    Overloaded,
    /// Something needed (a model, a server, a disk) is not there at present.
    Unavailable,
    /// There is no room left to keep what was sent.
    StorageFull,
    /// The caller went away or asked to stop.
    Cancelled,
    /// A fault of Lectern's own.
    Internal,
}

impl ErrorKind {
    /// Whether the same request may succeed later without anyone changing it.
    pub const fn is_transient(self) -> bool {
        matches!(self, Self::Overloaded | Self::Unavailable)
    }
}

/// An error that crosses a port: kind, stable code, a sentence for the user, and the cause for the log.
#[derive(Debug, thiserror::Error)]
#[error("{detail}")]
pub struct PortError {
    /// What the caller can do about it.
    pub kind: ErrorKind,
    /// Stable, machine-readable.
    pub code: &'static str,
    /// What happened, to what, and what to do.
    pub detail: String,
    /// The cause.
    #[source]
    pub source: Option<Box<dyn Error + Send + Sync>>,
}

impl PortError {
    /// An error without a cause of its own.
    pub fn new(kind: ErrorKind, code: &'static str, detail: impl Into<String>) -> Self {
        Self { kind, code, detail: detail.into(), source: None }
    }

    /// The same error with its cause.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }
}

/// What a port returns.
pub type PortResult<T> = Result<T, PortError>;
