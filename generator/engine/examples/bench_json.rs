//! Quiz questions as JSON under a schema: `bench_json MODEL [COUNT]` writes COUNT (200) of them, looks whether each parses,
//! and prints tokens per second with the schema and without, in alternation.

use std::{path::Path, time::Instant};

use domain::{
    Language,
    ports::{Constraint, GenerateRequest, Generated, LanguageModel, Message, Role, Sampling},
};
use engine::{GgufModel, GgufModelSettings};
use serde_json::{Value, json};

/// What the questions are about.
const TOPICS: [&str; 5] = ["photosynthesis", "the French Revolution", "prime numbers", "volcanoes", "cells"];

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let args: Vec<String> = std::env::args().collect();
    let path = args.get(1).expect("a GGUF file");
    let count: u64 = args.get(2).and_then(|v| v.parse().ok()).unwrap_or(200);
    let settings = GgufModelSettings::default();
    let model = GgufModel::load(Path::new(path), None, vec![Language::English], &settings).unwrap();
    write(&model, 0, true).await;
    let (mut seconds, mut tokens, mut parsed) = ([0.0; 2], [0; 2], 0);
    for seed in 0..count {
        for (n, constrained) in [false, true].into_iter().enumerate() {
            let started = Instant::now();
            let (text, written) = write(&model, seed, constrained).await;
            seconds[n] += started.elapsed().as_secs_f64();
            tokens[n] += written;
            parsed += u64::from(constrained && is_question(&text));
        }
    }
    let rate = |n: usize| tokens[n] as f64 / seconds[n];
    println!("{parsed} of {count} parse and follow the schema");
    println!("without the schema {:.1} tokens/s, with it {:.1}", rate(0), rate(1));
    println!("ratio json {:.2}", rate(1) / rate(0));
    assert_eq!(parsed, count);
}

fn schema() -> Value {
    json!({
        "type": "object",
        "properties": {
            "stem": { "type": "string", "minLength": 10, "maxLength": 120 },
            "options": { "type": "array", "items": { "type": "string", "maxLength": 40 }, "minItems": 4, "maxItems": 4 },
            "key": { "type": "integer", "minimum": 0, "maximum": 3 },
        },
        "required": ["stem", "options", "key"],
        "additionalProperties": false,
    })
}

fn is_question(text: &str) -> bool {
    let Ok(value) = serde_json::from_str::<Value>(text) else { return false };
    let options = value["options"].as_array().map_or(0, Vec::len);
    value["stem"].is_string() && options == 4 && value["key"].as_u64().is_some_and(|k| k < 4)
}

async fn write(model: &GgufModel, seed: u64, constrained: bool) -> (String, usize) {
    let topic = TOPICS[seed as usize % TOPICS.len()];
    let content = format!("Write a multiple-choice question about {topic} as JSON with stem, four options and key.");
    let request = GenerateRequest {
        messages: vec![Message { role: Role::User, content }],
        // As many tokens as the longest that the schema allows may take; without it, fewer will do for the rate.
        max_tokens: if constrained { 600 } else { 60 },
        sampling: Sampling { temperature: 0.8, top_p: 0.95, seed, ..Sampling::default() },
        constraint: constrained.then(|| Constraint::JsonSchema(schema())),
        ..GenerateRequest::default()
    };
    let mut generation = model.generate(request).await.unwrap();
    let (mut text, mut tokens) = (String::new(), 0);
    while let Some(event) = generation.next().await {
        match event.unwrap() {
            Generated::Text(more) => text.push_str(&more),
            Generated::Finished { usage, .. } => tokens = usage.completion_tokens,
        }
    }
    (text, tokens)
}
