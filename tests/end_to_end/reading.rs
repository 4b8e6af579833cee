//! What is read of a document and how it is shown: exam questions, rows of tables, pictures; and reading again what an
//! older reader read.

use std::{path::Path, time::Duration};

use lectern_tests::{Options, Server, pdf};
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::{Connection, SqliteConnection};

use super::{PLANTS, run, shared, text};

#[test]
fn exam_questions_are_listed_with_options_and_key() {
    run(async {
        let server = shared().await;
        let course = server.course("exam").await;
        let paper = "# Quiz\n\n1. Which gas do plants take in?\n\nA. Oxygen\n\nB. Carbon dioxide\n\nC. Helium\n\nAnswer: B\n\n\
                     2. Why do leaves look green?\n";
        let document = server.ingest(&course, "exam.md", paper).await;
        let (status, found) = server.get(&format!("/api/v1/documents/{}/items", text(&document, "id"))).await;
        assert_eq!(status, 200, "{found}");
        let items = found["items"].as_array().unwrap();
        assert_eq!(items.len(), 2, "{found}");
        assert_eq!((&items[0]["number"], &items[0]["key"], &items[0]["page"]), (&json!(1), &json!("B"), &json!(1)));
        assert_eq!(text(&items[0], "stem"), "Which gas do plants take in?");
        assert_eq!(items[0]["options"][1], json!({ "label": "B", "text": "Carbon dioxide" }));
        assert_eq!(items[1]["options"], json!([]));
        let (status, problem) = server.get("/api/v1/documents/none/items").await;
        assert_eq!((status, text(&problem, "code")), (404, "document_not_found"));
    });
}

#[test]
fn a_row_of_a_table_is_quoted_verbatim_and_shown_as_words() {
    run(async {
        let server = shared().await;
        let course = server.course("table").await;
        let schedule = "# Schedule\n\n| Week | Topic | Quiz date |\n|---|---|---|\n| 3 | Photosynthesis | 4 March |\n\
                        | 5 | Respiration of yeast | 13 March |\n";
        server.ingest(&course, "schedule.md", schedule).await;
        let body = json!({ "question": "What is the quiz date of Respiration of yeast?", "mode": "quote" });
        let (_, answer) = server.post(&format!("/api/v1/courses/{course}/ask"), body).await;
        let cited = answer["citations"].as_array().unwrap();
        let citation = cited.iter().find(|c| text(c, "quote").contains("yeast")).expect("the row is cited");
        assert!(text(citation, "quote").contains("| 5 | Respiration of yeast | 13 March |"), "{citation}");
        let words = "Week: 5; Topic: Respiration of yeast; Quiz date: 13 March";
        assert!(text(citation, "shown").contains(words), "{citation}");
        assert!(text(&answer, "answer").contains(words) && !text(&answer, "answer").contains('|'), "{answer}");
    });
}

#[test]
fn a_picture_is_a_page_with_highlights() {
    run(async {
        let server = shared().await;
        let course = server.course("picture").await;
        let page = server.ingest(&course, "page.pdf", pdf(&["Green leaves make sugar from water."])).await;
        let picture = |document: &Value, boxes: &str| {
            let path = format!("/api/v1/documents/{}/pages/1.png{boxes}", text(document, "id"));
            server.request(Method::GET, &path)
        };
        let png = picture(&page, "").send().await.unwrap().bytes().await.unwrap();
        let document = server.ingest(&course, "page.png", png.to_vec()).await;
        assert_eq!(document["status"], "ready", "{document}");
        let (_, read) = server.get(&format!("/api/v1/documents/{}/pages/1", text(&document, "id"))).await;
        assert_eq!(text(&read["blocks"][0], "text"), "Green leaves make sugar from water.");
        let at = &read["blocks"][0]["boxes"][0];
        let side = |name: &str| at[name].as_f64().unwrap();
        let boxes = format!("?boxes={},{},{},{}", side("left"), side("top"), side("right"), side("bottom"));
        let (plain, marked) =
            (picture(&document, "").send().await.unwrap(), picture(&document, &boxes).send().await.unwrap());
        assert_eq!((plain.status().as_u16(), marked.status().as_u16()), (200, 200));
        assert_ne!(plain.bytes().await.unwrap(), marked.bytes().await.unwrap());
    });
}

/// Makes the stored text one of an older reader, of which the document had 99 chunks.
async fn age(data: &Path) {
    let texts = data.join("files/parsed");
    let version = std::fs::read_dir(&texts).unwrap().next().unwrap().unwrap().path();
    std::fs::rename(version, texts.join("v0")).unwrap();
    let url = format!("sqlite://{}", data.join("lectern.sqlite").display());
    let mut database = SqliteConnection::connect(&url).await.unwrap();
    sqlx::query("UPDATE documents SET reader_version = 0, chunks = 99").execute(&mut database).await.unwrap();
    database.close().await.unwrap();
}

#[test]
fn what_an_older_reader_read_can_be_found_until_and_after_it_is_read_again() {
    run(async {
        let folder = tempfile::tempdir().unwrap();
        let options = || Options { data: Some(folder.path().to_owned()), ..Options::default() };
        let server = Server::start_with(options()).await;
        let course = server.course("older").await;
        let document = server.ingest(&course, "plants.md", PLANTS).await;
        let found = async |server: &Server| {
            let query = json!({ "query": "chlorophyll", "limit": 1 });
            let (_, found) = server.post(&format!("/api/v1/courses/{course}/search"), query).await;
            (found["hits"][0]["chunk_id"].clone(), found["hits"][0]["text"].clone())
        };
        let before = found(&server).await;
        assert!(before.1.is_string() && server.stop().await);
        age(folder.path()).await;

        let server = Server::start_with(options()).await;
        let path = format!("/api/v1/documents/{}", text(&document, "id"));
        for _ in 0..600 {
            let (_, shown) = server.get(&path).await;
            assert_eq!(shown["status"], "ready", "{shown}");
            assert_eq!(found(&server).await, before);
            let (status, page) = server.get(&format!("{path}/pages/1")).await;
            assert_eq!(status, 200, "{page}");
            if shown["chunks"] == document["chunks"] {
                assert!(
                    !folder.path().join("files/parsed/v0").join(text(&document, "sha256")).join("open.json").exists()
                );
                assert!(server.stop().await);
                return;
            }
            assert_eq!(shown["chunks"], 99);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("it was not read again");
    });
}
