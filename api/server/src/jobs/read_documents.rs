//! The ingestion workers: take a job, have the document read, split, embedded and indexed, and mark it ready last.
//!
//! Every step can be repeated: what was read is kept under the file's sha256, chunk ids are derived from content, and
//! only the last step, one transaction, makes the document ready. A worker killed anywhere is followed by one that ends
//! in the same state. What an older reader read is read again when nothing else waits; it stays searchable as it is until
//! its new chunks replace the old ones.

use std::{sync::Arc, time::Instant};

use domain::{Chunk, DocumentId, DocumentStatus, ErrorKind, ParsedDocument, PortError, ports::ChunkStore};
use ingest::READER_VERSION;
use tokio_util::task::TaskTracker;

use super::run_jobs::{self, Failed, Reporter};
use crate::{
    bootstrap::App,
    services::move_citations,
    store::{NextJob, Outcome, StoreResult, TextKey},
};

/// Starts the workers, which also sweep up after deleted documents; they stop when `app.stopping` is cancelled.
pub fn start(app: &Arc<App>, tracker: &TaskTracker) {
    for _ in 0..app.settings.reading.workers {
        tracker.spawn(run_jobs::work(app.clone(), |app| Box::pin(next(app))));
    }
}

async fn next(app: &Arc<App>) -> StoreResult<bool> {
    if let Err(error) = sweep(app).await {
        tracing::warn!(%error, "could not remove what deleted documents left; trying again later");
    }
    let Some(job) = app.store.take_job().await? else { return Ok(false) };
    if run_jobs::run(app, job.id, read_and_index(app, &job)).await
        && !stays(app, &job).await
        && let Err(error) = app.retriever.remove_document(job.document_id).await
    {
        tracing::warn!(%error, "could not remove a cancelled document's chunks; a deletion does");
    }
    Ok(true)
}

/// Whether a cancelled job's document keeps its chunks: one that was to be read again, unless it was deleted.
async fn stays(app: &App, job: &NextJob) -> bool {
    job.again && app.store.document(job.document_id).await.is_ok_and(|document| document.is_some())
}

async fn read_and_index(app: &Arc<App>, job: &NextJob) -> Result<(), Failed> {
    let progress = Reporter::new(app.clone(), job.id).await?;
    let started = Instant::now();
    note(app, job, DocumentStatus::Reading).await?;
    progress.report("reading", 0, 0);
    let parsed = Arc::new(read(app, job, &progress).await?);
    let read_ms = started.elapsed().as_millis();
    let chunks = split(app, job, parsed.clone()).await?;
    note(app, job, DocumentStatus::Indexing).await?;
    progress.report("indexing", 0, chunks.len());
    let indexing = |done, total| progress.report("indexing", done, total);
    app.retriever.put(job.course_id, job.document_id, &chunks, &indexing).await?;
    if job.again {
        move_citations::move_citations(&app.store, job.course_id, job.document_id, &parsed).await?;
    }
    let outcome = Outcome { parsed: &parsed, chunks: chunks.len() };
    if !app.store.finish(job.document_id, job.id, outcome).await? {
        return Err(Failed::Cancelled);
    }
    remove_older_texts(app, job.document_id, &job.sha256).await;
    tracing::info!(
        document = %job.document_id, again = job.again, pages = parsed.pages.len(), chunks = chunks.len(),
        read_ms, total_ms = started.elapsed().as_millis(), "document ready"
    );
    Ok(())
}

/// Notes where the document stands; one that is read again stays ready.
async fn note(app: &App, job: &NextJob, status: DocumentStatus) -> Result<(), Failed> {
    if job.again || app.store.set_status(job.document_id, status).await? { Ok(()) } else { Err(Failed::Cancelled) }
}

/// Removes texts that no document is searched by any more; what is left over does no harm.
async fn remove_older_texts(app: &App, document: DocumentId, sha256: &str) {
    let removed = async { app.files.remove_texts(sha256, app.store.oldest_reader(sha256).await?).await };
    if let Err(error) = removed.await {
        tracing::warn!(%error, %document, "could not remove what an older reader read");
    }
}

async fn read(app: &Arc<App>, job: &NextJob, progress: &Reporter) -> Result<ParsedDocument, Failed> {
    let text = TextKey::new(&job.sha256, job.password.as_deref(), READER_VERSION);
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
