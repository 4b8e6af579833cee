//! The corpus of others' test files, through the reader process: nothing crashes or meets a limit, and about as many
//! characters are read as by `pdftotext`.

use std::{collections::BTreeMap, path::Path, time::Instant};

use domain::ParsedDocument;
use ingest::IngestError;

use crate::common::{reader, runtime, tight};

/// Fewer characters than this are no measure.
const FEW_CHARS: f64 = 20.0;
/// A share of `pdftotext`'s characters that needs a reason where it is lower or higher.
const USUAL: std::ops::Range<f64> = 0.9..1.1;

/// A line of the manifest.
struct Entry<'a> {
    path: &'a str,
    pages: Option<usize>,
    chars: Option<f64>,
    password: Option<&'a str>,
    note: &'a str,
}

#[derive(Default)]
struct Sum {
    files: usize,
    read: usize,
    refused: BTreeMap<&'static str, usize>,
    pages: usize,
    same_pages: usize,
    known_pages: usize,
    opened: usize,
    locked: usize,
    ratios: Vec<(f64, String)>,
}

pub fn measure(data: &Path) {
    let manifest = std::fs::read_to_string(data.join("corpus/manifest.tsv")).expect("manifest.tsv");
    let (runtime, reader, begun) = (runtime(), reader(), Instant::now());
    let mut sum = Sum::default();
    for entry in manifest.lines().skip(1).filter_map(entry) {
        let begun = Instant::now();
        let path = data.join("corpus").join(entry.path);
        let result = runtime.block_on(reader.read(&path, entry.path, entry.password, &|_, _| {}));
        let took = begun.elapsed().as_secs_f64();
        if took > 5.0 {
            println!("{}: {took:.1} s", entry.path);
        }
        sum.add(&entry, result);
    }
    sum.print(begun.elapsed().as_secs_f64());
}

fn entry(line: &str) -> Option<Entry<'_>> {
    let fields: Vec<&str> = line.split('\t').collect();
    let [path, _, _, pages, chars, password, note] = fields[..] else { return None };
    let password = Some(password).filter(|p| !p.is_empty());
    Some(Entry { path, pages: pages.parse().ok(), chars: chars.parse().ok(), password, note })
}

impl Sum {
    fn add(&mut self, entry: &Entry<'_>, result: Result<ParsedDocument, IngestError>) {
        self.files += 1;
        self.locked += usize::from(entry.password.is_some());
        let document = match result {
            Ok(document) => document,
            Err(error) => {
                *self.refused.entry(error.code()).or_default() += 1;
                let chars = entry.chars.map_or_else(|| "nothing".to_owned(), |chars| format!("{chars} characters"));
                println!("{}: {} (pdftotext: {chars}; {})", entry.path, error.code(), entry.note);
                return;
            }
        };
        self.read += 1;
        self.opened += usize::from(entry.password.is_some());
        self.pages += document.pages.len();
        self.known_pages += usize::from(entry.pages.is_some());
        self.same_pages += usize::from(entry.pages == Some(document.pages.len()));
        let seen = tight(&document.text).chars().count() as f64;
        if let Some(truth) = entry.chars.filter(|n| *n > FEW_CHARS) {
            self.ratios.push((seen / truth, format!("{}: {seen} of {truth}; {}", entry.path, entry.note)));
        }
    }

    fn print(mut self, seconds: f64) {
        let crashed = ["reader_crashed", "reader_unavailable"]
            .map(|code| self.refused.get(code).unwrap_or(&0))
            .iter()
            .copied()
            .sum::<usize>();
        let over = ["reading_timed_out", "document_too_complex", "too_many_pages"]
            .map(|code| self.refused.get(code).unwrap_or(&0))
            .iter()
            .copied()
            .sum::<usize>();
        println!(
            "{} files: {} read, refused {:?}; {crashed} crashes, {over} over a limit; {} of {} opened with a password; \
             {} of {} with pdfinfo's page count; {:.1} pages/s with a process a file",
            self.files,
            self.read,
            self.refused,
            self.opened,
            self.locked,
            self.same_pages,
            self.known_pages,
            self.pages as f64 / seconds
        );
        self.ratios.sort_by(|a, b| a.0.total_cmp(&b.0));
        let median = self.ratios.get(self.ratios.len() / 2).map_or(0.0, |r| r.0);
        println!("characters against pdftotext: median {median:.3} of {} files; out of the usual:", self.ratios.len());
        for (ratio, what) in self.ratios.iter().filter(|(ratio, _)| !USUAL.contains(ratio)) {
            println!("  {ratio:.3} {what}");
        }
    }
}
