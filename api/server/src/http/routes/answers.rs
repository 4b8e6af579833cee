//! `/api/v1/courses/{id}/answers`, `/insight` and `/api/v1/answers/{id}`: what was asked, and what a teacher learns of it.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, Query, State, rejection::QueryRejection},
    http::StatusCode,
};
use domain::AnswerId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{PageQuery, courses, next_cursor, path_id};
use crate::{
    bootstrap::App,
    http::problem::{ApiResult, Body, Problem, Thing},
    services::insight::{Insight, summarise},
    store::KeptAnswer,
};

/// A page of answers.
#[derive(Debug, Serialize, ToSchema)]
pub struct Answers {
    /// Newest first.
    answers: Vec<KeptAnswer>,
    /// Give it as `cursor` for the next page; null at the end.
    next_cursor: Option<String>,
}

/// What a reader thought of an answer.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Rating {
    /// Whether it helped; null takes the rating back.
    helpful: Option<bool>,
}

/// Lists what was asked in a course and how it was answered. The setting `answers.kept` bounds it.
#[utoipa::path(get, path = "/api/v1/courses/{id}/answers", operation_id = "list_answers", tag = "ask",
    params(("id" = String, Path), PageQuery),
    responses((status = 200, body = Answers), (status = 404, body = Problem)))]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    query: Result<Query<PageQuery>, QueryRejection>,
) -> ApiResult<Json<Answers>> {
    let (limit, before) = PageQuery::read(query)?;
    let course = courses::find(&app, &id).await?.id;
    let mut answers = app.store.answers(course, before, limit + 1).await?;
    let next_cursor = next_cursor(&mut answers, limit, |answer| answer.id.to_string());
    Ok(Json(Answers { answers, next_cursor }))
}

/// Forgets what was asked in a course.
#[utoipa::path(delete, path = "/api/v1/courses/{id}/answers", operation_id = "forget_answers", tag = "ask",
    params(("id" = String, Path)), responses((status = 204), (status = 404, body = Problem)))]
pub(super) async fn forget(State(app): State<Arc<App>>, Path(id): Path<String>) -> ApiResult<StatusCode> {
    let course = courses::find(&app, &id).await?.id;
    app.store.forget_answers(course).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Says whether an answer helped.
#[utoipa::path(patch, path = "/api/v1/answers/{id}", operation_id = "rate_answer", tag = "ask",
    params(("id" = String, Path)), request_body = Rating,
    responses((status = 204), (status = 400, body = Problem), (status = 404, body = Problem)))]
pub(super) async fn rate(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    Body(rating): Body<Rating>,
) -> ApiResult<StatusCode> {
    let answer: AnswerId = path_id(Thing::Answer, &id)?;
    if !app.store.rate_answer(answer, rating.helpful).await? {
        return Err(Problem::not_found(Thing::Answer, id));
    }
    Ok(StatusCode::NO_CONTENT)
}

/// What is asked most, what the material did not answer, how long answers take, and which documents are cited.
#[utoipa::path(get, path = "/api/v1/courses/{id}/insight", operation_id = "course_insight", tag = "ask",
    params(("id" = String, Path)),
    responses((status = 200, body = Insight), (status = 404, body = Problem)))]
pub(super) async fn insight(State(app): State<Arc<App>>, Path(id): Path<String>) -> ApiResult<Json<Insight>> {
    let course = courses::find(&app, &id).await?.id;
    let answers = app.store.answers(course, None, app.settings.answers.kept).await?;
    let documents = app.store.cited_documents(course).await?;
    Ok(Json(summarise(&answers, documents)))
}
