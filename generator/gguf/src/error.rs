//! What can be wrong with a GGUF file, its tokenizer and its chat template.

use std::{
    fmt::Display,
    path::{Path, PathBuf},
};

use domain::ErrorKind;

/// An error of a GGUF file, or of the tokenizer, chat template or metadata in it.
#[derive(Debug, thiserror::Error)]
pub enum GgufError {
    /// The file cannot be opened or read.
    #[error("the model file {} cannot be read: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// The file is no GGUF, or ends before it should.
    #[error("the model file {} is not a whole GGUF file ({reason}); download it again", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What was found.
        reason: String,
    },
    /// A file cannot be made or written.
    #[error("the model file {} cannot be written: {source}", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// Metadata and tensors cannot be put into a file.
    #[error("the model file cannot be written: {reason}")]
    NotWritten {
        /// Why.
        reason: String,
    },
    /// A metadata value is missing or has a value that cannot be.
    #[error("the model file's metadata `{key}` {problem}")]
    BadMetadata {
        /// The key.
        key: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A tokenizer of a kind that is not read here.
    #[error("the model's tokenizer `{kind}` is not supported")]
    UnsupportedTokenizer {
        /// Model and pre-tokenizer, as the file names them.
        kind: String,
    },
    /// Tokenizer and vocabulary disagree.
    #[error("the tokenizer does not match the vocabulary: {count} {what}, for example `{example}`")]
    TokenizerMismatch {
        /// What disagrees.
        what: &'static str,
        /// How often.
        count: usize,
        /// One of them.
        example: String,
    },
    /// The tokenizer could not be made.
    #[error("the tokenizer failed: {reason}")]
    Tokenizer {
        /// Why.
        reason: String,
    },
    /// The chat template is broken, or refused the messages.
    #[error("the model's chat template failed: {source}")]
    ChatTemplate {
        /// The cause.
        #[from]
        source: minijinja::Error,
    },
}

impl GgufError {
    /// The error for a file that is not as GGUF files are.
    pub fn damaged(path: &Path, reason: &dyn Display) -> Self {
        let reason = reason.to_string().lines().next().unwrap_or_default().to_owned();
        Self::Damaged { path: path.to_owned(), reason }
    }

    /// What the caller can do about it.
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Unreadable { .. } | Self::Unwritable { .. } => ErrorKind::Unavailable,
            Self::UnsupportedTokenizer { .. } => ErrorKind::Unsupported,
            Self::Tokenizer { .. } | Self::NotWritten { .. } => ErrorKind::Internal,
            Self::Damaged { .. }
            | Self::BadMetadata { .. }
            | Self::TokenizerMismatch { .. }
            | Self::ChatTemplate { .. } => ErrorKind::InvalidInput,
        }
    }

    /// Stable, machine-readable.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "model_unreadable",
            Self::Damaged { .. } => "model_damaged",
            Self::Unwritable { .. } | Self::NotWritten { .. } => "model_unwritable",
            Self::BadMetadata { .. } => "model_metadata",
            Self::UnsupportedTokenizer { .. } => "tokenizer_unsupported",
            Self::TokenizerMismatch { .. } => "tokenizer_mismatch",
            Self::Tokenizer { .. } => "tokenizer_failed",
            Self::ChatTemplate { .. } => "chat_template",
        }
    }
}

/// What this crate returns.
pub type GgufResult<T> = Result<T, GgufError>;
