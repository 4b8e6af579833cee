//! The OpenAI shapes: chat completions (the model itself, or `course:{id}` for answers from a course), embeddings, models.

use std::{convert::Infallible, sync::Arc, time::Instant};

use axum::{
    Json,
    extract::State,
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use domain::{
    AnswerMode, Course, ErrorCode, SearchFilter, Turn,
    ports::{EmbedRole, FinishReason, GenerateRequest, Generated, Message, Role, Sampling},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio_stream::{StreamExt, wrappers::ReceiverStream};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{ask, courses};
use crate::{
    bootstrap::App,
    http::problem::{ApiResult, Body, Problem, Thing},
    models::ServedModel,
    services::{AskEvent, Asked, check_question},
};

const DEFAULT_MAX_TOKENS: usize = 512;
const MAX_INPUTS: usize = 256;

/// A chat completion request. Fields that Lectern has no use for are ignored, as clients send many.
#[derive(Debug, Deserialize, ToSchema)]
pub struct ChatRequest {
    /// A model of `/v1/models`, or `course:{id}`.
    model: String,
    messages: Vec<ChatMessage>,
    max_tokens: Option<usize>,
    max_completion_tokens: Option<usize>,
    temperature: Option<f32>,
    top_p: Option<f32>,
    seed: Option<u64>,
    /// One text or several.
    stop: Option<OneOrMany>,
    #[serde(default)]
    stream: bool,
}

/// One message.
#[derive(Debug, Deserialize, ToSchema)]
pub struct ChatMessage {
    /// `system`, `user` or `assistant`.
    role: String,
    content: String,
}

/// A text or several.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum OneOrMany {
    /// One.
    One(String),
    /// Several.
    Many(Vec<String>),
}

impl OneOrMany {
    fn into_vec(self) -> Vec<String> {
        match self {
            Self::One(text) => vec![text],
            Self::Many(texts) => texts,
        }
    }
}

/// An embedding request.
#[derive(Debug, Deserialize, ToSchema)]
pub struct EmbeddingRequest {
    /// The embedder of `/v1/models`.
    model: String,
    /// One text or at most 256.
    input: OneOrMany,
    /// `query` for what is searched for; otherwise texts count as what is searched in.
    input_type: Option<String>,
}

/// Lists the generator, its adapters and the embedder; every course answers as `course:{id}` besides.
#[utoipa::path(get, path = "/v1/models", tag = "openai", responses((status = 200, body = Object)))]
pub(super) async fn models(State(app): State<Arc<App>>) -> Json<Value> {
    let entry = |id: &str| json!({ "id": id, "object": "model", "created": 0, "owned_by": "lectern" });
    let models = app.models.iter().map(|served| &served.id).chain([&app.settings.models.embedder]);
    Json(json!({ "object": "list", "data": models.map(|id| entry(id)).collect::<Vec<_>>() }))
}

/// Embeds texts.
#[utoipa::path(post, path = "/v1/embeddings", tag = "openai", request_body = EmbeddingRequest,
    responses((status = 200, body = Object), (status = 400, body = Problem), (status = 404, body = Problem),
        (status = 503, body = Problem)))]
pub(super) async fn embeddings(
    State(app): State<Arc<App>>,
    Body(request): Body<EmbeddingRequest>,
) -> ApiResult<Json<Value>> {
    if request.model != app.settings.models.embedder {
        return Err(Problem::not_found(Thing::Model, request.model));
    }
    let texts = request.input.into_vec();
    if texts.is_empty() || texts.len() > MAX_INPUTS || texts.iter().any(String::is_empty) {
        return Err(Problem::invalid(
            ErrorCode::InvalidInput,
            format!("`input` must hold 1 to {MAX_INPUTS} texts, none empty."),
        ));
    }
    let role = if request.input_type.as_deref() == Some("query") { EmbedRole::Query } else { EmbedRole::Passage };
    let tokens: usize = texts.iter().map(|t| app.counter.count(t)).sum();
    let vectors = app.embedder.embed(texts, role).await?;
    let data: Vec<Value> = vectors
        .into_iter()
        .enumerate()
        .map(|(index, embedding)| json!({ "object": "embedding", "index": index, "embedding": embedding }))
        .collect();
    let usage = json!({ "prompt_tokens": tokens, "total_tokens": tokens });
    Ok(Json(json!({ "object": "list", "model": request.model, "data": data, "usage": usage })))
}

/// Completes a chat. With `course:{id}` the last user message is answered from that course, with its citations under
/// `lectern`.
#[utoipa::path(post, path = "/v1/chat/completions", tag = "openai", request_body = ChatRequest,
    responses((status = 200, description = "JSON, or with `stream` server-sent events", body = Object),
        (status = 400, body = Problem), (status = 404, body = Problem), (status = 503, body = Problem)))]
pub(super) async fn chat_completions(
    State(app): State<Arc<App>>,
    Body(request): Body<ChatRequest>,
) -> ApiResult<Response> {
    if request.messages.is_empty() {
        return Err(Problem::invalid(ErrorCode::MessagesEmpty, "`messages` holds no message."));
    }
    let head = Head { id: format!("chatcmpl-{}", Uuid::new_v4().simple()), model: request.model.clone() };
    if let Some(course) = request.model.strip_prefix("course:") {
        let course = courses::find(&app, course).await?;
        return from_course(app, course, request, head).await;
    }
    let Some(served) = app.models.find(&request.model) else {
        return Err(Problem::not_found(Thing::Model, request.model));
    };
    let place = app.answers.room()?;
    from_model(served, request, head, place).await
}

/// What every part of one completion repeats.
struct Head {
    id: String,
    model: String,
}

impl Head {
    fn whole(&self, text: &str, finish: &str, usage: domain::Usage) -> Value {
        let message = json!({ "role": "assistant", "content": text });
        json!({
            "id": self.id, "object": "chat.completion", "created": jiff::Timestamp::now().as_second(),
            "model": self.model,
            "choices": [{ "index": 0, "message": message, "finish_reason": finish }],
            "usage": {
                "prompt_tokens": usage.prompt_tokens, "completion_tokens": usage.completion_tokens,
                "total_tokens": usage.prompt_tokens + usage.completion_tokens,
            },
        })
    }

    fn part(&self, delta: &Value, finish: Option<&str>) -> Value {
        json!({
            "id": self.id, "object": "chat.completion.chunk", "created": jiff::Timestamp::now().as_second(),
            "model": self.model, "choices": [{ "index": 0, "delta": delta, "finish_reason": finish }],
        })
    }

    fn event(&self, delta: &Value, finish: Option<&str>) -> Event {
        Event::default().data(self.part(delta, finish).to_string())
    }
}

fn end_of_stream() -> Event {
    Event::default().data("[DONE]")
}

fn error_event(problem: &impl Serialize) -> Event {
    Event::default().data(json!({ "error": problem }).to_string())
}

fn role(name: &str) -> ApiResult<Role> {
    match name {
        "system" | "developer" => Ok(Role::System),
        "user" => Ok(Role::User),
        "assistant" => Ok(Role::Assistant),
        _ => Err(Problem::invalid(ErrorCode::InvalidRole, "`role` must be system, user or assistant.")),
    }
}

/// The model itself; `place` is held as long as it writes.
async fn from_model(
    served: &ServedModel,
    request: ChatRequest,
    head: Head,
    place: OwnedSemaphorePermit,
) -> ApiResult<Response> {
    let message = |m: ChatMessage| Ok(Message { role: role(&m.role)?, content: m.content });
    let messages = request.messages.into_iter().map(message).collect::<ApiResult<_>>()?;
    let sampling = Sampling {
        temperature: request.temperature.unwrap_or(0.0).clamp(0.0, 2.0),
        top_p: request.top_p.unwrap_or(1.0).clamp(0.0, 1.0),
        seed: request.seed.unwrap_or(0),
        ..Sampling::default()
    };
    let max_tokens = request.max_completion_tokens.or(request.max_tokens).unwrap_or(DEFAULT_MAX_TOKENS);
    let stop = request.stop.map(OneOrMany::into_vec).unwrap_or_default();
    let mut generation = served
        .model
        .generate(GenerateRequest { messages, max_tokens, stop, sampling, ..GenerateRequest::default() })
        .await?;
    if request.stream {
        let (sender, receiver) = mpsc::channel(16);
        tokio::spawn(async move {
            let _place = place;
            while let Some(event) = generation.next().await {
                let event = match event {
                    Ok(Generated::Text(text)) => head.event(&json!({ "content": text }), None),
                    Ok(Generated::Finished { reason, .. }) => head.event(&json!({}), Some(finish_name(reason))),
                    Err(error) => error_event(&Problem::from(error)),
                };
                if sender.send(event).await.is_err() {
                    return;
                }
            }
            drop(sender.send(end_of_stream()).await);
        });
        return Ok(sse(receiver));
    }
    let (mut text, mut finish, mut usage) = (String::new(), FinishReason::Stop, domain::Usage::default());
    while let Some(event) = generation.next().await {
        match event? {
            Generated::Text(more) => text.push_str(&more),
            Generated::Finished { reason, usage: used, .. } => (finish, usage) = (reason, used),
        }
    }
    Ok(Json(head.whole(&text, finish_name(finish), usage)).into_response())
}

const fn finish_name(reason: FinishReason) -> &'static str {
    match reason {
        FinishReason::Stop => "stop",
        FinishReason::Length => "length",
    }
}

fn sse(receiver: mpsc::Receiver<Event>) -> Response {
    let events = ReceiverStream::new(receiver).map(Ok::<_, Infallible>);
    Sse::new(events).keep_alive(KeepAlive::default()).into_response()
}

async fn from_course(app: Arc<App>, course: Course, request: ChatRequest, head: Head) -> ApiResult<Response> {
    let (question, history) = conversation(&request.messages)?;
    check_question(&question, app.settings.server.max_question_chars)?;
    let (course, model) = (course.id, course.model);
    let asked = Asked {
        course,
        question,
        history,
        conversation: None,
        mode: AnswerMode::Answer,
        model,
        filter: SearchFilter::default(),
        explain: false,
    };
    app.answers.check_room(asked.mode)?;
    let (sender, receiver) = mpsc::channel(16);
    let answering = app.answers.clone().answer(asked, Instant::now(), sender);
    if request.stream {
        tokio::spawn(answering);
        return Ok(sse(forward(receiver, head)));
    }
    let response = ask::collect(answering, receiver).await?;
    let mut whole = head.whole(&response.answer, "stop", response.usage);
    whole["lectern"] = json!(response);
    Ok(Json(whole).into_response())
}

/// Turns the events of an answer into parts of a completion.
fn forward(mut answer: mpsc::Receiver<AskEvent>, head: Head) -> mpsc::Receiver<Event> {
    let (sender, receiver) = mpsc::channel(16);
    tokio::spawn(async move {
        while let Some(event) = answer.recv().await {
            let event = match event {
                AskEvent::Token(text) => head.event(&json!({ "content": text }), None),
                AskEvent::Done(response) => {
                    let mut last = head.part(&json!({}), Some("stop"));
                    last["lectern"] = json!(response);
                    Event::default().data(last.to_string())
                }
                AskEvent::Error(error) => error_event(&Problem::from(error)),
                AskEvent::Passages(_) | AskEvent::Citation(_) => continue,
            };
            if sender.send(event).await.is_err() {
                return;
            }
        }
        drop(sender.send(end_of_stream()).await);
    });
    receiver
}

/// The last user message, and the turns before it. System messages are the client's, and do not change Lectern's rules.
fn conversation(messages: &[ChatMessage]) -> ApiResult<(String, Vec<Turn>)> {
    let mut turns = Vec::new();
    let mut question: Option<String> = None;
    for message in messages {
        match (role(&message.role)?, question.take()) {
            (Role::User, _) => question = Some(message.content.clone()),
            (Role::Assistant, Some(asked)) => turns.push(Turn { question: asked, answer: message.content.clone() }),
            (_, kept) => question = kept,
        }
    }
    let question =
        question.ok_or_else(|| Problem::invalid(ErrorCode::QuestionEmpty, "The last message must be the user's."))?;
    Ok((question, turns))
}
