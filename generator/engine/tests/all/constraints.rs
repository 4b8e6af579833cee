//! Constrained texts of a tiny random model, through the port: they satisfy the constraint beside other requests, and
//! their probabilities are told.

use domain::{
    ErrorKind,
    ports::{Constraint, FinishReason, GenerateRequest, Generated, LanguageModel, Message, Role, Sampling},
};
use engine::{GgufModel, GgufModelSettings};
use serde_json::{Value, json};

use crate::tiny::Tiny;

fn request(constraint: Constraint, seed: u64) -> GenerateRequest {
    GenerateRequest {
        messages: vec![Message { role: Role::User, content: format!("Number {seed}") }],
        max_tokens: 300,
        sampling: Sampling { temperature: 1.0, seed, ..Sampling::default() },
        constraint: Some(constraint),
        log_probabilities: true,
        ..GenerateRequest::default()
    }
}

async fn write(model: &GgufModel, request: GenerateRequest) -> (String, FinishReason, Vec<f32>) {
    let mut generation = model.generate(request).await.unwrap();
    let mut text = String::new();
    loop {
        match generation.next().await.unwrap().unwrap() {
            Generated::Text(more) => text.push_str(&more),
            Generated::Finished { reason, usage, log_probabilities } => {
                assert_eq!(usage.completion_tokens, log_probabilities.len());
                return (text, reason, log_probabilities);
            }
        }
    }
}

fn cited() -> Constraint {
    let passages = vec!["Plants release oxygen\n by day.".to_owned(), "光合作用 uses light.".to_owned()];
    Constraint::Cited { passages, refusal: Some("Not in the passages.".to_owned()) }
}

#[tokio::test]
async fn all_kinds_of_constraints_side_by_side() {
    let model = Tiny::new().load(&GgufModelSettings { queue: 64, threads: 2, ..GgufModelSettings::default() }).unwrap();
    let schema = json!({
        "type": "object",
        "properties": { "stem": { "type": "string", "maxLength": 20 }, "right": { "type": "boolean" } },
        "required": ["stem", "right"],
        "additionalProperties": false,
    });
    for seed in 0..40 {
        let (json, spans, numbers) = tokio::join!(
            write(&model, request(Constraint::JsonSchema(schema.clone()), seed)),
            write(&model, request(cited(), seed)),
            write(&model, request(Constraint::Regex("[0-9]{3}-end".to_owned()), seed)),
        );
        let value: Value = serde_json::from_str(&json.0).unwrap();
        assert!(value["stem"].is_string() && value["right"].is_boolean(), "{value}");
        assert!(json.0.starts_with("{\"stem\":\"") && json.2[..9].iter().all(|p| *p == 0.0), "forced: {json:?}");
        assert!(json.2.iter().any(|p| *p < 0.0), "chosen: {json:?}");
        let (words, number) = spans.0.rsplit_once(" [").unwrap_or((&spans.0, ""));
        match number {
            "1]" => assert!("Plants release oxygen by day.".contains(words), "{spans:?}"),
            "2]" => assert!("光合作用 uses light.".contains(words), "{spans:?}"),
            _ => assert_eq!(words, "Not in the passages."),
        }
        assert!(numbers.0.len() == 7 && numbers.0.ends_with("-end"), "{numbers:?}");
        assert_eq!([json.1, spans.1, numbers.1], [FinishReason::Stop; 3]);
        assert_eq!(write(&model, request(cited(), seed)).await.0, spans.0, "the same seed, the same text");
    }
}

#[tokio::test]
async fn a_text_that_is_forced_as_a_whole_takes_no_step_and_a_limit_still_holds() {
    let model = Tiny::new().load(&GgufModelSettings::default()).unwrap();
    let constant = || request(Constraint::JsonSchema(json!({ "const": "always" })), 1);
    let (text, reason, log_probabilities) = write(&model, constant()).await;
    assert_eq!((text.as_str(), reason, log_probabilities), ("\"always\"", FinishReason::Stop, vec![0.0; 8]));
    assert_eq!(model.counts().steps, 0);
    let (text, reason, _) = write(&model, GenerateRequest { max_tokens: 3, ..constant() }).await;
    assert_eq!((text.as_str(), reason), ("\"al", FinishReason::Length));
    let (text, reason, _) = write(&model, GenerateRequest { max_tokens: 8, ..constant() }).await;
    assert_eq!((text.as_str(), reason), ("\"always\"", FinishReason::Stop));
}

#[tokio::test]
async fn a_bad_constraint_is_told_before_anything_is_written() {
    let model = Tiny::new().load(&GgufModelSettings::default()).unwrap();
    let error = model.generate(request(Constraint::Regex("(".to_owned()), 1)).await.err().expect("an error");
    assert_eq!((error.kind, error.code), (ErrorKind::InvalidInput, "constraint_invalid"));
    let (text, _, _) = write(&model, request(cited(), 1)).await;
    assert!(!text.is_empty(), "the model goes on");
}
