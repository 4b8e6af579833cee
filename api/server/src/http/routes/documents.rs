//! `/api/v1/documents`: a document's metadata, its source, its pages as text and as pictures.

use std::sync::Arc;

use axum::{
    Json,
    body::Body as HttpBody,
    extract::{Path, Query, State, rejection::QueryRejection},
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::{
    Block, BlockKind, CourseId, DocumentId, DocumentStatus, ErrorCode, ErrorKind, Failure, JobId, Language,
    OutlineEntry, ParsedDocument, PortError, ReadWarning, Rect,
};
use serde::{Deserialize, Serialize};
use tokio_util::io::ReaderStream;
use utoipa::{IntoParams, ToSchema};

use super::{PageQuery, courses, download::attachment, next_cursor, path_id};
use crate::{
    bootstrap::App,
    http::problem::{ApiResult, Body, Problem, Thing},
    store::DocumentRow,
};

const PICTURE_WIDTH: u32 = 1200;
const MAX_BOXES: usize = 200;

/// A document.
#[derive(Debug, Serialize, ToSchema)]
pub struct Document {
    id: DocumentId,
    course_id: CourseId,
    /// The name it was uploaded under.
    name: String,
    /// Length of the file.
    bytes: u64,
    sha256: String,
    status: DocumentStatus,
    /// Why it failed.
    error: Option<Failure>,
    /// Its latest job.
    job_id: Option<JobId>,
    /// How many pages it has, once read.
    pages: Option<u32>,
    /// How many chunks are indexed, once ready.
    chunks: Option<u32>,
    language: Option<Language>,
    media_type: Option<String>,
    /// What a teacher should know although reading succeeded: what was not read.
    warnings: Vec<ReadWarning>,
    outline: Vec<OutlineEntry>,
    /// RFC 3339, UTC.
    created_at: String,
}

impl From<DocumentRow> for Document {
    fn from(row: DocumentRow) -> Self {
        Self {
            id: row.id,
            course_id: row.course_id,
            name: row.name,
            bytes: row.bytes,
            sha256: row.sha256,
            status: row.status,
            error: row.error,
            job_id: row.job_id,
            pages: row.pages,
            chunks: row.chunks,
            language: row.language,
            media_type: row.media_type,
            warnings: row.warnings,
            outline: row.outline,
            created_at: row.created_at,
        }
    }
}

/// A page of documents.
#[derive(Debug, Serialize, ToSchema)]
pub struct Documents {
    /// Oldest first.
    documents: Vec<Document>,
    /// Give it as `cursor` for the next page; null at the end.
    next_cursor: Option<String>,
}

/// One page of a document, as it was read.
#[derive(Debug, Serialize, ToSchema)]
pub struct DocumentPage {
    /// From 1.
    page: u32,
    /// How many pages the document has.
    pages: usize,
    /// Points; 0 for formats without pages.
    width: f32,
    /// Points; 0 for formats without pages.
    height: f32,
    blocks: Vec<PageBlock>,
}

/// A block with its text.
#[derive(Debug, Serialize, ToSchema)]
pub struct PageBlock {
    kind: BlockKind,
    /// For a heading its depth, else 0.
    level: u8,
    text: String,
    /// First byte in the document's text.
    start: usize,
    /// One past the last byte.
    end: usize,
    heading_path: Vec<String>,
    boxes: Vec<Rect>,
}

/// The document of this id, or 404.
pub(super) async fn find(app: &App, id: &str) -> ApiResult<DocumentRow> {
    let id: DocumentId = path_id(Thing::Document, id)?;
    app.store.document(id).await?.ok_or_else(|| Problem::not_found(Thing::Document, id))
}

/// What was read of the document, or 409.
pub(super) async fn read(app: &App, document: &DocumentRow) -> ApiResult<Arc<ParsedDocument>> {
    app.library.parsed(&document.text()).await?.ok_or_else(|| {
        let detail =
            format!("{} has not been read yet: its status is shown at /documents/{}.", document.name, document.id);
        Problem::new(ErrorKind::Conflict, ErrorCode::DocumentNotRead, detail)
    })
}

/// Lists a course's documents.
#[utoipa::path(get, path = "/api/v1/courses/{id}/documents", operation_id = "list_documents", tag = "documents",
    params(("id" = String, Path), PageQuery),
    responses((status = 200, body = Documents), (status = 404, body = Problem)))]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    query: Result<Query<PageQuery>, QueryRejection>,
) -> ApiResult<Json<Documents>> {
    let (limit, after) = PageQuery::read(query)?;
    let course = courses::find(&app, &id).await?.id;
    let mut rows = app.store.documents(course, after, limit + 1).await?;
    let next_cursor = next_cursor(&mut rows, limit, |d| d.id.to_string());
    Ok(Json(Documents { documents: rows.into_iter().map(Document::from).collect(), next_cursor }))
}

/// Shows a document.
#[utoipa::path(get, path = "/api/v1/documents/{id}", operation_id = "show_document", tag = "documents", params(("id" = String, Path)),
    responses((status = 200, body = Document), (status = 404, body = Problem)))]
pub(super) async fn show(State(app): State<Arc<App>>, Path(id): Path<String>) -> ApiResult<Json<Document>> {
    Ok(Json(find(&app, &id).await?.into()))
}

/// Deletes a document.
#[utoipa::path(delete, path = "/api/v1/documents/{id}", operation_id = "delete_document", tag = "documents", params(("id" = String, Path)),
    responses((status = 204), (status = 404, body = Problem)))]
pub(super) async fn delete(State(app): State<Arc<App>>, Path(id): Path<String>) -> ApiResult<StatusCode> {
    let document = find(&app, &id).await?;
    if !app.store.delete_document(document.id).await? {
        return Err(Problem::not_found(Thing::Document, id));
    }
    if let Some(job) = document.job_id {
        app.workers.cancel(job);
    }
    app.workers.wake();
    Ok(StatusCode::NO_CONTENT)
}

/// How a document that failed is to be read again.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadAgain {
    /// Opens an encrypted file.
    password: Option<String>,
}

/// Reads a document that failed once more, with a password where it needs one. 409 where it has not failed.
#[utoipa::path(post, path = "/api/v1/documents/{id}/read", operation_id = "read_document_again", tag = "documents",
    params(("id" = String, Path)), request_body = ReadAgain,
    responses((status = 202, body = Document), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub(super) async fn read_again(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    Body(again): Body<ReadAgain>,
) -> ApiResult<(StatusCode, Json<Document>)> {
    let document = find(&app, &id).await?;
    let password = again.password.as_deref().filter(|password| !password.is_empty());
    if !app.store.queue_again(document.id, password).await? {
        let detail = format!("{} has not failed: there is nothing to read again.", document.name);
        return Err(Problem::new(ErrorKind::Conflict, ErrorCode::DocumentNotFailed, detail));
    }
    app.workers.wake();
    Ok((StatusCode::ACCEPTED, Json(find(&app, &id).await?.into())))
}

/// The uploaded file, as it was.
#[utoipa::path(get, path = "/api/v1/documents/{id}/file", tag = "documents", params(("id" = String, Path)),
    responses((status = 200, content_type = "application/octet-stream"), (status = 404, body = Problem)))]
pub(super) async fn file(State(app): State<Arc<App>>, Path(id): Path<String>) -> ApiResult<Response> {
    let document = find(&app, &id).await?;
    let path = app.files.local_path(&document.sha256)?;
    let file = tokio::fs::File::open(path).await.map_err(crate::store::StoreError::from)?;
    // Strangers' HTML must not run on this origin: everything is offered as a download, nothing is sniffed.
    let headers: [(HeaderName, HeaderValue); 4] = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream")),
        (header::CONTENT_LENGTH, HeaderValue::from(document.bytes)),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::CONTENT_DISPOSITION, attachment(&document.name)),
    ];
    Ok((headers, HttpBody::from_stream(ReaderStream::new(file))).into_response())
}

/// What is to be drawn on a page's picture.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PictureQuery {
    /// Boxes to highlight, in points: `left,top,right,bottom;…`, at most 200.
    boxes: Option<String>,
}

/// A page: as its blocks (`/pages/3`), or as a PNG picture with highlights (`/pages/3.png`).
#[utoipa::path(get, path = "/api/v1/documents/{id}/pages/{page}", tag = "documents",
    params(("id" = String, Path), ("page" = String, Path, description = "from 1; with `.png` its picture"), PictureQuery),
    responses((status = 200, body = DocumentPage), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub(super) async fn page(
    State(app): State<Arc<App>>,
    Path((id, page)): Path<(String, String)>,
    query: Result<Query<PictureQuery>, QueryRejection>,
) -> ApiResult<Response> {
    let document = find(&app, &id).await?;
    let (number, picture) = page.strip_suffix(".png").map_or((page.as_str(), false), |n| (n, true));
    let number: u32 = path_id(Thing::Page, number)?;
    let missing = || Problem::not_found(Thing::Page, number);
    let parsed = read(&app, &document).await?;
    let info = *parsed.pages.iter().find(|p| p.number == number).ok_or_else(missing)?;
    if picture {
        let Query(query) = query.map_err(|e| Problem::invalid(ErrorCode::InvalidQuery, e.body_text()))?;
        let boxes = parse_boxes(number, query.boxes.as_deref().unwrap_or_default())?;
        let path = app.files.local_path(&document.sha256)?;
        let _permit = app.pictures.acquire().await;
        let picture = app.reader.render_page(&path, document.password.as_deref(), number, PICTURE_WIDTH, &boxes);
        let png = picture.await.map_err(PortError::from)?;
        let headers = [(header::CONTENT_TYPE, "image/png"), (header::CACHE_CONTROL, "private, max-age=3600")];
        return Ok((headers, png).into_response());
    }
    let block = |b: &Block| PageBlock {
        kind: b.kind,
        level: b.level,
        text: parsed.slice(b.range).to_owned(),
        start: b.range.start,
        end: b.range.end,
        heading_path: b.heading_path.clone(),
        boxes: b.boxes.clone(),
    };
    let on_page = |b: &&Block| b.page == number || b.boxes.iter().any(|r| r.page == number);
    let blocks = parsed.blocks.iter().filter(on_page).map(block).collect();
    let (width, height) = (info.width, info.height);
    Ok(Json(DocumentPage { page: number, pages: parsed.pages.len(), width, height, blocks }).into_response())
}

fn parse_boxes(page: u32, text: &str) -> ApiResult<Vec<Rect>> {
    let bad = || {
        Problem::invalid(ErrorCode::InvalidBoxes, "`boxes` must be `left,top,right,bottom;…` in points, at most 200.")
    };
    let rect = |one: &str| {
        let mut sides = one.split(',').map(|n| n.trim().parse::<f32>().ok().filter(|n| n.is_finite()));
        let mut side = || sides.next().flatten().ok_or_else(bad);
        Ok(Rect { page, left: side()?, top: side()?, right: side()?, bottom: side()? })
    };
    let parts: Vec<&str> = text.split(';').filter(|one| !one.trim().is_empty()).take(MAX_BOXES + 1).collect();
    if parts.len() > MAX_BOXES {
        return Err(bad());
    }
    parts.into_iter().map(rect).collect()
}
