//! What is kept of answers and what a teacher learns of it; the state of the service; reading a document again.

use reqwest::Method;
use serde_json::json;

use super::{PLANTS, WATER, run, shared, text};
use lectern_tests::{Options, Server};

#[test]
fn answers_are_kept_rated_summed_up_and_forgotten() {
    run(async {
        let server = shared().await;
        let course = server.course("insight").await;
        let plants = server.ingest(&course, "plants.md", PLANTS).await;
        server.ingest(&course, "water.md", WATER).await;
        let at = |rest: &str| format!("/api/v1/courses/{course}/{rest}");
        let mut ids = Vec::new();
        for question in
            ["What pigment catches sunlight?", "what pigment catches  sunlight", "Who won the 1998 world cup?"]
        {
            let (status, answer) = server.post(&at("ask"), json!({ "question": question, "mode": "quote" })).await;
            assert_eq!(status, 200, "{answer}");
            ids.push(text(&answer, "id").to_owned());
        }
        let rating =
            server.request(Method::PATCH, &format!("/api/v1/answers/{}", ids[0])).json(&json!({ "helpful": false }));
        assert_eq!(server.send(rating).await.0, 204);
        let (_, kept) = server.get(&at("answers?limit=2")).await;
        assert_eq!(text(&kept["answers"][0], "question"), "Who won the 1998 world cup?", "{kept}");
        assert_eq!(kept["answers"][0]["refused"], true, "{kept}");
        let (_, rest) = server.get(&at(&format!("answers?cursor={}", text(&kept, "next_cursor")))).await;
        assert_eq!(
            (rest["answers"].as_array().unwrap().len(), &rest["answers"][0]["helpful"]),
            (1, &json!(false)),
            "{rest}"
        );
        let (_, insight) = server.get(&at("insight")).await;
        assert_eq!(
            (&insight["asked"], &insight["refused"], &insight["unhelpful"]),
            (&json!(3), &json!(1), &json!(1)),
            "{insight}"
        );
        assert_eq!(insight["asked_most"][0]["times"], 2, "{insight}");
        assert_eq!(text(&insight["gaps"][0], "question"), "Who won the 1998 world cup?", "{insight}");
        assert_eq!(text(&insight["did_not_help"][0], "question"), "What pigment catches sunlight?");
        let documents = insight["documents"].as_array().unwrap();
        assert_eq!((&documents[0]["id"], documents[1]["answers"].as_u64()), (&plants["id"], Some(0)), "{insight}");
        assert_eq!(server.delete(&at("answers")).await.0, 204);
        assert_eq!(server.get(&at("insight")).await.1["asked"], 0);
        let (status, problem) = server
            .send(
                server.request(Method::PATCH, &format!("/api/v1/answers/{}", ids[1])).json(&json!({ "helpful": true })),
            )
            .await;
        assert_eq!((status, text(&problem, "code")), (404, "answer_not_found"));
    });
}

#[test]
fn no_more_answers_are_kept_than_the_settings_say() {
    run(async {
        let settings = vec![("LECTERN_ANSWERS__KEPT", "1".to_owned())];
        let server = Server::start_with(Options { settings, ..Options::default() }).await;
        let course = server.course("few").await;
        server.ingest(&course, "plants.md", PLANTS).await;
        for question in ["What pigment catches sunlight?", "When did Melvin Calvin receive the Nobel Prize?"] {
            server
                .post(&format!("/api/v1/courses/{course}/ask"), json!({ "question": question, "mode": "quote" }))
                .await;
        }
        let (_, kept) = server.get(&format!("/api/v1/courses/{course}/answers")).await;
        assert_eq!(kept["answers"].as_array().unwrap().len(), 1, "{kept}");
        assert!(text(&kept["answers"][0], "question").contains("Calvin"), "{kept}");
    });
}

#[test]
fn a_locked_document_is_read_again_with_its_password() {
    run(async {
        let server = shared().await;
        let course = server.course("locked").await;
        let file = include_bytes!("../fixtures/encrypted.pdf").to_vec();
        let document = server.ingest(&course, "encrypted.pdf", file).await;
        assert_eq!(text(&document["error"], "code"), "document_encrypted", "{document}");
        let id = text(&document, "id");
        let read = format!("/api/v1/documents/{id}/read");
        assert_eq!(server.post(&read, json!({ "password": "wrong" })).await.0, 202);
        assert_eq!(text(&server.settled(id).await["error"], "code"), "wrong_password");
        assert_eq!(server.post(&read, json!({ "password": "lectern" })).await.0, 202);
        let document = server.settled(id).await;
        assert_eq!(document["status"], "ready", "{document}");
        let (status, problem) = server.post(&read, json!({})).await;
        assert_eq!((status, text(&problem, "code")), (409, "document_not_failed"));
    });
}

#[test]
fn the_status_names_models_queues_and_limits() {
    run(async {
        let server = shared().await;
        let (status, shown) = server.get("/api/v1/status").await;
        assert_eq!(status, 200, "{shown}");
        let models = shown["models"].as_array().unwrap();
        let used: Vec<_> = models.iter().filter(|m| m["in_use"] == true).collect();
        assert!(used.len() >= 4 && used.iter().all(|m| m["state"] == "installed"), "{shown}");
        assert!(shown["memory_bytes"].as_u64().unwrap() > 10_000_000, "{shown}");
        assert!(shown["key_required"] == false && shown["queued_documents"].is_u64(), "{shown}");
        let (status, problem) = server.post("/api/v1/models/no-such-model/pull", json!({})).await;
        assert_eq!((status, text(&problem, "code")), (404, "model_not_found"));
        // What is whole already is left alone.
        assert_eq!(server.post("/api/v1/models/pdfium/pull", json!({})).await.0, 202);
    });
}

#[test]
fn the_page_is_compressed_and_its_policy_allows_nothing_inline() {
    run(async {
        let server = shared().await;
        let page = server.request(Method::GET, "/").header("accept-encoding", "gzip").send().await.unwrap();
        let policy = page.headers()["content-security-policy"].to_str().unwrap().to_owned();
        assert!(policy.contains("default-src 'self'") && !policy.contains("unsafe"), "{policy}");
        assert_eq!(page.headers()["content-encoding"], "gzip");
        let spec = server.request(Method::GET, "/openapi.json").header("accept-encoding", "gzip").send().await.unwrap();
        assert_eq!(spec.headers()["content-encoding"], "gzip");
    });
}

#[test]
fn assets_are_compressed_when_the_page_is_built_and_kept_by_browsers() {
    run(async {
        let server = shared().await;
        let page = server.request(Method::GET, "/").send().await.unwrap().text().await.unwrap();
        let start = page.find("assets/").unwrap();
        let asset = format!("/{}", page[start..].split('"').next().unwrap());
        let [plain, packed] = ["identity", "gzip, deflate, br"]
            .map(|codings| server.request(Method::GET, &asset).header("accept-encoding", codings).send());
        let (plain, packed) = (plain.await.unwrap(), packed.await.unwrap());
        assert_eq!(plain.headers().get("content-encoding"), None);
        assert_eq!(packed.headers()["content-encoding"], "br");
        assert_eq!(packed.headers()["vary"], "accept-encoding");
        assert_eq!(packed.headers()["content-type"], plain.headers()["content-type"]);
        assert!(packed.headers()["cache-control"].to_str().unwrap().contains("immutable"));
        assert!(2 * packed.bytes().await.unwrap().len() < plain.bytes().await.unwrap().len());
    });
}
