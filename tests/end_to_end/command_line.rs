//! The command line, alone and beside a running server.

use std::process::{Command, Output};

use lectern_tests::{Server, lectern_binary};
use reqwest::Method;
use serde_json::{Value, json};

use super::{PLANTS, run, text};

fn lectern(data: &std::path::Path, args: &[&str]) -> Output {
    Command::new(lectern_binary()).env("LECTERN_DATA_DIR", data).args(args).output().unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap_or(-1)
}

#[test]
fn documents_are_read_searched_and_asked_without_a_server() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("plants.md");
    std::fs::write(&file, PLANTS).unwrap();
    let data = folder.path().join("data");
    let read = lectern(&data, &["ingest", "Biology", &file.to_string_lossy()]);
    assert_eq!(code(&read), 0, "{read:?}");
    let found = lectern(&data, &["search", "Biology", "chlorophyll", "--json"]);
    let found: Value = serde_json::from_slice(&found.stdout).unwrap();
    assert_eq!(found["hits"][0]["document_name"], "plants.md");
    let elsewhere = lectern(&data, &["search", "Biology", "chlorophyll", "--document", "plants.md", "--pages", "2-3"]);
    assert_eq!(code(&elsewhere), 3, "{elsewhere:?}");
    let elsewhere = lectern(&data, &["ask", "Biology", "What is chlorophyll?", "--document", "notes.md"]);
    assert!(String::from_utf8_lossy(&elsewhere.stderr).contains("no document notes.md"), "{elsewhere:?}");
    let answered =
        lectern(&data, &["ask", "Biology", "Where does the oxygen come from?", "--document", "plants.md", "--json"]);
    let answer: Value = serde_json::from_slice(&answered.stdout).unwrap();
    assert!(text(&answer["citations"][0], "quote").contains("water"), "{answer}");
    let nobody = "00000000-0000-0000-0000-000000000000";
    let lost = lectern(&data, &["ask", "Biology", "Why?", "--conversation", nobody]);
    assert!(String::from_utf8_lossy(&lost.stderr).contains("Conversation 0000"), "{lost:?}");
    assert_eq!(code(&lectern(&data, &["ask", "Biology", "Why?", "--conversation", "x"])), 2);
    let explained = lectern(&data, &["ask", "Biology", "Where does the oxygen come from?", "--explain"]);
    let explained = String::from_utf8_lossy(&explained.stdout).into_owned();
    for part in
        ["Searched with: Where does the oxygen come from?", "Passage 1: plants.md, page 1", "Prompt 1: ", "<user> [1] "]
    {
        assert!(explained.contains(part), "{part}: {explained}");
    }
    let refused = lectern(&data, &["ask", "Biology", "Who won the football world cup in 1998?"]);
    assert_eq!(code(&refused), 3, "{refused:?}");
    let missing = lectern(&data, &["ask", "Chemistry", "What is an acid?"]);
    assert_eq!(code(&missing), 1);
    assert!(String::from_utf8_lossy(&missing.stderr).contains("There is no course Chemistry"), "{missing:?}");
}

#[test]
fn a_quiz_is_made_and_written_to_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let (file, data) = (folder.path().join("plants.md"), folder.path().join("data"));
    std::fs::write(&file, PLANTS).unwrap();
    assert_eq!(code(&lectern(&data, &["ingest", "Biology", &file.to_string_lossy()])), 0);
    let out = folder.path().join("quiz.gift");
    let made = lectern(
        &data,
        &[
            "quiz",
            "Biology",
            "--count",
            "3",
            "--kinds",
            "multiple_choice,cloze",
            "--seed",
            "5",
            "--document",
            "plants.md",
            "--out",
            &out.to_string_lossy(),
            "--json",
        ],
    );
    assert_eq!(code(&made), 0, "{made:?}");
    let quiz: Value = serde_json::from_slice(&made.stdout).unwrap();
    let gift = std::fs::read_to_string(&out).unwrap();
    assert_eq!(gift.matches("::Q").count(), quiz["questions"].as_array().unwrap().len(), "{gift}");
    let unknown = lectern(&data, &["quiz", "Biology", "--out", "quiz.docx"]);
    assert_eq!(code(&unknown), 1, "{unknown:?}");
    assert_eq!(code(&lectern(&data, &["quiz", "Biology", "--kinds", "essay"])), 2);
}

#[test]
fn wrong_usage_ends_with_2_and_help_names_every_command() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(code(&lectern(folder.path(), &["asks"])), 2);
    let help = lectern(folder.path(), &["--help"]);
    let help = String::from_utf8_lossy(&help.stdout).into_owned();
    for command in ["serve", "ingest", "search", "ask", "courses", "models", "tune", "eval", "completions"] {
        assert!(help.contains(command), "{help}");
    }
}

#[test]
fn beside_a_running_server_the_command_line_is_its_client() {
    run(async {
        let server = Server::start().await;
        let course = server.course("Shared").await;
        let (data, id) = (server.data.clone(), course.clone());
        let listed = tokio::task::spawn_blocking(move || lectern(&data, &["courses", "--json"])).await.unwrap();
        let listed: Value = serde_json::from_slice(&listed.stdout).unwrap();
        assert_eq!(listed["courses"][0]["id"].as_str(), Some(id.as_str()));

        server.ingest(&course, "plants.md", PLANTS).await;
        let (_, begun) = server.post(&format!("/api/v1/courses/{course}/conversations"), json!({})).await;
        let (data, conversation) = (server.data.clone(), text(&begun, "id").to_owned());
        let asked = tokio::task::spawn_blocking(move || {
            let question = "What pigment catches sunlight?";
            lectern(&data, &["ask", "Shared", question, "--mode", "quote", "--conversation", &conversation, "--json"])
        });
        let answer: Value = serde_json::from_slice(&asked.await.unwrap().stdout).unwrap();
        assert_eq!(answer["turn"], 1, "{answer}");
    });
}

#[test]
fn a_course_gives_its_locked_questions_and_exam_items_to_tune_on() {
    run(async {
        let server = Server::start().await;
        let course = server.course("Biology").await;
        server.ingest(&course, "plants.md", PLANTS).await;
        let exam = "# Exam\n\n1. Which pigment catches sunlight?\n\nA. carotene\n\nB. chlorophyll\n\nC. haemoglobin\n\n\
                    D. melanin\n\nAnswer: B\n\n2. Which ocean is largest?\n\nA. Arctic\n\nB. Pacific\n\nAnswer: B\n";
        server.ingest(&course, "exam.md", exam).await;
        let quiz =
            super::quizzes::made_of(&server, &course, json!({ "count": 2, "document_ids": [], "seed": 3 })).await;
        let path = format!("/api/v1/quizzes/{}", text(&quiz, "id"));
        let lock = json!({ "edits": [{ "n": 1, "locked": true }] });
        let (status, kept) = server.send(server.request(Method::PATCH, &path).json(&lock)).await;
        assert_eq!(status, 200, "{kept}");
        let locked = text(&quiz["questions"][0], "stem").to_owned();

        let (data, rows) = (server.data.clone(), tempfile::tempdir().unwrap());
        let out = rows.path().to_path_buf();
        let prepare = move || {
            let args = ["tune", "prepare", "--json", "--stems", "1", "--hold-out", "0", "--course", "Biology"];
            lectern(&data, &[&args[..], &[&out.to_string_lossy()]].concat())
        };
        let report = tokio::task::spawn_blocking(prepare).await.unwrap();
        assert_eq!(code(&report), 0, "{report:?}");
        let report: Value = serde_json::from_slice(&report.stdout).unwrap();
        // The course says nothing about oceans.
        assert_eq!((&report["items"], &report["without_passage"]), (&json!(2), &json!(1)), "{report}");
        let rows = std::fs::read_to_string(rows.path().join("train.jsonl")).unwrap();
        assert!(rows.contains(r#""content":"chlorophyll [1]""#) && rows.contains(&locked), "{rows}");
        assert!(rows.contains(r#""content":"carotene\nhaemoglobin\nmelanin""#), "{rows}");
    });
}

#[test]
fn a_model_file_is_described() {
    let folder = tempfile::tempdir().unwrap();
    let shown = lectern(folder.path(), &["models", "inspect", "smollm2-135m-instruct"]);
    let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
    assert!(shown.contains("llama") && shown.contains("8192"), "{shown}");
}
