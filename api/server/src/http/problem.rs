//! The only table from error kind to HTTP status, and the form of every error answer: problem+json (RFC 9457).

use axum::{
    Json,
    extract::rejection::JsonRejection,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::{ErrorCode, ErrorKind, PortError};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{models::UnknownModel, services::ServiceError, store::StoreError};

/// An error answer. `code` is stable; `detail` says what happened, to what, and what to do.
#[derive(Debug, Serialize, ToSchema)]
pub struct Problem {
    /// `https://lectern.invalid/errors/<code>`: an identifier, not an address.
    #[serde(rename = "type")]
    kind: String,
    /// The status in words.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// Stable, machine-readable.
    pub code: ErrorCode,
    /// For the user.
    pub detail: String,
    /// Where a file is at fault: each place.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FileFault>,
}

/// What is wrong with a line of a file.
#[derive(Debug, Serialize, ToSchema)]
pub struct FileFault {
    /// From 1.
    pub line: usize,
    /// What is wrong, and what to do.
    pub reason: String,
}

/// What handlers return on failure.
pub type ApiResult<T> = Result<T, Problem>;

const RETRY_AFTER_S: &str = "2";

const fn status_of(kind: ErrorKind) -> StatusCode {
    match kind {
        ErrorKind::InvalidInput => StatusCode::BAD_REQUEST,
        ErrorKind::NotFound => StatusCode::NOT_FOUND,
        ErrorKind::Conflict => StatusCode::CONFLICT,
        ErrorKind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        ErrorKind::Unsupported => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        ErrorKind::Overloaded | ErrorKind::Unavailable | ErrorKind::Cancelled => StatusCode::SERVICE_UNAVAILABLE,
        ErrorKind::StorageFull => StatusCode::INSUFFICIENT_STORAGE,
        ErrorKind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

impl Problem {
    /// A problem of this kind.
    pub fn new(kind: ErrorKind, code: ErrorCode, detail: impl Into<String>) -> Self {
        Self::with_status(status_of(kind), code, detail)
    }

    /// A problem with a status that no kind stands for (401, 403, 405).
    pub fn with_status(status: StatusCode, code: ErrorCode, detail: impl Into<String>) -> Self {
        Self {
            kind: format!("https://lectern.invalid/errors/{code}"),
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            code,
            detail: detail.into(),
            errors: Vec::new(),
        }
    }

    /// With the places that are at fault.
    #[must_use]
    pub fn with_errors(self, errors: Vec<FileFault>) -> Self {
        Self { errors, ..self }
    }

    /// The request is wrong.
    pub fn invalid(code: ErrorCode, detail: impl Into<String>) -> Self {
        Self::new(ErrorKind::InvalidInput, code, detail)
    }

    /// There is no such thing.
    pub fn not_found(thing: Thing, id: impl std::fmt::Display) -> Self {
        let detail = format!("There is no {} {id}. It may have been deleted.", thing.name());
        Self::new(ErrorKind::NotFound, thing.not_found(), detail)
    }
}

/// What an address can name.
#[derive(Clone, Copy, Debug)]
pub enum Thing {
    Course,
    Document,
    Job,
    Page,
    Model,
    Quiz,
    Question,
    Answer,
    Conversation,
}

impl Thing {
    const fn name(self) -> &'static str {
        match self {
            Self::Course => "course",
            Self::Document => "document",
            Self::Job => "job",
            Self::Page => "page",
            Self::Model => "model",
            Self::Quiz => "quiz",
            Self::Question => "question",
            Self::Answer => "answer",
            Self::Conversation => "conversation",
        }
    }

    const fn not_found(self) -> ErrorCode {
        match self {
            Self::Course => ErrorCode::CourseNotFound,
            Self::Document => ErrorCode::DocumentNotFound,
            Self::Job => ErrorCode::JobNotFound,
            Self::Page => ErrorCode::PageNotFound,
            Self::Model => ErrorCode::ModelNotFound,
            Self::Quiz => ErrorCode::QuizNotFound,
            Self::Question => ErrorCode::QuestionNotFound,
            Self::Answer => ErrorCode::AnswerNotFound,
            Self::Conversation => ErrorCode::ConversationNotFound,
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(self)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER_S));
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

impl From<ServiceError> for Problem {
    fn from(error: ServiceError) -> Self {
        error.log();
        Self::new(error.kind(), error.code(), error.detail())
    }
}

impl From<UnknownModel> for Problem {
    fn from(error: UnknownModel) -> Self {
        ServiceError::from(error).into()
    }
}

impl From<PortError> for Problem {
    fn from(error: PortError) -> Self {
        ServiceError::from(error).into()
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        ServiceError::from(error).into()
    }
}

impl From<JsonRejection> for Problem {
    fn from(rejection: JsonRejection) -> Self {
        let code = match &rejection {
            JsonRejection::JsonDataError(_) => ErrorCode::InvalidField,
            JsonRejection::MissingJsonContentType(_) => ErrorCode::ContentTypeNotJson,
            _ => ErrorCode::InvalidJson,
        };
        let kind = match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => ErrorKind::TooLarge,
            StatusCode::UNSUPPORTED_MEDIA_TYPE => ErrorKind::Unsupported,
            _ => ErrorKind::InvalidInput,
        };
        Self::new(kind, code, rejection.body_text())
    }
}

/// A JSON body whose rejection is a [`Problem`].
#[derive(axum::extract::FromRequest)]
#[from_request(via(axum::Json), rejection(Problem))]
pub struct Body<T>(pub T);
