//! `GET /api/v1/status` and `POST /api/v1/models/{id}/pull`: which models are there, what waits, what may be sent.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use domain::{ErrorCode, ErrorKind};
use provision::{Catalogue, Entry, ModelKind, ProvisionError, Status as Presence};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    bootstrap::App,
    http::problem::{ApiResult, Problem, Thing},
    models::Pull,
    store::JobKind,
};

/// What Lectern is made of and busy with.
#[derive(Debug, Serialize, ToSchema)]
pub struct Status {
    /// Version of Lectern.
    version: &'static str,
    /// Seconds since it started.
    uptime_s: u64,
    /// Memory in use, in bytes; null where the system does not tell.
    memory_bytes: Option<u64>,
    /// Whether calls need the API key.
    key_required: bool,
    /// The generator in use: a model's id, a file or an address.
    generator: String,
    /// Documents waiting to be read.
    queued_documents: u32,
    /// Quizzes waiting to be made.
    queued_quizzes: u32,
    /// Answers being written or waiting for the model.
    answers: usize,
    /// Most answers at a time; more are told to come back.
    answers_limit: usize,
    /// Longest file, in bytes.
    max_upload_bytes: u64,
    /// Longest question, in characters.
    max_question_chars: usize,
    /// The models that Lectern knows for this platform.
    models: Vec<Model>,
}

/// A model or library.
#[derive(Debug, Serialize, ToSchema)]
pub struct Model {
    id: String,
    /// `generator`, `embedder` and others.
    #[schema(value_type = String)]
    kind: ModelKind,
    title: String,
    languages: Vec<String>,
    licence: String,
    /// Its size; null while unknown.
    bytes: Option<u64>,
    /// `installed`, `incomplete` or `not_installed`.
    state: &'static str,
    /// Whether the settings name it.
    in_use: bool,
    /// Its download.
    pull: Option<Pull>,
}

/// Shows models, queues and limits.
#[utoipa::path(get, path = "/api/v1/status", tag = "health", responses((status = 200, body = Status)))]
pub(super) async fn show(State(app): State<Arc<App>>) -> ApiResult<Json<Status>> {
    let (settings, of_models) = (&app.settings, app.clone());
    // It looks at files.
    let models = tokio::task::spawn_blocking(move || models(&of_models)).await;
    let models = models.map_err(|error| broken(&error))?.map_err(|error| broken(&error))?;
    Ok(Json(Status {
        version: env!("CARGO_PKG_VERSION"),
        uptime_s: app.started.elapsed().as_secs(),
        memory_bytes: resident_bytes(),
        key_required: !settings.server.api_key.is_empty(),
        generator: app.models.get(None).id.clone(),
        queued_documents: app.store.queued_jobs(JobKind::Document).await?,
        queued_quizzes: app.store.queued_jobs(JobKind::Quiz).await?,
        answers: settings.answers.queue - app.answers.free().min(settings.answers.queue),
        answers_limit: settings.answers.queue,
        max_upload_bytes: settings.server.max_upload_bytes,
        max_question_chars: settings.server.max_question_chars,
        models,
    }))
}

fn models(app: &App) -> Result<Vec<Model>, ProvisionError> {
    let catalogue = Catalogue::builtin()?;
    Ok(catalogue.entries().iter().filter(|e| !e.files.is_empty()).map(|e| model(app, e)).collect())
}

fn model(app: &App, entry: &Entry) -> Model {
    let Entry { id, kind, title, languages, licence, .. } = entry.clone();
    let named = &app.settings.models;
    Model {
        state: match app.model_store.status(entry) {
            Presence::Present => "installed",
            Presence::Partial { .. } => "incomplete",
            Presence::Missing => "not_installed",
        },
        in_use: [&app.models.get(None).id, &named.embedder, &named.passage_reader, &named.ocr].contains(&&id)
            || kind == ModelKind::Library,
        pull: app.pulls.of(&id),
        bytes: entry.bytes(),
        id,
        kind,
        title,
        languages,
        licence,
    }
}

/// Downloads a model, with what it is made of. `GET /api/v1/status` tells how far it is. 409 while it is being downloaded.
#[utoipa::path(post, path = "/api/v1/models/{id}/pull", operation_id = "pull_model", tag = "health",
    params(("id" = String, Path)),
    responses((status = 202), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub(super) async fn pull(State(app): State<Arc<App>>, Path(id): Path<String>) -> ApiResult<StatusCode> {
    let catalogue = Catalogue::builtin().map_err(|error| broken(&error))?;
    if catalogue.get(&id).is_err() {
        return Err(Problem::not_found(Thing::Model, id));
    }
    if !app.pulls.begin_one(&id) {
        let detail = format!("{id} is being downloaded already.");
        return Err(Problem::new(ErrorKind::Conflict, ErrorCode::PullRunning, detail));
    }
    let (pulls, models) = (app.pulls.clone(), app.model_store.clone());
    app.tracker.spawn_blocking(move || pulls.run(&models, &id));
    Ok(StatusCode::ACCEPTED)
}

fn broken(error: &dyn std::error::Error) -> Problem {
    tracing::error!(%error, "the catalogue of models can't be read");
    Problem::new(
        ErrorKind::Internal,
        ErrorCode::Internal,
        "The list of models could not be read. The log has the cause.",
    )
}

/// Resident memory of this process (Linux).
fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kib| kib * 1024)
}
