//! The command line, alone and beside a running server.

use std::process::{Command, Output};

use lectern_tests::{Server, lectern_binary};
use serde_json::Value;

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
    let answered = lectern(&data, &["ask", "Biology", "Where does the oxygen come from?", "--json"]);
    let answer: Value = serde_json::from_slice(&answered.stdout).unwrap();
    assert!(text(&answer["citations"][0], "quote").contains("water"), "{answer}");
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
    });
}

#[test]
fn a_model_file_is_described() {
    let folder = tempfile::tempdir().unwrap();
    let shown = lectern(folder.path(), &["models", "inspect", "smollm2-135m-instruct"]);
    let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
    assert!(shown.contains("llama") && shown.contains("8192"), "{shown}");
}
