//! Keeps finished turns in their conversation, and gives a question the turns before it.

use domain::{AnswerMode, ConversationId, CourseId, Turn};

use super::{AskResponse, ServiceError, ServiceResult};
use crate::store::{NewTurn, Store};

/// Turns that a conversation keeps, the newest.
const MOST_TURNS: u32 = 1000;

/// The last `most` turns of a course's conversation, oldest first.
pub async fn history_of(store: &Store, id: ConversationId, course: CourseId, most: u32) -> ServiceResult<Vec<Turn>> {
    let known = store.conversation(id).await?;
    if known.is_none_or(|conversation| conversation.course_id != course) {
        return Err(ServiceError::ConversationNotFound(id));
    }
    Ok(store.history(id, most).await?)
}

/// Keeps a finished turn; its number. That it can't be kept is no reason to withhold the answer.
pub async fn keep_turn(
    store: &Store,
    id: ConversationId,
    question: &str,
    mode: AnswerMode,
    response: &AskResponse,
) -> Option<u32> {
    let answer = serde_json::to_string(response)
        .inspect_err(|error| tracing::error!(%error, "an answer could not be written down"))
        .ok()?;
    let title = answer::title_of(question);
    let new = NewTurn { question, mode, answer: &answer, answer_id: response.id, title: title.as_deref() };
    store
        .add_turn(id, &new, MOST_TURNS)
        .await
        .inspect_err(|error| tracing::warn!(%error, "a turn could not be kept in its conversation"))
        .ok()?
}
