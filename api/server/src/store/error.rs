//! What can go wrong between Lectern and its own data.

use std::{error::Error, io};

use domain::{ErrorCode, ErrorKind};

/// An error of the metadata store or of the file store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database refused.
    #[error("database: {0}")]
    Database(#[from] sqlx::Error),
    /// The database's form could not be brought up to date.
    #[error("database migration: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// A file could not be read or written.
    #[error("file store: {0}")]
    Files(#[from] object_store::Error),
    /// A path of the file store is unusable.
    #[error("file store: {0}")]
    Io(#[from] io::Error),
    /// A row holds what Lectern never writes.
    #[error("the database holds {value:?} as a {what}")]
    Corrupt {
        /// What it should be.
        what: &'static str,
        /// What it is.
        value: String,
    },
}

/// What the stores return.
pub type StoreResult<T> = Result<T, StoreError>;

impl StoreError {
    /// What the caller can do about it.
    pub fn kind(&self) -> ErrorKind {
        if self.disk_full() { ErrorKind::StorageFull } else { ErrorKind::Internal }
    }

    /// Stable, machine-readable.
    pub fn code(&self) -> ErrorCode {
        if self.disk_full() { ErrorCode::DiskFull } else { ErrorCode::StorageFailed }
    }

    /// For the user; its text is for the log.
    pub fn detail(&self) -> &'static str {
        if self.disk_full() {
            "The disk is full, nothing was kept. Free some space and send the request again."
        } else {
            "Lectern could not read or write its own data. The log has the cause."
        }
    }

    /// Whether there was no room left on the disk.
    pub fn disk_full(&self) -> bool {
        if let Self::Database(sqlx::Error::Database(e)) = self
            && e.code().as_deref() == Some("13")
        {
            return true; // SQLITE_FULL
        }
        let mut next: Option<&(dyn Error + 'static)> = Some(self);
        while let Some(error) = next {
            if let Some(io) = error.downcast_ref::<io::Error>()
                && matches!(io.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
            {
                return true;
            }
            next = error.source();
        }
        false
    }
}
