//! Quizzes in the database. Questions are one JSON text of their quiz: they are read, shown and changed together.

use domain::{Citation, CourseId, Failure, JobId, LeftOut, Question, Quiz, QuizId, QuizRequest};
use serde::Serialize;
use sqlx::{Row, sqlite::SqliteRow};

use super::{Store, StoreError, StoreResult, documents::failure, name_of, now, of_name, parse};

/// Where a quiz stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum QuizStatus {
    /// Its job is queued or running; questions come as they are proven.
    Making,
    /// It can be edited, taken and exported.
    Ready,
    /// Its job failed or was cancelled; what was made until then is kept.
    Failed,
}

/// A quiz with what the database knows beside it.
#[derive(Clone, Debug)]
pub struct QuizRow {
    pub quiz: Quiz,
    pub status: QuizStatus,
    pub error: Option<Failure>,
    /// The job that makes or made it; none for an imported quiz.
    pub job_id: Option<JobId>,
    pub version: i64,
}

/// What a running job has made so far.
#[derive(Clone, Copy, Debug)]
pub struct Made<'a> {
    pub questions: &'a [Question],
    pub passages: &'a [Citation],
    pub tried: usize,
    pub left_out: &'a [LeftOut],
}

/// A new quiz that is complete: from a file.
#[derive(Clone, Copy, Debug)]
pub struct NewQuiz<'a> {
    pub course: CourseId,
    pub title: &'a str,
    pub request: &'a QuizRequest,
    pub questions: &'a [Question],
    pub passages: &'a [Citation],
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT q.*, (SELECT id FROM jobs WHERE quiz_id = q.id ORDER BY id DESC LIMIT 1) AS job_id ",
            "FROM quizzes q ",
            $rest
        )
    };
}

fn from_json<T: serde::de::DeserializeOwned>(what: &'static str, text: &str) -> StoreResult<T> {
    serde_json::from_str(text).map_err(|_| StoreError::Corrupt { what, value: text.chars().take(200).collect() })
}

fn to_json(value: &impl Serialize) -> String {
    // Only maps with keys that are no strings can't be written; there are none.
    serde_json::to_string(value).unwrap_or_else(|_| "[]".into())
}

fn quiz(row: &SqliteRow) -> StoreResult<QuizRow> {
    let job: Option<String> = row.try_get("job_id")?;
    Ok(QuizRow {
        quiz: Quiz {
            id: parse("quiz id", row.try_get("id")?)?,
            course_id: parse("course id", row.try_get("course_id")?)?,
            title: row.try_get("title")?,
            request: from_json("quiz request", row.try_get("request")?)?,
            questions: from_json("list of questions", row.try_get("questions")?)?,
            passages: from_json("list of passages", row.try_get("passages")?)?,
            tried: usize::try_from(row.try_get::<i64, _>("tried")?).unwrap_or_default(),
            left_out: from_json("list of what was left out", row.try_get("left_out")?)?,
            created_at: row.try_get("created_at")?,
            updated_at: row.try_get("updated_at")?,
        },
        status: of_name("quiz status", row.try_get("status")?)?,
        error: failure(row)?,
        job_id: job.map(|id| parse("job id", &id)).transpose()?,
        version: row.try_get("version")?,
    })
}

impl Store {
    /// Registers a quiz and queues its making, in one transaction.
    pub async fn register_quiz(&self, course: CourseId, title: &str, request: &QuizRequest) -> StoreResult<QuizRow> {
        let (id, moment) = (QuizId::new(), now());
        let mut tx = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        let sql = "INSERT INTO quizzes (id, course_id, title, status, request, created_at, updated_at) \
                   VALUES (?, ?, ?, 'making', ?, ?, ?)";
        sqlx::query(sql)
            .bind(id.to_string())
            .bind(course.to_string())
            .bind(title)
            .bind(to_json(request))
            .bind(&moment)
            .bind(&moment)
            .execute(&mut *tx)
            .await?;
        sqlx::query("INSERT INTO jobs (id, quiz_id, state, stage, created_at) VALUES (?, ?, 'queued', 'queued', ?)")
            .bind(JobId::new().to_string())
            .bind(id.to_string())
            .bind(&moment)
            .execute(&mut *tx)
            .await?;
        let row = sqlx::query(select!("WHERE q.id = ?")).bind(id.to_string()).fetch_one(&mut *tx).await?;
        let row = quiz(&row)?;
        tx.commit().await?;
        Ok(row)
    }

    /// Keeps a quiz that is complete.
    pub async fn insert_quiz(&self, new: NewQuiz<'_>) -> StoreResult<QuizId> {
        let (id, moment) = (QuizId::new(), now());
        let sql = "INSERT INTO quizzes (id, course_id, title, status, request, questions, passages, created_at, updated_at) \
                   VALUES (?, ?, ?, 'ready', ?, ?, ?, ?, ?)";
        sqlx::query(sql)
            .bind(id.to_string())
            .bind(new.course.to_string())
            .bind(new.title)
            .bind(to_json(new.request))
            .bind(to_json(&new.questions))
            .bind(to_json(&new.passages))
            .bind(&moment)
            .bind(&moment)
            .execute(&self.pool)
            .await?;
        Ok(id)
    }

    /// One quiz.
    pub async fn quiz(&self, id: QuizId) -> StoreResult<Option<QuizRow>> {
        let row = sqlx::query(select!("WHERE q.id = ?")).bind(id.to_string()).fetch_optional(&self.pool).await?;
        row.as_ref().map(quiz).transpose()
    }

    /// Up to `limit` quizzes of a course from the one with id `from` on (`after`: past it), oldest first.
    pub async fn quizzes(
        &self,
        course: CourseId,
        from: Option<QuizId>,
        after: bool,
        limit: u32,
    ) -> StoreResult<Vec<QuizRow>> {
        let rows =
            sqlx::query(select!("WHERE course_id = ? AND (q.id > ?2 OR (?3 AND q.id = ?2)) ORDER BY q.id LIMIT ?4"))
                .bind(course.to_string())
                .bind(from.map(|id| id.to_string()).unwrap_or_default())
                .bind(!after)
                .bind(limit)
                .fetch_all(&self.pool)
                .await?;
        rows.iter().map(quiz).collect()
    }

    /// Writes title and questions of a quiz that is still at this version. `false`: it was changed or deleted meanwhile.
    pub async fn change_quiz(
        &self,
        id: QuizId,
        version: i64,
        title: &str,
        questions: &[Question],
    ) -> StoreResult<bool> {
        let sql = "UPDATE quizzes SET title = ?, questions = ?, version = version + 1, updated_at = ? \
                   WHERE id = ? AND version = ?";
        let done = sqlx::query(sql)
            .bind(title)
            .bind(to_json(&questions))
            .bind(now())
            .bind(id.to_string())
            .bind(version)
            .execute(&self.pool)
            .await?;
        Ok(done.rows_affected() > 0)
    }

    /// Keeps what a running job has made so far, for those who watch.
    pub async fn keep_made(&self, id: QuizId, job: JobId, made: Made<'_>) -> StoreResult<()> {
        let sql = "UPDATE quizzes SET questions = ?, passages = ?, tried = ?, left_out = ?, version = version + 1, updated_at = ? \
                   WHERE id = ? AND EXISTS (SELECT 1 FROM jobs WHERE id = ? AND state = 'running')";
        sqlx::query(sql)
            .bind(to_json(&made.questions))
            .bind(to_json(&made.passages))
            .bind(i64::try_from(made.tried).unwrap_or(i64::MAX))
            .bind(to_json(&made.left_out))
            .bind(now())
            .bind(id.to_string())
            .bind(job.to_string())
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Writes a made quiz and ends its job, in one transaction. `false`: the quiz was deleted or its job cancelled.
    pub async fn finish_quiz(&self, id: QuizId, job: JobId, made: Made<'_>) -> StoreResult<bool> {
        let mut tx = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        let sql =
            "UPDATE jobs SET state = 'done', stage = 'done', done = ?, total = ? WHERE id = ? AND state = 'running'";
        let count = i64::try_from(made.questions.len()).unwrap_or(i64::MAX);
        let ended = sqlx::query(sql).bind(count).bind(count).bind(job.to_string()).execute(&mut *tx).await?;
        if ended.rows_affected() == 0 {
            return Ok(false);
        }
        let sql = "UPDATE quizzes SET status = ?, questions = ?, passages = ?, tried = ?, left_out = ?, version = version + 1, \
                   updated_at = ? WHERE id = ?";
        sqlx::query(sql)
            .bind(name_of(&QuizStatus::Ready))
            .bind(to_json(&made.questions))
            .bind(to_json(&made.passages))
            .bind(i64::try_from(made.tried).unwrap_or(i64::MAX))
            .bind(to_json(&made.left_out))
            .bind(now())
            .bind(id.to_string())
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Deletes a quiz. `false`: there is no such quiz.
    pub async fn delete_quiz(&self, id: QuizId) -> StoreResult<bool> {
        let done = sqlx::query("DELETE FROM quizzes WHERE id = ?").bind(id.to_string()).execute(&self.pool).await?;
        Ok(done.rows_affected() > 0)
    }
}
