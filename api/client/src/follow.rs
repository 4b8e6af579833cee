//! Waiting for what a job makes, with a progress bar.

use std::time::Duration;

use axum::http::Method;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::Value;

use crate::{CallError, Client};

const POLL: Duration = Duration::from_millis(150);

/// Watches a document until nothing about it will change.
pub async fn follow_document(client: &Client, uploaded: &Value, name: &str) -> Result<Value, CallError> {
    let path = format!("/api/v1/documents/{}", uploaded["id"].as_str().unwrap_or_default());
    let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{prefix} {msg} {wide_bar} {pos}/{len}") {
        bar.set_style(style);
    }
    bar.set_prefix(name.to_owned());
    loop {
        let document = client.call(Method::GET, &path, None).await?;
        if document["status"] == "ready" || document["status"] == "failed" {
            bar.finish_and_clear();
            return Ok(document);
        }
        if let Some(job) = document["job_id"].as_str() {
            let job = client.call(Method::GET, &format!("/api/v1/jobs/{job}"), None).await?;
            bar.set_message(job["stage"].as_str().unwrap_or_default().to_owned());
            bar.set_length(job["total"].as_u64().unwrap_or_default());
            bar.set_position(job["done"].as_u64().unwrap_or_default());
        }
        tokio::time::sleep(POLL).await;
    }
}

/// Watches a quiz until it is made; one that could not be made is an error.
pub async fn follow_quiz(client: &Client, queued: &Value, count: usize) -> Result<Value, CallError> {
    let bar = ProgressBar::with_draw_target(Some(count as u64), ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len}") {
        bar.set_style(style);
    }
    let job = format!("/api/v1/jobs/{}", queued["job_id"].as_str().unwrap_or_default());
    loop {
        let job = client.call(Method::GET, &job, None).await?;
        if matches!(job["state"].as_str(), Some("done" | "failed" | "cancelled")) {
            bar.finish_and_clear();
            let quiz = client.call(Method::GET, &format!("/api/v1/quizzes/{}", quiz_id(queued)), None).await?;
            return if quiz["status"] == "failed" { Err(failed(&quiz["error"])) } else { Ok(quiz) };
        }
        bar.set_message(job["stage"].as_str().unwrap_or_default().to_owned());
        bar.set_length(job["total"].as_u64().unwrap_or_default());
        bar.set_position(job["done"].as_u64().unwrap_or_default());
        tokio::time::sleep(POLL).await;
    }
}

fn failed(error: &Value) -> CallError {
    let text = |key: &str| error[key].as_str().unwrap_or_default();
    let (code, detail) = (text("code"), text("detail"));
    CallError::Refused { code: code.to_owned(), detail: format!("the quiz could not be made: {detail} ({code})") }
}

/// The id of a quiz that was asked for.
pub fn quiz_id(queued: &Value) -> &str {
    queued["quiz_id"].as_str().unwrap_or_default()
}
