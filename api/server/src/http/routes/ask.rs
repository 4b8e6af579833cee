//! `POST /api/v1/courses/{id}/ask`: a grounded answer, whole or as it is written.

use std::{convert::Infallible, sync::Arc, time::Instant};

use axum::{
    Json,
    extract::{Path, State},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use domain::{AnswerMode, ConversationId, CourseId, DocumentId, ErrorCode, SearchFilter, Turn};
use serde::Deserialize;
use tokio::sync::mpsc;
use tokio_stream::{StreamExt, wrappers::ReceiverStream};
use utoipa::ToSchema;

use super::courses;
use crate::{
    bootstrap::App,
    http::problem::{ApiResult, Body, Problem},
    services::{AskEvent, AskResponse, Asked, PassageView, check_question, keep_turn},
};

const MAX_TURNS: usize = 50;
/// Events waiting for a slow client before the model waits too.
const EVENT_QUEUE: usize = 64;

/// A question.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AskRequest {
    /// At most `server.max_question_chars` characters.
    question: String,
    /// The conversation so far, oldest first.
    #[serde(default)]
    history: Vec<Turn>,
    /// The conversation that the question belongs to: its turns are the history, and the finished turn is kept in it.
    conversation_id: Option<ConversationId>,
    /// Only from these documents.
    #[serde(default)]
    document_ids: Vec<DocumentId>,
    /// Only from these pages (from 1).
    #[serde(default)]
    pages: Vec<u32>,
    /// Whether the model writes, or the material itself is quoted.
    #[serde(default)]
    mode: AnswerMode,
    /// Who writes: the generator, or one of the adapters in the settings; without it, the course's model.
    model: Option<String>,
    /// Whether the answer is to tell how it came about.
    #[serde(default)]
    explain: bool,
    /// Whether to answer with server-sent events `passages, token, citation, done, error`.
    #[serde(default)]
    stream: bool,
}

/// The conversation so far: as it was sent, or as it was kept.
async fn history_of(app: &App, course: CourseId, request: &mut AskRequest) -> ApiResult<Vec<Turn>> {
    let sent = std::mem::take(&mut request.history);
    let Some(conversation) = request.conversation_id else {
        if sent.len() > MAX_TURNS {
            return Err(Problem::invalid(
                ErrorCode::HistoryTooLong,
                format!("`history` holds at most {MAX_TURNS} turns."),
            ));
        }
        return Ok(sent);
    };
    if !sent.is_empty() {
        let detail = "With `conversation_id` the history is the conversation's own. Leave `history` out.";
        return Err(Problem::invalid(ErrorCode::HistoryAndConversation, detail));
    }
    Ok(keep_turn::history_of(&app.store, conversation, course, MAX_TURNS as u32).await?)
}

/// Asks a question about a course's material.
#[utoipa::path(post, path = "/api/v1/courses/{id}/ask", tag = "ask", params(("id" = String, Path)),
    request_body = AskRequest,
    responses((status = 200, description = "JSON, or with `stream` server-sent events", body = AskResponse),
        (status = 400, body = Problem), (status = 404, body = Problem), (status = 503, body = Problem)))]
pub(super) async fn ask(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    Body(mut request): Body<AskRequest>,
) -> ApiResult<Response> {
    let started = Instant::now();
    let course = courses::find(&app, &id).await?;
    check_question(&request.question, app.settings.server.max_question_chars)?;
    if let Some(model) = &request.model {
        app.models.check(model)?;
    }
    let history = history_of(&app, course.id, &mut request).await?;
    let AskRequest { question, conversation_id: conversation, mode, explain, stream, .. } = request;
    let model = request.model.or(course.model);
    let filter = SearchFilter { documents: request.document_ids, pages: request.pages };
    let asked = Asked { course: course.id, question, history, conversation, mode, model, filter, explain };
    let (sender, receiver) = mpsc::channel(EVENT_QUEUE);
    let answering = app.answers.clone().answer(asked, started, sender);
    if stream {
        // A full queue is told by its status, before the stream begins.
        app.answers.check_room(mode)?;
        tokio::spawn(answering);
        let stopping = app.stopping.clone();
        let events = ReceiverStream::new(receiver).map(|e| Ok::<_, Infallible>(event(e)));
        let events = futures::StreamExt::take_until(events, async move { stopping.cancelled().await });
        return Ok(Sse::new(events).keep_alive(KeepAlive::default()).into_response());
    }
    Ok(Json(collect(answering, receiver).await?).into_response())
}

/// Runs an answer to its end and returns it whole. Dropping this stops the model.
pub(super) async fn collect(
    answering: impl Future<Output = ()>,
    mut receiver: mpsc::Receiver<AskEvent>,
) -> ApiResult<AskResponse> {
    let last = async {
        let mut last = None;
        while let Some(event) = receiver.recv().await {
            last = Some(event);
        }
        last
    };
    match tokio::join!(answering, last).1 {
        Some(AskEvent::Done(response)) => Ok(*response),
        Some(AskEvent::Error(error)) => Err(error.into()),
        _ => Err(Problem::new(domain::ErrorKind::Internal, ErrorCode::AnswerLost, "The answer broke off. Ask again.")),
    }
}

fn event(event: AskEvent) -> Event {
    let named = |name: &str| Event::default().event(name);
    let made = match event {
        AskEvent::Passages(passages) => {
            let passages: Vec<PassageView> = passages.into_iter().map(PassageView::from).collect();
            named("passages").json_data(serde_json::json!({ "passages": passages }))
        }
        AskEvent::Token(text) => named("token").json_data(serde_json::json!({ "text": text })),
        AskEvent::Citation(citation) => named("citation").json_data(citation),
        AskEvent::Done(response) => named("done").json_data(response),
        AskEvent::Error(error) => named("error").json_data(Problem::from(error)),
    };
    made.unwrap_or_default()
}
