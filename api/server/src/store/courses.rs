//! Courses in the database.

use domain::{Course, CourseId, Language};
use sqlx::{Row, sqlite::SqliteRow};

use super::{Store, StoreResult, name_of, now, of_name, parse};

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, title, language, model, created_at, ",
            "(SELECT count(*) FROM documents WHERE course_id = courses.id) AS documents FROM courses ",
            $rest
        )
    };
}

fn course(row: &SqliteRow) -> StoreResult<Course> {
    let language: Option<String> = row.try_get("language")?;
    Ok(Course {
        id: parse("course id", row.try_get("id")?)?,
        title: row.try_get("title")?,
        language: language.map(|l| of_name("language", &l)).transpose()?,
        model: row.try_get("model")?,
        documents: row.try_get::<i64, _>("documents")?.unsigned_abs(),
        created_at: row.try_get("created_at")?,
    })
}

impl Store {
    /// Makes a course.
    pub async fn create_course(&self, title: &str, language: Option<Language>) -> StoreResult<Course> {
        let (id, created_at) = (CourseId::new(), now());
        sqlx::query("INSERT INTO courses (id, title, language, created_at) VALUES (?, ?, ?, ?)")
            .bind(id.to_string())
            .bind(title)
            .bind(language.map(|l| name_of(&l)))
            .bind(&created_at)
            .execute(&self.pool)
            .await?;
        Ok(Course { id, title: title.to_owned(), language, model: None, documents: 0, created_at })
    }

    /// One course.
    pub async fn course(&self, id: CourseId) -> StoreResult<Option<Course>> {
        let row = sqlx::query(select!("WHERE id = ?")).bind(id.to_string()).fetch_optional(&self.pool).await?;
        row.as_ref().map(course).transpose()
    }

    /// Up to `limit` courses after the one with id `after`, oldest first.
    pub async fn courses(&self, after: Option<CourseId>, limit: u32) -> StoreResult<Vec<Course>> {
        let rows = sqlx::query(select!("WHERE id > ? ORDER BY id LIMIT ?"))
            .bind(after.map(|id| id.to_string()).unwrap_or_default())
            .bind(limit)
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(course).collect()
    }

    /// Changes title, language and model; `None` leaves one as it is, an empty model is the settings' generator again.
    /// `false`: there is no such course.
    pub async fn change_course(
        &self,
        id: CourseId,
        title: Option<&str>,
        language: Option<Language>,
        model: Option<&str>,
    ) -> StoreResult<bool> {
        let sql = "UPDATE courses SET title = coalesce(?, title), language = coalesce(?, language), \
                   model = nullif(coalesce(?, model), '') WHERE id = ?";
        let done = sqlx::query(sql)
            .bind(title)
            .bind(language.map(|l| name_of(&l)))
            .bind(model)
            .bind(id.to_string())
            .execute(&self.pool)
            .await?;
        Ok(done.rows_affected() > 0)
    }

    /// Deletes a course with all it holds, and notes its documents for removal from indexes and files. `false`: there
    /// is no such course.
    pub async fn delete_course(&self, id: CourseId) -> StoreResult<bool> {
        let mut tx = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        let sql = "INSERT OR IGNORE INTO removals (document_id, sha256) \
                   SELECT id, sha256 FROM documents WHERE course_id = ?";
        sqlx::query(sql).bind(id.to_string()).execute(&mut *tx).await?;
        let deleted = sqlx::query("DELETE FROM courses WHERE id = ?").bind(id.to_string()).execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(deleted.rows_affected() > 0)
    }
}
