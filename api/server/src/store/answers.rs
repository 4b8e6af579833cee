//! Answered questions in the database.

use domain::{AnswerId, AnswerMode, CourseId, DocumentId};
use serde::Serialize;
use sqlx::{Row, sqlite::SqliteRow};
use utoipa::ToSchema;

use super::{Store, StoreResult, name_of, now, of_name, parse};

/// An answer to be kept.
#[derive(Clone, Debug)]
pub struct NewAnswer<'a> {
    pub course: CourseId,
    pub question: &'a str,
    pub answer: &'a str,
    pub mode: AnswerMode,
    pub refused: bool,
    pub total_ms: u64,
    /// The documents it cites; of a refusal none.
    pub cited: &'a [DocumentId],
}

/// A question as it was answered. Who asked is not kept.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct KeptAnswer {
    /// Its id.
    pub id: AnswerId,
    /// What was asked.
    pub question: String,
    /// What was answered, with its marks.
    pub answer: String,
    /// How.
    pub mode: AnswerMode,
    /// Whether the material was found not to hold an answer.
    pub refused: bool,
    /// Milliseconds it took.
    pub total_ms: u64,
    /// Whether it helped, as the reader said; null where they did not.
    pub helpful: Option<bool>,
    /// RFC 3339, UTC.
    pub created_at: String,
}

/// A document, and in how many kept answers it is cited.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CitedDocument {
    /// The document.
    pub id: DocumentId,
    /// Its name.
    pub name: String,
    /// Answers that cite it.
    pub answers: u64,
}

fn answer(row: &SqliteRow) -> StoreResult<KeptAnswer> {
    Ok(KeptAnswer {
        id: parse("answer id", row.try_get("id")?)?,
        question: row.try_get("question")?,
        answer: row.try_get("answer")?,
        mode: of_name("answer mode", row.try_get("mode")?)?,
        refused: row.try_get("refused")?,
        total_ms: row.try_get::<i64, _>("total_ms")?.unsigned_abs(),
        helpful: row.try_get("helpful")?,
        created_at: row.try_get("created_at")?,
    })
}

impl Store {
    /// Keeps an answer, and of its course's the newest `most` only.
    pub async fn keep_answer(&self, new: &NewAnswer<'_>, most: u32) -> StoreResult<AnswerId> {
        let (id, course) = (AnswerId::new(), new.course.to_string());
        let mut tx = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        let sql = "INSERT INTO answers (id, course_id, question, answer, mode, refused, total_ms, created_at) \
                   VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
        sqlx::query(sql)
            .bind(id.to_string())
            .bind(&course)
            .bind(new.question)
            .bind(new.answer)
            .bind(name_of(&new.mode))
            .bind(new.refused)
            .bind(i64::try_from(new.total_ms).unwrap_or(i64::MAX))
            .bind(now())
            .execute(&mut *tx)
            .await?;
        for document in new.cited {
            // One that was deleted meanwhile is left out.
            let sql = "INSERT OR IGNORE INTO answer_documents SELECT ?, id FROM documents WHERE id = ?";
            sqlx::query(sql).bind(id.to_string()).bind(document.to_string()).execute(&mut *tx).await?;
        }
        let sql = "DELETE FROM answers WHERE course_id = ?1 AND id <= \
                   (SELECT id FROM answers WHERE course_id = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)";
        sqlx::query(sql).bind(&course).bind(most).execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// Notes whether an answer helped. `false`: there is no such answer.
    pub async fn rate_answer(&self, id: AnswerId, helpful: Option<bool>) -> StoreResult<bool> {
        let sql = "UPDATE answers SET helpful = ? WHERE id = ?";
        let done = sqlx::query(sql).bind(helpful).bind(id.to_string()).execute(&self.pool).await?;
        Ok(done.rows_affected() > 0)
    }

    /// Up to `limit` answers of a course before the one with id `before`, newest first.
    pub async fn answers(
        &self,
        course: CourseId,
        before: Option<AnswerId>,
        limit: u32,
    ) -> StoreResult<Vec<KeptAnswer>> {
        // No id sorts after "g".
        let before = before.map_or("g".to_owned(), |id| id.to_string());
        let rows = sqlx::query("SELECT * FROM answers WHERE course_id = ? AND id < ? ORDER BY id DESC LIMIT ?")
            .bind(course.to_string())
            .bind(before)
            .bind(limit)
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(answer).collect()
    }

    /// Forgets a course's answers.
    pub async fn forget_answers(&self, course: CourseId) -> StoreResult<()> {
        sqlx::query("DELETE FROM answers WHERE course_id = ?").bind(course.to_string()).execute(&self.pool).await?;
        Ok(())
    }

    /// A course's ready documents with the number of kept answers that cite each, the most cited first.
    pub async fn cited_documents(&self, course: CourseId) -> StoreResult<Vec<CitedDocument>> {
        let sql = "SELECT id, name, (SELECT count(*) FROM answer_documents WHERE document_id = documents.id) AS answers \
                   FROM documents WHERE course_id = ? AND status = 'ready' ORDER BY answers DESC, id";
        let rows = sqlx::query(sql).bind(course.to_string()).fetch_all(&self.pool).await?;
        let cited = |row: &SqliteRow| {
            Ok(CitedDocument {
                id: parse("document id", row.try_get("id")?)?,
                name: row.try_get("name")?,
                answers: row.try_get::<i64, _>("answers")?.unsigned_abs(),
            })
        };
        rows.iter().map(cited).collect()
    }
}
