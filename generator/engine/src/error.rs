//! What can go wrong between a model file and a written token, and what the caller can do about it.

use domain::{ErrorKind, PortError};
use gguf::GgufError;

/// An error of the engine, or of a model on a server.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// An architecture that no engine here runs.
    #[error("the model's architecture is `{found}`; supported are {supported}")]
    UnknownArchitecture {
        /// What the file says.
        found: String,
        /// What would work.
        supported: &'static str,
    },
    /// The file itself, its metadata, tokenizer or chat template.
    #[error(transparent)]
    Gguf(#[from] GgufError),
    /// Weights that the architecture needs are not in the file.
    #[error("the model file lacks {count} of its tensors, among them `{first}`")]
    MissingTensors {
        /// How many.
        count: usize,
        /// The first, by name.
        first: String,
    },
    /// A tensor does not have the shape that the metadata announces.
    #[error("the tensor `{name}` has the shape {found:?}, expected {expected:?}")]
    WrongShape {
        /// The tensor.
        name: String,
        /// Its shape, rows first.
        found: Vec<usize>,
        /// What the metadata announces.
        expected: Vec<usize>,
    },
    /// An adapter that was made for another model.
    #[error("the adapter `{adapter}` does not belong to this model: {problem}; give it the model it was tuned on")]
    AdapterMismatch {
        /// Its name.
        adapter: String,
        /// What does not fit.
        problem: String,
    },
    /// Weights of a type that no kernel here multiplies.
    #[error(
        "the tensor `{name}` is stored as {found}; supported are Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q4_K, Q5_K, Q6_K, F16, BF16 and F32"
    )]
    UnsupportedWeights {
        /// The tensor.
        name: String,
        /// Its type.
        found: String,
    },
    /// The prompt leaves no room for an answer.
    #[error("the prompt has {tokens} tokens, the model's context holds {limit}; ask with less text")]
    ContextTooLong {
        /// Tokens of the prompt.
        tokens: usize,
        /// The context's length.
        limit: usize,
    },
    /// No texts to be scored, too many, or an empty one.
    #[error("{problem}")]
    BadScoreRequest {
        /// What is wrong with it.
        problem: String,
    },
    /// A constraint that is malformed, or that no text satisfies.
    #[error("the constraint cannot be kept to: {reason}")]
    BadConstraint {
        /// What is wrong with it.
        reason: String,
    },
    /// A constraint that a server cannot be asked for.
    #[error("a model on a server cannot be held to {what}; use a local one")]
    UnknownConstraint {
        /// What was asked for.
        what: &'static str,
    },
    /// No connection, or one that broke or fell silent.
    #[error("the model's server {url} cannot be reached: {reason}")]
    ServerUnreachable {
        /// The address.
        url: String,
        /// What happened.
        reason: String,
    },
    /// The server has no time.
    #[error("the model's server {url} is busy; try again shortly")]
    ServerBusy {
        /// The address.
        url: String,
    },
    /// The server answered with an error.
    #[error("the model's server {url} refused with status {status}: {message}")]
    ServerRefused {
        /// The address.
        url: String,
        /// Its HTTP status.
        status: u16,
        /// Its own words.
        message: String,
    },
    /// The server answered with something else than the API says.
    #[error("the model's server {url} sent {what}; is it OpenAI-compatible?")]
    ServerAnswer {
        /// The address.
        url: String,
        /// What was found.
        what: &'static str,
    },
    /// The waiting line is full.
    #[error("the generator is busy: {waiting} requests are waiting already; try again shortly")]
    Busy {
        /// The queue's capacity.
        waiting: usize,
    },
    /// The model's thread has ended.
    #[error("the generator has stopped")]
    Stopped,
    /// No GPU, or none that this program can use.
    #[error(
        "no GPU can be used ({reason}); set models.device to \"cpu\", or build the program with `--features cuda` where \
         NVIDIA's CUDA toolkit is installed"
    )]
    NoGpu {
        /// Why.
        reason: String,
    },
    /// The computation failed.
    #[error("the model failed while {stage}: {reason}")]
    Compute {
        /// What was being done.
        stage: &'static str,
        /// Why.
        reason: String,
    },
}

impl EngineError {
    /// What the caller can do about it.
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::NoGpu { .. } | Self::Stopped | Self::ServerUnreachable { .. } | Self::ServerAnswer { .. } => {
                ErrorKind::Unavailable
            }
            Self::ServerRefused { status, .. } => match *status {
                413 => ErrorKind::TooLarge,
                400 | 404 | 422 => ErrorKind::InvalidInput,
                _ => ErrorKind::Unavailable,
            },
            Self::Gguf(error) => error.kind(),
            Self::MissingTensors { .. }
            | Self::WrongShape { .. }
            | Self::AdapterMismatch { .. }
            | Self::BadConstraint { .. }
            | Self::BadScoreRequest { .. } => ErrorKind::InvalidInput,
            Self::UnknownArchitecture { .. } | Self::UnsupportedWeights { .. } | Self::UnknownConstraint { .. } => {
                ErrorKind::Unsupported
            }
            Self::ContextTooLong { .. } => ErrorKind::TooLarge,
            Self::Busy { .. } | Self::ServerBusy { .. } => ErrorKind::Overloaded,
            Self::Compute { .. } => ErrorKind::Internal,
        }
    }

    /// Stable, machine-readable.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::UnknownArchitecture { .. } => "model_architecture",
            Self::Gguf(error) => error.code(),
            Self::MissingTensors { .. } => "model_tensors_missing",
            Self::WrongShape { .. } => "model_tensor_shape",
            Self::AdapterMismatch { .. } => "adapter_mismatch",
            Self::UnsupportedWeights { .. } => "model_weights",
            Self::ContextTooLong { .. } => "context_too_long",
            Self::BadConstraint { .. } => "constraint_invalid",
            Self::BadScoreRequest { .. } => "score_request",
            Self::UnknownConstraint { .. } => "constraint_unsupported",
            Self::ServerUnreachable { .. } => "server_unreachable",
            Self::ServerBusy { .. } => "server_busy",
            Self::ServerRefused { .. } => "server_refused",
            Self::ServerAnswer { .. } => "server_answer",
            Self::Busy { .. } => "generator_busy",
            Self::Stopped => "generator_stopped",
            Self::NoGpu { .. } => "gpu_missing",
            Self::Compute { .. } => "generator_failed",
        }
    }
}

impl From<EngineError> for PortError {
    fn from(error: EngineError) -> Self {
        Self::new(error.kind(), error.code(), error.to_string()).caused_by(error)
    }
}

/// What this crate returns.
pub type EngineResult<T> = Result<T, EngineError>;
