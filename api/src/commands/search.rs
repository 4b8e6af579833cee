//! `lectern search`.

use std::process::ExitCode;

use axum::http::Method;
use domain::SearchMode;
use serde_json::{Value, json};

use super::{CommandResult, NOTHING_FOUND, Output, known_course};
use crate::client::Client;

/// Searches a course.
pub async fn run(
    client: &Client,
    output: Output,
    course: &str,
    query: &str,
    limit: usize,
    mode: SearchMode,
) -> CommandResult {
    let id = known_course(client, course).await?;
    let body = json!({ "query": query, "limit": limit, "mode": mode });
    let found = client.call(Method::POST, &format!("/api/v1/courses/{id}/search"), Some(body)).await?;
    let hits = found["hits"].as_array().cloned().unwrap_or_default();
    output.print(&found, || hits.iter().map(line).collect::<Vec<_>>().join("\n\n"));
    Ok(if hits.is_empty() { ExitCode::from(NOTHING_FOUND) } else { ExitCode::SUCCESS })
}

fn line(hit: &Value) -> String {
    let name = hit["document_name"].as_str().unwrap_or_default();
    let score = hit["score"].as_f64().unwrap_or_default();
    format!("{score:.3}  {name}, page {}\n{}", hit["pages"][0], hit["text"].as_str().unwrap_or_default())
}
