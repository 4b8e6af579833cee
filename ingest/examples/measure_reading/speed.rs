//! Speed: the text of the course's and the corpus's PDFs and of the scans, read by two processes at once, beside
//! pdfplumber and pymupdf where `READING_PEERS` names a Python that has them (`benches/reading.sh` makes one).

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Instant,
};

use crate::common::{read, read_text, tight};

/// Each set is read this often by text readers, so that starting does not count.
const ROUNDS: usize = 3;
/// The argument that makes this program a worker.
pub const WORKER: &str = "speed-worker";
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../benches/reading_peers.py");

/// What two processes did.
#[derive(Clone, Copy, Debug, Default)]
struct Work {
    pages: f64,
    chars: f64,
    seconds: f64,
}

pub fn measure(data: &Path) {
    let scans = course_pdfs(data, |name| name.contains("scanned"));
    let mut texts = course_pdfs(data, |name| !name.contains("scanned"));
    texts.extend(corpus_pdfs(data));
    for (what, files, rounds) in [("text", texts, ROUNDS), ("scans", scans, 1)] {
        let own = vec![std::env::current_exe().expect("a path").into_os_string(), WORKER.into(), what.into()];
        let own = together(&own, &files, rounds);
        println!("{what}, {} files, two processes: Lectern {}", files.len(), own.line());
        let Some(python) = std::env::var_os("READING_PEERS") else {
            println!("  SKIPPED: READING_PEERS names no Python with pdfplumber and pymupdf");
            continue;
        };
        for peer in ["pymupdf", "pdfplumber"] {
            let command = vec![python.clone(), SCRIPT.into(), peer.into()];
            let work = together(&command, &files, rounds);
            println!("  {peer} {}; Lectern reads {:.2} times as many pages/s", work.line(), own.rate() / work.rate());
        }
    }
}

fn course_pdfs(data: &Path, wanted: fn(&str) -> bool) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(data.join("course")).into_iter().flatten().flatten().map(|e| e.path());
    let pdf = |f: &PathBuf| f.extension().is_some_and(|e| e == "pdf") && wanted(&f.to_string_lossy());
    let mut files: Vec<PathBuf> = entries.filter(pdf).collect();
    files.sort();
    files
}

/// Those with a text layer that open without a password.
fn corpus_pdfs(data: &Path) -> Vec<PathBuf> {
    let manifest = std::fs::read_to_string(data.join("corpus/manifest.tsv")).unwrap_or_default();
    let wanted = |line: &str| match line.split('\t').collect::<Vec<_>>()[..] {
        [path, _, _, _, chars, "", _] if chars.parse::<u32>().is_ok_and(|n| n > 0) => {
            Some(data.join("corpus").join(path))
        }
        _ => None,
    };
    manifest.lines().skip(1).filter_map(wanted).collect()
}

impl Work {
    fn rate(self) -> f64 {
        self.pages / self.seconds.max(1e-9)
    }

    fn line(self) -> String {
        format!("{:.1} pages/s, {:.0} characters", self.rate(), self.chars)
    }
}

/// Runs `command` twice at once, each with half of the files.
fn together(command: &[std::ffi::OsString], files: &[PathBuf], rounds: usize) -> Work {
    let start = |half: usize| {
        let own = files.iter().skip(half).step_by(2);
        let mut process = Command::new(&command[0]);
        process.args(&command[1..]).arg(rounds.to_string()).args(own).stdout(std::process::Stdio::piped());
        process.spawn().expect("it can be started")
    };
    let running = [start(0), start(1)];
    let mut sum = Work::default();
    for process in running {
        let output = process.wait_with_output().expect("it ends");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let numbers: Vec<f64> = said.split_whitespace().filter_map(|n| n.parse().ok()).collect();
        let [pages, chars, seconds] = numbers[..] else { panic!("a worker said {said:?}") };
        sum.pages += pages;
        sum.chars += chars;
        sum.seconds = sum.seconds.max(seconds);
    }
    sum
}

/// `text|scans ROUNDS FILE…`: reads the files so often and prints pages, characters of one round, and seconds. Pictures
/// are recognised in scans only.
pub fn work(arguments: &[String]) {
    let [what, rounds, files @ ..] = arguments else { return };
    let (rounds, read) = (rounds.parse().unwrap_or(1), if what == "scans" { read } else { read_text });
    let (mut pages, mut chars, begun) = (0, 0, Instant::now());
    for round in 0_usize..rounds {
        for file in files {
            let Ok(document) = read(Path::new(file), None) else { continue };
            pages += document.pages.len();
            if round == 0 {
                chars += tight(&document.text).chars().count();
            }
        }
    }
    println!("{pages} {chars} {}", begun.elapsed().as_secs_f64());
}
