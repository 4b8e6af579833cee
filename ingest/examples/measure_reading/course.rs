//! The course readers: is each answer in a chunk, in every format; are table answers in the right row; are the heading
//! paths those of the Markdown file.

use std::{collections::BTreeMap, path::Path};

use domain::{BlockKind, Chunk, ParsedDocument};

use crate::common::{chunks, read, tight};

const FORMATS: [&str; 6] = ["md", "html", "txt", "docx", "pptx", "pdf"];

#[derive(serde::Deserialize)]
struct Question {
    #[serde(rename = "question")]
    asked: String,
    answers: Vec<String>,
    document: String,
    r#where: String,
}

pub fn measure(data: &Path) {
    let folder = data.join("course");
    let text = std::fs::read_to_string(folder.join("questions.jsonl")).expect("questions.jsonl");
    let questions: Vec<Question> = text.lines().map(|l| serde_json::from_str(l).expect("a question")).collect();
    let mut documents: Vec<&str> = questions.iter().map(|q| q.document.as_str()).collect();
    documents.sort_unstable();
    documents.dedup();
    let (mut pages, begun) = (0, std::time::Instant::now());
    for entry in std::fs::read_dir(&folder).expect("course").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let pdf = entry.path().extension().is_some_and(|e| e == "pdf");
        if pdf && !name.contains("scanned") {
            pages += read(&entry.path(), None).expect("readable").pages.len();
        }
    }
    println!("PDFs with text: {pages} pages, {:.1} pages/s", f64::from(pages as u32) / begun.elapsed().as_secs_f64());
    println!("format  paragraph answers  table answers  tables  heading paths (whole / last)  chunks");
    for format in FORMATS {
        let mut sum = Sum::default();
        for name in &documents {
            let document = read(&folder.join(format!("{name}.{format}")), None).expect("readable");
            let truth = Paths::of(&read(&folder.join(format!("{name}.md")), None).expect("readable"));
            let chunks = chunks(&document);
            sum.chunks += chunks.len();
            sum.tables += document.blocks.iter().filter(|b| b.kind == BlockKind::Table).count();
            for question in questions.iter().filter(|q| q.document == *name) {
                sum.question(question, &chunks, format);
            }
            sum.paths(&chunks, &truth);
        }
        println!(
            "{format:6}  {:>7}/{:<9}  {:>5}/{:<7}  {:>6}  {:>6.1} % / {:.1} %  {:>14}",
            sum.found,
            sum.paragraph,
            sum.rows_found,
            sum.rows,
            sum.tables,
            percent(sum.whole, sum.compared),
            percent(sum.last, sum.compared),
            sum.chunks
        );
    }
}

fn percent(part: usize, of: usize) -> f64 {
    100.0 * part as f64 / of.max(1) as f64
}

#[derive(Default)]
struct Sum {
    paragraph: usize,
    found: usize,
    rows: usize,
    rows_found: usize,
    tables: usize,
    chunks: usize,
    compared: usize,
    whole: usize,
    last: usize,
}

impl Sum {
    fn question(&mut self, question: &Question, chunks: &[Chunk], format: &str) {
        if question.r#where == "table" {
            let found = in_row(question, chunks);
            self.rows += 1;
            self.rows_found += usize::from(found);
            if !found {
                eprintln!("  {format} {}: no row for {} {:?}", question.document, question.asked, question.answers);
            }
            return;
        }
        let found = chunks.iter().any(|c| question.answers.iter().any(|a| tight(&c.text).contains(&tight(a))));
        self.paragraph += 1;
        self.found += usize::from(found);
        if !found {
            eprintln!("  {format} {}: not found: {:?}", question.document, question.answers);
        }
    }

    fn paths(&mut self, chunks: &[Chunk], truth: &Paths) {
        for chunk in chunks {
            let Some(path) = truth.at(&chunk.text) else { continue };
            let own: Vec<String> = chunk.heading_path.iter().map(|t| plain(t)).collect();
            self.compared += 1;
            self.whole += usize::from(own == *path);
            self.last += usize::from(own.last() == path.last());
            if own.last() != path.last() && std::env::var_os("SHOW_PATHS").is_some() {
                eprintln!("  {own:?} should be {path:?}");
            }
        }
    }
}

/// Whether a row of a table has the answer as a cell, and another cell that the question names.
fn in_row(question: &Question, chunks: &[Chunk]) -> bool {
    let asked = tight(&question.asked);
    chunks.iter().flat_map(|c| c.text.lines()).filter(|l| l.starts_with('|')).any(|line| {
        let cells: Vec<String> = line.trim_matches('|').split(" | ").map(tight).collect();
        let answers: Vec<String> = question.answers.iter().map(|a| tight(a)).collect();
        cells.iter().any(|c| answers.contains(c))
            && cells.iter().any(|c| c.chars().any(char::is_alphabetic) && asked.contains(c.as_str()))
    })
}

/// Heading paths by how the paragraphs under them begin.
struct Paths(BTreeMap<String, Vec<String>>);

const BEGINNING: usize = 24;

impl Paths {
    fn of(document: &ParsedDocument) -> Self {
        let mut paths = BTreeMap::new();
        for block in document.blocks.iter().filter(|b| b.kind == BlockKind::Paragraph) {
            let text: Vec<char> = tight(document.slice(block.range)).chars().collect();
            let path: Vec<String> = block.heading_path.iter().map(|t| plain(t)).collect();
            for at in text.windows(BEGINNING) {
                paths.insert(at.iter().collect(), path.clone());
            }
        }
        Self(paths)
    }

    fn at(&self, text: &str) -> Option<&Vec<String>> {
        self.0.get(&tight(text).chars().take(BEGINNING).collect::<String>())
    }
}

/// A heading without spaces and capitals, which plain text has more of, and without the count that slides add: `(2/3)`.
fn plain(title: &str) -> String {
    let tight = tight(title).to_lowercase();
    let uncounted = tight.rsplit_once('(').filter(|(_, rest)| rest.contains('/') && rest.ends_with(')'));
    uncounted.map_or(tight.clone(), |(title, _)| title.to_owned())
}
