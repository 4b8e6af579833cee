//! `lectern search`.

use std::process::ExitCode;

use axum::http::Method;
use client::{Client, CommandResult, NOTHING_FOUND, Output, known_course, parse_name};
use domain::SearchMode;
use serde_json::{Value, json};

use super::MaterialParts;

/// How `lectern search` is to search.
#[derive(Clone, Debug, clap::Args)]
pub struct SearchOptions {
    /// Most hits
    #[arg(long, default_value_t = 10)]
    limit: usize,
    /// Which rankings are asked
    #[arg(long, value_parser = parse_name::<SearchMode>, default_value = "hybrid", value_name = "hybrid|dense|keyword")]
    mode: SearchMode,
    #[command(flatten)]
    parts: MaterialParts,
}

/// Searches a course.
pub async fn run(client: &Client, output: Output, course: &str, query: &str, options: &SearchOptions) -> CommandResult {
    let id = known_course(client, course).await?;
    let body = json!({
        "query": query,
        "limit": options.limit,
        "mode": options.mode,
        "document_ids": options.parts.document_ids(client, &id).await?,
        "pages": options.parts.pages(),
    });
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
