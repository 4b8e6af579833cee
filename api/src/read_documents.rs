//! The ingestion workers: take a job, have the document read, split, embedded and indexed, and mark it ready last.
//!
//! Every step can be repeated: what was read is kept under the file's sha256, chunk ids are derived from content, and
//! only the last step, one transaction, makes the document ready. A worker killed anywhere is followed by one that ends
//! in the same state.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use domain::{
    Chunk, DocumentStatus, ErrorKind, Failure, JobId, JobState, ParsedDocument, PortError, Progress, ports::ChunkStore,
};
use tokio::sync::Notify;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    app::App,
    job_events::JobView,
    problem::Problem,
    store::{NextJob, Outcome, StoreError, StoreResult, TextKey},
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

enum Failed {
    /// The document can't be read or indexed.
    Document(Failure),
    /// The job was cancelled or its document deleted.
    Cancelled,
    /// The service is stopping.
    Stopping,
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        let problem = Problem::from(error);
        Self::Document(Failure { code: problem.code.to_owned(), detail: problem.detail })
    }
}

impl From<PortError> for Failed {
    fn from(error: PortError) -> Self {
        if error.kind == ErrorKind::Internal {
            tracing::error!(code = error.code, source = ?error.source, "{error}");
        }
        Self::Document(Failure { code: error.code.to_owned(), detail: error.detail })
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

/// Starts the workers and the sweeper of deleted documents; they stop when `app.stopping` is cancelled.
pub fn start(app: &Arc<App>, tracker: &TaskTracker) {
    for _ in 0..app.settings.reading.workers {
        tracker.spawn(work(app.clone()));
    }
}

async fn work(app: Arc<App>) {
    while !app.stopping.is_cancelled() {
        let woken = app.workers.wake.notified();
        if let Err(error) = sweep(&app).await {
            tracing::warn!(%error, "could not remove what deleted documents left; trying again later");
        }
        match app.store.take_job().await {
            Ok(Some(job)) => run(&app, &job).await,
            Ok(None) => {
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

async fn run(app: &Arc<App>, job: &NextJob) {
    let token = app.workers.enter(job.id);
    let outcome = tokio::select! {
        outcome = read_and_index(app, job) => outcome,
        () = token.cancelled() => Err(Failed::Cancelled),
        () = app.stopping.cancelled() => Err(Failed::Stopping),
    };
    app.workers.leave(job.id);
    let ended = match outcome {
        Ok(()) => Ok(()),
        Err(Failed::Stopping) => app.store.requeue(job.id).await,
        Err(Failed::Cancelled) => app.retriever.remove_document(job.document_id).await.or_else(|error| {
            tracing::warn!(%error, "could not remove a cancelled document's chunks; a deletion does");
            Ok(())
        }),
        Err(Failed::Document(failure)) => {
            tracing::info!(document = %job.document_id, code = failure.code, "reading failed");
            app.store.fail(job.id, JobState::Failed, &failure).await.map(|_| ())
        }
    };
    if let Err(error) = ended {
        tracing::error!(%error, job = %job.id, "could not note how a job ended; the next start runs it again");
    }
    announce(app, job.id).await;
}

/// Tells watchers how a job stands in the database.
pub async fn announce(app: &App, id: JobId) {
    if let Ok(Some(row)) = app.store.job(id).await {
        app.events.publish(JobView::from(row));
    }
}

async fn read_and_index(app: &Arc<App>, job: &NextJob) -> Result<(), Failed> {
    let progress = Reporter::new(app.clone(), job);
    let started = Instant::now();
    if !app.store.set_status(job.document_id, DocumentStatus::Reading).await? {
        return Err(Failed::Cancelled);
    }
    progress.report("reading", 0, 0);
    let parsed = Arc::new(read(app, job, &progress).await?);
    let read_ms = started.elapsed().as_millis();
    let chunks = split(app, job, parsed.clone()).await?;
    if !app.store.set_status(job.document_id, DocumentStatus::Indexing).await? {
        return Err(Failed::Cancelled);
    }
    progress.report("indexing", 0, chunks.len());
    let indexing = |done, total| progress.report("indexing", done, total);
    app.retriever.put(job.course_id, job.document_id, &chunks, &indexing).await?;
    let outcome = Outcome { parsed: &parsed, chunks: chunks.len() };
    if !app.store.finish(job.document_id, job.id, outcome).await? {
        return Err(Failed::Cancelled);
    }
    tracing::info!(
        document = %job.document_id, pages = parsed.pages.len(), chunks = chunks.len(),
        read_ms, total_ms = started.elapsed().as_millis(), "document ready"
    );
    Ok(())
}

async fn read(app: &Arc<App>, job: &NextJob, progress: &Reporter) -> Result<ParsedDocument, Failed> {
    let text = TextKey::new(&job.sha256, job.password.as_deref());
    if let Some(parsed) = app.files.parsed(&text).await? {
        return Ok(parsed);
    }
    let path = app.files.local_path(&job.sha256)?;
    let on_page = |page: usize, of: usize| progress.report("reading", page, of);
    let parsed = app.reader.read(&path, &job.name, job.password.as_deref(), &on_page).await.map_err(PortError::from)?;
    app.files.keep_parsed(&text, &parsed).await?;
    Ok(parsed)
}

async fn split(app: &Arc<App>, job: &NextJob, parsed: Arc<ParsedDocument>) -> Result<Vec<Chunk>, Failed> {
    let (counter, config) = (app.counter.clone(), app.split_config());
    let (sha256, course) = (job.sha256.clone(), job.course_id);
    tokio::task::spawn_blocking(move || ingest::split_chunks(&parsed, &sha256, course, counter.as_ref(), &config))
        .await
        .map_err(|e| {
            PortError::new(ErrorKind::Internal, "splitting_failed", "Splitting broke off.").caused_by(e).into()
        })
}

/// Removes indexes and files of deleted documents.
async fn sweep(app: &App) -> StoreResult<()> {
    for (document, sha256) in app.store.removals().await? {
        if let Err(error) = app.retriever.remove_document(document).await {
            tracing::warn!(%error, %document, "could not remove a deleted document's chunks; trying again later");
            continue;
        }
        let _uploads_wait = app.blobs.lock().await;
        if !app.store.bytes_in_use(&sha256).await? {
            app.files.remove(&sha256).await?;
        }
        app.store.removed(document).await?;
    }
    Ok(())
}

/// Hands progress to watchers at once and to the database now and then.
struct Reporter {
    app: Arc<App>,
    job: JobId,
    document: domain::DocumentId,
    written: Mutex<Option<Instant>>,
}

impl Reporter {
    fn new(app: Arc<App>, job: &NextJob) -> Self {
        Self { app, job: job.id, document: job.document_id, written: Mutex::new(None) }
    }

    fn report(&self, stage: &str, done: usize, total: usize) {
        let progress = Progress { stage: stage.to_owned(), done: done as u64, total: total as u64 };
        self.app.events.publish(JobView {
            id: self.job,
            document_id: self.document,
            state: JobState::Running,
            progress: progress.clone(),
            error: None,
        });
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        if written.is_none_or(|at| at.elapsed() > PROGRESS_PERIOD) {
            *written = Some(Instant::now());
            let (store, job) = (self.app.store.clone(), self.job);
            tokio::spawn(async move { drop(store.set_progress(job, &progress).await) });
        }
    }
}
