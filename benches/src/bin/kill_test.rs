//! Kills the server with SIGKILL at random moments while it reads and indexes documents, restarts it each time, and
//! compares what is there in the end with an undisturbed run. Exits with 1 where anything was lost, doubled or stuck.
//!
//! Usage: `kill_test [KILLS] [DOCUMENTS] [PAGES]`, by default 20, 40 and 3.

use std::{collections::BTreeMap, process::ExitCode, time::Duration};

use lectern_benches::documents;
use lectern_tests::{Options, Server};
use rand::RngExt;
use serde_json::{Value, json};

/// Name, then status and chunk count, of every document.
type State = BTreeMap<String, (String, u64)>;

fn argument(n: usize, default: usize) -> usize {
    std::env::args().nth(n).and_then(|a| a.parse().ok()).unwrap_or(default)
}

async fn list(server: &Server, course: &str) -> Vec<Value> {
    let (_, listed) = server.get(&format!("/api/v1/courses/{course}/documents?limit=200")).await;
    listed["documents"].as_array().cloned().unwrap_or_default()
}

async fn final_state(server: &Server, course: &str) -> State {
    let mut state = State::new();
    for document in list(server, course).await {
        let settled = server.settled(document["id"].as_str().unwrap_or_default()).await;
        let name = settled["name"].as_str().unwrap_or_default().to_owned();
        let status = settled["status"].as_str().unwrap_or_default().to_owned();
        let twice = state.insert(name.clone(), (status, settled["chunks"].as_u64().unwrap_or_default()));
        assert!(twice.is_none(), "{name} is there twice");
    }
    state
}

/// Chunks that a search can find, by document: what the indexes hold, beside what the database says.
async fn found_chunks(server: &Server, course: &str) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for document in list(server, course).await {
        let mut ids = std::collections::BTreeSet::new();
        for mode in ["keyword", "dense"] {
            let body = json!({ "query": "survey houses district", "limit": 100, "mode": mode, "document_ids": [document["id"]] });
            let (_, found) = server.post(&format!("/api/v1/courses/{course}/search"), body).await;
            let hits = found["hits"].as_array().cloned().unwrap_or_default();
            let own: Vec<String> = hits.iter().map(|h| h["chunk_id"].to_string()).collect();
            ids.extend(own.iter().cloned());
            counts.insert(format!("{} {mode}", document["name"].as_str().unwrap_or_default()), own.len());
        }
        counts.insert(format!("{} distinct", document["name"].as_str().unwrap_or_default()), ids.len());
    }
    counts
}

#[tokio::main]
async fn main() -> ExitCode {
    let (kills, count, pages) = (argument(1, 20), argument(2, 40), argument(3, 3));
    let documents = documents(count, pages);
    let calm = Server::start().await;
    let course = calm.course("calm").await;
    let started = std::time::Instant::now();
    for (name, bytes) in documents.clone() {
        calm.upload(&course, &name, bytes).await;
    }
    let expected = final_state(&calm, &course).await;
    let undisturbed = started.elapsed();
    let expected_found = found_chunks(&calm, &course).await;
    drop(calm);
    println!(
        "undisturbed: {} documents, {} chunks, {:.1} s",
        expected.len(),
        total(&expected),
        undisturbed.as_secs_f32()
    );

    let folder = tempfile::tempdir().expect("a temporary folder");
    let options = || Options { data: Some(folder.path().to_owned()), ..Options::default() };
    let mut server = Server::start_with(options()).await;
    let course = server.course("killed").await;
    for (name, bytes) in documents {
        server.upload(&course, &name, bytes).await;
    }
    // Spread over the whole work, so that early, middle and late moments are hit.
    let longest = (2.0 * undisturbed.as_millis() as f64 / kills as f64).max(100.0) as u64;
    for kill in 1..=kills {
        let moment = rand::rng().random_range(0..longest);
        tokio::time::sleep(Duration::from_millis(moment)).await;
        let open = list(&server, &course).await.iter().filter(|d| d["status"] != "ready").count();
        println!("kill {kill:>2} after {moment:>5} ms, {open:>2} documents not ready");
        server.kill().await;
        server = Server::start_with(options()).await;
    }
    let state = final_state(&server, &course).await;
    let found = found_chunks(&server, &course).await;
    println!("after {kills} kills: {} documents, {} chunks", state.len(), total(&state));
    let same = state == expected && found == expected_found;
    println!(
        "{}",
        if same { "same as undisturbed: nothing lost, nothing twice" } else { "DIFFERENT from undisturbed" }
    );
    if !same {
        println!(
            "expected {expected:?}\nfound    {state:?}\nexpected in indexes {expected_found:?}\nfound in indexes {found:?}"
        );
    }
    if same { ExitCode::SUCCESS } else { ExitCode::from(1) }
}

fn total(state: &State) -> u64 {
    state.values().map(|(_, chunks)| chunks).sum()
}
