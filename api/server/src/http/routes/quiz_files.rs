//! Quizzes as files: `GET /api/v1/quizzes/{id}/export` and `POST /api/v1/courses/{id}/quizzes/import`.

use std::sync::Arc;

use axum::{
    Json,
    body::Bytes,
    extract::{DefaultBodyLimit, FromRequest, Multipart, Path, Query, Request, State, rejection::QueryRejection},
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::{ErrorCode, PortError, QuizRequest};
use quiz_files::{FileProblem, ImportedQuiz, MAX_IMPORT_BYTES, QuizFileError, QuizFormat};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    courses,
    download::{attachment, file_stem},
    quizzes::{QuizView, find_made},
};
use crate::{
    bootstrap::App,
    http::problem::{ApiResult, FileFault, Problem, Thing},
    services::edit_quiz,
    store::NewQuiz,
};

/// The header of an export that lists, as JSON, what the format has no place for.
const LEFT_OUT: HeaderName = HeaderName::from_static("x-lectern-left-out");

/// Which format.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ExportQuery {
    /// `gift`, `moodle_xml`, `qti21`, `qti30`, `aiken`, `csv`, `csv_kahoot`, `csv_google_forms`, `anki`, `markdown`,
    /// `html` or `json`.
    format: String,
}

fn format_of(name: &str) -> ApiResult<QuizFormat> {
    QuizFormat::from_name(name).ok_or_else(|| {
        let name: String = name.chars().take(40).collect();
        let known = QuizFormat::ALL.map(QuizFormat::name).join(", ");
        Problem::invalid(ErrorCode::UnknownFormat, format!("`{name}` is no format; there are {known}."))
    })
}

/// A quiz as a file. What the format has no place for is in the header `x-lectern-left-out`:
/// `[{"what", "reason", "questions"}]`.
#[utoipa::path(get, path = "/api/v1/quizzes/{id}/export", operation_id = "export_quiz", tag = "quizzes",
    params(("id" = String, Path), ExportQuery),
    responses((status = 200, content_type = "application/octet-stream",
            headers(("x-lectern-left-out" = String, description = "JSON: what the format has no place for"))),
        (status = 400, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub(super) async fn export(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    query: Result<Query<ExportQuery>, QueryRejection>,
) -> ApiResult<Response> {
    let quiz = find_made(&app, &id).await?.quiz;
    let Query(query) = query.map_err(|e| Problem::invalid(ErrorCode::UnknownFormat, e.body_text()))?;
    let format = format_of(&query.format)?;
    let name = format!("{}.{}", file_stem(&quiz.title), format.extension());
    let written = tokio::task::spawn_blocking(move || quiz_files::export_quiz(&quiz, format)).await;
    let file = written.map_err(|error| {
        tracing::error!(%error, "an export broke off");
        Problem::new(domain::ErrorKind::Internal, ErrorCode::ExportFailed, "The export broke off. Try again.")
    })?;
    let file = file.map_err(PortError::from)?;
    let not_held = ascii_json(&file.not_held);
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(format.media_type())),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::CONTENT_DISPOSITION, attachment(&name)),
        (LEFT_OUT, HeaderValue::from_str(&not_held).unwrap_or(HeaderValue::from_static("[]"))),
    ];
    Ok((headers, file.bytes).into_response())
}

/// JSON that a header can carry.
fn ascii_json(value: &impl Serialize) -> String {
    use std::fmt::Write;
    let json = serde_json::to_string(value).unwrap_or_else(|_| "[]".into());
    json.chars().fold(String::with_capacity(json.len()), |mut out, c| {
        if c.is_ascii() {
            out.push(c);
        } else {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        }
        out
    })
}

/// What the body is, where it is not a form.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ImportQuery {
    /// `gift`, `moodle_xml` or `json`; told by the file's name where it is left out.
    format: Option<String>,
    /// The quiz's title; the file's own where it is left out.
    title: Option<String>,
}

/// The form of an import.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the form for OpenAPI")]
struct ImportForm {
    /// `gift`, `moodle_xml` or `json`; told by the file's name where it is left out.
    format: Option<String>,
    /// The quiz's title; the file's own where it is left out.
    title: Option<String>,
    /// The file.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

/// An imported quiz.
#[derive(Debug, Serialize, ToSchema)]
pub struct ImportedView {
    #[serde(flatten)]
    quiz: QuizView,
    /// What the file held that Lectern has no place for, with its line.
    not_taken: Vec<FileFault>,
}

/// The body limit of imports, which is larger than that of other JSON.
pub(super) fn body_limit() -> DefaultBodyLimit {
    // The rest is the form around the file.
    DefaultBodyLimit::max(MAX_IMPORT_BYTES + (64 << 10))
}

/// Imports a quiz from a file: multipart with `file`, or the file as the body with `?format=`. A malformed file is
/// refused whole; `errors` has each line and reason. Imported questions are not proven until they are edited.
#[utoipa::path(post, path = "/api/v1/courses/{id}/quizzes/import", operation_id = "import_quiz", tag = "quizzes",
    params(("id" = String, Path), ImportQuery),
    request_body(content = ImportForm, content_type = "multipart/form-data"),
    responses((status = 201, body = ImportedView), (status = 400, body = Problem), (status = 404, body = Problem),
        (status = 413, body = Problem), (status = 415, body = Problem)))]
pub(super) async fn import(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    query: Result<Query<ImportQuery>, QueryRejection>,
    request: Request,
) -> ApiResult<(StatusCode, Json<ImportedView>)> {
    let course = courses::find(&app, &id).await?;
    let Query(query) = query.map_err(|e| Problem::invalid(ErrorCode::InvalidQuery, e.body_text()))?;
    let (bytes, format, title) = read_body(query, request).await?;
    let parsed = tokio::task::spawn_blocking(move || {
        quiz_files::import_quiz(format, &bytes, &|text| ingest::detect_language(text))
    });
    let parsed = parsed.await.map_err(|error| {
        tracing::error!(%error, "an import broke off");
        Problem::new(domain::ErrorKind::Internal, ErrorCode::ImportFailed, "Reading the file broke off.")
    })?;
    let ImportedQuiz { title: own, mut questions, passages: sent, mut left_out, .. } = parsed.map_err(refused)?;
    let mut passages = Vec::new();
    for passage in sent {
        if app.library.is_verbatim(course.id, &passage).await? {
            passages.push(passage);
        } else {
            let reason = format!("passage {} does not stand so in this course's material", passage.n);
            left_out.push(FileProblem { line: 1, reason });
        }
    }
    for question in &mut questions {
        // Neither a proof nor a quote is the file's to give.
        question.proof = domain::Proof::default();
        question.passage = question.passage.filter(|n| passages.iter().any(|p| p.n == *n));
        let mut verbatim = Vec::new();
        for citation in std::mem::take(&mut question.evidence) {
            if app.library.is_verbatim(course.id, &citation).await? {
                verbatim.push(citation);
            }
        }
        question.evidence = verbatim;
    }
    let title = title.or(own).unwrap_or_default();
    let title: String = title.trim().chars().take(200).collect();
    let title = edit_quiz::title(if title.is_empty() { &course.title } else { &title })?;
    let request = QuizRequest {
        count: questions.len(),
        kinds: vec![],
        language: None,
        document_ids: vec![],
        pages: vec![],
        difficulty: None,
        level: None,
        seed: None,
        reuse_items: false,
        title: Some(title.clone()),
        questions_per_passage: None,
    };
    let new =
        NewQuiz { course: course.id, title: &title, request: &request, questions: &questions, passages: &passages };
    let id = app.store.insert_quiz(new).await?;
    let row = app.store.quiz(id).await?.ok_or_else(|| Problem::not_found(Thing::Quiz, id))?;
    let not_taken = left_out.into_iter().map(fault).collect();
    Ok((StatusCode::CREATED, Json(ImportedView { quiz: row.into(), not_taken })))
}

fn fault(problem: FileProblem) -> FileFault {
    FileFault { line: problem.line, reason: problem.reason }
}

fn refused(error: QuizFileError) -> Problem {
    let detail = error.to_string();
    match error {
        QuizFileError::Invalid { problems, .. } => {
            let shown: String = detail.chars().take(1000).collect();
            Problem::invalid(ErrorCode::ImportInvalid, shown).with_errors(problems.into_iter().map(fault).collect())
        }
        other => PortError::from(other).into(),
    }
}

/// The file's bytes, its format and the title that was given.
async fn read_body(query: ImportQuery, request: Request) -> ApiResult<(Bytes, QuizFormat, Option<String>)> {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let (mut format, mut title, mut named) = (query.format, query.title, None);
    let bytes = if kind.starts_with("multipart/") {
        let form = Multipart::from_request(request, &()).await;
        let mut form = form.map_err(|e| Problem::invalid(ErrorCode::InvalidMultipart, e.body_text()))?;
        let mut file = None;
        while let Some(field) = form.next_field().await.map_err(|e| broken(&e))? {
            match field.name() {
                Some("format") => format = Some(field.text().await.map_err(|e| broken(&e))?),
                Some("title") => title = Some(field.text().await.map_err(|e| broken(&e))?),
                Some("file") => {
                    named = field.file_name().map(str::to_owned);
                    file = Some(field.bytes().await.map_err(|e| broken(&e))?);
                }
                _ => {}
            }
        }
        file.ok_or_else(|| Problem::invalid(ErrorCode::NoFile, "The form holds no `file`."))?
    } else {
        Bytes::from_request(request, &()).await.map_err(|error| {
            let kind = if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
                domain::ErrorKind::TooLarge
            } else {
                domain::ErrorKind::InvalidInput
            };
            Problem::new(kind, ErrorCode::ImportInterrupted, error.body_text())
        })?
    };
    let ending = named.as_deref().and_then(|name| name.rsplit_once('.')).map(|(_, ending)| ending);
    let format = match (format.filter(|f| !f.is_empty()), ending.and_then(QuizFormat::from_extension)) {
        (Some(name), _) => format_of(&name)?,
        (None, Some(format)) => format,
        (None, None) => {
            let detail = "Say which format the file has: `format` is gift, moodle_xml or json.";
            return Err(Problem::invalid(ErrorCode::ImportFormat, detail));
        }
    };
    Ok((bytes, format, title.filter(|title| !title.trim().is_empty())))
}

fn broken(error: &axum::extract::multipart::MultipartError) -> Problem {
    let kind = if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        domain::ErrorKind::TooLarge
    } else {
        domain::ErrorKind::InvalidInput
    };
    Problem::new(kind, ErrorCode::ImportInterrupted, format!("The upload broke off: {error}. Send it again."))
}
