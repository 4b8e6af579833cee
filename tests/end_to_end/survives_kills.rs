//! A kill at any moment loses nothing and leaves nothing half done.

use std::time::Duration;

use lectern_tests::{Options, Server, pdf};
use serde_json::Value;

use super::{run, text};

fn documents() -> Vec<(String, Vec<u8>)> {
    (0..6)
        .map(|i| {
            let page =
                |p: u32| format!("Chapter {i} page {p}.\nThe town of Number{i} was founded in {}.", 1200 + 10 * i + p);
            let pages: Vec<String> = (0..5).map(page).collect();
            (format!("chapter{i}.pdf"), pdf(&pages.iter().map(String::as_str).collect::<Vec<_>>()))
        })
        .collect()
}

async fn chunks(server: &Server, course: &str) -> Vec<(String, Value, Value)> {
    let (_, listed) = server.get(&format!("/api/v1/courses/{course}/documents?limit=200")).await;
    let mut chunks = Vec::new();
    for document in listed["documents"].as_array().unwrap() {
        let settled = server.settled(text(document, "id")).await;
        chunks.push((text(&settled, "name").to_owned(), settled["status"].clone(), settled["chunks"].clone()));
    }
    chunks.sort_by(|a, b| a.0.cmp(&b.0));
    chunks
}

#[test]
fn documents_end_ready_whatever_moment_the_process_is_killed_at() {
    run(async {
        let calm = Server::start().await;
        let course = calm.course("calm").await;
        for (name, bytes) in documents() {
            calm.upload(&course, &name, bytes).await;
        }
        let expected = chunks(&calm, &course).await;
        assert!(expected.iter().all(|(_, status, _)| status == "ready"), "{expected:?}");

        let folder = tempfile::tempdir().unwrap();
        let options = || Options { data: Some(folder.path().to_owned()), ..Options::default() };
        let server = Server::start_with(options()).await;
        let course = server.course("killed").await;
        for (name, bytes) in documents() {
            server.upload(&course, &name, bytes).await;
        }
        server.kill().await;
        for moment in [40, 300] {
            let server = Server::start_with(options()).await;
            tokio::time::sleep(Duration::from_millis(moment)).await;
            server.kill().await;
        }
        let server = Server::start_with(options()).await;
        assert_eq!(chunks(&server, &course).await, expected);
        assert!(server.stop().await, "SIGTERM ends it well");
    });
}

#[test]
fn an_index_of_another_version_is_made_anew() {
    run(async {
        let folder = tempfile::tempdir().unwrap();
        let options = || Options { data: Some(folder.path().to_owned()), ..Options::default() };
        let server = Server::start_with(options()).await;
        let course = server.course("upgraded").await;
        let (name, bytes) = documents().swap_remove(0);
        let document = server.ingest(&course, &name, bytes).await;
        assert!(server.stop().await);

        let description = folder.path().join("index/index.json");
        let old =
            std::fs::read_to_string(&description).unwrap().replace("\"analyser_version\": ", "\"analyser_version\": 9");
        std::fs::write(&description, old).unwrap();
        let server = Server::start_with(options()).await;
        assert_eq!(server.settled(text(&document, "id")).await["chunks"], document["chunks"]);
        let query = serde_json::json!({ "query": "Number0 founded" });
        let (_, found) = server.post(&format!("/api/v1/courses/{course}/search"), query).await;
        assert!(!found["hits"].as_array().unwrap().is_empty(), "{found}");
    });
}
