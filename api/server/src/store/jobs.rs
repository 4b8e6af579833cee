//! Jobs in the database: the queue that survives a kill.

use domain::{CourseId, DocumentId, Failure, JobId, JobState, Progress, QuizId};
use ingest::READER_VERSION;
use serde::Serialize;
use sqlx::{Row, sqlite::SqliteRow};
use utoipa::ToSchema;

use super::{Store, StoreResult, documents::failure, now, of_name, parse};

/// What a job does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobKind {
    /// It reads a document.
    Document,
    /// It makes a quiz.
    Quiz,
}

/// A job and how far it is: the columns of the table `jobs`, see migrations.
#[derive(Clone, Debug)]
pub struct JobRow {
    pub id: JobId,
    pub document_id: Option<DocumentId>,
    pub quiz_id: Option<QuizId>,
    pub state: JobState,
    pub progress: Progress,
    pub error: Option<Failure>,
}

/// A job that a worker has taken, with what it needs of its document: columns of `jobs` and `documents`.
#[derive(Clone, Debug)]
pub struct NextJob {
    pub id: JobId,
    pub document_id: DocumentId,
    pub course_id: CourseId,
    pub sha256: String,
    pub name: String,
    pub password: Option<String>,
    /// The document is ready: its chunks stay until the new ones replace them.
    pub again: bool,
}

/// A quiz job that a worker has taken.
#[derive(Clone, Copy, Debug)]
pub struct NextQuiz {
    pub id: JobId,
    pub quiz_id: QuizId,
}

impl JobRow {
    /// What it does.
    pub const fn kind(&self) -> JobKind {
        if self.quiz_id.is_some() { JobKind::Quiz } else { JobKind::Document }
    }
}

fn job(row: &SqliteRow) -> StoreResult<JobRow> {
    let document: Option<String> = row.try_get("document_id")?;
    let quiz: Option<String> = row.try_get("quiz_id")?;
    Ok(JobRow {
        id: parse("job id", row.try_get("id")?)?,
        document_id: document.map(|id| parse("document id", &id)).transpose()?,
        quiz_id: quiz.map(|id| parse("quiz id", &id)).transpose()?,
        state: of_name("job state", row.try_get("state")?)?,
        progress: Progress {
            stage: row.try_get("stage")?,
            done: row.try_get::<i64, _>("done")?.unsigned_abs(),
            total: row.try_get::<i64, _>("total")?.unsigned_abs(),
        },
        error: failure(row)?,
    })
}

impl Store {
    /// Puts the jobs that a dead process left running back into the queue. To be called once, before any worker runs.
    pub async fn requeue_interrupted(&self) -> StoreResult<u64> {
        let mut tx = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        sqlx::query("UPDATE documents SET status = 'queued' WHERE status IN ('reading', 'indexing')")
            .execute(&mut *tx)
            .await?;
        let sql = "UPDATE jobs SET state = 'queued', stage = 'queued', done = 0, total = 0 WHERE state = 'running'";
        let done = sqlx::query(sql).execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(done.rows_affected())
    }

    /// Puts every ready document back into the queue, for an index that must be made anew.
    pub async fn requeue_ready(&self) -> StoreResult<u64> {
        let mut tx = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        let sql = "UPDATE jobs SET state = 'queued', stage = 'queued', done = 0, total = 0, again = 0 WHERE id IN \
                   (SELECT max(jobs.id) FROM jobs JOIN documents ON documents.id = document_id \
                    WHERE status = 'ready' GROUP BY document_id)";
        let requeued = sqlx::query(sql).execute(&mut *tx).await?;
        sqlx::query("UPDATE documents SET status = 'queued' WHERE status = 'ready'").execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(requeued.rows_affected())
    }

    /// Queues reading again what an older reader read. The documents stay ready meanwhile.
    pub async fn queue_older_readings(&self) -> StoreResult<usize> {
        let mut tx = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        let sql = "SELECT id FROM documents WHERE status = 'ready' AND reader_version < ? AND NOT EXISTS \
                   (SELECT 1 FROM jobs WHERE document_id = documents.id AND state IN ('queued', 'running')) ORDER BY id";
        let documents: Vec<(String,)> = sqlx::query_as(sql).bind(READER_VERSION).fetch_all(&mut *tx).await?;
        for (document,) in &documents {
            let sql = "INSERT INTO jobs (id, document_id, state, stage, again, created_at) \
                       VALUES (?, ?, 'queued', 'queued', 1, ?)";
            let query = sqlx::query(sql).bind(JobId::new().to_string()).bind(document).bind(now());
            query.execute(&mut *tx).await?;
        }
        tx.commit().await?;
        Ok(documents.len())
    }

    /// Puts one running job back, for a worker that must stop.
    pub async fn requeue(&self, id: JobId) -> StoreResult<()> {
        let sql = "UPDATE jobs SET state = 'queued', stage = 'queued', done = 0, total = 0 \
                   WHERE id = ? AND state = 'running'";
        sqlx::query(sql).bind(id.to_string()).execute(&self.pool).await?;
        Ok(())
    }

    /// How many jobs of this kind wait.
    pub async fn queued_jobs(&self, kind: JobKind) -> StoreResult<u32> {
        let sql = "SELECT count(*) AS n FROM jobs WHERE state = 'queued' AND (quiz_id IS NOT NULL) = ?";
        let row = sqlx::query(sql).bind(kind == JobKind::Quiz).fetch_one(&self.pool).await?;
        Ok(row.try_get("n")?)
    }

    /// Takes the oldest quiz job that is queued.
    pub async fn take_quiz_job(&self) -> StoreResult<Option<NextQuiz>> {
        let sql = "UPDATE jobs SET state = 'running', stage = 'choosing' WHERE id = (SELECT id FROM jobs \
                   WHERE state = 'queued' AND quiz_id IS NOT NULL ORDER BY id LIMIT 1) RETURNING id, quiz_id";
        let Some(row) = sqlx::query(sql).fetch_optional(&self.pool).await? else { return Ok(None) };
        let (id, quiz) = (row.try_get("id")?, row.try_get("quiz_id")?);
        Ok(Some(NextQuiz { id: parse("job id", id)?, quiz_id: parse("quiz id", quiz)? }))
    }

    /// Takes the oldest document job that is queued; reading again waits for all others.
    pub async fn take_job(&self) -> StoreResult<Option<NextJob>> {
        let sql = "UPDATE jobs SET state = 'running', stage = 'reading' \
                   WHERE id = (SELECT id FROM jobs WHERE state = 'queued' AND document_id IS NOT NULL \
                   ORDER BY again, id LIMIT 1) RETURNING id";
        let Some(row) = sqlx::query(sql).fetch_optional(&self.pool).await? else { return Ok(None) };
        let id: String = row.try_get("id")?;
        let sql = "SELECT document_id, course_id, sha256, name, password, again FROM jobs \
                   JOIN documents ON documents.id = document_id WHERE jobs.id = ?";
        let Some(row) = sqlx::query(sql).bind(&id).fetch_optional(&self.pool).await? else { return Ok(None) };
        Ok(Some(NextJob {
            id: parse("job id", &id)?,
            document_id: parse("document id", row.try_get("document_id")?)?,
            course_id: parse("course id", row.try_get("course_id")?)?,
            sha256: row.try_get("sha256")?,
            name: row.try_get("name")?,
            password: row.try_get("password")?,
            again: row.try_get("again")?,
        }))
    }

    /// One job.
    pub async fn job(&self, id: JobId) -> StoreResult<Option<JobRow>> {
        let row =
            sqlx::query("SELECT * FROM jobs WHERE id = ?").bind(id.to_string()).fetch_optional(&self.pool).await?;
        row.as_ref().map(job).transpose()
    }

    /// The jobs of a course's documents and quizzes that are not over.
    pub async fn open_jobs_of_course(&self, course: CourseId) -> StoreResult<Vec<JobId>> {
        let sql = "SELECT jobs.id FROM jobs LEFT JOIN documents ON documents.id = document_id \
                   LEFT JOIN quizzes ON quizzes.id = quiz_id \
                   WHERE coalesce(documents.course_id, quizzes.course_id) = ? AND state IN ('queued', 'running')";
        let rows: Vec<(String,)> = sqlx::query_as(sql).bind(course.to_string()).fetch_all(&self.pool).await?;
        rows.iter().map(|(id,)| parse("job id", id)).collect()
    }

    /// Notes progress of a running job.
    pub async fn set_progress(&self, id: JobId, progress: &Progress) -> StoreResult<()> {
        sqlx::query("UPDATE jobs SET stage = ?, done = ?, total = ? WHERE id = ? AND state = 'running'")
            .bind(&progress.stage)
            .bind(i64::try_from(progress.done).unwrap_or(i64::MAX))
            .bind(i64::try_from(progress.total).unwrap_or(i64::MAX))
            .bind(id.to_string())
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Ends a job that is not over yet without success, and its document or quiz with it, in one transaction. A document
    /// that was read again stays as it is.
    pub async fn fail(&self, id: JobId, state: JobState, failure: &Failure) -> StoreResult<bool> {
        let mut tx = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        let sql = "UPDATE jobs SET state = ?, error_code = ?, error_detail = ? \
                   WHERE id = ? AND state IN ('queued', 'running')";
        let done = sqlx::query(sql)
            .bind(super::name_of(&state))
            .bind(&failure.code)
            .bind(&failure.detail)
            .bind(id.to_string())
            .execute(&mut *tx)
            .await?;
        if done.rows_affected() == 0 {
            return Ok(false);
        }
        let sql = "UPDATE documents SET status = 'failed', error_code = ?, error_detail = ? \
                   WHERE id = (SELECT document_id FROM jobs WHERE id = ? AND again = 0)";
        sqlx::query(sql).bind(&failure.code).bind(&failure.detail).bind(id.to_string()).execute(&mut *tx).await?;
        let sql = "UPDATE quizzes SET status = 'failed', error_code = ?, error_detail = ?, version = version + 1 \
                   WHERE id = (SELECT quiz_id FROM jobs WHERE id = ?)";
        sqlx::query(sql).bind(&failure.code).bind(&failure.detail).bind(id.to_string()).execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(true)
    }
}
