//! `POST /api/v1/courses/{id}/documents`: uploads, streamed to disk.

use std::sync::Arc;

use axum::{
    Json,
    extract::{
        DefaultBodyLimit, Multipart, Path, State,
        multipart::{Field, MultipartError, MultipartRejection},
    },
    http::StatusCode,
};
use domain::{CourseId, DocumentId, DocumentStatus, ErrorCode, ErrorKind, Failure, JobId, PortError};
use serde::Serialize;
use utoipa::ToSchema;

use super::courses;
use crate::{
    bootstrap::App,
    http::problem::{ApiResult, Problem, Thing},
    store::{JobKind, Registered, StageError, Staged},
};

const MAX_NAME_CHARS: usize = 255;
const MAX_FILES: usize = 200;

/// A file that was taken in, or was there already.
#[derive(Debug, Serialize, ToSchema)]
pub struct Uploaded {
    /// The document.
    id: DocumentId,
    /// The job that reads it.
    job_id: Option<JobId>,
    /// Its name.
    name: String,
    /// Where it stands.
    status: DocumentStatus,
}

/// A file that was not taken in.
#[derive(Debug, Serialize, ToSchema)]
pub struct Rejected {
    /// Its name.
    name: String,
    /// Why.
    error: Failure,
}

/// What became of the files.
#[derive(Debug, Serialize, ToSchema)]
pub struct Uploads {
    /// In the order they were sent.
    documents: Vec<Uploaded>,
    /// Files that were refused while others were taken.
    rejected: Vec<Rejected>,
}

/// The form of an upload.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the form for OpenAPI; the fields are streamed")]
struct UploadForm {
    /// Opens encrypted files; it must come before them.
    password: Option<String>,
    /// One or many.
    #[schema(value_type = Vec<String>, format = Binary)]
    file: Vec<u8>,
}

/// Takes files in. 202: reading is queued; 200: all were there already. One bad file among several is listed under
/// `rejected`; when all are bad, the answer is the first one's error.
#[utoipa::path(post, path = "/api/v1/courses/{id}/documents", tag = "documents", params(("id" = String, Path)),
    request_body(content = UploadForm, content_type = "multipart/form-data"),
    responses((status = 202, body = Uploads), (status = 200, body = Uploads), (status = 400, body = Problem),
        (status = 404, body = Problem), (status = 413, body = Problem), (status = 415, body = Problem),
        (status = 503, body = Problem), (status = 507, body = Problem)))]
pub(super) async fn upload(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    form: Result<Multipart, MultipartRejection>,
) -> ApiResult<(StatusCode, Json<Uploads>)> {
    let course = courses::find(&app, &id).await?.id;
    let mut form = form.map_err(|e| Problem::invalid(ErrorCode::InvalidMultipart, e.body_text()))?;
    let (mut uploads, mut first_problem, mut queued) = (Uploads { documents: vec![], rejected: vec![] }, None, false);
    let mut password = None;
    while let Some(field) = form.next_field().await.map_err(|e| broken(&e))? {
        match field.name() {
            Some("password") => password = Some(field.text().await.map_err(|e| broken(&e))?),
            Some("file") => {
                if uploads.documents.len() + uploads.rejected.len() == MAX_FILES {
                    let detail = format!("At most {MAX_FILES} files at once; the first {MAX_FILES} were taken in.");
                    return Err(Problem::new(ErrorKind::TooLarge, ErrorCode::TooManyFiles, detail));
                }
                let name = file_name(&field);
                match take_in(&app, course, &name, field, password.as_deref()).await {
                    Ok(Registered { document, queued: new }) => {
                        queued |= new;
                        let (id, job_id, name, status) = (document.id, document.job_id, document.name, document.status);
                        uploads.documents.push(Uploaded { id, job_id, name, status });
                    }
                    Err(problem) => {
                        let error = Failure { code: problem.code.to_string(), detail: problem.detail.clone() };
                        uploads.rejected.push(Rejected { name, error });
                        // A broken stream ends the whole form.
                        let broken = problem.code == ErrorCode::UploadInterrupted;
                        first_problem.get_or_insert(problem);
                        if broken {
                            break;
                        }
                    }
                }
            }
            _ => {}
        }
    }
    if queued {
        app.workers.wake();
    }
    match (uploads.documents.is_empty(), first_problem) {
        (true, Some(problem)) => Err(problem),
        (true, None) => {
            Err(Problem::invalid(ErrorCode::NoFile, "The form holds no `file`. Send one or many as multipart."))
        }
        (false, _) => Ok((if queued { StatusCode::ACCEPTED } else { StatusCode::OK }, Json(uploads))),
    }
}

/// The body limit of uploads is each file's own, counted while it streams.
pub(super) fn no_body_limit() -> DefaultBodyLimit {
    DefaultBodyLimit::disable()
}

fn broken(error: &MultipartError) -> Problem {
    Problem::invalid(ErrorCode::UploadInterrupted, format!("The upload broke off: {error}. Send it again."))
}

/// The file's own name, without folders and control characters.
fn file_name(field: &Field<'_>) -> String {
    let name = field.file_name().unwrap_or_default();
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let name: String = name.chars().filter(|c| !c.is_control()).take(MAX_NAME_CHARS).collect();
    if name.trim().is_empty() { "document".to_owned() } else { name }
}

async fn take_in(
    app: &App,
    course: CourseId,
    name: &str,
    field: Field<'_>,
    password: Option<&str>,
) -> ApiResult<Registered> {
    if app.store.queued_jobs(JobKind::Document).await? >= app.settings.reading.max_queued {
        let detail = "Too many documents are waiting to be read. Send this one again later.";
        return Err(Problem::new(ErrorKind::Overloaded, ErrorCode::ReadingQueueFull, detail));
    }
    let staged = match app.files.stage(field, app.settings.server.max_upload_bytes).await {
        Ok(staged) => staged,
        Err(StageError::TooLarge(limit)) => {
            let detail = format!("{name} is over the limit of {limit} bytes (setting server.max_upload_bytes).");
            return Err(Problem::new(ErrorKind::TooLarge, ErrorCode::FileTooLarge, detail));
        }
        Err(StageError::Source(error)) => return Err(broken(&error)),
        Err(StageError::Store(error)) => return Err(error.into()),
    };
    let outcome = register(app, course, name, &staged, password).await;
    if outcome.is_err() {
        app.files.discard(staged).await;
    }
    outcome
}

async fn register(
    app: &App,
    course: CourseId,
    name: &str,
    staged: &Staged,
    password: Option<&str>,
) -> ApiResult<Registered> {
    ingest::detect_format(&staged.head, name).map_err(PortError::from)?;
    // The sweeper must not find these bytes unused between their arrival and their registration.
    let _sweeper_waits = app.blobs.lock().await;
    app.files.keep(staged).await?;
    let registered = app.store.register_document(course, name, staged, password).await?;
    registered.ok_or_else(|| Problem::not_found(Thing::Course, course))
}
