//! Adapters served beside the generator's weights, chosen per request and per course.

use std::path::Path;

use lectern_tests::{Options, Server};
use reqwest::Method;
use serde_json::{Value, json};

use super::{PLANTS, run, text};

const BASE: &str = "smollm2-135m-instruct";

fn settings(name: &'static str, folder: &str) -> Vec<(&'static str, String)> {
    let adapter = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(folder);
    vec![("LECTERN_MODELS__GENERATOR", BASE.to_owned()), (name, adapter.to_str().unwrap().to_owned())]
}

#[test]
fn questions_and_courses_choose_an_adapter() {
    run(async {
        let settings = settings("LECTERN_ADAPTERS__READER", "tuner/adapters/smollm2-135m-lectern");
        let server = Server::start_with(Options { settings, ..Options::default() }).await;
        let (_, models) = server.get("/v1/models").await;
        let ids: Vec<&str> = models["data"].as_array().unwrap().iter().map(|m| text(m, "id")).collect();
        assert_eq!(ids[..2], [BASE, "reader"], "{models}");

        let course = server.course("plants").await;
        server.ingest(&course, "plants.md", PLANTS).await;
        let ask = format!("/api/v1/courses/{course}/ask");
        let asked =
            |model: Value| json!({ "question": "Where does the oxygen of photosynthesis come from?", "model": model });
        let (status, tuned) = server.post(&ask, asked(json!("reader"))).await;
        assert_eq!((status, text(&tuned, "model")), (200, "reader"), "{tuned}");
        assert!(text(&tuned, "answer").contains("water"), "{tuned}");
        assert!(tuned["usage"]["completion_tokens"].as_u64() > Some(0), "the adapter wrote nothing: {tuned}");
        let (_, plain) = server.post(&ask, asked(Value::Null)).await;
        assert_eq!(text(&plain, "model"), BASE, "{plain}");

        let path = format!("/api/v1/courses/{course}");
        let change = |model: &str| {
            let body = json!({ "model": model });
            server.send(server.request(Method::PATCH, &path).json(&body))
        };
        let (status, changed) = change("reader").await;
        assert_eq!((status, text(&changed, "model")), (200, "reader"), "{changed}");
        let (_, same) = server.post(&ask, asked(Value::Null)).await;
        assert_eq!((text(&same, "model"), text(&same, "answer")), ("reader", text(&tuned, "answer")), "{same}");
        let (_, back) = change(BASE).await;
        assert_eq!(back["model"], Value::Null, "{back}");

        let (status, problem) = change("rider").await;
        assert_eq!((status, text(&problem, "code")), (400, "unknown_model"), "{problem}");
        assert!(text(&problem, "detail").contains("`reader`"), "{problem}");
        let (status, problem) = server.post(&ask, asked(json!("rider"))).await;
        assert_eq!((status, text(&problem, "code")), (400, "unknown_model"), "{problem}");
        let chat = json!({ "model": "reader", "messages": [{ "role": "user", "content": "Hi" }], "max_tokens": 4 });
        let (status, completion) = server.post("/v1/chat/completions", chat).await;
        assert_eq!((status, text(&completion, "model")), (200, "reader"), "{completion}");
    });
}

#[test]
fn an_adapter_that_does_not_fit_refuses_to_start() {
    run(async {
        let settings = settings("LECTERN_ADAPTERS__TINY", "tuner/tests/fixtures/llama/adapter");
        let said = Server::try_start(Options { settings, ..Options::default() }).await.unwrap_err();
        assert!(said.contains("`tiny`") && said.contains("lora_A.weight"), "{said}");
    });
}
