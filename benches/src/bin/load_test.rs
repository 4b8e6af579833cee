//! 200 concurrent searches and 8 concurrent asks for a minute against one server: what is answered, what is refused with
//! 503, what fails, how long it takes, and whether memory stays steady. Exits with 1 on any other error.
//!
//! Usage: `load_test [SECONDS]`, by default 60.

use std::{
    collections::BTreeMap,
    process::ExitCode,
    sync::Arc,
    time::{Duration, Instant},
};

use lectern_benches::{documents, quantile, resident_mib};
use lectern_tests::Server;
use serde_json::{Value, json};

const SEARCHERS: usize = 200;
const ASKERS: usize = 8;

/// Statuses with their counts, and the milliseconds of what was answered.
#[derive(Default)]
struct Tally {
    statuses: BTreeMap<u16, usize>,
    millis: Vec<f64>,
}

impl Tally {
    fn add(mut self, other: Self) -> Self {
        for (status, count) in other.statuses {
            *self.statuses.entry(status).or_default() += count;
        }
        self.millis.extend(other.millis);
        self
    }

    fn print(&mut self, what: &str, seconds: f64) {
        self.millis.sort_by(f64::total_cmp);
        let (p50, p95) = (quantile(&self.millis, 0.5), quantile(&self.millis, 0.95));
        let rate = self.millis.len() as f64 / seconds;
        println!("{what}: statuses {:?}, {rate:.1} answered/s, p50 {p50:.0} ms, p95 {p95:.0} ms", self.statuses);
    }
}

async fn client(server: Arc<Server>, path: String, bodies: Vec<Value>, until: Instant) -> Tally {
    let mut tally = Tally::default();
    for body in bodies.into_iter().cycle() {
        if Instant::now() >= until {
            break;
        }
        let started = Instant::now();
        let (status, _) = server.post(&path, body).await;
        *tally.statuses.entry(status).or_default() += 1;
        if status == 200 {
            tally.millis.push(started.elapsed().as_secs_f64() * 1000.0);
        } else {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
    tally
}

async fn gather(clients: Vec<tokio::task::JoinHandle<Tally>>) -> Tally {
    let mut all = Tally::default();
    for client in clients {
        all = all.add(client.await.expect("a client does not panic"));
    }
    all
}

#[tokio::main]
async fn main() -> ExitCode {
    let seconds: u64 = std::env::args().nth(1).and_then(|a| a.parse().ok()).unwrap_or(60);
    let server = Arc::new(Server::start().await);
    let course = server.course("load").await;
    println!("memory: {} MiB idle", resident_mib(server.pid()));
    for (name, bytes) in documents(4, 3) {
        server.ingest(&course, &name, bytes).await;
    }
    let until = Instant::now() + Duration::from_secs(seconds);
    let start = |count: usize, path: &str, body: fn(usize) -> Value| {
        let path = format!("/api/v1/courses/{course}/{path}");
        let bodies = |i: usize| (0..10).map(|j| body(i * 10 + j)).collect::<Vec<_>>();
        (0..count).map(|i| tokio::spawn(client(server.clone(), path.clone(), bodies(i), until))).collect::<Vec<_>>()
    };
    let searchers = start(
        SEARCHERS,
        "search",
        |i| json!({ "query": format!("survey of {} in district {}", 1700 + i % 40, i % 20) }),
    );
    let askers = start(
        ASKERS,
        "ask",
        |i| json!({ "question": format!("How many houses were counted in district {}?", i % 20) }),
    );
    let mut memory = Vec::new();
    while Instant::now() < until {
        tokio::time::sleep(Duration::from_secs(5)).await;
        memory.push(resident_mib(server.pid()));
    }
    let (mut searched, mut asked) = (gather(searchers).await, gather(askers).await);
    searched.print(&format!("{SEARCHERS} searchers"), seconds as f64);
    asked.print(&format!("{ASKERS} askers"), seconds as f64);
    println!("memory every 5 s, MiB: {memory:?}");
    let bad = searched.add(asked).statuses.keys().any(|status| !matches!(status, 200 | 503));
    if bad { ExitCode::from(1) } else { ExitCode::SUCCESS }
}
