//! Quizzes from asking to export, every bad input, and a kill while one is made.

use std::time::{Duration, Instant};

use lectern_tests::{Options, Server};
use reqwest::Method;
use serde_json::{Value, json};

use super::{PLANTS, WATER, run, shared, text};

const FORMATS: [&str; 12] = [
    "gift",
    "moodle_xml",
    "qti21",
    "qti30",
    "aiken",
    "csv",
    "csv_kahoot",
    "csv_google_forms",
    "anki",
    "markdown",
    "html",
    "json",
];

/// Two passages that hold several questions each.
const HISTORY: &str = "# Mexico\n\nIn 1821 Mexico became a free country. In 1845 Texas joined the United States. In 1848 the \
    war with Mexico came to an end. The army of General Winfield Scott took the capital with 12,000 soldiers.\n\n\
    # The Danube\n\nThe city of Vienna lies on the banks of the Danube. The Danube Delta was named a reserve in 1998. About \
    19 million people drink water from the Danube. In 1830 the first steamer sailed from Vienna to Budapest.\n";

async fn ask_for(server: &Server, course: &str, request: Value) -> (String, String) {
    let (status, queued) = server.post(&format!("/api/v1/courses/{course}/quizzes"), request).await;
    assert_eq!(status, 202, "{queued}");
    (text(&queued, "quiz_id").to_owned(), text(&queued, "job_id").to_owned())
}

/// Waits until a quiz is no longer being made.
async fn made(server: &Server, quiz: &str) -> Value {
    let started = Instant::now();
    loop {
        let (status, shown) = server.get(&format!("/api/v1/quizzes/{quiz}")).await;
        assert_eq!(status, 200, "{shown}");
        if shown["status"] != "making" {
            return shown;
        }
        assert!(started.elapsed() < Duration::from_mins(3), "still being made: {shown}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Makes a quiz and waits for it.
pub async fn made_of(server: &Server, course: &str, request: Value) -> Value {
    let (quiz, _) = ask_for(server, course, request).await;
    made(server, &quiz).await
}

async fn patch(server: &Server, quiz: &str, body: Value) -> (u16, Value) {
    server.send(server.request(Method::PATCH, &format!("/api/v1/quizzes/{quiz}")).json(&body)).await
}

async fn export(server: &Server, quiz: &str, format: &str) -> (u16, String, Vec<u8>) {
    let path = format!("/api/v1/quizzes/{quiz}/export?format={format}");
    let response = server.request(Method::GET, &path).send().await.expect("an answer");
    let status = response.status().as_u16();
    let left_out = response.headers().get("x-lectern-left-out").map(|v| v.to_str().unwrap_or_default().to_owned());
    (status, left_out.unwrap_or_default(), response.bytes().await.expect("a whole answer").to_vec())
}

async fn import(server: &Server, course: &str, format: &str, bytes: Vec<u8>) -> (u16, Value) {
    let path = format!("/api/v1/courses/{course}/quizzes/import?format={format}");
    server.send(server.request(Method::POST, &path).body(bytes)).await
}

/// A course with the sample material.
async fn course(server: &Server, title: &str) -> String {
    let course = server.course(title).await;
    for (name, bytes) in [("plants.md", PLANTS), ("water.md", WATER)] {
        assert_eq!(server.ingest(&course, name, bytes).await["status"], "ready");
    }
    course
}

/// Without line breaks and Markdown's marks, which the reader takes away.
fn bare(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace() && !"*_`".contains(*c)).collect()
}

/// Without what differs from one making to the next.
fn content(quiz: &Value) -> Value {
    json!([quiz["questions"], quiz["tried"], quiz["left_out"]])
}

#[test]
fn a_quiz_is_made_proven_and_verbatim_and_its_seed_repeats_it() {
    run(async {
        let server = shared().await;
        let course = course(&server, "quiz").await;
        let request = json!({ "count": 6, "kinds": ["multiple_choice", "cloze", "true_false"], "seed": 7 });
        let (id, job) = ask_for(&server, &course, request.clone()).await;
        let quiz = made(&server, &id).await;
        assert_eq!(quiz["status"], "ready", "{quiz}");
        let questions = quiz["questions"].as_array().unwrap();
        assert!(!questions.is_empty(), "{quiz}");
        for question in questions {
            assert_eq!(question["proof"]["proven"], true, "{question}");
            for evidence in question["evidence"].as_array().unwrap() {
                let source = if evidence["document_name"] == "plants.md" { PLANTS } else { WATER };
                assert!(bare(source).contains(&bare(text(evidence, "quote"))), "{evidence}");
            }
            if question["kind"] == "multiple_choice" {
                assert!(question["options"].as_array().unwrap().contains(&question["key"]), "{question}");
            }
        }
        let (_, job) = server.get(&format!("/api/v1/jobs/{job}")).await;
        assert_eq!((&job["kind"], &job["state"], &job["quiz_id"]), (&json!("quiz"), &json!("done"), &json!(id)));
        let (again, _) = ask_for(&server, &course, request).await;
        assert_eq!(content(&made(&server, &again).await), content(&quiz));
        let (_, listed) = server.get(&format!("/api/v1/courses/{course}/quizzes?limit=1")).await;
        assert_eq!(listed["quizzes"][0]["question_count"], questions.len());
        let (_, rest) =
            server.get(&format!("/api/v1/courses/{course}/quizzes?cursor={}", text(&listed, "next_cursor"))).await;
        assert_eq!(rest["quizzes"][0]["id"], again.as_str());
    });
}

#[test]
fn a_teacher_edits_locks_reorders_regenerates_and_deletes() {
    run(async {
        let server = shared().await;
        let course = course(&server, "edit").await;
        let (id, _) = ask_for(&server, &course, json!({ "count": 4, "seed": 1 })).await;
        let quiz = made(&server, &id).await;
        let count = quiz["questions"].as_array().unwrap().len();
        assert!(count > 0, "{quiz}");
        // What does not touch what is asked keeps its proof.
        let edit = json!({ "title": "Unit 1", "edits": [{ "n": 1, "points": 2, "tags": ["unit 1"], "locked": true }] });
        let (status, changed) = patch(&server, &id, edit).await;
        assert_eq!((status, text(&changed, "title")), (200, "Unit 1"), "{changed}");
        assert_eq!(changed["changes"][0]["proven"], true, "{changed}");
        assert_eq!(changed["questions"][0]["points"], 2.0);
        let regenerate = format!("/api/v1/quizzes/{id}/questions/1/regenerate");
        let (status, problem) = server.post(&regenerate, json!({})).await;
        assert_eq!((status, text(&problem, "code")), (409, "question_locked"));
        // A key that the text does not carry is told, not refused.
        let mut options = changed["questions"][0]["options"].as_array().unwrap().clone();
        options[0] = json!("a green submarine");
        let edit = json!({ "edits": [{ "n": 1, "options": options, "key": "a green submarine", "locked": false }] });
        let (status, changed) = patch(&server, &id, edit).await;
        assert_eq!((status, &changed["changes"][0]["proven"]), (200, &json!(false)), "{changed}");
        assert_eq!(changed["changes"][0]["proven_before"], true);
        assert!(changed["changes"][0]["checks"].as_array().unwrap().iter().any(|c| c["passed"] == false), "{changed}");
        // A proof that is sent along is ignored.
        let mut questions = changed["questions"].clone();
        questions[0]["proof"] = json!({ "proven": true, "checks": [] });
        let (_, changed) = patch(&server, &id, json!({ "questions": questions })).await;
        assert_eq!(changed["questions"][0]["proof"]["proven"], false, "{changed}");
        let order: Vec<usize> = (1..=count).rev().collect();
        let (_, turned) = patch(&server, &id, json!({ "order": order })).await;
        assert_eq!(turned["questions"][count - 1]["stem"], changed["questions"][0]["stem"]);
        for part in [json!({}), json!({ "part": "question" })] {
            let (status, answer) = server.post(&regenerate, part).await;
            assert!(status == 200 || text(&answer, "code") == "nothing_else_found", "{status} {answer}");
        }
        let (_, bank) = server.get(&format!("/api/v1/courses/{course}/questions?tag=unit%201")).await;
        assert!(bank["questions"].as_array().unwrap().iter().all(|q| q["tags"] == json!(["unit 1"])), "{bank}");
        let (_, bank) = server.get(&format!("/api/v1/courses/{course}/questions?kind=matching")).await;
        assert_eq!(bank["questions"], json!([]));
        let (status, _) = patch(&server, &id, json!({ "edits": [{ "n": 1, "remove": true }] })).await;
        assert_eq!(status, 200);
        let (_, fewer) = server.get(&format!("/api/v1/quizzes/{id}")).await;
        assert_eq!(fewer["questions"].as_array().unwrap().len(), count - 1);
        assert_eq!(server.delete(&format!("/api/v1/quizzes/{id}")).await.0, 204);
        assert_eq!(server.get(&format!("/api/v1/quizzes/{id}")).await.0, 404);
    });
}

/// One question of each kind, with what careless writers lose.
fn every_kind() -> Value {
    let rest = |kind: &str, stem: &str| json!({ "kind": kind, "stem": stem, "language": "en", "explanation": "Since {x} = <y>." });
    let mut questions = vec![
        rest("multiple_choice", "What is {a} = b ~ #c: <b>光</b>?\nSecond line"),
        rest("true_false", "100 % of $x^2 < y$"),
        rest("cloze", "Plants give off _____ by day."),
        rest("short_answer", "Which \"gas\" & where?"),
        rest("ordering", "Order"),
        rest("matching", "Match"),
    ];
    questions[0]["options"] = json!(["a -> b", "%50% c", "d"]);
    questions[0]["key"] = json!("%50% c");
    questions[1]["key"] = json!(false);
    for n in [2, 3] {
        questions[n]["key"] = json!("oxygen");
        questions[n]["accepted"] = json!(["O2"]);
    }
    questions[4]["options"] = json!(["b", "a"]);
    questions[4]["key"] = json!(["a", "b"]);
    questions[5]["pairs"] = json!([{ "left": "l -> 1", "right": "r = 1" }, { "left": "左", "right": "右" }]);
    json!({ "title": "Every {kind}", "questions": questions })
}

#[test]
fn every_format_is_written_and_what_can_be_read_comes_back() {
    run(async {
        let server = shared().await;
        let course = server.course("files").await;
        let (status, quiz) = import(&server, &course, "json", every_kind().to_string().into_bytes()).await;
        assert_eq!(status, 201, "{quiz}");
        for format in FORMATS {
            let (status, left_out, bytes) = export(&server, text(&quiz, "id"), format).await;
            assert_eq!(status, 200, "{format}");
            let left_out: Value = serde_json::from_str(&left_out).expect("the header is JSON");
            let whole = left_out.as_array().unwrap().iter().any(|part| part["what"] == "question");
            assert_eq!(whole, matches!(format, "aiken" | "csv_kahoot" | "csv_google_forms"), "{format}: {left_out}");
            assert!(bytes.len() > 100, "{format}");
            if matches!(format, "gift" | "moodle_xml" | "json") {
                let (status, back) = import(&server, &course, format, bytes).await;
                assert_eq!((status, text(&back, "title")), (201, "Every {kind}"), "{back}");
                assert_eq!(back["not_taken"], json!([]));
                for (old, new) in
                    quiz["questions"].as_array().unwrap().iter().zip(back["questions"].as_array().unwrap())
                {
                    for field in ["kind", "stem", "key", "accepted", "pairs", "explanation"] {
                        assert_eq!(old[field], new[field], "{format} {field}");
                    }
                }
            }
        }
        let (_, _, page) = export(&server, text(&quiz, "id"), "html").await;
        assert!(String::from_utf8_lossy(&page).contains("&lt;b&gt;光&lt;/b&gt;"), "strangers' HTML is text");
    });
}

#[test]
fn a_students_answers_are_marked() {
    run(async {
        let server = shared().await;
        let course = server.course("marks").await;
        let (_, quiz) = import(&server, &course, "json", every_kind().to_string().into_bytes()).await;
        let answers = json!([
            { "n": 1, "answer": "%50% c" }, { "n": 2, "answer": true }, { "n": 3, "answer": " OXYGEN. " },
            { "n": 5, "answer": ["b", "a"] },
            { "n": 6, "answer": [{ "left": "左", "right": "右" }, { "left": "l -> 1", "right": "右" }] },
        ]);
        let path = format!("/api/v1/quizzes/{}/mark", text(&quiz, "id"));
        let (status, marks) = server.post(&path, json!({ "answers": answers })).await;
        assert_eq!(status, 200, "{marks}");
        let points: Vec<f64> =
            marks["marks"].as_array().unwrap().iter().map(|m| m["points"].as_f64().unwrap()).collect();
        assert_eq!(points, [1.0, 0.0, 1.0, 0.0, 0.0, 0.5]);
        assert_eq!((marks["points"].as_f64(), marks["of"].as_f64()), (Some(2.5), Some(6.0)));
        assert_eq!(marks["marks"][3]["answered"], false);
    });
}

#[test]
fn quiz_requests_that_make_no_sense() {
    run(async {
        let server = shared().await;
        let (ready, empty) = (course(&server, "bad quizzes").await, server.course("empty").await);
        let (_, quiz) = import(&server, &ready, "json", every_kind().to_string().into_bytes()).await;
        let quiz = text(&quiz, "id").to_owned();
        let mut answers = Vec::new();
        let quizzes = |course: &str| format!("/api/v1/courses/{course}/quizzes");
        let post = |path: &str, body: Value| server.request(Method::POST, path).json(&body);
        let change = |body: Value| server.request(Method::PATCH, &format!("/api/v1/quizzes/{quiz}")).json(&body);
        let file = |format: &str, body: &str| {
            let path = format!("{}/import?format={format}", quizzes(&ready));
            server.request(Method::POST, &path).body(body.to_owned())
        };
        let at = |rest: &str| format!("/api/v1/quizzes/{quiz}{rest}");
        let deep = format!("<quiz>{}</quiz>", "<a>".repeat(100_000));
        for (what, request) in [
            ("no question", post(&quizzes(&ready), json!({ "count": 0 }))),
            ("too many", post(&quizzes(&ready), json!({ "count": 201 }))),
            ("no count", post(&quizzes(&ready), json!({}))),
            ("a set of one", post(&quizzes(&ready), json!({ "count": 4, "questions_per_passage": 1 }))),
            ("unknown kind", post(&quizzes(&ready), json!({ "count": 1, "kinds": ["essay"] }))),
            ("a page that is not there", post(&quizzes(&ready), json!({ "count": 1, "pages": [9] }))),
            ("nothing to ask about", post(&quizzes(&empty), json!({ "count": 1 }))),
            ("unknown quiz", server.request(Method::GET, "/api/v1/quizzes/00000000-0000-0000-0000-000000000000")),
            ("key not among the options", change(json!({ "edits": [{ "n": 1, "key": "x" }] }))),
            ("cloze without a blank", change(json!({ "edits": [{ "n": 3, "stem": "No blank" }] }))),
            ("order that forgets one", change(json!({ "order": [1, 2] }))),
            ("question that is not there", change(json!({ "edits": [{ "n": 9, "stem": "x" }] }))),
            ("a proof of one's own", change(json!({ "edits": [{ "n": 1, "proof": {} }] }))),
            (
                "distractor of a cloze",
                post(&at("/questions/3/regenerate"), json!({ "part": "distractor", "option": 0 })),
            ),
            (
                "the key as distractor",
                post(&at("/questions/1/regenerate"), json!({ "part": "distractor", "option": 1 })),
            ),
            ("answer of another kind", post(&at("/mark"), json!({ "answers": [{ "n": 1, "answer": true }] }))),
            ("unknown format", server.request(Method::GET, &at("/export?format=docx"))),
            ("no format", server.request(Method::GET, &at("/export"))),
            ("broken GIFT", file("gift", "Q1 {=a ~b}\n\nQ2 {=a ~b\n\nQ3 {maybe}\n")),
            ("an essay only", file("gift", "Tell a story. {}\n")),
            ("broken XML", file("moodle_xml", "<quiz>\n<question type=\"truefalse\">\n</quiz>")),
            ("entities that expand", file("moodle_xml", "<!DOCTYPE q [<!ENTITY a \"aaaa\">]>\n<quiz>&a;</quiz>")),
            ("very deep XML", file("moodle_xml", &deep)),
            (
                "not UTF-8",
                server
                    .request(Method::POST, &format!("{}/import?format=gift", quizzes(&ready)))
                    .body(vec![b'a', b'\n', 0xff]),
            ),
            ("a format that is not read", file("aiken", "Q\nA. a\nB. b\nANSWER: A")),
            ("a file without a format", server.request(Method::POST, &format!("{}/import", quizzes(&ready))).body("x")),
        ] {
            let (status, problem) = server.send(request).await;
            answers.push(format!("{what}: {status} {}: {}", text(&problem, "code"), text(&problem, "detail")));
        }
        insta::assert_snapshot!(answers.join("\n"));
    });
}

#[test]
fn a_document_of_ten_words_gives_fewer_questions_and_the_reason() {
    run(async {
        let server = shared().await;
        let course = server.course("ten words").await;
        server.ingest(&course, "short.txt", "Ferns, mosses, algae: green and small, all in the shade.").await;
        let (id, _) = ask_for(&server, &course, json!({ "count": 20, "kinds": ["matching", "multiple_choice"] })).await;
        let quiz = made(&server, &id).await;
        assert_eq!(quiz["status"], "ready", "{quiz}");
        assert!(quiz["questions"].as_array().unwrap().len() < 20, "{quiz}");
        assert!(!quiz["left_out"].as_array().unwrap().is_empty(), "{quiz}");
    });
}

#[test]
fn a_table_alone_gives_no_question_and_the_reason() {
    run(async {
        let server = shared().await;
        let course = server.course("a table").await;
        let table = "Town,Founded,People\nAlden,1820,4200\nBrook,1845,3100\nCarver,1871,2900\n";
        assert_eq!(server.ingest(&course, "towns.csv", table).await["status"], "ready");
        let (id, _) = ask_for(&server, &course, json!({ "count": 5, "kinds": ["multiple_choice", "cloze"] })).await;
        let quiz = made(&server, &id).await;
        assert_eq!((&quiz["status"], &quiz["questions"]), (&json!("ready"), &json!([])), "{quiz}");
        assert_eq!(quiz["left_out"][0]["reason"], "no_key", "{quiz}");
    });
}

#[test]
fn a_reading_set_shows_its_passage_and_keeps_it_through_edits_and_files() {
    run(async {
        let server = shared().await;
        let course = server.course("reading sets").await;
        assert_eq!(server.ingest(&course, "history.md", HISTORY).await["status"], "ready");
        let kinds = ["multiple_choice", "cloze", "true_false"];
        let request = json!({ "count": 6, "kinds": kinds, "questions_per_passage": 3, "seed": 2 });
        let quiz = made_of(&server, &course, request).await;
        let (questions, passages) = (quiz["questions"].as_array().unwrap(), quiz["passages"].as_array().unwrap());
        assert!(!passages.is_empty(), "{quiz}");
        for passage in passages {
            assert!(bare(HISTORY).contains(&bare(text(passage, "quote"))), "{passage}");
            let own = questions.iter().filter(|q| q["passage"] == passage["n"]).count();
            assert!((2..=3).contains(&own), "{quiz}");
        }
        assert!(questions.iter().all(|q| q["passage"].is_u64()), "{quiz}");
        let id = text(&quiz, "id");
        // A question of another quiz brings no passage along.
        let mut foreign = questions[0].clone();
        foreign["stem"] = json!("Which of these is from elsewhere?");
        let (status, changed) = patch(&server, id, json!({ "add": [foreign] })).await;
        assert_eq!((status, &changed["passages"]), (200, &quiz["passages"]), "{changed}");
        assert_eq!(changed["questions"][questions.len()]["passage"], Value::Null, "{changed}");
        let line = text(&passages[0], "quote").lines().next().unwrap().chars().take(30).collect::<String>();
        for (format, held) in [("moodle_xml", true), ("html", true), ("csv", true), ("json", true), ("aiken", false)] {
            let (_, left_out, bytes) = export(&server, id, format).await;
            let left_out: Value = serde_json::from_str(&left_out).unwrap();
            let missing = left_out.as_array().unwrap().iter().any(|part| part["what"] == "passage");
            assert_ne!(missing, held, "{format}: {left_out}");
            assert!(!held || bare(&String::from_utf8_lossy(&bytes)).contains(&bare(&line)), "{format}");
        }
        let (_, _, file) = export(&server, id, "json").await;
        let (status, back) = import(&server, &course, "json", file.clone()).await;
        assert_eq!((status, &back["passages"], &back["not_taken"]), (201, &quiz["passages"], &json!([])), "{back}");
        let elsewhere = server.course("another course").await;
        let (_, back) = import(&server, &elsewhere, "json", file).await;
        assert_eq!((&back["passages"], back["not_taken"].as_array().unwrap().len()), (&json!([]), passages.len()));
    });
}

#[test]
fn a_quiz_killed_in_the_making_ends_as_the_same_quiz() {
    run(async {
        let folder = tempfile::tempdir().unwrap();
        let options = || Options { data: Some(folder.path().to_owned()), ..Options::default() };
        let server = Server::start_with(options()).await;
        let course = course(&server, "killed").await;
        let request = json!({ "count": 12, "kinds": ["multiple_choice", "cloze", "short_answer"], "seed": 3 });
        let (calm, _) = ask_for(&server, &course, request.clone()).await;
        let expected = content(&made(&server, &calm).await);
        let (killed, _) = ask_for(&server, &course, request).await;
        server.kill().await;
        for moment in [20, 150] {
            let server = Server::start_with(options()).await;
            tokio::time::sleep(Duration::from_millis(moment)).await;
            server.kill().await;
        }
        let server = Server::start_with(options()).await;
        assert_eq!(content(&made(&server, &killed).await), expected);
        assert!(server.stop().await);
    });
}

#[test]
fn a_cancelled_quiz_says_so() {
    run(async {
        let server = Server::start().await;
        let course = course(&server, "cancelled").await;
        // The second waits for the first.
        ask_for(&server, &course, json!({ "count": 200 })).await;
        let (second, job) = ask_for(&server, &course, json!({ "count": 200 })).await;
        let (status, answer) = server.delete(&format!("/api/v1/jobs/{job}")).await;
        let quiz = made(&server, &second).await;
        if status == 200 {
            assert_eq!((text(&quiz, "status"), text(&quiz["error"], "code")), ("failed", "cancelled"), "{quiz}");
        } else {
            assert_eq!(text(&answer, "code"), "job_over");
        }
    });
}
