//! `lectern ask`.

use std::process::ExitCode;

use axum::http::Method;
use domain::{AnswerMode, ConversationId};
use serde_json::{Value, json};

use super::{CommandResult, NOTHING_FOUND, Output, known_course};
use crate::client::Client;

/// How `lectern ask` is to answer.
#[derive(Clone, Debug, clap::Args)]
pub struct AskOptions {
    /// Whether the model writes (answer) or the material is quoted (quote)
    #[arg(long, value_parser = crate::cli::parse_name::<AnswerMode>, default_value = "answer", value_name = "answer|quote")]
    mode: AnswerMode,
    /// Go on in this conversation, by its id, and keep the turn in it
    #[arg(long, value_name = "ID")]
    conversation: Option<ConversationId>,
}

/// Asks a question about a course.
pub async fn run(client: &Client, output: Output, course: &str, question: &str, options: &AskOptions) -> CommandResult {
    let id = known_course(client, course).await?;
    let body = json!({ "question": question, "mode": options.mode, "conversation_id": options.conversation });
    let answer = client.call(Method::POST, &format!("/api/v1/courses/{id}/ask"), Some(body)).await?;
    output.print(&answer, || text(&answer));
    Ok(if answer["refused"] == true { ExitCode::from(NOTHING_FOUND) } else { ExitCode::SUCCESS })
}

fn text(answer: &Value) -> String {
    let mut lines = vec![answer["answer"].as_str().unwrap_or_default().to_owned(), String::new()];
    for citation in answer["citations"].as_array().into_iter().flatten() {
        let text = |key: &str| citation[key].as_str().unwrap_or_default();
        lines.push(format!(
            "[{}] {}, page {}: \"{}\"",
            citation["n"],
            text("document_name"),
            citation["page"],
            citation["shown"].as_str().unwrap_or(text("quote"))
        ));
    }
    lines.join("\n")
}
