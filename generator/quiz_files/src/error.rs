//! What can go wrong when a quiz is written to a file or read from one.

use domain::{ErrorKind, PortError};

use crate::FileProblem;

/// `line 3: …; line 9: …`.
fn lines(problems: &[FileProblem]) -> String {
    problems.iter().map(|p| format!("line {}: {}", p.line, p.reason)).collect::<Vec<_>>().join("; ")
}

/// An error of a quiz file.
#[derive(Debug, thiserror::Error)]
pub enum QuizFileError {
    /// A quiz file is malformed.
    #[error("the {format} file can't be imported: {}", lines(problems))]
    Invalid {
        /// Its format.
        format: &'static str,
        /// Every malformed place.
        problems: Vec<FileProblem>,
    },
    /// A format that quizzes are written in, but not read from.
    #[error("quizzes are imported from gift, moodle_xml and json, not from {format}")]
    FormatNotRead {
        /// The format.
        format: &'static str,
    },
    /// A quiz could not be written.
    #[error("the quiz could not be written as {format}: {reason}")]
    Unwritable {
        /// The format.
        format: &'static str,
        /// Why.
        reason: String,
    },
}

impl QuizFileError {
    /// What the caller can do about it.
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Invalid { .. } => ErrorKind::InvalidInput,
            Self::FormatNotRead { .. } => ErrorKind::Unsupported,
            Self::Unwritable { .. } => ErrorKind::Internal,
        }
    }

    /// Stable, machine-readable.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Invalid { .. } => "import_invalid",
            Self::FormatNotRead { .. } => "import_format",
            Self::Unwritable { .. } => "export_failed",
        }
    }
}

impl From<QuizFileError> for PortError {
    fn from(error: QuizFileError) -> Self {
        Self::new(error.kind(), error.code(), error.to_string()).caused_by(error)
    }
}

/// What this crate returns.
pub type QuizFileResult<T> = Result<T, QuizFileError>;
