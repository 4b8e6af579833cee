//! `/api/v1/courses/{id}/conversations` and `/api/v1/conversations/{id}`: questions that belong together, kept where a
//! client asks for it. `POST /api/v1/courses/{id}/ask` adds the turns.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, Query, State, rejection::QueryRejection},
    http::StatusCode,
};
use domain::{AnswerMode, ConversationId, ErrorCode, ErrorKind};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::{PageQuery, courses, next_cursor, path_id};
use crate::{
    bootstrap::App,
    http::problem::{ApiResult, Body, Problem, Thing},
    services::AskResponse,
    store::{KeptConversation, TurnRow},
};

const MAX_TITLE_CHARS: usize = 200;

/// A conversation to be begun.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewConversation {
    /// 1 to 200 characters; without it, the first question becomes the title.
    title: Option<String>,
}

/// What is to change about a conversation.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConversationChange {
    /// 1 to 200 characters.
    title: String,
}

/// A page of conversations.
#[derive(Debug, Serialize, ToSchema)]
pub struct Conversations {
    /// Newest first.
    conversations: Vec<KeptConversation>,
    /// Give it as `cursor` for the next page; null at the end.
    next_cursor: Option<String>,
}

/// A question with its answer.
#[derive(Debug, Serialize, ToSchema)]
pub struct KeptTurn {
    /// Its number in the conversation, from 1; it stays when older turns go.
    pub n: u32,
    /// What was asked.
    pub question: String,
    /// How it was to be answered.
    pub mode: AnswerMode,
    /// The answer as it was given.
    #[schema(value_type = AskResponse)]
    pub answer: Value,
    /// Whether it helped, as the reader said; null where they did not.
    pub helpful: Option<bool>,
    /// RFC 3339, UTC.
    pub created_at: String,
}

/// A conversation with some of its turns.
#[derive(Debug, Serialize, ToSchema)]
pub struct ConversationView {
    #[serde(flatten)]
    pub conversation: KeptConversation,
    /// Oldest first.
    pub turns: Vec<KeptTurn>,
    /// Give it as `cursor` for the next page of turns; null at the end.
    pub next_cursor: Option<String>,
}

impl From<TurnRow> for KeptTurn {
    fn from(row: TurnRow) -> Self {
        let TurnRow { n, question, mode, mut answer, answer_id, helpful, created_at } = row;
        // Both are known only once the answer is kept, and the first may be forgotten.
        answer["id"] = answer_id.map_or(Value::Null, |id| id.to_string().into());
        answer["turn"] = n.into();
        Self { n, question, mode, answer, helpful, created_at }
    }
}

fn title(title: &str) -> ApiResult<&str> {
    let title = title.trim();
    if title.is_empty() || title.chars().count() > MAX_TITLE_CHARS {
        let detail = format!("A conversation needs a title of 1 to {MAX_TITLE_CHARS} characters.");
        return Err(Problem::invalid(ErrorCode::InvalidTitle, detail));
    }
    Ok(title)
}

/// The conversation of this id, or 404.
pub(super) async fn find(app: &App, id: &str) -> ApiResult<KeptConversation> {
    let id: ConversationId = path_id(Thing::Conversation, id)?;
    app.store.conversation(id).await?.ok_or_else(|| Problem::not_found(Thing::Conversation, id))
}

/// Begins a conversation. Everybody who may see the course sees it: Lectern knows no users. A course keeps
/// `answers.conversations_kept` of them; the one that was not used for longest goes first.
#[utoipa::path(post, path = "/api/v1/courses/{id}/conversations", operation_id = "create_conversation",
    tag = "conversations", params(("id" = String, Path)), request_body = NewConversation,
    responses((status = 201, body = KeptConversation), (status = 400, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem)))]
pub(super) async fn create(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    Body(new): Body<NewConversation>,
) -> ApiResult<(StatusCode, Json<KeptConversation>)> {
    let course = courses::find(&app, &id).await?.id;
    let title = new.title.as_deref().map(title).transpose()?;
    let most = app.settings.answers.conversations_kept;
    if most == 0 {
        let detail =
            "This Lectern keeps no conversations (setting answers.conversations_kept). Send `history` instead.";
        return Err(Problem::new(ErrorKind::Conflict, ErrorCode::ConversationsNotKept, detail));
    }
    let made = app.store.create_conversation(course, title, most).await?;
    let made = made.ok_or_else(|| Problem::not_found(Thing::Course, id))?;
    Ok((StatusCode::CREATED, Json(made)))
}

/// Lists a course's conversations.
#[utoipa::path(get, path = "/api/v1/courses/{id}/conversations", operation_id = "list_conversations",
    tag = "conversations", params(("id" = String, Path), PageQuery),
    responses((status = 200, body = Conversations), (status = 400, body = Problem), (status = 404, body = Problem)))]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    query: Result<Query<PageQuery>, QueryRejection>,
) -> ApiResult<Json<Conversations>> {
    let (limit, before) = PageQuery::read(query)?;
    let course = courses::find(&app, &id).await?.id;
    let mut conversations = app.store.conversations(course, before, limit + 1).await?;
    let next_cursor = next_cursor(&mut conversations, limit, |conversation| conversation.id.to_string());
    Ok(Json(Conversations { conversations, next_cursor }))
}

/// Shows a conversation with its turns, oldest first, page by page.
#[utoipa::path(get, path = "/api/v1/conversations/{id}", operation_id = "show_conversation", tag = "conversations",
    params(("id" = String, Path), PageQuery),
    responses((status = 200, body = ConversationView), (status = 400, body = Problem), (status = 404, body = Problem)))]
pub(super) async fn show(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    query: Result<Query<PageQuery>, QueryRejection>,
) -> ApiResult<Json<ConversationView>> {
    let (limit, after) = PageQuery::read::<u32>(query)?;
    let conversation = find(&app, &id).await?;
    let mut rows = app.store.turns(conversation.id, after.unwrap_or(0), limit + 1).await?;
    let next_cursor = next_cursor(&mut rows, limit, |row| row.n.to_string());
    let turns = rows.into_iter().map(KeptTurn::from).collect();
    Ok(Json(ConversationView { conversation, turns, next_cursor }))
}

/// Gives a conversation another title.
#[utoipa::path(patch, path = "/api/v1/conversations/{id}", operation_id = "rename_conversation", tag = "conversations",
    params(("id" = String, Path)), request_body = ConversationChange,
    responses((status = 200, body = KeptConversation), (status = 400, body = Problem), (status = 404, body = Problem)))]
pub(super) async fn rename(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    Body(change): Body<ConversationChange>,
) -> ApiResult<Json<KeptConversation>> {
    let conversation = find(&app, &id).await?;
    app.store.rename_conversation(conversation.id, title(&change.title)?).await?;
    Ok(Json(find(&app, &id).await?))
}

/// Deletes a conversation with its turns.
#[utoipa::path(delete, path = "/api/v1/conversations/{id}", operation_id = "delete_conversation", tag = "conversations",
    params(("id" = String, Path)), responses((status = 204), (status = 404, body = Problem)))]
pub(super) async fn delete(State(app): State<Arc<App>>, Path(id): Path<String>) -> ApiResult<StatusCode> {
    if !app.store.delete_conversation(path_id(Thing::Conversation, &id)?).await? {
        return Err(Problem::not_found(Thing::Conversation, id));
    }
    Ok(StatusCode::NO_CONTENT)
}
