//! Answers questions from five passages each, with guesses from the prompt and without, in alternation:
//! `bench_answers MODEL FOLDER [QUESTIONS] [TOKENS]`. FOLDER holds `passages.jsonl` and `questions.jsonl`. Prints seconds
//! and tokens of both, the ratio of their times, and whether all texts are the same.

use std::{collections::HashMap, path::Path, time::Instant};

use domain::{
    Language,
    ports::{GenerateRequest, Generated, LanguageModel, Message, Role, Sampling},
};
use engine::{GgufModel, GgufModelSettings};
use serde_json::Value;

/// Most tokens guessed at once.
const GUESSES: usize = 16;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let args: Vec<String> = std::env::args().collect();
    let (path, folder) = (args.get(1).expect("a GGUF file"), args.get(2).expect("a folder of questions"));
    let number = |n: usize, default| args.get(n).and_then(|v| v.parse::<usize>().ok()).unwrap_or(default);
    let load = |lookup| {
        let settings = GgufModelSettings { lookup, ..GgufModelSettings::default() };
        GgufModel::load(Path::new(path), None, vec![Language::English], &settings).unwrap()
    };
    let models = [load(0), load(GUESSES)];
    let (mut seconds, mut tokens, mut same) = ([0.0; 2], [0; 2], true);
    for content in prompts(Path::new(folder), number(3, 20)) {
        let mut texts = Vec::new();
        for (n, model) in models.iter().enumerate() {
            let started = Instant::now();
            let (text, written) = write(model, &content, number(4, 64)).await;
            seconds[n] += started.elapsed().as_secs_f64();
            tokens[n] += written;
            texts.push(text);
        }
        same &= texts[0] == texts[1];
    }
    for (n, how) in ["without guesses", "with guesses"].into_iter().enumerate() {
        let counts = models[n].counts();
        println!(
            "{how}: {:.1} s, {} tokens, {} steps, {} prompt tokens",
            seconds[n], tokens[n], counts.steps, counts.prompt_tokens
        );
    }
    println!("ratio answers guesses {:.2}, the same texts: {same}", seconds[0] / seconds[1]);
}

/// Questions with their passage among its neighbours, worded as the service does.
fn prompts(folder: &Path, count: usize) -> Vec<String> {
    let read = |name: &str| -> Vec<Value> {
        let text = std::fs::read_to_string(folder.join(name)).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let passages = read("passages.jsonl");
    let place: HashMap<&str, usize> =
        passages.iter().enumerate().map(|(n, p)| (p["id"].as_str().unwrap(), n)).collect();
    let questions = read("questions.jsonl");
    let step = (questions.len() / count.max(1)).max(1);
    let prompt = |question: &Value| {
        let at = place[question["passage_id"].as_str().unwrap()].saturating_sub(2).min(passages.len() - 5);
        let lines = (1..).zip(&passages[at..at + 5]).map(|(n, p)| format!("[{n}] {}\n", p["text"].as_str().unwrap()));
        format!("{}\nQuestion: {}", lines.collect::<String>(), question["question"].as_str().unwrap())
    };
    questions.iter().step_by(step).take(count).map(prompt).collect()
}

async fn write(model: &GgufModel, content: &str, max_tokens: usize) -> (String, usize) {
    let rules = "Answer the question in one short sentence, using only the words of the passages.".to_owned();
    let request = GenerateRequest {
        messages: vec![
            Message { role: Role::System, content: rules },
            Message { role: Role::User, content: content.to_owned() },
        ],
        max_tokens,
        sampling: Sampling { repetition_penalty: 1.05, ..Sampling::default() },
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
