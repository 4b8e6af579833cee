//! What hostile files do to the service: documents made to hurt are uploaded among good ones, and mutations of real files
//! go through the reader process, while the server's health is asked fifty times a second and its memory watched.
//!
//! Usage: `hostile_files [MUTATIONS] [FIRST]`, by default 10,000 from number 0; real files are those of `$LECTERN_DATA`.
//! With `HOSTILE_SAVE` naming a folder, mutations that kill the reader are kept there; with `HOSTILE_READER` naming a reader
//! program, only mutations run, through it and without a server, on all cores. Exits with 1 where a health check
//! took 50 ms or more, memory grew, a good document failed, or the server died.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use ingest::{ReadLimits, Reader};
use lectern_benches::{documents, hostile_documents, mutate, quantile, resident_mib};
use lectern_tests::{Options, Server, lectern_binary};

/// A health check must take less, in milliseconds.
const HEALTHY: f64 = 50.0;
/// Memory may grow by this much, in MiB: caches fill.
const FLAT: u64 = 200;
/// Larger files would make the mutations take a day.
const LARGEST: u64 = 250_000;
/// Seconds after which a document is deleted that is still being indexed.
const INDEXING: u32 = 60;
/// Seconds that one page may take here; the service's own default leaves time for scans.
const SECONDS: u64 = 20;

/// What was seen of the server meanwhile.
#[derive(Default)]
struct Watch {
    millis: Mutex<Vec<f64>>,
    failed: AtomicU64,
    mib: Mutex<Vec<u64>>,
    over: AtomicBool,
}

#[tokio::main]
async fn main() -> ExitCode {
    let argument = |n: usize| std::env::args().nth(n).and_then(|a| a.parse::<u64>().ok());
    let (mutations, first) = (argument(1).unwrap_or(10_000), argument(2).unwrap_or(0));
    if let Some(program) = std::env::var_os("HOSTILE_READER") {
        let workers = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        let sound = mutated(mutations, first, reader(program.into(), &[]), workers).await;
        return if sound { ExitCode::SUCCESS } else { ExitCode::from(1) };
    }
    let settings = vec![("LECTERN_READING__PAGE_TIME_S", SECONDS.to_string())];
    let server = Arc::new(Server::start_with(Options { settings, ..Options::default() }).await);
    let good = documents(60, 3);
    let course = server.course("hostile").await;
    for (name, bytes) in &good[..5] {
        server.ingest(&course, name, bytes.clone()).await;
    }
    let idle = resident_mib(server.pid());
    let watch = Arc::new(Watch::default());
    let watching = tokio::spawn(watch_health(server.clone(), watch.clone()));
    let mut sound = upload_hostile(&server, &course, &good[5..]).await;
    watch.print("documents made to hurt");
    sound &= mutated(mutations, first, reader(lectern_binary(), &["read-document"]), 2).await;
    watch.over.store(true, Ordering::Relaxed);
    watching.await.expect("the watcher does not panic");
    sound &= watch.print("all of it");
    let most = watch.mib.lock().expect("no panic").iter().copied().max().unwrap_or_default();
    println!("memory of the server: {idle} MiB before, at most {most} MiB, {} MiB after", resident_mib(server.pid()));
    sound &= most < idle + FLAT;
    println!("{}", if sound { "as it should be" } else { "NOT as it should be" });
    if sound { ExitCode::SUCCESS } else { ExitCode::from(1) }
}

async fn watch_health(server: Arc<Server>, watch: Arc<Watch>) {
    let mut memory = Instant::now();
    while !watch.over.load(Ordering::Relaxed) {
        let begun = Instant::now();
        let (status, _) = server.get("/health/live").await;
        watch.millis.lock().expect("no panic").push(begun.elapsed().as_secs_f64() * 1e3);
        watch.failed.fetch_add(u64::from(status != 200), Ordering::Relaxed);
        if memory.elapsed() > Duration::from_millis(250) {
            memory = Instant::now();
            watch.mib.lock().expect("no panic").push(resident_mib(server.pid()));
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

impl Watch {
    fn print(&self, what: &str) -> bool {
        let mut millis = self.millis.lock().expect("no panic").clone();
        millis.sort_by(f64::total_cmp);
        let (slow, failed) = (millis.iter().filter(|ms| **ms >= HEALTHY).count(), self.failed.load(Ordering::Relaxed));
        println!(
            "health during {what}: {} checks, {failed} failed, p50 {:.1} ms, p99 {:.1} ms, longest {:.1} ms, {slow} of \
             {HEALTHY} ms or more",
            millis.len(),
            quantile(&millis, 0.5),
            quantile(&millis, 0.99),
            millis.last().copied().unwrap_or_default()
        );
        slow == 0 && failed == 0
    }
}

/// How a document ended. One that is only much to index is deleted after a while, so that the others have their turn.
async fn outcome(server: &Server, id: &str) -> String {
    let path = format!("/api/v1/documents/{id}");
    for _ in 0..INDEXING * 4 {
        let (_, shown) = server.get(&path).await;
        match shown["status"].as_str() {
            Some("ready") => return format!("read, {} chunks", shown["chunks"]),
            Some("failed") => return shown["error"]["code"].as_str().unwrap_or("no code").to_owned(),
            _ => tokio::time::sleep(Duration::from_millis(250)).await,
        }
    }
    let (_, job) = server.get(&path).await;
    server.delete(&path).await;
    format!("{} after {INDEXING} s, deleted", job["status"].as_str().unwrap_or("no code"))
}

/// Uploads each hostile document and a good one after it; the good ones must be read.
async fn upload_hostile(server: &Server, course: &str, good: &[(String, Vec<u8>)]) -> bool {
    let mut sound = true;
    for ((name, bytes), (good_name, good_bytes)) in hostile_documents().into_iter().zip(good.iter().cycle()) {
        let (size, begun) = (bytes.len(), Instant::now());
        let (status, uploads) = server.upload(course, &name, bytes).await;
        let outcome = match uploads["documents"][0]["id"].as_str() {
            Some(id) => {
                let beside = server.ingest(course, good_name, good_bytes.clone()).await;
                if beside["status"] != "ready" {
                    println!("  {good_name}, uploaded with {name}: {beside}");
                    sound = false;
                }
                outcome(server, id).await
            }
            None => format!("{status} {}", uploads["code"].as_str().unwrap_or("no code")),
        };
        sound &= !outcome.contains("no code");
        println!("{name:<32} {:>9} bytes  {:>5.1} s  {outcome}", size, begun.elapsed().as_secs_f64());
    }
    sound
}

fn reader(program: PathBuf, arguments: &[&str]) -> Reader {
    let models = std::env::var_os("LECTERN_MODELS").map_or_else(
        || PathBuf::from(std::env::var_os("HOME").unwrap_or_default()).join(".cache/lectern/models"),
        PathBuf::from,
    );
    let limits = ReadLimits { page_time: Duration::from_secs(SECONDS), ..ReadLimits::default() };
    let arguments = arguments.iter().map(Into::into).collect();
    Reader::new(program, arguments, models.join("pdfium/libpdfium.so"), limits)
}

/// Reads mutations, `workers` at once, and counts how they end.
async fn mutated(count: u64, first: u64, reader: Reader, workers: usize) -> bool {
    let Some(data) = std::env::var_os("LECTERN_DATA").map(PathBuf::from).filter(|d| d.join("corpus").is_dir()) else {
        println!("SKIPPED: mutations need LECTERN_DATA, a folder with corpus/ and course/ in it");
        return true;
    };
    let files = Arc::new(originals(&data));
    let reader = Arc::new(reader);
    let (next, begun) = (Arc::new(AtomicU64::new(first)), Instant::now());
    let workers: Vec<_> = (0..workers)
        .map(|_| tokio::spawn(read_mutations(files.clone(), reader.clone(), next.clone(), first + count)))
        .collect();
    let mut outcomes: BTreeMap<&'static str, u64> = BTreeMap::new();
    for worker in workers {
        for (code, n) in worker.await.expect("a worker does not panic") {
            *outcomes.entry(code).or_default() += n;
        }
    }
    println!("{count} mutations of {} files in {:.0} s: {outcomes:?}", files.len(), begun.elapsed().as_secs_f64());
    !outcomes.contains_key("reader_unavailable")
}

/// The files that are mutated: all small ones.
fn originals(data: &Path) -> Vec<(String, Vec<u8>)> {
    let folders = ["corpus/pdfminer", "corpus/sample-files", "course"];
    let entries = folders.iter().flat_map(|f| std::fs::read_dir(data.join(f)).into_iter().flatten().flatten());
    let small = entries.filter(|e| e.metadata().is_ok_and(|m| m.is_file() && m.len() <= LARGEST));
    let read =
        small.filter_map(|e| Some((e.file_name().to_string_lossy().into_owned(), std::fs::read(e.path()).ok()?)));
    let lists = ["manifest.tsv", "questions.jsonl", "README.md"];
    let mut files: Vec<_> = read.filter(|(name, _)| !lists.contains(&name.as_str())).collect();
    files.sort();
    files
}

async fn read_mutations(
    files: Arc<Vec<(String, Vec<u8>)>>,
    reader: Arc<Reader>,
    next: Arc<AtomicU64>,
    end: u64,
) -> BTreeMap<&'static str, u64> {
    let mut outcomes = BTreeMap::new();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("mutation");
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        if number >= end {
            return outcomes;
        }
        let (name, bytes) = mutate(&files, number);
        std::fs::write(&path, &bytes).expect("the temporary folder can be written");
        let begun = Instant::now();
        let result = reader.read(&path, &name, None, &|_, _| {}).await;
        let code = result.as_ref().map_or_else(ingest::IngestError::code, |_| "read");
        *outcomes.entry(code).or_default() += 1;
        if matches!(code, "reader_crashed" | "document_too_complex" | "reading_timed_out") {
            let error = result.err().map(|e| e.to_string()).unwrap_or_default();
            println!("  mutation {number} of {name}, {:.1} s: {error}", begun.elapsed().as_secs_f64());
            if let Some(save) = std::env::var_os("HOSTILE_SAVE") {
                std::fs::write(Path::new(&save).join(format!("{number}-{name}")), &bytes).expect("it can be saved");
            }
        }
    }
}
