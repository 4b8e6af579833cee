//! `/api/v1/courses/{id}/quizzes` and `/api/v1/quizzes/{id}`: asking for quizzes, showing, listing and deleting them.

use std::{collections::HashSet, sync::Arc};

use axum::{
    Json,
    extract::{Path, Query, State, rejection::QueryRejection},
    http::StatusCode,
};
use domain::{Course, CourseId, DocumentId, ErrorCode, ErrorKind, Failure, JobId, Quiz, QuizId, QuizRequest};
use serde::Serialize;
use utoipa::ToSchema;

use super::{PageQuery, courses, next_cursor, path_id};
use crate::{
    bootstrap::App,
    http::problem::{ApiResult, Body, Problem, Thing},
    services::edit_quiz,
    store::{JobKind, QuizRow, QuizStatus},
};

const MAX_COUNT: usize = 200;
/// Questions on one passage of a reading set.
const SET_SIZES: std::ops::RangeInclusive<usize> = 2..=5;
/// Quizzes that may wait for the worker.
const MAX_QUEUED: u32 = 20;

/// A quiz that is being made.
#[derive(Debug, Serialize, ToSchema)]
pub struct QueuedQuiz {
    /// The quiz; its questions come as they are proven.
    quiz_id: QuizId,
    /// The job that makes it.
    job_id: Option<JobId>,
    status: QuizStatus,
    title: String,
}

/// A quiz.
#[derive(Debug, Serialize, ToSchema)]
pub struct QuizView {
    #[serde(flatten)]
    quiz: Quiz,
    status: QuizStatus,
    /// Why it could not be made to its end.
    error: Option<Failure>,
    /// The job that makes or made it; null for an imported quiz.
    job_id: Option<JobId>,
}

/// A quiz in a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct QuizSummary {
    id: QuizId,
    course_id: CourseId,
    title: String,
    status: QuizStatus,
    error: Option<Failure>,
    job_id: Option<JobId>,
    /// How many questions it has.
    question_count: usize,
    /// How many of them are proven.
    proven_count: usize,
    /// RFC 3339, UTC.
    created_at: String,
    /// RFC 3339, UTC.
    updated_at: String,
}

/// A page of quizzes.
#[derive(Debug, Serialize, ToSchema)]
pub struct Quizzes {
    /// Oldest first.
    quizzes: Vec<QuizSummary>,
    /// Give it as `cursor` for the next page; null at the end.
    next_cursor: Option<String>,
}

impl From<QuizRow> for QuizView {
    fn from(row: QuizRow) -> Self {
        Self { quiz: row.quiz, status: row.status, error: row.error, job_id: row.job_id }
    }
}

impl From<QuizRow> for QuizSummary {
    fn from(row: QuizRow) -> Self {
        let Quiz { id, course_id, title, questions, created_at, updated_at, .. } = row.quiz;
        Self {
            id,
            course_id,
            title,
            status: row.status,
            error: row.error,
            job_id: row.job_id,
            question_count: questions.len(),
            proven_count: questions.iter().filter(|q| q.proof.proven).count(),
            created_at,
            updated_at,
        }
    }
}

/// The quiz of this id, or 404.
pub(super) async fn find(app: &App, id: &str) -> ApiResult<QuizRow> {
    let id: QuizId = path_id(Thing::Quiz, id)?;
    app.store.quiz(id).await?.ok_or_else(|| Problem::not_found(Thing::Quiz, id))
}

/// The same, once it is no longer being made.
pub(super) async fn find_made(app: &App, id: &str) -> ApiResult<QuizRow> {
    let row = find(app, id).await?;
    if row.status == QuizStatus::Making {
        let detail = format!("Quiz {id} is still being made. Wait for its job, or cancel it.");
        return Err(Problem::new(ErrorKind::Conflict, ErrorCode::QuizNotReady, detail));
    }
    Ok(row)
}

/// Asks for a quiz. The answer comes at once; the job tells how far it is, and the quiz shows its questions as they are
/// proven. Where the material holds fewer than `count`, `left_out` says why.
#[utoipa::path(post, path = "/api/v1/courses/{id}/quizzes", operation_id = "create_quiz", tag = "quizzes",
    params(("id" = String, Path)), request_body = QuizRequest,
    responses((status = 202, body = QueuedQuiz), (status = 400, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem), (status = 503, body = Problem)))]
pub(super) async fn create(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    Body(mut request): Body<QuizRequest>,
) -> ApiResult<(StatusCode, Json<QueuedQuiz>)> {
    let course = courses::find(&app, &id).await?;
    if !(1..=MAX_COUNT).contains(&request.count) {
        let detail = format!("`count` is {}; a quiz has 1 to {MAX_COUNT} questions.", request.count);
        return Err(Problem::invalid(ErrorCode::InvalidCount, detail));
    }
    if let Some(size) = request.questions_per_passage.filter(|n| !SET_SIZES.contains(n)) {
        let detail = format!("`questions_per_passage` is {size}; a reading set has 2 to 5 questions.");
        return Err(Problem::invalid(ErrorCode::InvalidQuestionsPerPassage, detail));
    }
    check_material(&app, &course, &request).await?;
    let title = match &request.title {
        Some(title) => edit_quiz::title(title)?,
        None => course.title.chars().take(200).collect(),
    };
    if app.store.queued_jobs(JobKind::Quiz).await? >= MAX_QUEUED {
        let detail = "Too many quizzes are waiting to be made. Ask for this one again later.";
        return Err(Problem::new(ErrorKind::Overloaded, ErrorCode::QuizQueueFull, detail));
    }
    // Kept with the quiz, so that making it again gives the same one. JSON's readers are sure of 53 bits only.
    request.seed.get_or_insert_with(|| uuid::Uuid::new_v4().as_u64_pair().0 >> 11);
    let row = app.store.register_quiz(course.id, &title, &request).await?;
    app.workers.wake();
    let queued = QueuedQuiz { quiz_id: row.quiz.id, job_id: row.job_id, status: row.status, title: row.quiz.title };
    Ok((StatusCode::ACCEPTED, Json(queued)))
}

/// Whether the course holds what is to be asked about.
async fn check_material(app: &App, course: &Course, request: &QuizRequest) -> ApiResult<()> {
    let ready: HashSet<DocumentId> =
        app.store.ready_documents(course.id).await?.into_iter().map(|(id, _, _)| id).collect();
    if ready.is_empty() {
        let detail = format!("“{}” holds no document that is ready. Add one, or wait until it is read.", course.title);
        return Err(Problem::new(ErrorKind::Conflict, ErrorCode::CourseNotReady, detail));
    }
    if let Some(unknown) = request.document_ids.iter().find(|id| !ready.contains(id)) {
        let detail = format!("Document {unknown} is not among this course's ready documents.");
        return Err(Problem::new(ErrorKind::NotFound, ErrorCode::DocumentNotFound, detail));
    }
    let mut last = 0;
    for id in ready.iter().filter(|id| request.document_ids.is_empty() || request.document_ids.contains(id)) {
        last = last.max(app.store.document(*id).await?.and_then(|d| d.pages).unwrap_or(0));
    }
    if let Some(page) = request.pages.iter().find(|page| !(1..=last).contains(page)) {
        let detail = format!("There is no page {page}: these documents have pages 1 to {last}.");
        return Err(Problem::invalid(ErrorCode::PagesNotThere, detail));
    }
    Ok(())
}

/// Lists a course's quizzes.
#[utoipa::path(get, path = "/api/v1/courses/{id}/quizzes", operation_id = "list_quizzes", tag = "quizzes",
    params(("id" = String, Path), PageQuery),
    responses((status = 200, body = Quizzes), (status = 404, body = Problem)))]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    query: Result<Query<PageQuery>, QueryRejection>,
) -> ApiResult<Json<Quizzes>> {
    let (limit, after) = PageQuery::read(query)?;
    let course = courses::find(&app, &id).await?.id;
    let mut rows = app.store.quizzes(course, after, true, limit + 1).await?;
    let next_cursor = next_cursor(&mut rows, limit, |row| row.quiz.id.to_string());
    Ok(Json(Quizzes { quizzes: rows.into_iter().map(QuizSummary::from).collect(), next_cursor }))
}

/// Shows a quiz, also while it is being made.
#[utoipa::path(get, path = "/api/v1/quizzes/{id}", operation_id = "show_quiz", tag = "quizzes", params(("id" = String, Path)),
    responses((status = 200, body = QuizView), (status = 404, body = Problem)))]
pub(super) async fn show(State(app): State<Arc<App>>, Path(id): Path<String>) -> ApiResult<Json<QuizView>> {
    Ok(Json(find(&app, &id).await?.into()))
}

/// Deletes a quiz. One that is being made is stopped.
#[utoipa::path(delete, path = "/api/v1/quizzes/{id}", operation_id = "delete_quiz", tag = "quizzes", params(("id" = String, Path)),
    responses((status = 204), (status = 404, body = Problem)))]
pub(super) async fn delete(State(app): State<Arc<App>>, Path(id): Path<String>) -> ApiResult<StatusCode> {
    let row = find(&app, &id).await?;
    if !app.store.delete_quiz(row.quiz.id).await? {
        return Err(Problem::not_found(Thing::Quiz, id));
    }
    if let Some(job) = row.job_id {
        app.workers.cancel(job);
    }
    Ok(StatusCode::NO_CONTENT)
}
