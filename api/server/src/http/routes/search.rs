//! `POST /api/v1/courses/{id}/search`.

use std::{sync::Arc, time::Instant};

use axum::{
    Json,
    extract::{Path, State},
};
use domain::{ChunkId, DocumentId, ErrorCode, Rect, Scores, SearchFilter, SearchMode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::courses;
use crate::{
    bootstrap::App,
    http::problem::{ApiResult, Body, Problem},
    services::check_question,
};

/// A search.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SearchRequest {
    /// The user's words.
    query: String,
    /// Most hits, 1 to 100; 10 where it is left out.
    limit: Option<usize>,
    /// Which rankings are asked; `hybrid` where it is left out.
    #[serde(default)]
    mode: SearchMode,
    /// Only in these documents.
    #[serde(default)]
    document_ids: Vec<DocumentId>,
    /// Only on these pages (from 1).
    #[serde(default)]
    pages: Vec<u32>,
}

/// A chunk that was found.
#[derive(Debug, Serialize, ToSchema)]
pub struct SearchHit {
    chunk_id: ChunkId,
    document_id: DocumentId,
    document_name: String,
    /// Every page it touches, from 1.
    pages: Vec<u32>,
    heading_path: Vec<String>,
    /// Verbatim.
    text: String,
    /// First byte in the document's text.
    start: usize,
    /// One past the last byte.
    end: usize,
    score: f32,
    scores: Scores,
    boxes: Vec<Rect>,
}

/// What was found, best first.
#[derive(Debug, Serialize, ToSchema)]
pub struct SearchResponse {
    hits: Vec<SearchHit>,
    /// Milliseconds.
    took_ms: u64,
}

/// Searches a course.
#[utoipa::path(post, path = "/api/v1/courses/{id}/search", tag = "ask", params(("id" = String, Path)),
    request_body = SearchRequest,
    responses((status = 200, body = SearchResponse), (status = 400, body = Problem), (status = 404, body = Problem),
        (status = 503, body = Problem)))]
pub(super) async fn search(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    Body(request): Body<SearchRequest>,
) -> ApiResult<Json<SearchResponse>> {
    let started = Instant::now();
    let course = courses::find(&app, &id).await?.id;
    check_question(&request.query, app.settings.server.max_question_chars)?;
    let limit = request.limit.unwrap_or(10);
    if !(1..=100).contains(&limit) {
        return Err(Problem::invalid(ErrorCode::InvalidLimit, "`limit` must be 1 to 100."));
    }
    let filter = SearchFilter { documents: request.document_ids, pages: request.pages };
    let found = app.finder.hits(course, request.query, limit, request.mode, filter).await?;
    let mut hits = Vec::with_capacity(found.len());
    for (hit, document) in found {
        let parsed = app.library.parsed(&document.text).await?;
        hits.push(SearchHit {
            chunk_id: hit.chunk_id,
            document_id: hit.document_id,
            document_name: document.name,
            pages: (hit.pages.0..=hit.pages.1).collect(),
            heading_path: hit.heading_path,
            boxes: parsed.map(|p| p.boxes(hit.range)).unwrap_or_default(),
            start: hit.range.start,
            end: hit.range.end,
            text: hit.text,
            score: hit.score,
            scores: hit.scores,
        });
    }
    Ok(Json(SearchResponse { hits, took_ms: started.elapsed().as_millis() as u64 }))
}
