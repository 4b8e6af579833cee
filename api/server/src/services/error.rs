//! What can go wrong in a service: to what, and what the caller can do about it. How it is answered is for `http` to say.

use std::error::Error;

use domain::{ConversationId, DocumentId, ErrorKind, Failure, PortError};
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
    pub fn code(&self) -> &'static str {
        match self {
            Self::QuestionEmpty => "question_empty",
            Self::QuestionTooLong { .. } => "question_too_long",
            Self::DocumentNotReady(_) => "document_not_found",
            Self::ConversationNotFound(_) => "conversation_not_found",
            Self::UnknownModel(_) => "unknown_model",
            Self::AnswersBusy => "generator_busy",
            Self::ProofsBusy => "quiz_busy",
            Self::NothingElseFound(_) => "nothing_else_found",
            Self::QuizTitle(_) => "invalid_title",
            Self::TooManyQuestions(_) => "too_many_questions",
            Self::QuestionOrder => "invalid_order",
            Self::QuestionNotFound(_) => "question_not_found",
            Self::EditWithoutNumber | Self::NotEditable { .. } => "invalid_edit",
            Self::QuestionBroken { .. } => "edit_breaks_question",
            Self::MaterialBrokeOff(_) => "material_failed",
            Self::SplittingBrokeOff(_) => "splitting_failed",
            Self::Port(error) => error.code,
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
        Failure { code: self.code().to_owned(), detail: self.detail() }
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
        tracing::error!(code = self.code(), causes = causes.join(": "), "{self}");
    }
}
