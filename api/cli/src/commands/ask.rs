//! `lectern ask`.

use std::process::ExitCode;

use axum::http::Method;
use client::{Client, CommandResult, NOTHING_FOUND, Output, known_course, parse_name};
use domain::{AnswerMode, Citation, ConversationId};
use serde::Deserialize;
use serde_json::{Value, json};

use super::MaterialParts;

/// How `lectern ask` is to answer.
#[derive(Clone, Debug, clap::Args)]
pub struct AskOptions {
    /// Whether the model writes (answer) or the material is quoted (quote)
    #[arg(long, value_parser = parse_name::<AnswerMode>, default_value = "answer", value_name = "answer|quote")]
    mode: AnswerMode,
    #[command(flatten)]
    parts: MaterialParts,
    /// Go on in this conversation, by its id, and keep the turn in it
    #[arg(long, value_name = "ID")]
    conversation: Option<ConversationId>,
    /// Show how the answer came about: what was searched with, what was found, what the model was given to read
    #[arg(long)]
    explain: bool,
}

/// Asks a question about a course.
pub async fn run(client: &Client, output: Output, course: &str, question: &str, options: &AskOptions) -> CommandResult {
    let id = known_course(client, course).await?;
    let body = json!({
        "question": question,
        "mode": options.mode,
        "document_ids": options.parts.document_ids(client, &id).await?,
        "pages": options.parts.pages(),
        "conversation_id": options.conversation,
        "explain": options.explain,
    });
    let answer = client.call(Method::POST, &format!("/api/v1/courses/{id}/ask"), Some(body)).await?;
    output.print(&answer, || text(&answer));
    Ok(if answer["refused"] == true { ExitCode::from(NOTHING_FOUND) } else { ExitCode::SUCCESS })
}

fn text(answer: &Value) -> String {
    let mut lines = vec![answer["answer"].as_str().unwrap_or_default().to_owned(), String::new()];
    if answer["unsure"] == true {
        lines.insert(0, "The material may not answer this. Its nearest words:".to_owned());
    }
    let citations = answer["citations"].as_array().into_iter().flatten();
    for citation in citations.filter_map(|c| Citation::deserialize(c).ok()) {
        lines.push(format!("[{}] {}: \"{}\"", citation.n, citation.source("page"), citation.readable()));
    }
    if answer["explanation"].is_object() {
        lines.push(explained(&answer["explanation"]));
    }
    lines.join("\n")
}

fn explained(explanation: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut lines = Vec::new();
    if explanation["query"].is_string() {
        lines.push(format!("\nSearched with: {}", text(&explanation["query"])));
    }
    if let (Some(doubt), Some(most)) = (explanation["doubt"].as_f64(), explanation["refuse_above"].as_f64()) {
        lines.push(format!("Doubt that the material holds an answer: {doubt:.3}; above {most:.3} it is refused"));
    }
    for passage in explanation["passages"].as_array().into_iter().flatten() {
        let (name, page) = (text(&passage["document_name"]), &passage["pages"][0]);
        lines.push(format!("\nPassage {}: {name}, page {page}\n{}", passage["n"], text(&passage["text"])));
    }
    for (n, prompt) in (1..).zip(explanation["prompts"].as_array().into_iter().flatten()) {
        let used_for = match prompt["used_for"].as_str() {
            Some("doubt") => "only whether the passage holds an answer",
            Some("weigh") => "how well an answer fits the question",
            _ => "an answer was written from it",
        };
        lines.push(format!("\nPrompt {n}: {used_for}"));
        for message in prompt["messages"].as_array().into_iter().flatten() {
            lines.push(format!("<{}> {}", text(&message["role"]), text(&message["content"])));
        }
    }
    lines.join("\n")
}
