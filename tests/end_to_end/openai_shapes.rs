//! The OpenAI shapes.

use serde_json::json;

use super::{PLANTS, run, shared, text};

#[test]
fn models_embeddings_and_chat_have_the_shapes_clients_expect() {
    run(async {
        let server = shared().await;
        let (_, models) = server.get("/v1/models").await;
        let ids: Vec<&str> = models["data"].as_array().unwrap().iter().map(|m| text(m, "id")).collect();
        let [generator, embedder] = ids[..] else { panic!("{models}") };
        let body = json!({ "model": embedder, "input": ["plants", "植物"] });
        let (status, vectors) = server.post("/v1/embeddings", body).await;
        assert_eq!(status, 200, "{vectors}");
        let vector = vectors["data"][1]["embedding"].as_array().unwrap();
        let norm: f64 = vector.iter().map(|x| x.as_f64().unwrap().powi(2)).sum();
        assert!((norm - 1.0).abs() < 1e-3, "{norm}");
        let hello = json!([{ "role": "user", "content": "Say hello." }]);
        let body = json!({ "model": generator, "messages": hello, "max_tokens": 8 });
        let (status, chat) = server.post("/v1/chat/completions", body).await;
        assert_eq!(status, 200, "{chat}");
        assert!(!text(&chat["choices"][0]["message"], "content").is_empty());
        assert!(chat["usage"]["completion_tokens"].as_u64().unwrap() <= 8);
        let (status, problem) = server.post("/v1/chat/completions", json!({ "model": "gpt", "messages": hello })).await;
        assert_eq!((status, text(&problem, "code")), (404, "model_not_found"));
    });
}

#[test]
fn a_course_answers_as_a_model() {
    run(async {
        let server = shared().await;
        let course = server.course("as a model").await;
        server.ingest(&course, "plants.md", PLANTS).await;
        let messages = json!([{ "role": "user", "content": "When did Melvin Calvin receive the Nobel Prize?" }]);
        let model = format!("course:{course}");
        let (status, chat) = server.post("/v1/chat/completions", json!({ "model": model, "messages": messages })).await;
        assert_eq!(status, 200, "{chat}");
        assert!(text(&chat["lectern"]["citations"][0], "quote").contains("1961"), "{chat}");
        let body = json!({ "model": model, "messages": messages, "stream": true });
        let (_, events) = server.post("/v1/chat/completions", body).await;
        assert!(events.as_str().unwrap().trim_end().ends_with("data: [DONE]"), "{events}");
    });
}
