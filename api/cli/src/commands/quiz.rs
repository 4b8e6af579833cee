//! `lectern quiz`.
#![expect(clippy::doc_markdown, reason = "its options' docs are the help texts")]

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use axum::http::Method;
use client::{CallError, Client, CommandResult, NOTHING_FOUND, Output, follow_quiz, known_course, parse_name, quiz_id};
use domain::{CognitiveLevel, Difficulty, Language, QuestionKind, QuizRequest};
use quiz_files::QuizFormat;
use serde_json::{Value, json};

use super::MaterialParts;

/// What `lectern quiz` is asked for.
#[derive(Clone, Debug, clap::Args)]
pub struct QuizOptions {
    /// How many questions, 1 to 200
    #[arg(long, default_value_t = 10)]
    count: usize,
    /// Which kinds, in turn: multiple_choice, true_false, cloze, short_answer, ordering, matching
    #[arg(long, value_delimiter = ',', value_parser = parse_name::<QuestionKind>, value_name = "KIND,…")]
    kinds: Vec<QuestionKind>,
    /// Only from passages in this language
    #[arg(long, value_parser = parse_name::<Language>, value_name = "en|zh-Hant|zh-Hans")]
    language: Option<Language>,
    /// How hard
    #[arg(long, value_parser = parse_name::<Difficulty>, value_name = "easy|medium|hard")]
    difficulty: Option<Difficulty>,
    /// What they ask of the mind; to apply is to reckon with years of the text
    #[arg(long, value_parser = parse_name::<CognitiveLevel>, value_name = "recall|understand|apply")]
    level: Option<CognitiveLevel>,
    /// The same seed on the same material gives the same quiz
    #[arg(long)]
    seed: Option<u64>,
    #[command(flatten)]
    parts: MaterialParts,
    /// Reading sets: so many questions on each passage, 2 to 5, which is shown with them
    #[arg(long, value_name = "N", value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(2..=5))]
    per_passage: Option<usize>,
    /// Title of the quiz
    #[arg(long)]
    title: Option<String>,
    /// Take exam items of the material over
    #[arg(long)]
    reuse_items: bool,
    /// Write the quiz to this file; its ending tells the format
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// gift, moodle_xml, qti21, qti30, aiken, csv, csv_kahoot, csv_google_forms, anki, markdown, html or json
    #[arg(long, value_parser = parse_format)]
    format: Option<QuizFormat>,
}

fn parse_format(name: &str) -> Result<QuizFormat, String> {
    let known = || QuizFormat::ALL.map(QuizFormat::name).join(", ");
    QuizFormat::from_name(name).ok_or_else(|| format!("there are {}", known()))
}

/// Makes a quiz, waits for it and prints it or writes it to a file.
pub async fn run(client: &Client, output: Output, course: &str, options: &QuizOptions) -> CommandResult {
    // A file that can't be written as asked is said before the work, not after it.
    let target = options.out.as_deref().map(|out| target(out, options.format)).transpose()?;
    let id = known_course(client, course).await?;
    let request = QuizRequest {
        count: options.count,
        kinds: options.kinds.clone(),
        language: options.language,
        document_ids: options.parts.document_ids(client, &id).await?,
        pages: options.parts.pages(),
        difficulty: options.difficulty,
        level: options.level,
        seed: options.seed,
        reuse_items: options.reuse_items,
        title: options.title.clone(),
        questions_per_passage: options.per_passage,
    };
    let path = format!("/api/v1/courses/{id}/quizzes");
    let queued = client.call(Method::POST, &path, Some(serde_json::to_value(&request)?)).await?;
    let quiz = follow_quiz(client, &queued, options.count).await?;
    let found = quiz["questions"].as_array().map_or(0, Vec::len);
    let mut written = Value::Null;
    if let Some((out, format)) = target {
        let export = format!("/api/v1/quizzes/{}/export?format={}", quiz_id(&queued), format.name());
        let (bytes, left_out) = client.download(&export).await?;
        let failed = |error| CallError::File { path: out.display().to_string(), error };
        tokio::fs::write(out, bytes).await.map_err(failed)?;
        written = json!({ "file": out, "format": format.name(), "left_out": left_out });
    }
    let mut shown = quiz.clone();
    shown["written"] = written.clone();
    output.print(&shown, || text(&quiz, &written, options.count));
    Ok(if found == 0 { ExitCode::from(NOTHING_FOUND) } else { ExitCode::SUCCESS })
}

fn target(out: &Path, format: Option<QuizFormat>) -> Result<(&Path, QuizFormat), String> {
    let of_name = || out.extension().and_then(|ending| QuizFormat::from_extension(&ending.to_string_lossy()));
    let format = format.or_else(of_name);
    format.map(|format| (out, format)).ok_or_else(|| format!("{}: say the format with --format", out.display()))
}

/// How many of the questions are proven: exam items that were taken over may not be.
fn proven(questions: &[Value]) -> String {
    match questions.iter().filter(|question| question["proof"]["proven"] == true).count() {
        _ if questions.is_empty() => String::new(),
        all if all == questions.len() => ", all proven".to_owned(),
        some => format!(", {some} of them proven"),
    }
}

/// A passage with where it stands.
fn shown_passage(passage: &Value) -> String {
    let text = |key: &str| passage[key].as_str().unwrap_or_default();
    format!("[{}, {}]\n{}\n", text("document_name"), passage["page"], text("quote"))
}

fn text(quiz: &Value, written: &Value, count: usize) -> String {
    let questions = quiz["questions"].as_array().cloned().unwrap_or_default();
    let mut lines = Vec::new();
    if written.is_null() {
        for (i, question) in questions.iter().enumerate() {
            let passage = &question["passage"];
            if !passage.is_null() && (i == 0 || questions[i - 1]["passage"] != *passage) {
                let all = quiz["passages"].as_array().into_iter().flatten();
                lines.extend(all.filter(|p| p["n"] == *passage).map(shown_passage));
            }
            lines.push(format!("{}. {}", i + 1, question["stem"].as_str().unwrap_or_default()));
            for option in question["options"].as_array().into_iter().flatten().filter_map(Value::as_str) {
                let mark = if question["key"] == option { '*' } else { ' ' };
                lines.push(format!("   {mark} {option}"));
            }
            if question["options"].is_null() && !question["key"].is_null() {
                let key = &question["key"];
                lines.push(format!("   * {}", key.as_str().map_or_else(|| key.to_string(), str::to_owned)));
            }
        }
    }
    lines.push(format!("{} of {count} questions{}", questions.len(), proven(&questions)));
    if questions.len() < count {
        for left in quiz["left_out"].as_array().into_iter().flatten() {
            lines.push(format!("left out {}: {}", left["count"], left["reason"].as_str().unwrap_or_default()));
        }
    }
    if let Some(file) = written["file"].as_str() {
        lines.push(format!("written to {file} as {}", written["format"].as_str().unwrap_or_default()));
        for part in written["left_out"].as_array().into_iter().flatten() {
            let text = |key: &str| part[key].as_str().unwrap_or_default();
            lines.push(format!(
                "not in the file: {} of questions {}: {}",
                text("what"),
                part["questions"],
                text("reason")
            ));
        }
    }
    lines.join("\n")
}
