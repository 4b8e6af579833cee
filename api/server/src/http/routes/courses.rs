//! `/api/v1/courses`.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, Query, State, rejection::QueryRejection},
    http::StatusCode,
};
use domain::{Course, CourseId, ErrorCode, Language};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{PageQuery, next_cursor, path_id};
use crate::{
    bootstrap::App,
    http::problem::{ApiResult, Body, Problem, Thing},
};

const MAX_TITLE_CHARS: usize = 200;

/// A course to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCourse {
    /// 1 to 200 characters.
    title: String,
    /// The language of its material.
    language: Option<Language>,
}

/// What is to change about a course.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CourseChange {
    /// 1 to 200 characters.
    title: Option<String>,
    /// The language of its material.
    language: Option<Language>,
    /// The generator, or one of the adapters in the settings: what its answers and quizzes are made with. The generator's
    /// name takes an adapter away again.
    model: Option<String>,
}

/// A page of courses.
#[derive(Debug, Serialize, ToSchema)]
pub struct Courses {
    /// Oldest first.
    courses: Vec<Course>,
    /// Give it as `cursor` for the next page; null at the end.
    next_cursor: Option<String>,
}

fn title(title: &str) -> ApiResult<&str> {
    let title = title.trim();
    if title.is_empty() || title.chars().count() > MAX_TITLE_CHARS {
        let detail = format!("A course needs a title of 1 to {MAX_TITLE_CHARS} characters.");
        return Err(Problem::invalid(ErrorCode::InvalidTitle, detail));
    }
    Ok(title)
}

/// The course of this id, or 404.
pub(super) async fn find(app: &App, id: &str) -> ApiResult<Course> {
    let id: CourseId = path_id(Thing::Course, id)?;
    app.store.course(id).await?.ok_or_else(|| Problem::not_found(Thing::Course, id))
}

/// Makes a course.
#[utoipa::path(post, path = "/api/v1/courses", tag = "courses", request_body = NewCourse,
    responses((status = 201, body = Course), (status = 400, body = Problem)))]
pub(super) async fn create(
    State(app): State<Arc<App>>,
    Body(new): Body<NewCourse>,
) -> ApiResult<(StatusCode, Json<Course>)> {
    let course = app.store.create_course(title(&new.title)?, new.language).await?;
    Ok((StatusCode::CREATED, Json(course)))
}

/// Lists courses.
#[utoipa::path(get, path = "/api/v1/courses", operation_id = "list_courses", tag = "courses", params(PageQuery),
    responses((status = 200, body = Courses), (status = 400, body = Problem)))]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    query: Result<Query<PageQuery>, QueryRejection>,
) -> ApiResult<Json<Courses>> {
    let (limit, after) = PageQuery::read(query)?;
    let mut courses = app.store.courses(after, limit + 1).await?;
    let next_cursor = next_cursor(&mut courses, limit, |c| c.id.to_string());
    Ok(Json(Courses { courses, next_cursor }))
}

/// Shows a course.
#[utoipa::path(get, path = "/api/v1/courses/{id}", operation_id = "show_course", tag = "courses", params(("id" = String, Path)),
    responses((status = 200, body = Course), (status = 404, body = Problem)))]
pub(super) async fn show(State(app): State<Arc<App>>, Path(id): Path<String>) -> ApiResult<Json<Course>> {
    Ok(Json(find(&app, &id).await?))
}

/// Changes title, language or model.
#[utoipa::path(patch, path = "/api/v1/courses/{id}", tag = "courses", params(("id" = String, Path)),
    request_body = CourseChange,
    responses((status = 200, body = Course), (status = 400, body = Problem), (status = 404, body = Problem)))]
pub(super) async fn change(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    Body(change): Body<CourseChange>,
) -> ApiResult<Json<Course>> {
    let course: CourseId = path_id(Thing::Course, &id)?;
    let title = change.title.as_deref().map(title).transpose()?;
    let model = change.model.as_deref().map(|id| app.models.check(id).map(|()| id)).transpose()?;
    // Without a name of its own, the course follows the settings.
    let model = model.map(|id| if id == app.models.get(None).id { "" } else { id });
    if !app.store.change_course(course, title, change.language, model).await? {
        return Err(Problem::not_found(Thing::Course, id));
    }
    Ok(Json(find(&app, &id).await?))
}

/// Deletes a course with its documents. What is being read is stopped.
#[utoipa::path(delete, path = "/api/v1/courses/{id}", operation_id = "delete_course", tag = "courses", params(("id" = String, Path)),
    responses((status = 204), (status = 404, body = Problem)))]
pub(super) async fn delete(State(app): State<Arc<App>>, Path(id): Path<String>) -> ApiResult<StatusCode> {
    let course: CourseId = path_id(Thing::Course, &id)?;
    let jobs = app.store.open_jobs_of_course(course).await?;
    if !app.store.delete_course(course).await? {
        return Err(Problem::not_found(Thing::Course, id));
    }
    for job in jobs {
        app.workers.cancel(job);
    }
    app.workers.wake();
    Ok(StatusCode::NO_CONTENT)
}
