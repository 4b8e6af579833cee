//! `lectern eval mcq`: multiple choice by likelihood, with and without the passage: of the options' texts, or of their
//! letters as C-Eval (Huang et al. 2023, arXiv 2305.08322) and CMMLU (Li et al. 2023, arXiv 2306.09212) ask.

mod letters;
mod read_items;

use std::{collections::BTreeMap, path::PathBuf, process::ExitCode, sync::Arc};

use clap::{Args, ValueEnum};
use client::{CommandResult, Output};
use domain::{
    ErrorKind, PortResult,
    ports::{LanguageModel, ScoreRequest},
    task_prompts::answer_prompt,
};
use serde_json::{Value, json};
use server::{Places, Settings, load_one};

use self::{
    letters::{letter, letter_prompt},
    read_items::{Item, Subject, read_subjects},
};

/// What is asked.
#[derive(Debug, Args)]
pub struct McqArgs {
    /// Questions (JSONL: lang, passage, question, options, `answer_index`), or C-Eval's and CMMLU's form (CSV with the
    /// columns question, A, B, C, D, answer); or a folder with such a file for each subject
    file: PathBuf,
    /// What the model weighs: the options' texts, or their letters after the question with all options
    #[arg(long, value_enum, default_value = "options")]
    form: Form,
    /// Solved questions shown before each, from --dev; fewer where they do not fit into the context
    #[arg(long, default_value_t = 0, requires = "dev")]
    shots: usize,
    /// Solved questions: a file, or a folder with a file for each subject (`law_dev.csv` or `law.csv` for `law_val.csv`)
    #[arg(long, value_name = "PATH")]
    dev: Option<PathBuf>,
    /// Only so many questions (of each subject), spread evenly
    #[arg(long)]
    limit: Option<usize>,
    /// Use this adapter of the settings beside the generator's weights
    #[arg(long, value_name = "NAME")]
    adapter: Option<String>,
}

/// What is weighed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    /// The options' texts after the question alone
    Options,
    /// The letters after the question and its options
    Letters,
}

/// Right answers out of all, with the passage and without.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    items: usize,
    with: usize,
    without: usize,
    by_chance: f64,
}

/// The same as shares.
#[derive(Clone, Copy, Debug, Default)]
struct Shares {
    with: f64,
    without: f64,
    chance: f64,
}

/// Asks all questions, and prints how often the likeliest is the key: by language, or by subject with their mean.
pub async fn run(settings: &Settings, places: &Places, output: Output, args: McqArgs) -> CommandResult {
    if args.shots > 0 && args.form == Form::Options {
        return Err("--shots needs --form letters".into());
    }
    let dev = args.dev.as_deref().filter(|_| args.shots > 0);
    let subjects = read_subjects(&args.file, args.limit, dev.map(|dev| (dev, args.shots)))?;
    let model = load_one(settings, places, args.adapter.as_deref()).await?;
    if !args.file.is_dir() {
        for subject in &subjects {
            for (language, counts) in measure(&model, args.form, subject).await? {
                report(output, ("language", language), counts.items, counts.shares());
            }
        }
        return Ok(ExitCode::SUCCESS);
    }
    let (mut all, mut items) = (Vec::new(), 0);
    for subject in &subjects {
        let counts = measure(&model, args.form, subject).await?.into_values().fold(Counts::default(), Counts::plus);
        report(output, ("subject", &subject.name), counts.items, counts.shares());
        items += counts.items;
        all.push(counts.shares());
    }
    // As the benchmarks define it: subjects count alike, however many questions each has.
    report(output, ("subject", "mean"), items, mean(&all));
    Ok(ExitCode::SUCCESS)
}

fn report(output: Output, (kind, name): (&str, &str), items: usize, shares: Shares) {
    let Shares { with, without, chance } = shares;
    let mut shown = json!({ "items": items, "with_passage": with, "without": without, "chance": chance });
    shown[kind] = Value::from(name);
    output.print(&shown, || {
        format!(
            "{name:<8} {items:>5} questions: {:.1} % with the passage, {:.1} % without, {:.1} % by chance",
            100.0 * with,
            100.0 * without,
            100.0 * chance
        )
    });
}

impl Counts {
    fn plus(self, other: Self) -> Self {
        Self {
            items: self.items + other.items,
            with: self.with + other.with,
            without: self.without + other.without,
            by_chance: self.by_chance + other.by_chance,
        }
    }

    fn shares(&self) -> Shares {
        let items = self.items.max(1) as f64;
        Shares { with: self.with as f64 / items, without: self.without as f64 / items, chance: self.by_chance / items }
    }
}

fn mean(all: &[Shares]) -> Shares {
    let of = |share: fn(&Shares) -> f64| all.iter().map(share).sum::<f64>() / all.len().max(1) as f64;
    Shares { with: of(|s| s.with), without: of(|s| s.without), chance: of(|s| s.chance) }
}

/// Right answers by language.
async fn measure(
    model: &Arc<dyn LanguageModel>,
    form: Form,
    subject: &Subject,
) -> PortResult<BTreeMap<&'static str, Counts>> {
    let mut counts: BTreeMap<&'static str, Counts> = BTreeMap::new();
    for item in &subject.items {
        let asker = Asker { model: model.as_ref(), form, shots: &subject.shots, item };
        let without = asker.is_right("").await?;
        let with = if item.passage.is_empty() { without } else { asker.is_right(&item.passage).await? };
        let sum = counts.entry(item.language.tag()).or_default();
        *sum = sum.plus(Counts {
            items: 1,
            with: usize::from(with),
            without: usize::from(without),
            by_chance: 1.0 / item.options.len() as f64,
        });
    }
    Ok(counts)
}

/// One question to be asked.
struct Asker<'a> {
    model: &'a dyn LanguageModel,
    form: Form,
    shots: &'a [Item],
    item: &'a Item,
}

impl Asker<'_> {
    async fn is_right(&self, passage: &str) -> PortResult<bool> {
        let chosen = match self.form {
            Form::Options => self.likeliest_option(passage).await?,
            Form::Letters => self.likeliest_letter(passage).await?,
        };
        Ok(chosen == self.item.answer_index)
    }

    /// An option's likelihood is the mean over its tokens, so that a short one has no advantage.
    async fn likeliest_option(&self, passage: &str) -> PortResult<usize> {
        let passages: &[&str] = if passage.is_empty() { &[] } else { &[passage] };
        let messages = answer_prompt(self.item.language, passages, &self.item.question);
        let request = ScoreRequest { messages, continuations: self.item.options.clone() };
        let scores = self.model.score(request).await?;
        Ok(greatest(scores.iter().map(|s| s.log_probability / s.tokens.max(1) as f32)))
    }

    async fn likeliest_letter(&self, passage: &str) -> PortResult<usize> {
        let mut shots = self.shots;
        loop {
            let messages = letter_prompt(shots, self.item, passage);
            let continuations = (0..self.item.options.len()).map(|n| letter(n).to_string()).collect();
            match self.model.score(ScoreRequest { messages, continuations }).await {
                Ok(scores) => return Ok(greatest(scores.iter().map(|s| s.log_probability))),
                Err(error) if error.kind == ErrorKind::TooLarge && !shots.is_empty() => {
                    shots = &shots[..shots.len() - 1];
                }
                Err(error) => return Err(error),
            }
        }
    }
}

fn greatest(scores: impl Iterator<Item = f32>) -> usize {
    scores.enumerate().max_by(|a, b| a.1.total_cmp(&b.1)).map_or(0, |(n, _)| n)
}
