//! `GET /api/v1/documents/{id}/items`: the questions that a document itself holds.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
};
use domain::{ErrorCode, ErrorKind, ParsedDocument, Rect};
use serde::Serialize;
use utoipa::ToSchema;

use super::documents;
use crate::{
    bootstrap::App,
    http::problem::{ApiResult, Problem},
};

/// The questions of a document, in its order.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExamItems {
    items: Vec<ExamItem>,
}

/// A question as the document has it.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExamItem {
    /// Its number in the document.
    number: u32,
    /// What is asked.
    stem: String,
    /// In order; empty for an open question.
    options: Vec<ExamOption>,
    /// Labels of the right options, where the document gives them.
    key: Option<String>,
    /// The page it begins on, from 1.
    page: u32,
    /// First byte in the document's text.
    start: usize,
    /// One past the last byte.
    end: usize,
    /// Its boxes; empty for formats without pages.
    boxes: Vec<Rect>,
}

/// An option of a question.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExamOption {
    /// `A`, `B`, …
    label: char,
    /// Its words.
    text: String,
}

/// The exam questions that a document holds, with their options and keys.
#[utoipa::path(get, path = "/api/v1/documents/{id}/items", operation_id = "exam_items", tag = "documents",
    params(("id" = String, Path)),
    responses((status = 200, body = ExamItems), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub(super) async fn items(State(app): State<Arc<App>>, Path(id): Path<String>) -> ApiResult<Json<ExamItems>> {
    let document = documents::find(&app, &id).await?;
    let parsed = documents::read(&app, &document).await?;
    let found = tokio::task::spawn_blocking(move || found(&parsed)).await.map_err(|error| {
        tracing::error!(%error, "looking for exam questions broke off");
        Problem::new(
            ErrorKind::Internal,
            ErrorCode::Internal,
            "Looking for questions broke off; the log has the cause.",
        )
    })?;
    Ok(Json(ExamItems { items: found }))
}

fn found(parsed: &ParsedDocument) -> Vec<ExamItem> {
    let view = |item: ingest::ExamItem| ExamItem {
        number: item.number,
        stem: item.stem,
        options: item.options.into_iter().map(|o| ExamOption { label: o.label, text: o.text }).collect(),
        key: item.key,
        page: parsed.page_of(item.range.start),
        start: item.range.start,
        end: item.range.end,
        boxes: parsed.boxes(item.range),
    };
    ingest::exam_items(parsed).into_iter().map(view).collect()
}
