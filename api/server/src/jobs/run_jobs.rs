//! What the workers share: how they are woken and stopped, how a job can end, and how its progress is told.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use domain::{Failure, JobId, JobState, PortError, Progress, ports::BoxFuture};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::JobView;
use crate::{
    bootstrap::App,
    services::ServiceError,
    store::{StoreError, StoreResult},
};

/// How often progress is written to the database; watchers hear of each step.
const PROGRESS_PERIOD: Duration = Duration::from_millis(500);
/// How long a worker waits before it tries again when the database itself fails.
const RETRY_DELAY: Duration = Duration::from_secs(2);

/// Wakes workers, and cancels the jobs they run.
#[derive(Debug, Default)]
pub struct Workers {
    wake: Notify,
    running: Mutex<HashMap<JobId, CancellationToken>>,
}

/// How a job ends without success.
pub enum Failed {
    /// What it was to do can't be done.
    Reason(Failure),
    /// It was cancelled, or what it worked on was deleted.
    Cancelled,
    /// The service is stopping.
    Stopping,
}

impl From<ServiceError> for Failed {
    fn from(error: ServiceError) -> Self {
        error.log();
        Self::Reason(error.failure())
    }
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        ServiceError::from(error).into()
    }
}

impl From<PortError> for Failed {
    fn from(error: PortError) -> Self {
        ServiceError::from(error).into()
    }
}

impl Workers {
    /// Says that there is work.
    pub fn wake(&self) {
        self.wake.notify_waiters();
        self.wake.notify_one();
    }

    /// Stops a job if it is running.
    pub fn cancel(&self, id: JobId) {
        if let Some(token) = self.running.lock().unwrap_or_else(PoisonError::into_inner).get(&id) {
            token.cancel();
        }
    }

    fn enter(&self, id: JobId) -> CancellationToken {
        let token = CancellationToken::new();
        self.running.lock().unwrap_or_else(PoisonError::into_inner).insert(id, token.clone());
        token
    }

    fn leave(&self, id: JobId) {
        self.running.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
    }
}

/// Runs a worker until the service stops. `next` takes and runs one job; `false`: there was none.
pub async fn work(app: Arc<App>, next: for<'a> fn(&'a Arc<App>) -> BoxFuture<'a, StoreResult<bool>>) {
    while !app.stopping.is_cancelled() {
        let woken = app.workers.wake.notified();
        match next(&app).await {
            Ok(true) => {}
            Ok(false) => {
                tokio::select! {
                    () = woken => {}
                    () = app.stopping.cancelled() => {}
                }
            }
            Err(error) => {
                tracing::error!(%error, "could not take a job");
                tokio::time::sleep(RETRY_DELAY).await;
            }
        }
    }
}

/// Runs a job until it ends, is cancelled or the service stops; notes how it ended. Returns whether it was cancelled.
pub async fn run(app: &App, id: JobId, job: impl Future<Output = Result<(), Failed>>) -> bool {
    let token = app.workers.enter(id);
    let outcome = tokio::select! {
        outcome = job => outcome,
        () = token.cancelled() => Err(Failed::Cancelled),
        () = app.stopping.cancelled() => Err(Failed::Stopping),
    };
    app.workers.leave(id);
    let cancelled = matches!(outcome, Err(Failed::Cancelled));
    let noted = match outcome {
        Ok(()) | Err(Failed::Cancelled) => Ok(()),
        Err(Failed::Stopping) => app.store.requeue(id).await,
        Err(Failed::Reason(failure)) => {
            tracing::info!(job = %id, code = failure.code, "a job failed");
            app.store.fail(id, JobState::Failed, &failure).await.map(|_| ())
        }
    };
    if let Err(error) = noted {
        tracing::error!(%error, job = %id, "could not note how a job ended; the next start runs it again");
    }
    announce(app, id).await;
    cancelled
}

/// Tells watchers how a job stands in the database.
pub async fn announce(app: &App, id: JobId) {
    if let Ok(Some(row)) = app.store.job(id).await {
        app.events.publish(JobView::from(row));
    }
}

/// Hands progress to watchers at once and to the database now and then.
pub struct Reporter {
    app: Arc<App>,
    /// The job as watchers see it; its progress is replaced.
    view: JobView,
    written: Mutex<Option<Instant>>,
}

impl Reporter {
    /// Reports on a running job.
    pub async fn new(app: Arc<App>, id: JobId) -> Result<Self, Failed> {
        let row = app.store.job(id).await?.ok_or(Failed::Cancelled)?;
        Ok(Self { app, view: JobView { state: JobState::Running, ..row.into() }, written: Mutex::new(None) })
    }

    /// Tells how far the job is.
    pub fn report(&self, stage: &str, done: usize, total: usize) {
        let progress = Progress { stage: stage.to_owned(), done: done as u64, total: total as u64 };
        self.app.events.publish(JobView { progress: progress.clone(), ..self.view.clone() });
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        if written.is_none_or(|at| at.elapsed() > PROGRESS_PERIOD) {
            *written = Some(Instant::now());
            let (store, job) = (self.app.store.clone(), self.view.id);
            tokio::spawn(async move { drop(store.set_progress(job, &progress).await) });
        }
    }
}
