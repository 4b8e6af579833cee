//! A Lectern whose language model is on another machine.

use lectern_tests::{Options, Server};
use serde_json::json;

use super::{PLANTS, run, text};

#[test]
fn a_model_on_a_server_answers_and_its_loss_is_told() {
    run(async {
        let gpu_machine = Server::start().await;
        let (_, models) = gpu_machine.get("/v1/models").await;
        let model = text(&models["data"][0], "id").to_owned();
        let settings = vec![
            ("LECTERN_MODELS__GENERATOR", format!("{}/v1", gpu_machine.url)),
            ("LECTERN_MODEL_SERVER__MODEL", model),
            ("LECTERN_MODEL_SERVER__PATIENCE_S", "20".to_owned()),
        ];
        let server = Server::start_with(Options { settings, ..Options::default() }).await;
        let course = server.course("plants").await;
        server.ingest(&course, "plants.md", PLANTS).await;
        let path = format!("/api/v1/courses/{course}/ask");
        let question = json!({ "question": "Where does the oxygen of photosynthesis come from?" });
        let (status, answer) = server.post(&path, question.clone()).await;
        assert_eq!(status, 200, "{answer}");
        assert!(answer["usage"]["completion_tokens"].as_u64() > Some(0), "the model wrote nothing: {answer}");
        assert!(text(&answer["citations"][0], "quote").contains("from the water"), "{answer}");

        gpu_machine.stop().await;
        let (status, problem) = server.post(&path, question).await;
        assert_eq!((status, text(&problem, "code")), (503, "server_unreachable"), "{problem}");
    });
}
