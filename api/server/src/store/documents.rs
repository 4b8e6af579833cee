//! Documents in the database.

use domain::{
    CourseId, DocumentId, DocumentStatus, Failure, JobId, Language, OutlineEntry, ParsedDocument, ReadWarning,
};
use ingest::READER_VERSION;
use sqlx::{Row, sqlite::SqliteRow};

use super::{Staged, Store, StoreError, StoreResult, TextKey, name_of, now, of_name, parse};

/// A document's metadata: the columns of the table `documents`, see migrations.
#[derive(Clone, Debug)]
pub struct DocumentRow {
    pub id: DocumentId,
    pub course_id: CourseId,
    pub sha256: String,
    pub name: String,
    pub bytes: u64,
    pub password: Option<String>,
    pub status: DocumentStatus,
    pub error: Option<Failure>,
    pub media_type: Option<String>,
    pub language: Option<Language>,
    pub pages: Option<u32>,
    pub chunks: Option<u32>,
    pub outline: Vec<OutlineEntry>,
    pub warnings: Vec<ReadWarning>,
    pub created_at: String,
    /// Which reader made its text.
    pub reader_version: u32,
    /// Its latest job.
    pub job_id: Option<JobId>,
}

/// How an upload ended.
#[derive(Clone, Debug)]
pub struct Registered {
    /// The document, new or already there.
    pub document: DocumentRow,
    /// Whether a job was queued for it.
    pub queued: bool,
}

/// How reading and indexing ended well.
#[derive(Clone, Copy, Debug)]
pub struct Outcome<'a> {
    /// What was read.
    pub parsed: &'a ParsedDocument,
    /// How many chunks were indexed.
    pub chunks: usize,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT d.*, (SELECT id FROM jobs WHERE document_id = d.id ORDER BY id DESC LIMIT 1) AS job_id ",
            "FROM documents d ",
            $rest
        )
    };
}

/// Error columns as a [`Failure`].
pub(super) fn failure(row: &SqliteRow) -> StoreResult<Option<Failure>> {
    let code: Option<String> = row.try_get("error_code")?;
    let detail: Option<String> = row.try_get("error_detail")?;
    Ok(code.map(|code| Failure { code, detail: detail.unwrap_or_default() }))
}

fn json<T: serde::de::DeserializeOwned>(what: &'static str, text: &str) -> StoreResult<T> {
    serde_json::from_str(text).map_err(|_| StoreError::Corrupt { what, value: text.to_owned() })
}

fn document(row: &SqliteRow) -> StoreResult<DocumentRow> {
    let language: Option<String> = row.try_get("language")?;
    let job: Option<String> = row.try_get("job_id")?;
    Ok(DocumentRow {
        id: parse("document id", row.try_get("id")?)?,
        course_id: parse("course id", row.try_get("course_id")?)?,
        sha256: row.try_get("sha256")?,
        name: row.try_get("name")?,
        bytes: row.try_get::<i64, _>("bytes")?.unsigned_abs(),
        password: row.try_get("password")?,
        status: of_name("document status", row.try_get("status")?)?,
        error: failure(row)?,
        media_type: row.try_get("media_type")?,
        language: language.map(|l| of_name("language", &l)).transpose()?,
        pages: row.try_get("pages")?,
        chunks: row.try_get("chunks")?,
        outline: json("outline", row.try_get("outline")?)?,
        warnings: json("list of warnings", row.try_get("warnings")?)?,
        created_at: row.try_get("created_at")?,
        reader_version: row.try_get("reader_version")?,
        job_id: job.map(|id| parse("job id", &id)).transpose()?,
    })
}

impl DocumentRow {
    /// Names its text.
    pub fn text(&self) -> TextKey {
        TextKey::new(&self.sha256, self.password.as_deref(), self.reader_version)
    }
}

impl Store {
    /// Registers stored bytes as a document of a course, and queues its reading, in one transaction. The same bytes
    /// twice are one document; one that had failed is queued again. `None`: there is no such course.
    pub async fn register_document(
        &self,
        course: CourseId,
        name: &str,
        staged: &Staged,
        password: Option<&str>,
    ) -> StoreResult<Option<Registered>> {
        let mut tx = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        let known = sqlx::query("SELECT 1 FROM courses WHERE id = ?").bind(course.to_string());
        if known.fetch_optional(&mut *tx).await?.is_none() {
            return Ok(None);
        }
        let existing = sqlx::query(select!("WHERE course_id = ? AND sha256 = ?"))
            .bind(course.to_string())
            .bind(&staged.sha256)
            .fetch_optional(&mut *tx)
            .await?;
        let existing = existing.as_ref().map(document).transpose()?;
        if let Some(found) = existing.as_ref().filter(|d| d.status != DocumentStatus::Failed) {
            return Ok(Some(Registered { document: found.clone(), queued: false }));
        }
        let id = if let Some(failed) = &existing {
            let sql = "UPDATE documents SET name = ?, password = coalesce(?, password), status = 'queued', \
                       error_code = NULL, error_detail = NULL, reader_version = ? WHERE id = ?";
            let query = sqlx::query(sql).bind(name).bind(password).bind(READER_VERSION);
            query.bind(failed.id.to_string()).execute(&mut *tx).await?;
            failed.id
        } else {
            let id = DocumentId::new();
            let sql = "INSERT INTO documents (id, course_id, sha256, name, bytes, password, status, created_at, \
                       reader_version) VALUES (?, ?, ?, ?, ?, ?, 'queued', ?, ?)";
            sqlx::query(sql)
                .bind(id.to_string())
                .bind(course.to_string())
                .bind(&staged.sha256)
                .bind(name)
                .bind(i64::try_from(staged.bytes).unwrap_or(i64::MAX))
                .bind(password)
                .bind(now())
                .bind(READER_VERSION)
                .execute(&mut *tx)
                .await?;
            id
        };
        sqlx::query(
            "INSERT INTO jobs (id, document_id, state, stage, created_at) VALUES (?, ?, 'queued', 'queued', ?)",
        )
        .bind(JobId::new().to_string())
        .bind(id.to_string())
        .bind(now())
        .execute(&mut *tx)
        .await?;
        let row = sqlx::query(select!("WHERE d.id = ?")).bind(id.to_string()).fetch_one(&mut *tx).await?;
        let document = document(&row)?;
        tx.commit().await?;
        Ok(Some(Registered { document, queued: true }))
    }

    /// Queues the reading of a document that failed, with a password where one is given. `false`: it has not failed.
    pub async fn queue_again(&self, id: DocumentId, password: Option<&str>) -> StoreResult<bool> {
        let mut tx = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        let sql = "UPDATE documents SET password = coalesce(?, password), status = 'queued', error_code = NULL, \
                   error_detail = NULL WHERE id = ? AND status = 'failed'";
        let done = sqlx::query(sql).bind(password).bind(id.to_string()).execute(&mut *tx).await?;
        if done.rows_affected() == 0 {
            return Ok(false);
        }
        let sql = "INSERT INTO jobs (id, document_id, state, stage, created_at) VALUES (?, ?, 'queued', 'queued', ?)";
        sqlx::query(sql).bind(JobId::new().to_string()).bind(id.to_string()).bind(now()).execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// One document.
    pub async fn document(&self, id: DocumentId) -> StoreResult<Option<DocumentRow>> {
        let row = sqlx::query(select!("WHERE d.id = ?")).bind(id.to_string()).fetch_optional(&self.pool).await?;
        row.as_ref().map(document).transpose()
    }

    /// Up to `limit` documents of a course after the one with id `after`, oldest first.
    pub async fn documents(
        &self,
        course: CourseId,
        after: Option<DocumentId>,
        limit: u32,
    ) -> StoreResult<Vec<DocumentRow>> {
        let rows = sqlx::query(select!("WHERE course_id = ? AND d.id > ? ORDER BY d.id LIMIT ?"))
            .bind(course.to_string())
            .bind(after.map(|id| id.to_string()).unwrap_or_default())
            .bind(limit)
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(document).collect()
    }

    /// Id, name and text of a course's documents that are ready to be searched.
    pub async fn ready_documents(&self, course: CourseId) -> StoreResult<Vec<(DocumentId, String, TextKey)>> {
        let sql = "SELECT id, name, sha256, password, reader_version FROM documents \
                   WHERE course_id = ? AND status = 'ready'";
        let rows: Vec<(String, String, String, Option<String>, u32)> =
            sqlx::query_as(sql).bind(course.to_string()).fetch_all(&self.pool).await?;
        rows.into_iter()
            .map(|(id, name, sha, password, version)| {
                Ok((parse("document id", &id)?, name, TextKey::new(&sha, password.as_deref(), version)))
            })
            .collect()
    }

    /// Notes where a document stands while its job runs. `false`: it was deleted meanwhile.
    pub async fn set_status(&self, id: DocumentId, status: DocumentStatus) -> StoreResult<bool> {
        let sql = "UPDATE documents SET status = ? WHERE id = ?";
        let done = sqlx::query(sql).bind(name_of(&status)).bind(id.to_string()).execute(&self.pool).await?;
        Ok(done.rows_affected() > 0)
    }

    /// Marks document and job as done, in one transaction, and its text as the present reader's: the last step of
    /// indexing. `false`: the document was deleted or its job cancelled meanwhile, and nothing was written.
    pub async fn finish(&self, id: DocumentId, job: JobId, outcome: Outcome<'_>) -> StoreResult<bool> {
        let mut tx = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        let sql = "UPDATE jobs SET state = 'done', stage = 'done', done = total WHERE id = ? AND state = 'running'";
        if sqlx::query(sql).bind(job.to_string()).execute(&mut *tx).await?.rows_affected() == 0 {
            return Ok(false);
        }
        let parsed = outcome.parsed;
        let sql = "UPDATE documents SET status = 'ready', error_code = NULL, error_detail = NULL, media_type = ?, \
                   language = ?, pages = ?, chunks = ?, outline = ?, warnings = ?, reader_version = ? WHERE id = ?";
        sqlx::query(sql)
            .bind(&parsed.media_type)
            .bind(name_of(&parsed.language))
            .bind(i64::try_from(parsed.pages.len()).unwrap_or(i64::MAX))
            .bind(i64::try_from(outcome.chunks).unwrap_or(i64::MAX))
            .bind(serde_json::to_string(&parsed.outline()).unwrap_or_else(|_| "[]".into()))
            .bind(serde_json::to_string(&parsed.warnings).unwrap_or_else(|_| "[]".into()))
            .bind(READER_VERSION)
            .bind(id.to_string())
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Deletes a document. `false`: there is no such document.
    pub async fn delete_document(&self, id: DocumentId) -> StoreResult<bool> {
        let mut tx = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        let sql = "INSERT OR IGNORE INTO removals (document_id, sha256) SELECT id, sha256 FROM documents WHERE id = ?";
        sqlx::query(sql).bind(id.to_string()).execute(&mut *tx).await?;
        let deleted = sqlx::query("DELETE FROM documents WHERE id = ?").bind(id.to_string()).execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(deleted.rows_affected() > 0)
    }

    /// Deleted documents whose indexes and files are still to be removed.
    pub async fn removals(&self) -> StoreResult<Vec<(DocumentId, String)>> {
        let rows: Vec<(String, String)> =
            sqlx::query_as("SELECT document_id, sha256 FROM removals").fetch_all(&self.pool).await?;
        rows.into_iter().map(|(id, sha)| Ok((parse("document id", &id)?, sha))).collect()
    }

    /// The oldest reader whose text of these bytes a document is still searched by.
    pub async fn oldest_reader(&self, sha256: &str) -> StoreResult<u32> {
        let sql = "SELECT min(reader_version) AS version FROM documents WHERE sha256 = ?";
        let row = sqlx::query(sql).bind(sha256).fetch_one(&self.pool).await?;
        Ok(row.try_get::<Option<u32>, _>("version")?.unwrap_or(READER_VERSION))
    }

    /// Whether any document, in any course, still stands on these bytes.
    pub async fn bytes_in_use(&self, sha256: &str) -> StoreResult<bool> {
        let sql = "SELECT 1 FROM documents WHERE sha256 = ? LIMIT 1";
        Ok(sqlx::query(sql).bind(sha256).fetch_optional(&self.pool).await?.is_some())
    }

    /// Notes that a deleted document has left nothing behind.
    pub async fn removed(&self, id: DocumentId) -> StoreResult<()> {
        sqlx::query("DELETE FROM removals WHERE document_id = ?").bind(id.to_string()).execute(&self.pool).await?;
        Ok(())
    }
}
