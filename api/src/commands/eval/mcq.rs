//! `lectern eval mcq`: multiple choice by the likelihood of the options' texts, with and without the passage.

use std::{collections::BTreeMap, path::PathBuf, process::ExitCode};

use clap::Args;
use domain::{
    Language,
    ports::{LanguageModel, ScoreRequest},
    task_prompts::answer_prompt,
};
use serde::Deserialize;
use serde_json::json;

use crate::{
    commands::{CommandResult, Output},
    served_models::load_one,
    settings::{Places, Settings},
};

/// What is asked.
#[derive(Debug, Args)]
pub struct McqArgs {
    /// Questions (JSONL: lang, passage, question, options, `answer_index`), or C-Eval's and CMMLU's form (CSV with the
    /// columns question, A, B, C, D, answer)
    file: PathBuf,
    /// Only so many questions, spread evenly
    #[arg(long)]
    limit: Option<usize>,
    /// Use this adapter of the settings beside the generator's weights
    #[arg(long, value_name = "NAME")]
    adapter: Option<String>,
}

/// A question with its options.
#[derive(Debug, Deserialize)]
struct Item {
    #[serde(default)]
    lang: Option<Language>,
    #[serde(default)]
    passage: String,
    question: String,
    options: Vec<String>,
    answer_index: usize,
}

/// Right answers out of all, with the passage and without.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    items: usize,
    with: usize,
    without: usize,
    by_chance: f64,
}

/// Scores every option, and prints how often the likeliest is the key. An option's likelihood is the mean over its tokens,
/// so that a short one has no advantage.
pub async fn run(settings: &Settings, places: &Places, output: Output, args: McqArgs) -> CommandResult {
    let items = retriever::spread(read(&args.file)?, args.limit);
    let model = load_one(settings, places, args.adapter.as_deref()).await?;
    let mut counts: BTreeMap<&'static str, Counts> = BTreeMap::new();
    for item in &items {
        let language = item.lang.unwrap_or(Language::English);
        let with = choose(model.as_ref(), language, &[item.passage.as_str()], item).await?;
        let without = choose(model.as_ref(), language, &[], item).await?;
        let sum = counts.entry(language.tag()).or_default();
        sum.items += 1;
        sum.with += usize::from(with == item.answer_index);
        sum.without += usize::from(without == item.answer_index);
        sum.by_chance += 1.0 / item.options.len() as f64;
    }
    for (language, c) in counts {
        let share = |n: usize| n as f64 / c.items as f64;
        let chance = c.by_chance / c.items as f64;
        let shown = json!({
            "language": language, "items": c.items, "with_passage": share(c.with), "without": share(c.without), "chance": chance,
        });
        output.print(&shown, || {
            format!(
                "{language:<8} {:>5} questions: {:.1} % with the passage, {:.1} % without, {:.1} % by chance",
                c.items,
                100.0 * share(c.with),
                100.0 * share(c.without),
                100.0 * chance
            )
        });
    }
    Ok(ExitCode::SUCCESS)
}

/// The likeliest option.
async fn choose(
    model: &dyn LanguageModel,
    language: Language,
    passages: &[&str],
    item: &Item,
) -> Result<usize, domain::PortError> {
    let passages: Vec<&str> = passages.iter().copied().filter(|p| !p.is_empty()).collect();
    let request = ScoreRequest {
        messages: answer_prompt(language, &passages, &item.question),
        continuations: item.options.clone(),
    };
    let scores = model.score(request).await?;
    let mean = scores.iter().map(|s| s.log_probability / s.tokens.max(1) as f32);
    Ok(mean.enumerate().max_by(|a, b| a.1.total_cmp(&b.1)).map_or(0, |(n, _)| n))
}

fn read(path: &std::path::Path) -> Result<Vec<Item>, String> {
    let text = std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
    let items: Vec<Item> = if path.extension().is_some_and(|e| e == "csv") {
        read_csv(&text).map_err(|e| format!("{}: {e}", path.display()))?
    } else {
        let line = |(n, line): (usize, &str)| {
            serde_json::from_str(line).map_err(|e| format!("{} line {}: {e}", path.display(), n + 1))
        };
        text.lines().enumerate().filter(|(_, l)| !l.trim().is_empty()).map(line).collect::<Result<_, _>>()?
    };
    for (n, item) in items.iter().enumerate() {
        if item.options.len() < 2
            || item.answer_index >= item.options.len()
            || item.options.iter().any(String::is_empty)
        {
            let n = n + 1;
            return Err(format!(
                "{} question {n}: needs two options or more, none empty, and the key among them",
                path.display()
            ));
        }
    }
    if items.is_empty() { Err(format!("{} holds no questions", path.display())) } else { Ok(items) }
}

/// C-Eval's and CMMLU's form: a head line, and the key as a letter.
fn read_csv(text: &str) -> Result<Vec<Item>, String> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
    let head: Vec<String> = reader.headers().map_err(|e| e.to_string())?.iter().map(str::to_lowercase).collect();
    let column = |name: &str| head.iter().position(|h| h == name).ok_or_else(|| format!("has no column `{name}`"));
    let (question, answer) = (column("question")?, column("answer")?);
    let options: Vec<usize> = ["a", "b", "c", "d"].into_iter().map(column).collect::<Result<_, _>>()?;
    let item = |(n, record): (usize, csv::Result<csv::StringRecord>)| {
        let record = record.map_err(|e| e.to_string())?;
        let field = |at: usize| record.get(at).unwrap_or_default().trim().to_owned();
        let letter = field(answer).to_uppercase();
        let key = "ABCD".find(letter.as_str()).filter(|_| letter.len() == 1);
        Ok(Item {
            lang: Some(Language::SimplifiedChinese),
            passage: String::new(),
            question: field(question),
            options: options.iter().map(|at| field(*at)).collect(),
            answer_index: key.ok_or_else(|| format!("line {}: the answer `{letter}` is none of A, B, C, D", n + 2))?,
        })
    };
    reader.records().enumerate().map(item).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c_eval_questions_are_read() {
        let items = read_csv("id,question,A,B,C,D,answer\n0,\"1+1, =?\",1,2,3,4,B\n").unwrap();
        assert_eq!((items[0].question.as_str(), items[0].answer_index), ("1+1, =?", 1));
        assert!(read_csv("question,A,B,C,D,answer\nq,1,2,3,4,E\n").unwrap_err().contains("line 2"));
        assert!(read_csv("question,answer\n").unwrap_err().contains("column `a`"));
    }
}
