//! Conversations kept on the server: asked in, listed, renamed, exported, deleted; by two at once, over a restart, and
//! with every kind of bad input.

use std::time::Duration;

use lectern_tests::{Options, Server};
use reqwest::Method;
use serde_json::{Value, json};

use super::{PLANTS, run, shared, text};

/// A course that holds the sample document.
async fn plants(server: &Server) -> String {
    let course = server.course("conversations").await;
    assert_eq!(server.ingest(&course, "plants.md", PLANTS).await["status"], "ready");
    course
}

async fn begin(server: &Server, course: &str, body: Value) -> String {
    let (status, made) = server.post(&format!("/api/v1/courses/{course}/conversations"), body).await;
    assert_eq!(status, 201, "{made}");
    text(&made, "id").to_owned()
}

/// Asks in quote mode, which needs no model.
async fn ask(server: &Server, course: &str, conversation: &str, question: &str) -> Value {
    let body = json!({ "question": question, "mode": "quote", "conversation_id": conversation });
    let (status, answer) = server.post(&format!("/api/v1/courses/{course}/ask"), body).await;
    assert_eq!(status, 200, "{answer}");
    answer
}

async fn show(server: &Server, conversation: &str) -> Value {
    let (status, shown) = server.get(&format!("/api/v1/conversations/{conversation}")).await;
    assert_eq!(status, 200, "{shown}");
    shown
}

fn questions(shown: &Value) -> Vec<&str> {
    shown["turns"].as_array().unwrap().iter().map(|turn| text(turn, "question")).collect()
}

async fn patch(server: &Server, path: &str, body: Value) -> (u16, Value) {
    server.send(server.request(Method::PATCH, path).json(&body)).await
}

#[test]
fn a_conversation_is_named_by_its_first_question_continued_renamed_and_deleted() {
    run(async {
        let server = shared().await;
        let course = plants(&server).await;
        let id = begin(&server, &course, json!({})).await;
        let path = format!("/api/v1/conversations/{id}");
        assert_eq!(show(&server, &id).await["title"], Value::Null);
        let first = "Which chemist described the Calvin cycle?";
        let answer = ask(&server, &course, &id, first).await;
        assert_eq!(answer["turn"], 1, "{answer}");
        let answer = ask(&server, &course, &id, "When did he receive the prize for it?").await;
        assert!(text(&answer, "answer").contains("1961"), "{answer}");
        let rating = format!("/api/v1/answers/{}", text(&answer, "id"));
        assert_eq!(patch(&server, &rating, json!({ "helpful": true })).await.0, 204);

        let shown = show(&server, &id).await;
        assert_eq!((text(&shown, "title"), &shown["turn_count"]), (first, &json!(2)), "{shown}");
        let turn = &shown["turns"][1];
        assert_eq!((&turn["n"], &turn["helpful"], text(turn, "mode")), (&json!(2), &json!(true), "quote"), "{turn}");
        assert_eq!(turn["answer"], answer, "the answer is kept as it was given");
        let (_, page) = server.get(&format!("{path}?limit=1")).await;
        assert_eq!(questions(&page), [first]);
        let (_, page) = server.get(&format!("{path}?limit=1&cursor={}", text(&page, "next_cursor"))).await;
        assert_eq!(
            (questions(&page).len(), &page["turns"][0]["n"], &page["next_cursor"]),
            (1, &json!(2), &Value::Null)
        );

        let (status, renamed) = patch(&server, &path, json!({ "title": " Calvin " })).await;
        assert_eq!((status, text(&renamed, "title")), (200, "Calvin"), "{renamed}");
        ask(&server, &course, &id, "What is the Calvin cycle?").await;
        let other = begin(&server, &course, json!({ "title": "Roots" })).await;
        let list = format!("/api/v1/courses/{course}/conversations");
        let (_, listed) = server.get(&format!("{list}?limit=1")).await;
        assert_eq!(
            (text(&listed["conversations"][0], "id"), text(&listed["conversations"][0], "title")),
            (&*other, "Roots")
        );
        let (_, rest) = server.get(&format!("{list}?cursor={}", text(&listed, "next_cursor"))).await;
        assert_eq!(
            (text(&rest["conversations"][0], "title"), &rest["conversations"][0]["turn_count"]),
            ("Calvin", &json!(3))
        );
        assert_eq!(server.delete(&path).await.0, 204);
        assert_eq!(server.get(&path).await.0, 404);
        assert_eq!(text(&server.delete(&path).await.1, "code"), "conversation_not_found");
        // What was asked is still there for the course's insight.
        let (_, kept) = server.get(&format!("/api/v1/courses/{course}/answers")).await;
        assert_eq!(kept["answers"].as_array().unwrap().len(), 3);
    });
}

#[test]
fn an_answer_without_a_conversation_is_kept_in_none() {
    run(async {
        let server = shared().await;
        let course = plants(&server).await;
        let body = json!({ "question": "What pigment catches sunlight?", "mode": "quote" });
        let (_, answer) = server.post(&format!("/api/v1/courses/{course}/ask"), body).await;
        assert_eq!(answer["turn"], Value::Null, "{answer}");
        let (_, listed) = server.get(&format!("/api/v1/courses/{course}/conversations")).await;
        assert_eq!(listed["conversations"], json!([]));
    });
}

#[test]
fn requests_about_conversations_that_make_no_sense() {
    run(async {
        let server = shared().await;
        let (course, other) = (plants(&server).await, server.course("another").await);
        let (id, elsewhere) = (begin(&server, &course, json!({})).await, begin(&server, &other, json!({})).await);
        let nobody = "00000000-0000-0000-0000-000000000000";
        let list = format!("/api/v1/courses/{course}/conversations");
        let ask = format!("/api/v1/courses/{course}/ask");
        let path = format!("/api/v1/conversations/{id}");
        let post = |path: &str, body: Value| server.request(Method::POST, path).json(&body);
        let get = |path: String| server.request(Method::GET, &path);
        let asked = |more: Value| {
            let mut body = json!({ "question": "Why?", "mode": "quote" });
            body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            post(&ask, body)
        };
        let mut answers = Vec::new();
        for (what, request) in [
            ("empty title", post(&list, json!({ "title": " " }))),
            ("long title", post(&list, json!({ "title": "t".repeat(201) }))),
            ("unknown field", post(&list, json!({ "name": "x" }))),
            ("unknown course", post(&format!("/api/v1/courses/{nobody}/conversations"), json!({}))),
            ("limit 0", get(format!("{list}?limit=0"))),
            ("bad cursor", get(format!("{list}?cursor=x"))),
            ("bad cursor of turns", get(format!("{path}?cursor=-1"))),
            ("unknown conversation", get(format!("/api/v1/conversations/{nobody}"))),
            ("id that is none", get("/api/v1/conversations/x".to_owned())),
            ("rename to nothing", server.request(Method::PATCH, &path).json(&json!({ "title": "" }))),
            ("rename an unknown one", {
                server.request(Method::PATCH, &format!("/api/v1/conversations/{nobody}")).json(&json!({ "title": "x" }))
            }),
            ("unknown format", get(format!("{path}/export?format=docx"))),
            ("no format", get(format!("{path}/export"))),
            ("export an unknown one", get(format!("/api/v1/conversations/{nobody}/export?format=html"))),
            ("ask in an unknown one", asked(json!({ "conversation_id": nobody }))),
            ("ask in another course's", asked(json!({ "conversation_id": elsewhere }))),
            ("ask in one that is no id", asked(json!({ "conversation_id": "x" }))),
            ("history and conversation", {
                let history = json!([{ "question": "Who?", "answer": "He." }]);
                asked(json!({ "conversation_id": id, "history": history }))
            }),
        ] {
            let (status, problem) = server.send(request).await;
            let (code, detail) = (text(&problem, "code"), text(&problem, "detail").replace(&elsewhere, "ELSEWHERE"));
            answers.push(format!("{what}: {status} {code}: {detail}"));
        }
        insta::assert_snapshot!(answers.join("\n"));
        assert_eq!(show(&server, &id).await["turn_count"], 0, "nothing of this was kept");
    });
}

#[test]
fn two_at_once_lose_no_turn() {
    run(async {
        let server = shared().await;
        let course = plants(&server).await;
        let id = begin(&server, &course, json!({})).await;
        let asked: Vec<String> = (0..8).map(|n| format!("What is leaf number {n} made of?")).collect();
        tokio::join!(
            async {
                for question in &asked[..4] {
                    ask(&server, &course, &id, question).await;
                }
            },
            async {
                for question in &asked[4..] {
                    ask(&server, &course, &id, question).await;
                }
            }
        );
        let shown = show(&server, &id).await;
        let numbers: Vec<_> =
            shown["turns"].as_array().unwrap().iter().map(|turn| turn["n"].as_u64().unwrap()).collect();
        assert_eq!(numbers, (1..=8).collect::<Vec<_>>(), "{shown}");
        let mut kept = questions(&shown);
        kept.sort_unstable();
        assert_eq!(kept, asked);
    });
}

/// Asks for a stream and reads it to its end.
async fn stream(server: &Server, course: &str, body: Value) -> String {
    let request = server.request(Method::POST, &format!("/api/v1/courses/{course}/ask")).json(&body);
    request.send().await.unwrap().text().await.unwrap()
}

#[test]
fn a_stream_has_kept_its_turn_when_it_says_done() {
    run(async {
        let server = shared().await;
        let course = plants(&server).await;
        let id = begin(&server, &course, json!({ "title": "Streams" })).await;
        let question = "What pigment catches sunlight?";
        let path = format!("/api/v1/courses/{course}/ask");
        let body = json!({ "question": question, "stream": true, "conversation_id": id });
        let mut events = server.request(Method::POST, &path).json(&body).send().await.unwrap();
        let mut seen = String::new();
        while !seen.contains("event: done") {
            seen += &String::from_utf8_lossy(&events.chunk().await.unwrap().expect("a stream ends with done"));
        }
        assert_eq!(questions(&show(&server, &id).await), [question]);
        assert!(seen.contains("\"turn\":1"), "{seen}");
    });
}

/// A server of language models that takes requests and never answers; `None` where it is to hang up at once.
async fn mute_model_server(hangs: bool) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((connection, _)) = listener.accept().await {
            if hangs {
                held.push(connection);
            }
        }
    });
    format!("http://{address}/v1")
}

async fn with_model_server(address: String) -> Server {
    let settings =
        vec![("LECTERN_MODELS__GENERATOR", address), ("LECTERN_MODEL_SERVER__MODEL", "some-model".to_owned())];
    Server::start_with(Options { settings, ..Options::default() }).await
}

#[test]
fn a_stream_that_is_cancelled_keeps_nothing() {
    run(async {
        let server = with_model_server(mute_model_server(true).await).await;
        let course = plants(&server).await;
        let id = begin(&server, &course, json!({})).await;
        let path = format!("/api/v1/courses/{course}/ask");
        let body = json!({ "question": "What pigment catches sunlight?", "stream": true, "conversation_id": id });
        let mut events = server.request(Method::POST, &path).json(&body).send().await.unwrap();
        let first = events.chunk().await.unwrap().expect("the passages come first");
        assert!(String::from_utf8_lossy(&first).contains("event: passages"));
        drop(events);
        // The place among the answers is free again once the answer was given up.
        for _ in 0..100 {
            if server.get("/api/v1/status").await.1["answers"] == 0 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert_eq!(server.get("/api/v1/status").await.1["answers"], 0);
        assert_eq!(show(&server, &id).await["turn_count"], 0);
        assert_eq!(ask(&server, &course, &id, "What pigment catches sunlight?").await["turn"], 1);
    });
}

#[test]
fn a_question_that_fails_keeps_nothing() {
    run(async {
        let server = with_model_server(mute_model_server(false).await).await;
        let course = plants(&server).await;
        let id = begin(&server, &course, json!({})).await;
        let body = json!({ "question": "What pigment catches sunlight?", "conversation_id": id });
        let (status, problem) = server.post(&format!("/api/v1/courses/{course}/ask"), body.clone()).await;
        assert_eq!((status, text(&problem, "code")), (503, "server_unreachable"), "{problem}");
        let mut body = body;
        body["stream"] = json!(true);
        assert!(stream(&server, &course, body).await.contains("event: error"));
        let shown = show(&server, &id).await;
        assert_eq!((&shown["turn_count"], &shown["title"]), (&json!(0), &Value::Null), "{shown}");
    });
}

#[test]
fn conversations_outlive_the_process_and_go_with_their_course() {
    run(async {
        let folder = tempfile::tempdir().unwrap();
        let options = || Options { data: Some(folder.path().to_owned()), ..Options::default() };
        let server = Server::start_with(options()).await;
        let course = plants(&server).await;
        let id = begin(&server, &course, json!({ "title": "Calvin" })).await;
        ask(&server, &course, &id, "Which chemist described the Calvin cycle?").await;
        let before = show(&server, &id).await;
        server.kill().await;

        let server = Server::start_with(options()).await;
        assert_eq!(show(&server, &id).await, before);
        let answer = ask(&server, &course, &id, "When did he receive the prize for it?").await;
        assert!(text(&answer, "answer").contains("1961") && answer["turn"] == 2, "{answer}");
        assert_eq!(server.delete(&format!("/api/v1/courses/{course}")).await.0, 204);
        assert_eq!(server.get(&format!("/api/v1/conversations/{id}")).await.0, 404);
        assert!(server.stop().await);
    });
}

#[test]
fn no_more_conversations_are_kept_than_the_settings_say() {
    run(async {
        let with = |most: &str| {
            let settings = vec![("LECTERN_ANSWERS__CONVERSATIONS_KEPT", most.to_owned())];
            Server::start_with(Options { settings, ..Options::default() })
        };
        let server = with("2").await;
        let course = server.course("few").await;
        let mut ids = Vec::new();
        for title in ["a", "b", "c"] {
            ids.push(begin(&server, &course, json!({ "title": title })).await);
        }
        let (_, listed) = server.get(&format!("/api/v1/courses/{course}/conversations")).await;
        let kept: Vec<_> = listed["conversations"].as_array().unwrap().iter().map(|c| text(c, "title")).collect();
        assert_eq!(kept, ["c", "b"]);
        drop(server);

        let server = with("0").await;
        let course = server.course("none").await;
        let (status, problem) = server.post(&format!("/api/v1/courses/{course}/conversations"), json!({})).await;
        assert_eq!((status, text(&problem, "code")), (409, "conversations_not_kept"), "{problem}");
    });
}

#[test]
fn an_export_has_every_question_answer_and_verbatim_quote() {
    run(async {
        let server = shared().await;
        let course = plants(&server).await;
        let id = begin(&server, &course, json!({ "title": "<b>Leaves</b> *and* \"roots\"/" })).await;
        let answer = ask(&server, &course, &id, "Where does the <i>oxygen</i> of photosynthesis come from?").await;
        ask(&server, &course, &id, "誰贏得了 1998 年世界盃足球賽？").await;
        let quote = text(&answer["citations"][0], "quote").to_owned();
        let export = async |format: &str| {
            let path = format!("/api/v1/conversations/{id}/export?format={format}");
            let response = server.request(Method::GET, &path).send().await.unwrap();
            assert_eq!(response.status(), 200);
            let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
            (header("content-type"), header("content-disposition"), response.text().await.unwrap())
        };

        let (kind, name, file) = export("markdown").await;
        assert_eq!(kind, "text/markdown; charset=utf-8");
        assert!(name.ends_with("filename*=UTF-8''_b_Leaves__b_%20_and_%20_roots__.md"), "{name}");
        assert!(file.starts_with("# \\<b\\>Leaves\\</b\\> \\*and\\* \"roots\"/\n"), "{file}");
        assert!(file.contains("## Where does the \\<i\\>oxygen\\</i\\> of photosynthesis come from?"), "{file}");
        let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ").replace('\\', "");
        assert!(plain(&file).contains(&format!("“{}” plants.md, § ", plain(&quote))), "{file}");
        let marks = file.matches("[^1]").count();
        assert!(marks >= 2, "the answer's mark and its footnote: {file}");

        let (kind, _, file) = export("html").await;
        assert_eq!(kind, "text/html; charset=utf-8");
        assert!(!file.contains("<i>") && !file.contains("<b>") && file.contains("&lt;i&gt;oxygen"), "{file}");
        assert!(file.contains("href=\"#note-1\"") && file.contains("id=\"note-1\""), "{file}");
        let shown = plain(&file.replace("<br>", " ").replace("&quot;", "\""));
        assert!(shown.contains(&plain(&quote)), "{file}");
        assert!(file.contains("<section lang=\"zh-Hant\">"), "{file}");

        let (kind, _, file) = export("json").await;
        assert_eq!(kind, "application/json");
        let exported: Value = serde_json::from_str(&file).unwrap();
        assert_eq!(exported, show(&server, &id).await);
        assert_eq!(exported["turns"][0]["answer"]["citations"][0]["quote"].as_str(), Some(quote.as_str()));
    });
}
