//! `GET /api/v1/conversations/{id}/export`: a conversation as a file.

use std::sync::Arc;

use answer::{ConversationFormat, WrittenTurn, write_conversation};
use axum::{
    extract::{Path, Query, State, rejection::QueryRejection},
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use domain::{AnswerSentence, Citation, ErrorCode, ErrorKind};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    conversations::{ConversationView, KeptTurn, find},
    download::{attachment, file_stem},
};
use crate::{
    bootstrap::App,
    http::problem::{ApiResult, Problem},
};

/// Turns that are read from the database at once.
const PAGE: u32 = 100;
/// What a conversation without a title is called.
const UNTITLED: &str = "Conversation";

/// Which format.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ConversationExportQuery {
    /// `markdown`, `html` or `json`.
    format: String,
}

/// What is written of an answer. Fields that a newer Lectern adds are of no concern here.
#[derive(Deserialize)]
struct Answered {
    answer: String,
    #[serde(default)]
    sentences: Vec<AnswerSentence>,
    #[serde(default)]
    citations: Vec<Citation>,
}

#[derive(Clone, Copy)]
enum Format {
    Text(ConversationFormat),
    Json,
}

impl Format {
    fn from_name(name: &str) -> ApiResult<Self> {
        Ok(match name {
            "markdown" => Self::Text(ConversationFormat::Markdown),
            "html" => Self::Text(ConversationFormat::Html),
            "json" => Self::Json,
            other => {
                let name: String = other.chars().take(40).collect();
                let detail = format!("`{name}` is no format; there are markdown, html, json.");
                return Err(Problem::invalid(ErrorCode::UnknownFormat, detail));
            }
        })
    }

    const fn extension(self) -> &'static str {
        match self {
            Self::Text(ConversationFormat::Markdown) => "md",
            Self::Text(ConversationFormat::Html) => "html",
            Self::Json => "json",
        }
    }

    const fn media_type(self) -> &'static str {
        match self {
            Self::Text(ConversationFormat::Markdown) => "text/markdown; charset=utf-8",
            Self::Text(ConversationFormat::Html) => "text/html; charset=utf-8",
            Self::Json => "application/json",
        }
    }
}

/// A conversation as a file: questions, answers, and what they cite as numbered footnotes with document, page and the
/// verbatim quote. `json` has all that the API tells of it.
#[utoipa::path(get, path = "/api/v1/conversations/{id}/export", operation_id = "export_conversation",
    tag = "conversations", params(("id" = String, Path), ConversationExportQuery),
    responses((status = 200, content_type = "application/octet-stream"), (status = 400, body = Problem),
        (status = 404, body = Problem)))]
pub(super) async fn export(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    query: Result<Query<ConversationExportQuery>, QueryRejection>,
) -> ApiResult<Response> {
    let conversation = find(&app, &id).await?;
    let Query(query) = query.map_err(|e| Problem::invalid(ErrorCode::UnknownFormat, e.body_text()))?;
    let format = Format::from_name(&query.format)?;
    let mut turns: Vec<KeptTurn> = Vec::new();
    loop {
        let page = app.store.turns(conversation.id, turns.last().map_or(0, |turn| turn.n), PAGE).await?;
        let whole = page.len() < PAGE as usize;
        turns.extend(page.into_iter().map(KeptTurn::from));
        if whole {
            break;
        }
    }
    let title = conversation.title.clone().unwrap_or_else(|| UNTITLED.to_owned());
    let name = format!("{}.{}", file_stem(&title), format.extension());
    let view = ConversationView { conversation, turns, next_cursor: None };
    let written = tokio::task::spawn_blocking(move || write(&title, view, format)).await;
    let file = written.ok().and_then(Result::ok).ok_or_else(|| {
        tracing::error!(conversation = %id, "an export broke off");
        Problem::new(ErrorKind::Internal, ErrorCode::ExportFailed, "The export broke off. Try again.")
    })?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(format.media_type())),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::CONTENT_DISPOSITION, attachment(&name)),
    ];
    Ok((headers, file).into_response())
}

fn write(title: &str, view: ConversationView, format: Format) -> serde_json::Result<String> {
    match format {
        Format::Json => serde_json::to_string_pretty(&view),
        Format::Text(format) => {
            let turns = view.turns.into_iter().map(written).collect::<serde_json::Result<Vec<_>>>()?;
            Ok(write_conversation(title, &turns, format))
        }
    }
}

fn written(turn: KeptTurn) -> serde_json::Result<WrittenTurn> {
    let Answered { answer, sentences, citations } = serde_json::from_value(turn.answer)?;
    let language = ingest::detect_language(&turn.question);
    Ok(WrittenTurn { question: turn.question, language, answer, sentences, citations, created_at: turn.created_at })
}
