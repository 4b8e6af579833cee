//! For operators: whether the process lives, whether it is ready, and what it has done.

use std::{sync::Arc, time::Instant};

use axum::{
    Json,
    extract::{MatchedPath, Request, State},
    middleware::Next,
    response::Response,
};
use domain::{ErrorCode, ErrorKind};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    bootstrap::App,
    http::problem::{ApiResult, Problem},
};

/// The service's state.
#[derive(Debug, Serialize, ToSchema)]
pub struct Health {
    /// `ok`.
    status: &'static str,
    /// Version of Lectern.
    version: &'static str,
    /// The generator in use.
    generator: String,
    /// The embedder in use.
    embedder: String,
    /// Documents waiting to be read.
    queued_documents: u32,
}

/// Whether the process lives.
#[utoipa::path(get, path = "/health/live", tag = "health", responses((status = 200, body = String)))]
pub(super) async fn live() -> &'static str {
    "ok"
}

/// Whether requests will be served: the database answers and the service is not stopping.
#[utoipa::path(get, path = "/health/ready", tag = "health",
    responses((status = 200, body = Health), (status = 503, body = Problem)))]
pub(super) async fn ready(State(app): State<Arc<App>>) -> ApiResult<Json<Health>> {
    if app.stopping.is_cancelled() {
        return Err(Problem::new(ErrorKind::Unavailable, ErrorCode::Stopping, "The service is stopping."));
    }
    app.store.ping().await?;
    Ok(Json(Health {
        status: "ok",
        version: env!("CARGO_PKG_VERSION"),
        generator: app.models.get(None).id.clone(),
        embedder: app.settings.models.embedder.clone(),
        queued_documents: app.store.queued_jobs(crate::store::JobKind::Document).await?,
    }))
}

/// Counters and timings in Prometheus' text form.
#[utoipa::path(get, path = "/metrics", tag = "health", responses((status = 200, body = String)))]
pub(super) async fn metrics(State(app): State<Arc<App>>) -> String {
    app.metrics.render()
}

/// Counts and times every request, by route and status; routes are the declared ones, so labels are bounded.
pub(super) async fn measure(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map_or("page", MatchedPath::as_str).to_owned();
    let started = Instant::now();
    let response = next.run(request).await;
    let labels = [("route", route), ("status", response.status().as_u16().to_string())];
    metrics::counter!("lectern_requests_total", &labels).increment(1);
    metrics::histogram!("lectern_request_seconds", &labels[..1]).record(started.elapsed().as_secs_f64());
    response
}
