//! `/api/v1/jobs`: progress of long work, as a snapshot and as server-sent events; cancelling.

use std::{convert::Infallible, sync::Arc};

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
    response::sse::{Event, KeepAlive, Sse},
};
use domain::{ErrorCode, ErrorKind, Failure, JobId, JobState};
use futures::Stream;
use tokio::sync::broadcast::error::RecvError;

use super::path_id;
use crate::{
    bootstrap::App,
    http::problem::{ApiResult, Problem, Thing},
    jobs::JobView,
    jobs::announce,
    store::JobKind,
};

async fn find(app: &App, id: &str) -> ApiResult<JobView> {
    let id: JobId = path_id(Thing::Job, id)?;
    Ok(app.store.job(id).await?.ok_or_else(|| Problem::not_found(Thing::Job, id))?.into())
}

/// Shows a job.
#[utoipa::path(get, path = "/api/v1/jobs/{id}", operation_id = "show_job", tag = "jobs", params(("id" = String, Path)),
    responses((status = 200, body = JobView), (status = 404, body = Problem)))]
pub(super) async fn show(State(app): State<Arc<App>>, Path(id): Path<String>) -> ApiResult<Json<JobView>> {
    Ok(Json(find(&app, &id).await?))
}

/// Cancels a job; its document or quiz is then `failed` with the code `cancelled`. 409 where it is over already.
#[utoipa::path(delete, path = "/api/v1/jobs/{id}", tag = "jobs", params(("id" = String, Path)),
    responses((status = 200, body = JobView), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub(super) async fn cancel(State(app): State<Arc<App>>, Path(id): Path<String>) -> ApiResult<Json<JobView>> {
    let job = find(&app, &id).await?;
    let detail = match job.kind {
        JobKind::Document => "Reading was cancelled. Upload the file again to read it.",
        JobKind::Quiz => "Making the quiz was cancelled. What was made until then is kept.",
    };
    let failure = Failure { code: ErrorCode::Cancelled.to_string(), detail: detail.to_owned() };
    if !app.store.fail(job.id, JobState::Cancelled, &failure).await? {
        let detail = format!("Job {id} is over already.");
        return Err(Problem::new(ErrorKind::Conflict, ErrorCode::JobOver, detail));
    }
    app.workers.cancel(job.id);
    announce(&app, job.id).await;
    Ok(Json(find(&app, &id).await?))
}

/// Streams a job's progress: events `progress` with the job as data, ending after its final state.
#[utoipa::path(get, path = "/api/v1/jobs/{id}/events", tag = "jobs", params(("id" = String, Path)),
    responses((status = 200, content_type = "text/event-stream", body = JobView), (status = 404, body = Problem)))]
pub(super) async fn events(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
) -> ApiResult<(StatusCode, Sse<impl Stream<Item = Result<Event, Infallible>>>)> {
    // Watching begins before the snapshot is taken, so that no event falls between the two.
    let watcher = app.events.subscribe();
    let job = find(&app, &id).await?;
    let start = Some((app, job.id, watcher, Some(job)));
    let stream = futures::stream::unfold(start, |state| async {
        let (app, id, mut watcher, first) = state?;
        let view = match first {
            Some(view) => view,
            None => next(&app, id, &mut watcher).await?,
        };
        let over = view.state.is_final();
        let event = Event::default().event("progress").json_data(&view).unwrap_or_default();
        Some((Ok(event), (!over).then_some((app, id, watcher, None))))
    });
    Ok((StatusCode::OK, Sse::new(stream).keep_alive(KeepAlive::default())))
}

/// The job's next event; `None` when it was deleted or the service stops.
async fn next(app: &App, id: JobId, watcher: &mut tokio::sync::broadcast::Receiver<JobView>) -> Option<JobView> {
    loop {
        tokio::select! {
            () = app.stopping.cancelled() => return None,
            event = watcher.recv() => match event {
                Ok(view) if view.id == id => return Some(view),
                Ok(_) => {}
                Err(RecvError::Lagged(_)) => return app.store.job(id).await.ok().flatten().map(JobView::from),
                Err(RecvError::Closed) => return None,
            },
            // A deleted document's job sends no last event.
            () = tokio::time::sleep(std::time::Duration::from_secs(2)) => {
                let view = app.store.job(id).await.ok().flatten().map(JobView::from)?;
                if view.state.is_final() {
                    return Some(view);
                }
            }
        }
    }
}
