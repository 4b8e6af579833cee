//! Conversations in the database, with their turns.

use domain::{AnswerId, AnswerMode, ConversationId, CourseId, Turn};
use serde::Serialize;
use serde_json::Value;
use sqlx::{Row, sqlite::SqliteRow};
use utoipa::ToSchema;

use super::{Store, StoreError, StoreResult, name_of, now, of_name, parse};

/// A conversation without its turns.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct KeptConversation {
    /// Its id.
    pub id: ConversationId,
    /// The course whose material it is about.
    pub course_id: CourseId,
    /// Its title; null until the first question names it.
    pub title: Option<String>,
    /// Turns that are kept.
    pub turn_count: u64,
    /// RFC 3339, UTC.
    pub created_at: String,
    /// When it was last asked in. RFC 3339, UTC.
    pub updated_at: String,
}

/// A turn to be kept.
#[derive(Clone, Copy, Debug)]
pub struct NewTurn<'a> {
    pub question: &'a str,
    pub mode: AnswerMode,
    /// The whole answer, JSON.
    pub answer: &'a str,
    /// Where it is kept for the course's insight.
    pub answer_id: Option<AnswerId>,
    /// What the conversation is called where it has no title.
    pub title: Option<&'a str>,
}

/// A turn as it was kept.
#[derive(Clone, Debug)]
pub struct TurnRow {
    /// From 1; it stays when older turns go.
    pub n: u32,
    pub question: String,
    pub mode: AnswerMode,
    pub answer: Value,
    pub answer_id: Option<AnswerId>,
    pub helpful: Option<bool>,
    pub created_at: String,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, course_id, title, created_at, updated_at, ",
            "(SELECT count(*) FROM turns WHERE conversation_id = conversations.id) AS turns FROM conversations ",
            $rest
        )
    };
}

fn conversation(row: &SqliteRow) -> StoreResult<KeptConversation> {
    Ok(KeptConversation {
        id: parse("conversation id", row.try_get("id")?)?,
        course_id: parse("course id", row.try_get("course_id")?)?,
        title: row.try_get("title")?,
        turn_count: row.try_get::<i64, _>("turns")?.unsigned_abs(),
        created_at: row.try_get("created_at")?,
        updated_at: row.try_get("updated_at")?,
    })
}

fn turn(row: &SqliteRow) -> StoreResult<TurnRow> {
    let (answer, answer_id): (&str, Option<String>) = (row.try_get("answer")?, row.try_get("answer_id")?);
    let corrupt = |_| StoreError::Corrupt { what: "answer", value: answer.chars().take(200).collect() };
    Ok(TurnRow {
        n: row.try_get("n")?,
        question: row.try_get("question")?,
        mode: of_name("answer mode", row.try_get("mode")?)?,
        answer: serde_json::from_str(answer).map_err(corrupt)?,
        answer_id: answer_id.map(|id| parse("answer id", &id)).transpose()?,
        helpful: row.try_get("helpful")?,
        created_at: row.try_get("created_at")?,
    })
}

impl Store {
    /// Begins a conversation, and keeps `most` of its course's: those that were asked in last. `None`: there is no such
    /// course.
    pub async fn create_conversation(
        &self,
        course: CourseId,
        title: Option<&str>,
        most: u32,
    ) -> StoreResult<Option<KeptConversation>> {
        let (id, moment) = (ConversationId::new(), now());
        let mut tx = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        let sql = "INSERT INTO conversations (id, course_id, title, created_at, updated_at) \
                   SELECT ?1, id, ?2, ?3, ?3 FROM courses WHERE id = ?4";
        let made = sqlx::query(sql)
            .bind(id.to_string())
            .bind(title)
            .bind(&moment)
            .bind(course.to_string())
            .execute(&mut *tx)
            .await?;
        if made.rows_affected() == 0 {
            return Ok(None);
        }
        // The new one stays, even where the clock was set back.
        let sql = "DELETE FROM conversations WHERE id IN (SELECT id FROM conversations WHERE course_id = ?1 \
                   ORDER BY id = ?2 DESC, updated_at DESC, id DESC LIMIT -1 OFFSET ?3)";
        sqlx::query(sql).bind(course.to_string()).bind(id.to_string()).bind(most).execute(&mut *tx).await?;
        tx.commit().await?;
        let title = title.map(str::to_owned);
        let updated_at = moment.clone();
        Ok(Some(KeptConversation { id, course_id: course, title, turn_count: 0, created_at: moment, updated_at }))
    }

    /// One conversation.
    pub async fn conversation(&self, id: ConversationId) -> StoreResult<Option<KeptConversation>> {
        let row = sqlx::query(select!("WHERE id = ?")).bind(id.to_string()).fetch_optional(&self.pool).await?;
        row.as_ref().map(conversation).transpose()
    }

    /// Up to `limit` conversations of a course before the one with id `before`, newest first.
    pub async fn conversations(
        &self,
        course: CourseId,
        before: Option<ConversationId>,
        limit: u32,
    ) -> StoreResult<Vec<KeptConversation>> {
        // No id sorts after "g".
        let before = before.map_or("g".to_owned(), |id| id.to_string());
        let rows = sqlx::query(select!("WHERE course_id = ? AND id < ? ORDER BY id DESC LIMIT ?"))
            .bind(course.to_string())
            .bind(before)
            .bind(limit)
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(conversation).collect()
    }

    /// Gives a conversation another title. `false`: there is no such conversation.
    pub async fn rename_conversation(&self, id: ConversationId, title: &str) -> StoreResult<bool> {
        let sql = "UPDATE conversations SET title = ? WHERE id = ?";
        let done = sqlx::query(sql).bind(title).bind(id.to_string()).execute(&self.pool).await?;
        Ok(done.rows_affected() > 0)
    }

    /// Deletes a conversation. `false`: there is no such conversation.
    pub async fn delete_conversation(&self, id: ConversationId) -> StoreResult<bool> {
        let done =
            sqlx::query("DELETE FROM conversations WHERE id = ?").bind(id.to_string()).execute(&self.pool).await?;
        Ok(done.rows_affected() > 0)
    }

    /// Appends a turn, keeps the conversation's newest `most`, and returns its number. Two at once come one after the
    /// other. `None`: there is no such conversation.
    pub async fn add_turn(&self, id: ConversationId, new: &NewTurn<'_>, most: u32) -> StoreResult<Option<u32>> {
        let (conversation, moment) = (id.to_string(), now());
        let mut tx = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        // The answer may have been forgotten meanwhile.
        let sql = "INSERT INTO turns (conversation_id, n, question, mode, answer, answer_id, created_at) \
                   SELECT c.id, (SELECT coalesce(max(n), 0) + 1 FROM turns WHERE conversation_id = c.id), ?2, ?3, ?4, \
                   (SELECT id FROM answers WHERE id = ?5), ?6 FROM conversations c WHERE c.id = ?1 RETURNING n";
        let n: Option<u32> = sqlx::query_scalar(sql)
            .bind(&conversation)
            .bind(new.question)
            .bind(name_of(&new.mode))
            .bind(new.answer)
            .bind(new.answer_id.map(|id| id.to_string()))
            .bind(&moment)
            .fetch_optional(&mut *tx)
            .await?;
        let Some(n) = n else { return Ok(None) };
        let sql = "UPDATE conversations SET title = coalesce(title, ?), updated_at = ? WHERE id = ?";
        sqlx::query(sql).bind(new.title).bind(&moment).bind(&conversation).execute(&mut *tx).await?;
        let sql = "DELETE FROM turns WHERE conversation_id = ? AND n <= ?";
        sqlx::query(sql).bind(&conversation).bind(n.saturating_sub(most)).execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(Some(n))
    }

    /// Up to `limit` turns after the one with number `after`, oldest first.
    pub async fn turns(&self, id: ConversationId, after: u32, limit: u32) -> StoreResult<Vec<TurnRow>> {
        let sql = "SELECT t.*, a.helpful AS helpful FROM turns t LEFT JOIN answers a ON a.id = t.answer_id \
                   WHERE t.conversation_id = ? AND t.n > ? ORDER BY t.n LIMIT ?";
        let rows = sqlx::query(sql).bind(id.to_string()).bind(after).bind(limit).fetch_all(&self.pool).await?;
        rows.iter().map(turn).collect()
    }

    /// The last `most` answered turns as a model's history has them, oldest first. What was refused is no ground for the
    /// next question.
    pub async fn history(&self, id: ConversationId, most: u32) -> StoreResult<Vec<Turn>> {
        let sql = "SELECT question, coalesce(json_extract(answer, '$.answer'), '') FROM turns \
                   WHERE conversation_id = ? AND json_extract(answer, '$.refused') IS NOT 1 ORDER BY n DESC LIMIT ?";
        let rows: Vec<(String, String)> =
            sqlx::query_as(sql).bind(id.to_string()).bind(most).fetch_all(&self.pool).await?;
        Ok(rows.into_iter().rev().map(|(question, answer)| Turn { question, answer }).collect())
    }
}

#[cfg(test)]
mod tests {
    use domain::{AnswerMode, CourseId};

    use super::*;
    use crate::store::NewAnswer;

    async fn store() -> (tempfile::TempDir, Store, CourseId) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("lectern.sqlite")).await.unwrap();
        let course = store.create_course("Biology", None).await.unwrap().id;
        (folder, store, course)
    }

    fn new(question: &str) -> NewTurn<'_> {
        let answer = r#"{"answer": "It does [1].", "refused": false}"#;
        NewTurn { question, mode: AnswerMode::Quote, answer, answer_id: None, title: Some(question) }
    }

    async fn begin(store: &Store, course: CourseId, most: u32) -> ConversationId {
        store.create_conversation(course, None, most).await.unwrap().unwrap().id
    }

    #[tokio::test]
    async fn the_first_question_names_a_conversation_and_a_title_stays() {
        let (_folder, store, course) = store().await;
        let id = begin(&store, course, 9).await;
        assert_eq!(store.conversation(id).await.unwrap().unwrap().title, None);
        for question in ["What is light?", "And dark?"] {
            store.add_turn(id, &new(question), 9).await.unwrap();
        }
        let kept = store.conversation(id).await.unwrap().unwrap();
        assert_eq!((kept.title.as_deref(), kept.turn_count), (Some("What is light?"), 2));
        assert!(store.rename_conversation(id, "Light").await.unwrap());
        store.add_turn(id, &new("Why?"), 9).await.unwrap();
        assert_eq!(store.conversation(id).await.unwrap().unwrap().title.as_deref(), Some("Light"));
        let refused = NewTurn { answer: r#"{"answer": "", "refused": true}"#, ..new("Who is king?") };
        store.add_turn(id, &refused, 9).await.unwrap();
        let history = store.history(id, 2).await.unwrap();
        let asked: Vec<_> = history.iter().map(|turn| (turn.question.as_str(), turn.answer.as_str())).collect();
        assert_eq!(asked, [("And dark?", "It does [1]."), ("Why?", "It does [1].")]);
    }

    #[tokio::test]
    async fn the_newest_turns_are_kept_under_their_numbers() {
        let (_folder, store, course) = store().await;
        let id = begin(&store, course, 9).await;
        for n in 1..=5 {
            assert_eq!(store.add_turn(id, &new("Q"), 3).await.unwrap(), Some(n));
        }
        let numbers = |turns: Vec<TurnRow>| turns.iter().map(|turn| turn.n).collect::<Vec<_>>();
        assert_eq!(numbers(store.turns(id, 0, 9).await.unwrap()), [3, 4, 5]);
        assert_eq!(numbers(store.turns(id, 3, 1).await.unwrap()), [4]);
    }

    #[tokio::test]
    async fn turns_that_are_added_at_once_are_all_kept() {
        let (_folder, store, course) = store().await;
        let id = begin(&store, course, 9).await;
        let questions: Vec<String> = (0..20).map(|i| format!("Q{i}")).collect();
        let adding = questions.iter().map(|question| {
            let store = store.clone();
            async move { store.add_turn(id, &new(question), 99).await.unwrap().unwrap() }
        });
        let mut numbers = futures::future::join_all(adding).await;
        numbers.sort_unstable();
        assert_eq!(numbers, (1..=20).collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn the_conversation_that_was_unused_longest_makes_room() {
        let (_folder, store, course) = store().await;
        let (a, b) = (begin(&store, course, 2).await, begin(&store, course, 2).await);
        tokio::time::sleep(std::time::Duration::from_millis(3)).await;
        store.add_turn(a, &new("Q"), 9).await.unwrap();
        let c = begin(&store, course, 2).await;
        let kept: Vec<_> = store.conversations(course, None, 9).await.unwrap().iter().map(|k| k.id).collect();
        assert_eq!(kept, [c, a]);
        assert_eq!(store.add_turn(b, &new("Q"), 9).await.unwrap(), None);
        assert_eq!(store.conversations(course, Some(c), 9).await.unwrap().len(), 1);
    }

    #[tokio::test]
    async fn a_turn_knows_its_rating_until_the_answer_is_forgotten() {
        let (_folder, store, course) = store().await;
        let id = begin(&store, course, 9).await;
        let answer = NewAnswer {
            course,
            question: "Q",
            answer: "A",
            mode: AnswerMode::Quote,
            refused: false,
            total_ms: 1,
            cited: &[],
        };
        let answer_id = store.keep_answer(&answer, 9).await.unwrap();
        store.rate_answer(answer_id, Some(true)).await.unwrap();
        store.add_turn(id, &NewTurn { answer_id: Some(answer_id), ..new("Q") }, 9).await.unwrap();
        let turns = store.turns(id, 0, 9).await.unwrap();
        assert_eq!((turns[0].answer_id, turns[0].helpful), (Some(answer_id), Some(true)));
        store.forget_answers(course).await.unwrap();
        let turns = store.turns(id, 0, 9).await.unwrap();
        assert_eq!((turns[0].answer_id, turns[0].helpful), (None, None));
        assert_eq!(turns[0].answer["answer"], "It does [1].");
    }

    #[tokio::test]
    async fn a_course_takes_its_conversations_with_it() {
        let (_folder, store, course) = store().await;
        let id = begin(&store, course, 9).await;
        store.add_turn(id, &new("Q"), 9).await.unwrap();
        assert!(store.delete_course(course).await.unwrap());
        assert!(store.conversation(id).await.unwrap().is_none());
        assert!(store.turns(id, 0, 9).await.unwrap().is_empty());
        assert!(store.create_conversation(course, None, 9).await.unwrap().is_none());
    }
}
