//! The metadata store: courses, documents, quizzes, conversations, answers and jobs in SQLite. One row changes in one
//! transaction; the database, not the memory of a process, says what is to be done.

mod answers;
mod conversations;
mod courses;
mod documents;
mod error;
mod files;
mod jobs;
mod migrations;
mod quizzes;

use std::{path::Path, str::FromStr, time::Duration};

use sqlx::{
    SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

pub use answers::{CitedDocument, KeptAnswer, NewAnswer};
pub use conversations::{KeptConversation, NewTurn, TurnRow};
pub use documents::{DocumentRow, Outcome, Registered};
pub use error::{StoreError, StoreResult};
pub use files::{Files, StageError, Staged, TextKey};
pub use jobs::{JobKind, JobRow, NextJob, NextQuiz};
pub use quizzes::{Made, NewQuiz, QuizRow, QuizStatus};

/// Courses, documents, quizzes and jobs.
#[derive(Clone)]
pub struct Store {
    pool: SqlitePool,
}

impl Store {
    /// Opens the database at this path, making it and bringing it up to date where needed.
    pub async fn open(path: &Path) -> StoreResult<Self> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(30));
        let pool = SqlitePoolOptions::new().max_connections(8).connect_with(options).await?;
        migrations::run(&pool).await?;
        Ok(Self { pool })
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> StoreResult<()> {
        sqlx::query("SELECT 1").execute(&self.pool).await?;
        Ok(())
    }

    /// Waits for running statements and closes the database.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

/// The present moment, RFC 3339 in UTC with milliseconds.
fn now() -> String {
    let now = jiff::Timestamp::now();
    format!("{now:.3}")
}

/// Reads a value that the store itself wrote.
fn parse<T: FromStr>(what: &'static str, value: &str) -> StoreResult<T> {
    value.parse().map_err(|_| StoreError::Corrupt { what, value: value.to_owned() })
}

/// The stored name of an enum whose serde form is a string.
fn name_of(value: &impl serde::Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
}

/// The enum of a stored name.
fn of_name<T: serde::de::DeserializeOwned>(what: &'static str, name: &str) -> StoreResult<T> {
    serde_json::from_value(name.into()).map_err(|_| StoreError::Corrupt { what, value: name.to_owned() })
}
