//! Who watches a job hears of its progress. The database stays the truth: whoever misses an event reads it there.

use domain::{DocumentId, Failure, JobId, JobState, Progress, QuizId};
use serde::Serialize;
use tokio::sync::broadcast;
use utoipa::ToSchema;

use crate::store::{JobKind, JobRow};

const CAPACITY: usize = 1024;

/// A job's state at one moment.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct JobView {
    /// The job.
    pub id: JobId,
    /// What it does.
    pub kind: JobKind,
    /// The document it reads.
    pub document_id: Option<DocumentId>,
    /// The quiz it makes.
    pub quiz_id: Option<QuizId>,
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
        let kind = row.kind();
        let JobRow { id, document_id, quiz_id, state, progress, error } = row;
        Self { id, kind, document_id, quiz_id, state, progress, error }
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
