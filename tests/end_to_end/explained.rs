//! How an answer came about, shown on request: what was searched with, what was found, what the model was given to read.

use reqwest::Method;
use serde_json::{Value, json};

use super::{PLANTS, run, shared, text};

async fn ask(course: &str, body: Value) -> Value {
    let (status, answer) = shared().await.post(&format!("/api/v1/courses/{course}/ask"), body).await;
    assert_eq!(status, 200, "{answer}");
    answer
}

async fn plants() -> String {
    let server = shared().await;
    let course = server.course("explained").await;
    assert_eq!(server.ingest(&course, "plants.md", PLANTS).await["status"], "ready");
    course
}

/// All messages of a prompt, as one text without line ends.
fn words(prompt: &Value) -> String {
    let messages = prompt["messages"].as_array().expect("messages").iter();
    messages.flat_map(|m| text(m, "content").split_whitespace()).collect::<Vec<_>>().join(" ")
}

#[test]
fn an_answer_tells_what_it_was_drawn_from_only_where_asked() {
    run(async {
        let (_held, course) = (shared().await, plants().await);
        let question = "Where does the oxygen of photosynthesis come from?";
        let plain = ask(&course, json!({ "question": question })).await;
        assert!(plain.get("explanation").is_none(), "{plain}");
        let answer = ask(&course, json!({ "question": question, "explain": true })).await;
        let told = &answer["explanation"];
        assert_eq!(text(told, "query"), question, "{told}");
        let passage = text(&told["passages"][0], "text");
        let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(!passage.is_empty() && plain(PLANTS).contains(&plain(passage)), "the passages are verbatim: {told}");
        assert_eq!(told["passages"][0]["document_name"], "plants.md");
        let (doubt, most) = (told["doubt"].as_f64().unwrap(), told["refuse_above"].as_f64().unwrap());
        assert!(doubt <= most && (most - 0.5).abs() < 1e-6, "{told}");
        let prompts = told["prompts"].as_array().unwrap();
        let written: Vec<&Value> = prompts.iter().filter(|p| p["used_for"] == "answer").collect();
        assert!(!written.is_empty(), "{told}");
        for prompt in written {
            assert!(words(prompt).ends_with(question), "{prompt}");
        }
        // The quote stands in what the model was given to read.
        let quote = plain(text(&answer["citations"][0], "quote"));
        assert!(prompts.iter().any(|p| p["used_for"] == "answer" && words(p).contains(&quote)), "{quote}: {told}");
    });
}

#[test]
fn a_quote_asked_no_model_and_a_refusal_shows_its_number() {
    run(async {
        let (_held, course) = (shared().await, plants().await);
        let body = json!({ "question": "What pigment catches sunlight?", "mode": "quote", "explain": true });
        let told = &ask(&course, body).await["explanation"];
        assert_eq!(told["prompts"], json!([]));
        let body = json!({ "question": "Who won the football world cup in 1998?", "explain": true });
        let answer = ask(&course, body).await;
        let told = &answer["explanation"];
        assert_eq!(answer["refused"], true, "{answer}");
        assert!(told["doubt"].as_f64() > told["refuse_above"].as_f64(), "{told}");
        let body = json!({ "question": "What chapters are there?", "explain": true });
        let told = &ask(&course, body).await["explanation"];
        assert_eq!((&told["query"], &told["doubt"], &told["prompts"]), (&Value::Null, &Value::Null, &json!([])));
        assert!(!told["passages"].as_array().unwrap().is_empty());
    });
}

#[test]
fn a_follow_up_is_searched_with_what_was_asked_before_in_its_conversation() {
    run(async {
        let (server, course) = (shared().await, plants().await);
        let (_, begun) = server.post(&format!("/api/v1/courses/{course}/conversations"), json!({})).await;
        let ask_in = async |question: &str, mode: &str| {
            let id = text(&begun, "id");
            ask(&course, json!({ "question": question, "mode": mode, "conversation_id": id, "explain": true })).await
        };
        ask_in("What are chloroplasts?", "quote").await;
        let answer = ask_in("Where are they?", "quote").await;
        assert_eq!(text(&answer["explanation"], "query"), "Where are they? chloroplasts", "{answer}");
        let (_, shown) = server.get(&format!("/api/v1/conversations/{}", text(&begun, "id"))).await;
        assert_eq!(shown["turns"][1]["answer"]["explanation"], answer["explanation"]);
    });
}

#[test]
fn a_stream_tells_it_with_its_last_event() {
    run(async {
        let (server, course) = (shared().await, plants().await);
        let body = json!({ "question": "What pigment catches sunlight?", "stream": true, "explain": true });
        let request = server.request(Method::POST, &format!("/api/v1/courses/{course}/ask")).json(&body);
        let events = request.send().await.unwrap().text().await.unwrap();
        let last = events.lines().filter_map(|line| line.strip_prefix("data: ")).next_back().unwrap();
        let done: Value = serde_json::from_str(last).unwrap();
        assert!(!done["explanation"]["prompts"].as_array().unwrap().is_empty(), "{done}");
    });
}
