//! `lectern ingest`.

use std::{path::PathBuf, process::ExitCode};

use client::{CallError, Client, CommandResult, Output, course_id, create_course, follow_document};
use serde_json::{Value, json};

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
            Ok(uploads) => follow_document(client, &uploads["documents"][0], &name).await?,
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

fn line(document: &Value) -> String {
    let name = document["name"].as_str().unwrap_or_default();
    if document["status"] == "ready" {
        return format!("ready   {name}: {} pages, {} chunks", document["pages"], document["chunks"]);
    }
    let text = |key: &str| document["error"][key].as_str().unwrap_or_default();
    format!("failed  {name}: {} ({})", text("detail"), text("code"))
}
