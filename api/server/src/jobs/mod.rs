//! The workers: long work that goes on beside the requests, and survives a kill.

mod job_events;
mod make_quizzes;
mod read_documents;
mod run_jobs;

use std::sync::Arc;

pub use job_events::{JobEvents, JobView};
pub use run_jobs::{Workers, announce};

use crate::bootstrap::App;

/// Starts all workers; they stop when `app.stopping` is cancelled.
pub fn start(app: &Arc<App>) {
    read_documents::start(app, &app.tracker);
    make_quizzes::start(app, &app.tracker);
}
