//! Measures grounded answers on question sets in the form of `passages.jsonl` and `questions.jsonl`: how often the
//! quote holds the accepted answer, how often questions are refused with and without their passage, and, with a model,
//! how good and how quick its answers are.
//!
//! `cargo run --release -p lectern-generator --example measure_answers -- SET_FOLDER [QUESTIONS] [MODEL.gguf]`

use std::{path::Path, sync::Arc, time::Instant};

use domain::{
    AnswerMode, ByteRange, DocumentId, Language, Passage, Scores,
    ports::{EmbedRole, LanguageModel},
};
use generator::{AnswerConfig, AnswerRequest, Answerer, GgufModel, GgufModelSettings, Place};
use serde_json::Value;
use tokio::sync::mpsc;

#[path = "../tests/common/mod.rs"]
mod common;
use common::E5;

/// A question with its own passage first, then two others.
struct Case {
    question: String,
    answers: Vec<String>,
    language: Language,
    with: Vec<Passage>,
    without: Vec<Passage>,
}

#[tokio::main]
async fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let folder = args.first().expect("a folder with passages.jsonl and questions.jsonl");
    let count = args.get(1).and_then(|n| n.parse().ok()).unwrap_or(100);
    let Some(e5) = E5::load().map(Arc::new) else { return };
    let cases = read_cases(Path::new(folder), count, &e5);
    let verbose = std::env::var_os("VERBOSE").is_some();
    e5.keep();
    quotes(&cases, &e5, verbose).await;
    refusals(&cases, &e5).await;
    e5.keep();
    if let Some(model) = args.get(2) {
        answers(&cases, &e5, model, verbose).await;
    }
}

fn lines(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().map(|l| serde_json::from_str(l).unwrap()).collect()
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

fn read_cases(folder: &Path, count: usize, e5: &E5) -> Vec<Case> {
    let (passages, questions) = (lines(&folder.join("passages.jsonl")), lines(&folder.join("questions.jsonl")));
    let step = (questions.len() / count).max(1);
    let chosen: Vec<&Value> = questions.iter().step_by(step).take(count).collect();
    let own_passage = |q: &Value| passages.iter().find(|p| p["id"] == q["passage_id"]).unwrap();
    let of = |at: usize| {
        let (q, own) = (chosen[at], own_passage(chosen[at]));
        let same = |p: &&Value| p["title"] == own["title"] && p["id"] != own["id"];
        let other = |p: &&Value| p["title"] != own["title"];
        // Distractors from the same article where it has others, else passages of other questions.
        let elsewhere = || (1..chosen.len()).map(|n| own_passage(chosen[(at + n) % chosen.len()])).filter(other);
        let near: Vec<&Value> = passages.iter().filter(same).chain(elsewhere()).take(2).collect();
        let question = text(q, "question").to_owned();
        let asked = e5.vectors(std::slice::from_ref(&question), EmbedRole::Query).remove(0);
        // The nearest of all that can't hold the answer, as retrieval would find them.
        let mut far: Vec<(f32, &Value)> = elsewhere()
            .map(|p| (cosine(&asked, &e5.vectors(&[text(p, "text").to_owned()], EmbedRole::Passage)[0]), p))
            .collect();
        far.sort_by(|a, b| b.0.total_cmp(&a.0));
        far.dedup_by(|a, b| a.1["id"] == b.1["id"]);
        let far: Vec<&Value> = far.into_iter().take(3).map(|(_, p)| p).collect();
        let given: Vec<&Value> = std::iter::once(own).chain(near).collect();
        Case {
            answers: q["answers"].as_array().unwrap().iter().map(|a| a.as_str().unwrap().to_owned()).collect(),
            language: Language::from_tag(text(q, "lang")).unwrap(),
            with: as_passages(&given, &asked, e5),
            without: as_passages(&far, &asked, e5),
            question,
        }
    };
    (0..chosen.len()).map(of).collect()
}

fn as_passages(values: &[&Value], asked: &[f32], e5: &E5) -> Vec<Passage> {
    let texts: Vec<String> = values.iter().map(|v| text(v, "text").to_owned()).collect();
    let vectors = e5.vectors(&texts, EmbedRole::Passage);
    let mut passages: Vec<Passage> = values
        .iter()
        .zip(texts)
        .zip(vectors)
        .map(|((value, text), vector)| {
            let cosine = cosine(&vector, asked);
            Passage {
                n: 0,
                document_id: DocumentId::new(),
                document_name: self::text(value, "title").to_owned(),
                pages: (1, 1),
                heading_path: Vec::new(),
                range: ByteRange::new(0, text.len()),
                text,
                score: cosine,
                scores: Scores { dense: Some(cosine), ..Scores::default() },
                boxes: Vec::new(),
            }
        })
        .collect();
    passages.sort_by(|a, b| b.score.total_cmp(&a.score));
    for (n, passage) in (1..).zip(&mut passages) {
        passage.n = n;
    }
    passages
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

async fn ask(answerer: &Answerer, case: &Case, mode: AnswerMode, passages: &[Passage]) -> domain::Answer {
    let (events, mut seen) = mpsc::channel(64);
    tokio::spawn(async move { while seen.recv().await.is_some() {} });
    let request = AnswerRequest {
        question: case.question.clone(),
        history: Vec::new(),
        mode,
        language: case.language,
        passages: passages.to_vec(),
    };
    let locate = |_: DocumentId, range: ByteRange| vec![Place { range, page: 1, boxes: Vec::new(), shown: None }];
    answerer.answer(request, &locate, events).await.unwrap()
}

async fn quotes(cases: &[Case], e5: &Arc<E5>, verbose: bool) {
    let config = AnswerConfig { refuse_below: -1.0, refuse_below_chinese: -1.0, ..AnswerConfig::default() };
    let answerer = Answerer::new(None, e5.clone(), config);
    let (mut good, mut bytes, started) = (0, 0, Instant::now());
    for case in cases {
        let answer = ask(&answerer, case, AnswerMode::Quote, &case.with).await;
        let quote = &answer.citations[0].quote;
        bytes += quote.len();
        let hit = case.answers.iter().any(|a| quote.contains(a.as_str()));
        good += usize::from(hit);
        if verbose && !hit {
            println!("MISS {} {:?}\n     {quote}", case.question, case.answers);
        }
    }
    let n = cases.len();
    println!("quote: {good} of {n} hold the answer; mean {} bytes; {:?} each", bytes / n, started.elapsed() / n as u32);
}

async fn refusals(cases: &[Case], e5: &Arc<E5>) {
    println!("refused at: threshold, with its passage, with passages of other articles");
    for step in 0..14 {
        let refuse_below = 0.78 + step as f32 * 0.01;
        let answerer = Answerer::new(
            None,
            e5.clone(),
            AnswerConfig { refuse_below, refuse_below_chinese: refuse_below, ..AnswerConfig::default() },
        );
        let (mut wrong, mut right) = (0, 0);
        for case in cases {
            wrong += usize::from(ask(&answerer, case, AnswerMode::Quote, &case.with).await.refused);
            right += usize::from(ask(&answerer, case, AnswerMode::Quote, &case.without).await.refused);
        }
        println!("  {refuse_below:.2} {wrong:4} {right:4} of {}", cases.len());
    }
}

async fn answers(cases: &[Case], e5: &Arc<E5>, model: &str, verbose: bool) {
    let started = Instant::now();
    let languages = vec![Language::English, Language::TraditionalChinese, Language::SimplifiedChinese];
    let model = GgufModel::load(Path::new(model), None, languages, &GgufModelSettings::default()).unwrap();
    println!("{} loaded in {:?}", model.info().id, started.elapsed());
    let answerer = Answerer::new(Some(Arc::new(model)), e5.clone(), AnswerConfig::default());
    let (mut text_good, mut any_good, mut written, mut refused, started) = (0, 0, 0, 0, Instant::now());
    let mut tokens = (0, 0);
    for case in cases {
        let answer = ask(&answerer, case, AnswerMode::Answer, &case.with).await;
        let holds = |text: &str| case.answers.iter().any(|a| text.to_lowercase().contains(&a.to_lowercase()));
        let in_text = holds(&answer.text);
        let quoted = answer.citations.iter().any(|c| holds(&c.quote));
        let own =
            !answer.refused && answer.sentences.iter().any(|s| answer.citations.iter().all(|c| c.quote != s.text));
        text_good += usize::from(in_text);
        any_good += usize::from(in_text || quoted);
        written += usize::from(own);
        refused += usize::from(answer.refused);
        tokens = (tokens.0 + answer.usage.prompt_tokens, tokens.1 + answer.usage.completion_tokens);
        if verbose {
            println!(
                "{} {} {:?}\n   -> {}",
                if in_text { "good" } else { "MISS" },
                case.question,
                case.answers,
                answer.text
            );
        }
    }
    let n = cases.len();
    println!(
        "answer: {text_good} of {n} texts and {any_good} texts or quotes hold the answer; {written} written by the model, {refused} refused; {:?} each; {:?} tokens",
        started.elapsed() / n as u32,
        tokens
    );
}
