//! `lectern courses`.

use std::process::ExitCode;

use axum::http::Method;
use client::{CallError, Client, CommandResult, Output, create_course, known_course};
use serde_json::json;

use crate::cli::CoursesAction;

/// Lists, makes or deletes courses.
pub async fn run(client: &Client, output: Output, action: CoursesAction) -> CommandResult {
    match action {
        CoursesAction::List => list(client, output).await?,
        CoursesAction::Create { title } => {
            let course = create_course(client, &title).await?;
            output.print(&course, || format!("{}  {title}", course["id"].as_str().unwrap_or_default()));
        }
        CoursesAction::Delete { course } => {
            let id = known_course(client, &course).await?;
            client.call(Method::DELETE, &format!("/api/v1/courses/{id}"), None).await?;
            output.print(&json!({ "deleted": id }), || format!("deleted {course}"));
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn list(client: &Client, output: Output) -> Result<(), CallError> {
    let (mut cursor, mut all) = (String::new(), Vec::new());
    loop {
        let page = client.call(Method::GET, &format!("/api/v1/courses?limit=200{cursor}"), None).await?;
        all.extend(page["courses"].as_array().cloned().unwrap_or_default());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    output.print(&json!({ "courses": all }), || {
        let line = |c: &serde_json::Value| {
            let title = c["title"].as_str().unwrap_or_default();
            format!("{}  {:>4} documents  {title}", c["id"].as_str().unwrap_or_default(), c["documents"])
        };
        if all.is_empty() { "no courses yet".to_owned() } else { all.iter().map(line).collect::<Vec<_>>().join("\n") }
    });
    Ok(())
}
