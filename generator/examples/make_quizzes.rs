//! Measures quizzes on question sets in the form of `passages.jsonl`: how many candidates pass each check, how many
//! questions a text and a minute give, and the shape of what is accepted.
//!
//! `cargo run --release -p lectern-generator --example make_quizzes -- SET_FOLDER [PASSAGES] [QUESTIONS] [KINDS] [MODEL.gguf]`;
//! kinds by their JSON names with commas between; `SHOW=1` prints the questions, `JSON=FILE` writes them.

use std::{collections::HashSet, path::Path, sync::Arc, time::Instant};

use domain::{
    ByteRange, DocumentId, Language, Question, QuestionBody, QuestionKind, QuizRequest,
    ports::{EmbedRole, Embedder, LanguageModel},
};
use generator::{GgufModel, GgufModelSettings, MadeQuiz, Place, QuizConfig, QuizMaker, QuizSource};
use serde_json::Value;

#[path = "../tests/common/mod.rs"]
mod common;
use common::E5;

#[tokio::main]
async fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let folder = args.first().expect("a folder with passages.jsonl");
    let number = |n: usize, or: usize| args.get(n).and_then(|n| n.parse().ok()).unwrap_or(or);
    let sources = read_sources(Path::new(folder), number(1, 60));
    let kinds: Vec<QuestionKind> = args.get(3).map_or_else(Vec::new, |list| {
        list.split(',')
            .map(|k| serde_json::from_value(Value::String(k.to_owned())).expect("a kind of question"))
            .collect()
    });
    let Some(e5) = E5::load().map(Arc::new) else { return };
    // Loading is not measured.
    e5.embed(vec!["x".to_owned()], EmbedRole::Passage).await.unwrap();
    let model = args.get(4).map(|path| {
        let settings = GgufModelSettings::default();
        let languages = if path.contains("smollm") || path.contains("tunerun") {
            vec![Language::English]
        } else {
            vec![Language::English, Language::TraditionalChinese, Language::SimplifiedChinese]
        };
        Arc::new(GgufModel::load(Path::new(path), None, languages, &settings).unwrap()) as Arc<dyn LanguageModel>
    });
    let maker = QuizMaker::new(model, e5.clone(), QuizConfig::default());
    let request = QuizRequest {
        count: number(2, 200),
        kinds,
        language: None,
        document_ids: Vec::new(),
        pages: Vec::new(),
        difficulty: None,
        level: None,
        seed: Some(1),
        reuse_items: false,
        title: None,
    };
    let locate = |_: DocumentId, range: ByteRange| vec![Place { range, page: 1, boxes: Vec::new(), shown: None }];
    let started = Instant::now();
    let made = maker.make(&request, &sources, &locate, |_| {}).await.unwrap();
    let seconds = started.elapsed().as_secs_f32();
    if std::env::var_os("SHOW").is_some() {
        made.questions.iter().for_each(show);
    }
    if let Some(path) = std::env::var_os("JSON") {
        std::fs::write(path, serde_json::to_vec_pretty(&made.questions).unwrap()).unwrap();
    }
    e5.keep();
    report(&made, &sources, seconds);
}

fn read_sources(folder: &Path, count: usize) -> Vec<QuizSource> {
    let text = std::fs::read_to_string(folder.join("passages.jsonl")).unwrap();
    let all: Vec<Value> = text.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let step = (all.len() / count).max(1);
    let field = |v: &Value, key: &str| v[key].as_str().unwrap_or_default().to_owned();
    // One document a title, its passages one after another.
    let mut documents: Vec<(String, DocumentId, usize)> = Vec::new();
    let chosen = all.iter().step_by(step).take(count);
    chosen
        .map(|passage| {
            let title = field(passage, "title");
            let text = field(passage, "text");
            if !documents.iter().any(|(t, _, _)| *t == title) {
                documents.push((title.clone(), DocumentId::new(), 0));
            }
            let document = documents.iter_mut().find(|(t, _, _)| *t == title).unwrap();
            let start = document.2;
            document.2 += text.len() + 1;
            QuizSource {
                document_id: document.1,
                document_name: title.clone(),
                text,
                start,
                page: 1,
                heading_path: vec![title],
                language: Language::from_tag(&field(passage, "lang")).unwrap(),
                items: Vec::new(),
            }
        })
        .collect()
}

fn show(question: &Question) {
    println!("\n[{:?}] {}", question.body.kind(), question.stem);
    match &question.body {
        QuestionBody::MultipleChoice { options, key } => {
            for (label, option) in ('A'..).zip(options) {
                println!("   {label}{} {option}", if option == key { "*" } else { "." });
            }
        }
        body => println!("   {}", serde_json::to_string(body).unwrap()),
    }
    for cited in &question.evidence {
        println!("   > {}", cited.quote);
    }
}

fn report(made: &MadeQuiz, sources: &[QuizSource], seconds: f32) {
    let questions = &made.questions;
    let n = questions.len();
    let chinese = sources.first().is_some_and(|s| s.language.is_chinese());
    let size: usize =
        sources.iter().map(|s| if chinese { s.text.chars().count() } else { s.text.split_whitespace().count() }).sum();
    let unit = if chinese { 200 } else { 150 };
    println!("\n{} passages, {size} {}", sources.len(), if chinese { "characters" } else { "words" });
    println!(
        "tried {}, accepted {n}: {:.2} per {unit}, {:.1} a minute",
        made.tried,
        n as f32 * unit as f32 / size as f32,
        n as f32 * 60.0 / seconds
    );
    for left in &made.left_out {
        println!("  left out {:5} {}", left.count, left.reason);
    }
    let asked: HashSet<&str> = questions.iter().filter_map(|q| Some(q.evidence.first()?.quote.as_str())).collect();
    let touched = sources.iter().filter(|s| asked.iter().any(|q| s.text.contains(*q))).count();
    println!("passages asked about: {touched} of {}", sources.len());
    let mut places = [0_usize; 5];
    let (mut longest, mut shared, mut choices, mut ratio) = (0, 0.0, 0, 0.0);
    for question in questions {
        let QuestionBody::MultipleChoice { options, key } = &question.body else { continue };
        let length = |t: &String| t.chars().count();
        choices += 1;
        places[options.iter().position(|o| o == key).unwrap()] += 1;
        longest += usize::from(options.iter().filter(|o| *o != key).all(|o| length(o) < length(key)));
        let most = options.iter().map(length).max().unwrap();
        let ties = options.iter().filter(|o| length(o) == most).count();
        shared += if length(key) == most { 1.0 / ties as f32 } else { 0.0 };
        ratio += options.iter().map(length).max().unwrap() as f32 / options.iter().map(length).min().unwrap() as f32;
    }
    let expected = choices as f32 / 4.0;
    let square: f32 = places[..4].iter().map(|p| (*p as f32 - expected).powi(2) / expected.max(1.0)).sum();
    println!(
        "choices {choices}: key longest {:.1} % (ties shared {:.1} %), places {places:?}, chi-square {square:.2} (7.81 is p 0.05), length ratio {:.2}",
        100.0 * longest as f32 / choices.max(1) as f32,
        100.0 * shared / choices.max(1) as f32,
        ratio / choices.max(1) as f32
    );
    let stems: HashSet<&str> = questions.iter().map(|q| q.stem.as_str()).collect();
    let facts: HashSet<&str> = asked;
    println!("same stem {}, same evidence {}", n - stems.len(), n - facts.len());
    let verbatim = questions.iter().flat_map(|q| &q.evidence).all(|c| {
        sources.iter().any(|s| {
            let range = c.start.checked_sub(s.start).zip(c.end.checked_sub(s.start));
            s.document_id == c.document_id && range.is_some_and(|(a, b)| s.text.get(a..b) == Some(&c.quote))
        })
    });
    println!("every quote verbatim: {verbatim}; {seconds:.1} s");
}
