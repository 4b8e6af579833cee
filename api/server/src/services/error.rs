//! What can go wrong in a service: to what, and what the caller can do about it. How it is answered is for `http` to say.

use std::error::Error;

use domain::{ConversationId, DocumentId, ErrorCode, ErrorKind, Failure, PortError};
use tokio::task::JoinError;

use crate::{models::UnknownModel, store::StoreError};

/// An error of a service. Its text is for the user.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// A question without words.
    #[error("The question is empty. Write at least one word.")]
    QuestionEmpty,
    /// Over the limit of the settings.
    #[error("The question has {length} characters; at most {limit} are read. Shorten it.")]
    QuestionTooLong {
        /// Its characters.
        length: usize,
        /// The most that are read.
        limit: usize,
    },
    /// A document that was named is of another course, or not read.
    #[error("Document {0} is not among this course's ready documents.")]
    DocumentNotReady(DocumentId),
    /// A conversation that was named is of another course, or gone.
    #[error("Conversation {0} is not among this course's. It may have been deleted.")]
    ConversationNotFound(ConversationId),
    /// A model that is not served.
    #[error(transparent)]
    UnknownModel(#[from] UnknownModel),
    /// As many answers are being written as may be.
    #[error("Too many answers are being written. Ask again in a moment, or in quote mode.")]
    AnswersBusy,
    /// As many questions are being proven as may be.
    #[error("Many questions are being proven. Send this again in a moment.")]
    ProofsBusy,
    /// A question, or a wrong option, can't be made again.
    #[error("The material holds no other {0} that passes its checks. The question is as it was.")]
    NothingElseFound(&'static str),
    /// A quiz's title is empty or too long.
    #[error("A quiz needs a title of 1 to {0} characters.")]
    QuizTitle(usize),
    /// Over the limit of a quiz.
    #[error("A quiz holds at most {0} questions.")]
    TooManyQuestions(usize),
    /// The new order of a quiz's questions leaves some out, or names one twice.
    #[error("`order` must hold the number of each remaining question exactly once.")]
    QuestionOrder,
    /// An edit names a question that the quiz does not hold.
    #[error("There is no question {0}. It may have been deleted.")]
    QuestionNotFound(usize),
    /// An edit does not name its question.
    #[error("Every edit names its question: `{{\"n\": 3, …}}`.")]
    EditWithoutNumber,
    /// An edit names a field that is not a teacher's to change.
    #[error("`{field}` can't be edited; {editable} can.")]
    NotEditable {
        /// The field.
        field: String,
        /// Those that can be edited.
        editable: String,
    },
    /// A question would not hold together.
    #[error("Question {n}: {fault}.")]
    QuestionBroken {
        /// Its number, from 1.
        n: usize,
        /// What is wrong with it.
        fault: String,
    },
    /// A thread died.
    #[error("Looking through the material broke off. Ask again.")]
    MaterialBrokeOff(#[source] JoinError),
    /// A thread died.
    #[error("Splitting broke off. Try again.")]
    SplittingBrokeOff(#[source] JoinError),
    /// Of the reader, the retriever or the generator.
    #[error(transparent)]
    Port(#[from] PortError),
    /// Of the database or the file store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What services return.
pub type ServiceResult<T> = Result<T, ServiceError>;

impl ServiceError {
    /// What the caller can do about it.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::QuestionEmpty
            | Self::QuestionTooLong { .. }
            | Self::UnknownModel(_)
            | Self::QuizTitle(_)
            | Self::TooManyQuestions(_)
            | Self::QuestionOrder
            | Self::EditWithoutNumber
            | Self::NotEditable { .. }
            | Self::QuestionBroken { .. } => ErrorKind::InvalidInput,
            Self::DocumentNotReady(_) | Self::ConversationNotFound(_) | Self::QuestionNotFound(_) => {
                ErrorKind::NotFound
            }
            Self::AnswersBusy | Self::ProofsBusy => ErrorKind::Overloaded,
            Self::NothingElseFound(_) => ErrorKind::Conflict,
            Self::MaterialBrokeOff(_) | Self::SplittingBrokeOff(_) => ErrorKind::Internal,
            Self::Port(error) => error.kind,
            Self::Store(error) => error.kind(),
        }
    }

    /// Stable, machine-readable.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::QuestionEmpty => ErrorCode::QuestionEmpty,
            Self::QuestionTooLong { .. } => ErrorCode::QuestionTooLong,
            Self::DocumentNotReady(_) => ErrorCode::DocumentNotFound,
            Self::ConversationNotFound(_) => ErrorCode::ConversationNotFound,
            Self::UnknownModel(_) => ErrorCode::UnknownModel,
            Self::AnswersBusy => ErrorCode::GeneratorBusy,
            Self::ProofsBusy => ErrorCode::QuizBusy,
            Self::NothingElseFound(_) => ErrorCode::NothingElseFound,
            Self::QuizTitle(_) => ErrorCode::InvalidTitle,
            Self::TooManyQuestions(_) => ErrorCode::TooManyQuestions,
            Self::QuestionOrder => ErrorCode::InvalidOrder,
            Self::QuestionNotFound(_) => ErrorCode::QuestionNotFound,
            Self::EditWithoutNumber | Self::NotEditable { .. } => ErrorCode::InvalidEdit,
            Self::QuestionBroken { .. } => ErrorCode::EditBreaksQuestion,
            Self::MaterialBrokeOff(_) => ErrorCode::MaterialFailed,
            Self::SplittingBrokeOff(_) => ErrorCode::SplittingFailed,
            // The crates below name their codes; a test looks that all of them are listed.
            Self::Port(error) => ErrorCode::of_name(error.code).unwrap_or(ErrorCode::Internal),
            Self::Store(error) => error.code(),
        }
    }

    /// What happened, to what, and what to do.
    pub fn detail(&self) -> String {
        match self {
            Self::Store(error) => error.detail().to_owned(),
            other => other.to_string(),
        }
    }

    /// The same for who looks at what failed later.
    pub fn failure(&self) -> Failure {
        Failure { code: self.code().to_string(), detail: self.detail() }
    }

    /// Writes what the operator should know to the log, with its causes.
    pub fn log(&self) {
        if !matches!(self.kind(), ErrorKind::Internal | ErrorKind::Unavailable) {
            return;
        }
        let mut causes = Vec::new();
        let mut next = self.source();
        while let Some(cause) = next {
            causes.push(cause.to_string());
            next = cause.source();
        }
        tracing::error!(code = %self.code(), causes = causes.join(": "), "{self}");
    }
}

#[cfg(test)]
mod tests {
    use std::{
        collections::BTreeSet,
        fs,
        path::{Path, PathBuf},
    };

    use super::*;

    /// The Rust files under a folder, without the tests in them.
    fn sources(folder: &Path) -> Vec<(PathBuf, String)> {
        let mut found = Vec::new();
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
            if name.ends_with("tests") || name.ends_with("tests.rs") {
                continue;
            }
            if path.is_dir() {
                found.extend(sources(&path));
            } else if path.extension().is_some_and(|e| e == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                let text = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default().to_owned();
                found.push((path, text));
            }
        }
        found
    }

    #[test]
    fn nothing_below_the_routes_knows_of_http() {
        let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        for folder in ["services", "store"] {
            for (path, text) in sources(&own.join(folder)) {
                for word in ["axum", "crate::http", "crate::bootstrap", "StatusCode"] {
                    assert!(!text.contains(word), "{} names {word}", path.display());
                }
            }
        }
    }

    /// Texts between quotes.
    fn quoted(text: &str) -> impl Iterator<Item = &str> {
        text.split('"').skip(1).step_by(2)
    }

    /// The codes that a file of the crates below names: in `code()` of its error, and in errors made at once.
    fn named(text: &str) -> Vec<&str> {
        let mut found = Vec::new();
        for body in text.split("fn code(&self) -> &'static str {").skip(1) {
            let body = body.split("\n    }\n").next().unwrap_or_default();
            found.extend(quoted(body));
        }
        for made in text.split("PortError::new(").skip(1) {
            let second = made.split(',').nth(1).unwrap_or_default().trim();
            found.extend(second.strip_prefix('"').and_then(|code| code.strip_suffix('"')));
        }
        found
    }

    #[test]
    fn every_code_that_is_answered_is_listed_and_every_listed_one_is_answered() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let mut produced = BTreeSet::new();
        for folder in ["ingest/src", "retriever/src", "generator", "provision/src", "domain/src"] {
            // What was not read of a document is told by codes of its own: they are warnings, not errors.
            let files =
                sources(&root.join(folder)).into_iter().filter(|(path, _)| !path.ends_with("read_pdf/unread.rs"));
            for (path, text) in files {
                for code in named(&text) {
                    assert!(ErrorCode::of_name(code).is_some(), "{} names {code}: list it", path.display());
                    produced.insert(code.to_owned());
                }
            }
        }
        let own: String = sources(&root.join("api/server/src")).into_iter().map(|(_, text)| text).collect();
        let answered = |code: &ErrorCode| {
            let variant = format!("ErrorCode::{code:?}");
            produced.contains(code.as_str())
                || own
                    .match_indices(&variant)
                    .any(|(at, _)| !own[at + variant.len()..].starts_with(|next: char| next.is_alphanumeric()))
        };
        let idle: Vec<_> = ErrorCode::ALL.iter().filter(|code| !answered(code)).collect();
        assert!(idle.is_empty(), "nothing answers with {idle:?}");
    }
}
