//! Asks every question that the course material comes with, in both modes, and checks each quote against `pdftotext`:
//! it must stand on the page that is cited. Prints how many answers hold the accepted one, refusals and times.
//!
//! Usage: `ask_course [DOCUMENT…]`, by default `hist101 lib204`; reads `$LECTERN_DATA/course`. Exits with 1 where a quote
//! is not on its page.

use std::{
    path::{Path, PathBuf},
    process::{Command, ExitCode},
    time::Instant,
};

use lectern_benches::quantile;
use lectern_tests::Server;
use serde_json::{Value, json};

/// What came of the questions about one document in one mode.
#[derive(Default)]
struct Outcome {
    right: usize,
    refused: usize,
    quotes: usize,
    misplaced: Vec<String>,
    millis: Vec<f64>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let folder = PathBuf::from(std::env::var_os("LECTERN_DATA").unwrap_or_default()).join("course");
    if !folder.join("questions.jsonl").is_file() || Command::new("pdftotext").arg("-v").output().is_err() {
        println!("SKIPPED: needs LECTERN_DATA/course/questions.jsonl and pdftotext (Debian: poppler-utils)");
        return ExitCode::SUCCESS;
    }
    let mut documents: Vec<String> = std::env::args().skip(1).collect();
    if documents.is_empty() {
        documents = ["hist101", "lib204"].map(str::to_owned).to_vec();
    }
    let server = Server::start().await;
    let mut sound = true;
    for document in &documents {
        let path = folder.join(format!("{document}.pdf"));
        let course = server.course(document).await;
        server.ingest(&course, &format!("{document}.pdf"), std::fs::read(&path).expect("a readable PDF")).await;
        for mode in ["quote", "answer"] {
            let mut outcome = Outcome::default();
            for question in questions(&folder, document) {
                ask(&server, &course, mode, &question, &path, &mut outcome).await;
            }
            outcome.print(document, mode);
            sound &= outcome.misplaced.is_empty();
        }
    }
    if sound { ExitCode::SUCCESS } else { ExitCode::from(1) }
}

fn questions(folder: &Path, document: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(folder.join("questions.jsonl")).expect("readable questions");
    let rows = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("a question is JSON"));
    rows.filter(|row| row["document"] == document).collect()
}

async fn ask(server: &Server, course: &str, mode: &str, question: &Value, pdf: &Path, outcome: &mut Outcome) {
    let body = json!({ "question": question["question"], "mode": mode });
    let started = Instant::now();
    let (status, answer) = server.post(&format!("/api/v1/courses/{course}/ask"), body).await;
    assert_eq!(status, 200, "{answer}");
    outcome.millis.push(started.elapsed().as_secs_f64() * 1000.0);
    if answer["refused"] == true {
        outcome.refused += 1;
        return;
    }
    let said = squeezed(answer["answer"].as_str().unwrap_or_default());
    let accepted = question["answers"].as_array().into_iter().flatten().filter_map(Value::as_str);
    outcome.right += usize::from(accepted.map(squeezed).any(|a| said.contains(&a)));
    for citation in answer["citations"].as_array().into_iter().flatten() {
        let (quote, page) = (citation["quote"].as_str().unwrap_or_default(), citation["page"].as_u64().unwrap_or(0));
        outcome.quotes += 1;
        if !is_on_page(pdf, page, quote) {
            outcome.misplaced.push(format!("page {page}: {quote}"));
        }
    }
}

/// Whether the page holds the quote, of a table each row, in the order of its text or in that of its lines.
fn is_on_page(pdf: &Path, page: u64, quote: &str) -> bool {
    let parts: Vec<&str> = if quote.starts_with('|') { quote.lines().collect() } else { vec![quote] };
    let texts = [page_text(pdf, page, "-raw"), page_text(pdf, page, "-layout")];
    let found = |part: &str| texts.iter().any(|text| text.contains(&squeezed(part)));
    !quote.is_empty() && parts.into_iter().all(found)
}

/// The page as another program reads it.
fn page_text(pdf: &Path, page: u64, order: &str) -> String {
    let page = page.to_string();
    let output = Command::new("pdftotext").args([order, "-f", &page, "-l", &page]).arg(pdf).arg("-").output();
    squeezed(&String::from_utf8_lossy(&output.expect("pdftotext runs").stdout))
}

/// Letters and digits only, in lower case: where lines break and words are divided is each reader's own choice.
fn squeezed(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

impl Outcome {
    fn print(&mut self, document: &str, mode: &str) {
        self.millis.sort_by(f64::total_cmp);
        let (p50, p95) = (quantile(&self.millis, 0.5), quantile(&self.millis, 0.95));
        let placed = self.quotes - self.misplaced.len();
        println!(
            "{document} {mode}: {} questions, {} hold the accepted answer, {} refused; {placed} of {} quotes on their \
             page; p50 {p50:.0} ms, p95 {p95:.0} ms",
            self.millis.len(),
            self.right,
            self.refused,
            self.quotes
        );
        for quote in &self.misplaced {
            println!("  not on its page: {quote}");
        }
    }
}
