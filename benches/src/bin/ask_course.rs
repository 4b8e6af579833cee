//! Asks every question that the course material comes with, in both modes, and checks each quote against `pdftotext`:
//! it must stand on the page that is cited. Prints how many answers hold the accepted one, refusals and times.
//!
//! Usage: `ask_course [DOCUMENT…]`, by default `hist101 lib204`: each document's PDF in a course of its own. `ask_course
//! all`: all documents of the folder in all their formats, in one course. Reads `$LECTERN_DATA/course`. Exits with 1 where
//! a quote is not on its page.

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
    /// A passage of the right document that holds the answer was among the first five, and its document is cited first.
    found: usize,
    cited: usize,
    misplaced: Vec<String>,
    millis: Vec<f64>,
}

/// What questions are asked about.
struct Material<'a> {
    folder: &'a Path,
    server: &'a Server,
    course: String,
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
        let course = server.course(document).await;
        let all = document == "all";
        let files = if all { files(&folder) } else { vec![format!("{document}.pdf")] };
        for file in &files {
            server.ingest(&course, file, std::fs::read(folder.join(file)).expect("a readable document")).await;
        }
        println!("{document}: {} documents read", files.len());
        let material = Material { folder: &folder, server: &server, course };
        for mode in ["quote", "answer"] {
            let mut outcome = Outcome::default();
            for question in questions(&folder, document) {
                material.ask(mode, &question, &mut outcome).await;
            }
            outcome.print(document, mode);
            sound &= outcome.misplaced.is_empty();
        }
    }
    if sound { ExitCode::SUCCESS } else { ExitCode::from(1) }
}

/// The questions about a document, or about all.
fn questions(folder: &Path, document: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(folder.join("questions.jsonl")).expect("readable questions");
    let rows = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("a question is JSON"));
    rows.filter(|row| document == "all" || row["document"] == document).collect()
}

/// The documents that the folder's manifest lists.
fn files(folder: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(folder.join("manifest.tsv")).expect("a readable manifest");
    text.lines().skip(1).filter_map(|line| line.split('\t').next()).map(str::to_owned).collect()
}

impl Material<'_> {
    async fn ask(&self, mode: &str, question: &Value, outcome: &mut Outcome) {
        let Self { folder, server, course } = self;
        let accepted = question["answers"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let accepted: Vec<String> = accepted.map(squeezed).collect();
        let holds = |text: &Value| accepted.iter().any(|a| squeezed(text.as_str().unwrap_or_default()).contains(a));
        // `hist101-scanned.pdf` and `hist101.docx` are one document.
        let document = question["document"].as_str().unwrap_or_default();
        let is_right = |name: &Value| name.as_str().is_some_and(|name| name.starts_with(document));

        let query = json!({ "query": question["question"], "limit": 5 });
        let (status, searched) = server.post(&format!("/api/v1/courses/{course}/search"), query).await;
        assert_eq!(status, 200, "{searched}");
        let hits = || searched["hits"].as_array().into_iter().flatten();
        outcome.found += usize::from(hits().any(|hit| is_right(&hit["document_name"]) && holds(&hit["text"])));

        let body = json!({ "question": question["question"], "mode": mode });
        let started = Instant::now();
        let (status, answer) = server.post(&format!("/api/v1/courses/{course}/ask"), body).await;
        assert_eq!(status, 200, "{answer}");
        outcome.millis.push(started.elapsed().as_secs_f64() * 1000.0);
        if answer["refused"] == true {
            outcome.refused += 1;
            return;
        }
        outcome.right += usize::from(holds(&answer["answer"]));
        outcome.cited += usize::from(is_right(&answer["citations"][0]["document_name"]));
        for citation in answer["citations"].as_array().into_iter().flatten() {
            let name = citation["document_name"].as_str().unwrap_or_default();
            let text = citation["quote"].as_str().unwrap_or_default();
            let page = citation["page"].as_u64().unwrap_or(0);
            // Scans have no text to compare with.
            if Path::new(name).extension().is_some_and(|e| e == "pdf") && !name.contains("scanned") {
                outcome.quotes += 1;
                if !is_on_page(&folder.join(name), page, text) {
                    outcome.misplaced.push(format!("{name}, page {page}: {text}"));
                }
            }
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
            "{document} {mode}: {} questions, {} with the answer in the first five hits, right document cited {}, {} hold \
             the accepted answer, {} refused; {placed} of {} quotes from PDFs on their page; p50 {p50:.0} ms, p95 {p95:.0} ms",
            self.millis.len(),
            self.found,
            self.cited,
            self.right,
            self.refused,
            self.quotes
        );
        for quote in &self.misplaced {
            println!("  not on its page: {quote}");
        }
    }
}
