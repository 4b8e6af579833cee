//! Who watches a job hears of its progress. The database stays the truth: whoever misses an event reads it there.

use domain::{Failure, JobId, JobState, Progress};
use serde::Serialize;
use tokio::sync::broadcast;
use utoipa::ToSchema;

use crate::store::JobRow;

const CAPACITY: usize = 1024;

/// A job's state at one moment.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct JobView {
    /// The job.
    pub id: JobId,
    /// The document it reads.
    pub document_id: domain::DocumentId,
    /// Where it stands.
    pub state: JobState,
    /// What is being done, and how far it is.
    #[serde(flatten)]
    pub progress: Progress,
    /// Why it failed.
    pub error: Option<Failure>,
}

impl From<JobRow> for JobView {
    fn from(row: JobRow) -> Self {
        Self { id: row.id, document_id: row.document_id, state: row.state, progress: row.progress, error: row.error }
    }
}

/// Passes job events to all who watch; a slow watcher loses the oldest and is told so.
#[derive(Clone, Debug)]
pub struct JobEvents {
    sender: broadcast::Sender<JobView>,
}

impl Default for JobEvents {
    fn default() -> Self {
        Self { sender: broadcast::Sender::new(CAPACITY) }
    }
}

impl JobEvents {
    /// Tells all who watch.
    pub fn publish(&self, view: JobView) {
        // An error only says that nobody watches.
        drop(self.sender.send(view));
    }

    /// Watches from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<JobView> {
        self.sender.subscribe()
    }
}
