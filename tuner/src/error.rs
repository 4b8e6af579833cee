//! What can go wrong while a model is tuned, and what the caller can do about it.

use std::path::{Path, PathBuf};

use domain::{ErrorKind, PortError};
use gguf::GgufError;

/// An error of the tuner.
#[derive(Debug, thiserror::Error)]
pub enum TunerError {
    /// A file cannot be opened, read or written.
    #[error("{} cannot be read or written: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// A line of training data is wrong.
    #[error("{} line {line}: {problem}", path.display())]
    BadRow {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// Which field, and what is wrong with it.
        problem: String,
    },
    /// A row does not fit.
    #[error("row `{id}` has {tokens} tokens, at most {limit} fit; shorten its passages or raise the length")]
    RowTooLong {
        /// The row.
        id: String,
        /// Its tokens.
        tokens: usize,
        /// The context's or the sequence's length.
        limit: usize,
    },
    /// Nothing to train on or to evaluate with.
    #[error("there are no rows {what}")]
    NoRows {
        /// For what.
        what: &'static str,
    },
    /// A base model that is damaged, incomplete or contradicts itself.
    #[error("the base model cannot be used: {problem}")]
    BadModel {
        /// What is wrong.
        problem: String,
    },
    /// An architecture that is not tuned here.
    #[error("the base model's architecture is `{found}`; supported are llama, qwen2")]
    UnknownArchitecture {
        /// What the file says.
        found: String,
    },
    /// A tensor is not there.
    #[error("the tensor `{name}` is missing")]
    MissingTensor {
        /// The tensor.
        name: String,
    },
    /// A tensor does not have the shape it must have.
    #[error("the tensor `{name}` has the shape {found:?}, expected {expected:?}: base and adapter must match")]
    WrongShape {
        /// The tensor.
        name: String,
        /// Its shape, rows first.
        found: Vec<usize>,
        /// What it must be.
        expected: Vec<usize>,
    },
    /// An adapter that cannot be used.
    #[error("the adapter {} cannot be used: {problem}", path.display())]
    BadAdapter {
        /// The adapter's folder or file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// A tokenizer or chat template that fails or is not supported.
    #[error("the base model's tokenizer cannot be used: {problem}")]
    Tokenizer {
        /// What is wrong.
        problem: String,
    },
    /// A setting that cannot be.
    #[error("the setting {setting} {problem}")]
    BadSetting {
        /// Its name.
        setting: &'static str,
        /// What is wrong, and what would do.
        problem: String,
    },
    /// The loss is not a number any more.
    #[error(
        "the loss became {loss} at step {step}: stopped; the last good checkpoint is {}; lower the learning rate",
        checkpoint.as_ref().map_or_else(|| "none".to_owned(), |p| p.display().to_string())
    )]
    Diverged {
        /// The step, from 1.
        step: usize,
        /// The loss.
        loss: f64,
        /// The last checkpoint from before.
        checkpoint: Option<PathBuf>,
    },
    /// A checkpoint of another run.
    #[error("the checkpoint {} belongs to another run: {problem}", path.display())]
    ForeignCheckpoint {
        /// The file.
        path: PathBuf,
        /// What differs.
        problem: String,
    },
    /// Training would not fit into memory.
    #[error("training needs about {needed_mib} MiB, {free_mib} MiB are free; {advice}")]
    TooLittleMemory {
        /// The estimate.
        needed_mib: u64,
        /// What the machine has.
        free_mib: u64,
        /// What would fit.
        advice: String,
    },
    /// No GPU, or none that this program can use.
    #[error(
        "no GPU can be used ({reason}); `--device cpu` trains without one, and a program for GPUs is built with \
         `--features cuda` where NVIDIA's CUDA toolkit is installed"
    )]
    NoGpu {
        /// Why.
        reason: String,
    },
    /// The computation failed.
    #[error("tuning failed while {stage}: {reason}")]
    Compute {
        /// What was being done.
        stage: &'static str,
        /// Why.
        reason: String,
    },
}

impl TunerError {
    /// What the caller can do about it.
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Io { .. } | Self::NoGpu { .. } => ErrorKind::Unavailable,
            Self::BadRow { .. }
            | Self::NoRows { .. }
            | Self::BadModel { .. }
            | Self::MissingTensor { .. }
            | Self::WrongShape { .. }
            | Self::BadAdapter { .. }
            | Self::BadSetting { .. }
            | Self::Diverged { .. } => ErrorKind::InvalidInput,
            Self::RowTooLong { .. } | Self::TooLittleMemory { .. } => ErrorKind::TooLarge,
            Self::UnknownArchitecture { .. } | Self::Tokenizer { .. } => ErrorKind::Unsupported,
            Self::ForeignCheckpoint { .. } => ErrorKind::Conflict,
            Self::Compute { .. } => ErrorKind::Internal,
        }
    }

    /// Stable, machine-readable.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Io { .. } => "tuning_file",
            Self::BadRow { .. } => "row_invalid",
            Self::RowTooLong { .. } => "row_too_long",
            Self::NoRows { .. } => "rows_missing",
            Self::BadModel { .. } => "base_invalid",
            Self::UnknownArchitecture { .. } => "model_architecture",
            Self::MissingTensor { .. } => "tensor_missing",
            Self::WrongShape { .. } => "tensor_shape",
            Self::BadAdapter { .. } => "adapter_invalid",
            Self::Tokenizer { .. } => "tokenizer_unsupported",
            Self::BadSetting { .. } => "tuning_setting",
            Self::Diverged { .. } => "tuning_diverged",
            Self::ForeignCheckpoint { .. } => "checkpoint_foreign",
            Self::TooLittleMemory { .. } => "memory_short",
            Self::NoGpu { .. } => "gpu_missing",
            Self::Compute { .. } => "tuning_failed",
        }
    }
}

impl From<GgufError> for TunerError {
    fn from(error: GgufError) -> Self {
        match error {
            GgufError::Unreadable { path, source } | GgufError::Unwritable { path, source } => {
                Self::Io { path, source }
            }
            GgufError::Damaged { path, reason } => {
                Self::BadModel { problem: format!("{} is not a whole GGUF file: {reason}", path.display()) }
            }
            GgufError::NotWritten { reason } => Self::Compute { stage: "writing the model", reason },
            GgufError::BadMetadata { .. } => Self::BadModel { problem: error.to_string() },
            other => Self::Tokenizer { problem: other.to_string() },
        }
    }
}

impl From<TunerError> for PortError {
    fn from(error: TunerError) -> Self {
        Self::new(error.kind(), error.code(), error.to_string()).caused_by(error)
    }
}

/// The error for a file that fails to open, read or write.
pub(crate) fn unreadable(path: &Path, source: std::io::Error) -> TunerError {
    TunerError::Io { path: path.to_owned(), source }
}

/// What the tuner returns.
pub type TunerResult<T> = Result<T, TunerError>;
