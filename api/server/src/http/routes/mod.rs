//! The REST API: each module declares its routes and their OpenAPI descriptions once.

mod answers;
mod ask;
mod conversation_files;
mod conversations;
mod courses;
mod documents;
mod download;
mod exam_items;
mod health;
mod jobs;
mod openai;
mod page;
mod quiz_files;
mod quiz_questions;
mod quizzes;
mod search;
mod status;
mod uploads;

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, Query, rejection::QueryRejection},
    http::{Method, StatusCode, Uri},
    middleware,
    routing::get,
};
use domain::{ErrorCode, ErrorKind};
use serde::Deserialize;
use tower_http::{
    catch_panic::CatchPanicLayer,
    compression::{
        CompressionLayer, Predicate,
        predicate::{DefaultPredicate, NotForContentType},
    },
    trace::TraceLayer,
};
use utoipa::{OpenApi, ToSchema, openapi::OpenApi as Spec};
use utoipa_axum::{
    router::{OpenApiRouter, UtoipaMethodRouterExt},
    routes,
};

use crate::{
    bootstrap::App,
    http::access,
    http::problem::{ApiResult, Problem, Thing},
};

/// JSON bodies are small; uploads are streamed and have their own limit.
const MAX_JSON_BYTES: usize = 1 << 20;

#[derive(OpenApi)]
#[openapi(info(
    title = "Lectern",
    description = "Course material in, grounded answers out. Errors are problem+json (RFC 9457) with a stable `code`."
))]
struct Description;

fn described() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::with_openapi(Description::openapi())
        .routes(routes!(courses::create, courses::list))
        .routes(routes!(courses::show, courses::change, courses::delete))
        .routes(routes!(uploads::upload, documents::list).layer(uploads::no_body_limit()))
        .routes(routes!(documents::show, documents::delete))
        .routes(routes!(documents::read_again))
        .routes(routes!(documents::file))
        .routes(routes!(documents::page))
        .routes(routes!(exam_items::items))
        .routes(routes!(jobs::show, jobs::cancel))
        .routes(routes!(jobs::events))
        .routes(routes!(search::search))
        .routes(routes!(ask::ask))
        .routes(routes!(conversations::create, conversations::list))
        .routes(routes!(conversations::show, conversations::rename, conversations::delete))
        .routes(routes!(conversation_files::export))
        .routes(routes!(answers::list, answers::forget))
        .routes(routes!(answers::rate))
        .routes(routes!(answers::insight))
        .routes(routes!(quizzes::create, quizzes::list))
        .routes(routes!(quizzes::show, quiz_questions::change, quizzes::delete).layer(quiz_files::body_limit()))
        .routes(routes!(quiz_questions::regenerate))
        .routes(routes!(quiz_questions::mark))
        .routes(routes!(quiz_questions::bank))
        .routes(routes!(quiz_files::export))
        .routes(routes!(quiz_files::import).layer(quiz_files::body_limit()))
        .routes(routes!(openai::chat_completions))
        .routes(routes!(openai::embeddings))
        .routes(routes!(openai::models))
        .routes(routes!(status::show))
        .routes(routes!(status::pull))
        .routes(routes!(health::live))
        .routes(routes!(health::ready))
        .routes(routes!(health::metrics))
}

/// The OpenAPI description of the whole API.
pub fn openapi() -> Spec {
    described().split_for_parts().1
}

/// All routes over this application.
pub fn router(app: Arc<App>) -> Router {
    let (router, spec) = described().split_for_parts();
    let spec = Arc::new(spec);
    router
        .route("/openapi.json", get(move || async move { Json(spec.as_ref().clone()) }))
        .route("/docs", get(page::docs))
        .fallback(page::asset)
        .method_not_allowed_fallback(wrong_method)
        .layer(DefaultBodyLimit::max(MAX_JSON_BYTES))
        .layer(middleware::from_fn_with_state(app.clone(), access::guard))
        .layer(middleware::from_fn(health::measure))
        .layer(CompressionLayer::new().compress_when(compressible()))
        .layer(CatchPanicLayer::custom(|_| {
            let detail = "A fault of Lectern's own; the log has the cause.";
            axum::response::IntoResponse::into_response(Problem::new(ErrorKind::Internal, ErrorCode::Internal, detail))
        }))
        .layer(TraceLayer::new_for_http())
        .with_state(app)
}

/// Streams of events, pictures and uploaded files go out as they are.
fn compressible() -> impl Predicate {
    DefaultPredicate::new().and(NotForContentType::const_new("application/octet-stream"))
}

async fn wrong_method(method: Method, uri: Uri) -> Problem {
    let detail = format!("{method} is not offered at {}. /docs lists what is.", uri.path());
    Problem::with_status(StatusCode::METHOD_NOT_ALLOWED, ErrorCode::MethodNotAllowed, detail)
}

/// Where a list goes on, and how much of it to return.
#[derive(Debug, Deserialize, ToSchema, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct PageQuery {
    /// Most items to return, 1 to 200; 50 where it is left out.
    limit: Option<u32>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

impl PageQuery {
    fn read<I: std::str::FromStr>(query: Result<Query<Self>, QueryRejection>) -> ApiResult<(u32, Option<I>)> {
        let Query(query) = query.map_err(|e| Problem::invalid(ErrorCode::InvalidQuery, e.body_text()))?;
        let limit = query.limit.unwrap_or(50);
        if !(1..=200).contains(&limit) {
            return Err(Problem::invalid(ErrorCode::InvalidLimit, "`limit` must be 1 to 200."));
        }
        let bad =
            |_| Problem::invalid(ErrorCode::InvalidCursor, "`cursor` must be the `next_cursor` of an earlier page.");
        Ok((limit, query.cursor.map(|c| c.parse().map_err(bad)).transpose()?))
    }
}

/// Cuts a list that was asked for one item too many; returns the cursor of the next page.
fn next_cursor<T>(items: &mut Vec<T>, limit: u32, id: impl Fn(&T) -> String) -> Option<String> {
    let more = items.len() > limit as usize;
    items.truncate(limit as usize);
    items.last().filter(|_| more).map(id)
}

/// Reads an id from a path. What is no id names nothing.
fn path_id<I: std::str::FromStr>(thing: Thing, id: &str) -> ApiResult<I> {
    id.parse().map_err(|_| Problem::not_found(thing, id.chars().take(64).collect::<String>()))
}
