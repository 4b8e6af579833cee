//! `lectern ingest`.

use std::{path::PathBuf, process::ExitCode, time::Duration};

use axum::http::Method;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::{Value, json};

use super::{CommandResult, Output, course_id, create_course};
use crate::client::{CallError, Client};

const POLL: Duration = Duration::from_millis(150);

/// Reads documents into a course and waits until each is ready or has failed.
pub async fn run(
    client: &Client,
    output: Output,
    course: &str,
    files: &[PathBuf],
    password: Option<&str>,
) -> CommandResult {
    let id = match course_id(client, course).await? {
        Some(id) => id,
        None => create_course(client, course).await?["id"].as_str().unwrap_or_default().to_owned(),
    };
    let mut results = Vec::new();
    for file in files {
        let name = file.display().to_string();
        let result = match client.upload(&id, &[file], password).await {
            Ok(uploads) => follow(client, &uploads["documents"][0], &name).await?,
            Err(CallError::Refused { code, detail }) => {
                json!({ "name": name, "status": "failed", "error": { "code": code, "detail": detail } })
            }
            Err(error) => return Err(error.into()),
        };
        if !output.json {
            println!("{}", line(&result));
        }
        results.push(result);
    }
    if output.json {
        println!("{}", json!({ "course_id": id, "documents": results }));
    }
    let failed = results.iter().any(|r| r["status"] != "ready");
    Ok(if failed { ExitCode::from(1) } else { ExitCode::SUCCESS })
}

/// Watches a document until nothing about it will change.
pub async fn follow(client: &Client, uploaded: &Value, name: &str) -> Result<Value, CallError> {
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

fn line(document: &Value) -> String {
    let name = document["name"].as_str().unwrap_or_default();
    if document["status"] == "ready" {
        return format!("ready   {name}: {} pages, {} chunks", document["pages"], document["chunks"]);
    }
    let text = |key: &str| document["error"][key].as_str().unwrap_or_default();
    format!("failed  {name}: {} ({})", text("detail"), text("code"))
}
