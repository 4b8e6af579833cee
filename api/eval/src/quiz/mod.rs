//! `lectern eval quiz`: makes a quiz of documents as the service does, and measures what is accepted.

mod judge;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
    time::Instant,
};

use axum::http::Method;
use clap::Args;
use client::{
    Client, CommandResult, CourseQuestions, Output, connect, create_course, follow_document, follow_quiz, parse_name,
    quiz_questions,
};
use domain::{Question, QuestionKind};
use retriever::EvalSet;
use serde_json::{Value, json};
use server::{Places, Settings};

use self::judge::{Material, Summary};

/// What a quiz is made of.
#[derive(Debug, Args)]
pub struct QuizArgs {
    /// Documents, or one folder with passages.jsonl
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Only so many passages of the folder, spread evenly
    #[arg(long, default_value_t = 60)]
    passages: usize,
    /// How many questions are asked for, 1 to 200
    #[arg(long, default_value_t = 200)]
    count: usize,
    /// Which kinds, in turn; multiple choice where none is named
    #[arg(long, value_delimiter = ',', value_parser = parse_name::<QuestionKind>, value_name = "KIND,…")]
    kinds: Vec<QuestionKind>,
    /// The same seed on the same material gives the same quiz
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Write its multiple-choice questions with their passages to this file (JSONL), for `lectern eval mcq`
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Print every question
    #[arg(long)]
    show: bool,
}

/// Makes the quiz, and prints the measures.
pub async fn run(settings: Settings, output: Output, args: QuizArgs) -> CommandResult {
    let work = tempfile::tempdir()?;
    let files = match &args.files[..] {
        [folder] if folder.is_dir() => passage_files(folder, args.passages, work.path())?,
        files => files.to_vec(),
    };
    let client = connect(settings, Places::new(work.path().join("data"))).await?;
    let course = create_course(&client, "eval").await?["id"].as_str().unwrap_or_default().to_owned();
    let mut material = Material::default();
    for file in &files {
        let uploaded = client.upload(&course, &[file], None).await?;
        let document = follow_document(&client, &uploaded["documents"][0], &file.display().to_string()).await?;
        if document["status"] != "ready" {
            return Err(format!("{}: {}", file.display(), document["error"]["detail"]).into());
        }
        read(&client, &document, &mut material).await?;
    }
    let began = Instant::now();
    let request = json!({ "count": args.count, "kinds": args.kinds, "seed": args.seed });
    let queued = client.call(Method::POST, &format!("/api/v1/courses/{course}/quizzes"), Some(request)).await?;
    let made = follow_quiz(&client, &queued, args.count).await?;
    let seconds = began.elapsed().as_secs_f64();
    let questions: Vec<Question> = serde_json::from_value(made["questions"].clone())?;
    if let Some(out) = &args.out {
        let judged = quiz_questions(&client, &course, |_| true).await?;
        fs::write(out, rows(&judged)).map_err(|e| format!("{}: {e}", out.display()))?;
    }
    let summary = Summary::of(&questions, &material, seconds);
    let mut shown = json!(summary);
    shown["tried"] = made["tried"].clone();
    shown["left_out"] = made["left_out"].clone();
    output.print(&shown, || {
        let listed = if args.show { questions.iter().map(judge::listed).collect() } else { String::new() };
        format!("{listed}{}", text(&summary, &made))
    });
    Ok(ExitCode::SUCCESS)
}

/// Writes the passages of each title to a page of their own, under the title: a text that is taught has one.
fn passage_files(
    folder: &Path,
    count: usize,
    work: &Path,
) -> Result<Vec<PathBuf>, Box<dyn std::error::Error + Send + Sync>> {
    let set = EvalSet::read(folder, None)?;
    let mut texts: BTreeMap<String, String> = BTreeMap::new();
    for passage in retriever::spread(set.passages, Some(count)) {
        let text = texts.entry(passage.title).or_default();
        text.extend(["<p>", &escaped(passage.text.trim()), "</p>\n"]);
    }
    let write = |(n, (title, text)): (usize, (String, String))| {
        let name: String = title.chars().map(|c| if c.is_alphanumeric() { c } else { ' ' }).take(60).collect();
        let path = work.join(format!("{} {n}.html", name.trim()));
        let page = format!("<!DOCTYPE html><meta charset=utf-8><body>\n<h1>{}</h1>\n{text}", escaped(&title));
        fs::write(&path, page).map(|()| path)
    };
    Ok(texts.into_iter().enumerate().map(write).collect::<Result<_, _>>()?)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Everything that a document says.
async fn read(
    client: &Client,
    document: &Value,
    material: &mut Material,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let id = document["id"].as_str().unwrap_or_default();
    for page in 1..=document["pages"].as_u64().unwrap_or_default() {
        let mut page = client.call(Method::GET, &format!("/api/v1/documents/{id}/pages/{page}"), None).await?;
        material
            .blocks
            .entry(id.parse()?)
            .or_default()
            .extend(serde_json::from_value::<Vec<judge::Block>>(page["blocks"].take())?);
    }
    Ok(())
}

/// The form that `lectern eval mcq` reads, the key in every place as often.
fn rows(judged: &CourseQuestions) -> String {
    let choices = judged.items.iter().filter(|item| !item.wrong.is_empty());
    let line = |(n, item): (usize, &tuner::QuestionItem)| {
        let (mut options, answer_index) = (item.wrong.clone(), n % (item.wrong.len() + 1));
        options.insert(answer_index, item.answer.clone());
        let row = json!({
            "id": item.id, "lang": item.lang, "passage": item.context, "question": item.question, "options": options,
            "answer_index": answer_index,
        });
        format!("{row}\n")
    };
    choices.enumerate().map(line).collect()
}

fn text(summary: &Summary, made: &Value) -> String {
    let left_out = made["left_out"].as_array().map_or(&[][..], Vec::as_slice);
    let left_out = left_out.iter().map(|l| format!("{} {}", l["reason"].as_str().unwrap_or_default(), l["count"]));
    let mut lines = vec![
        format!("{:<40}{}", "tried", made["tried"]),
        format!("{:<40}{}", "left out", left_out.collect::<Vec<_>>().join(", ")),
    ];
    lines.extend(summary.rows().map(|(name, value)| format!("{name:<40}{value}")));
    lines.join("\n")
}
