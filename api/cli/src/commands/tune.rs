//! `lectern tune`: trains an adapter, and `lectern tune prepare`: makes the rows it is trained on.

use std::{
    ops::ControlFlow,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use clap::{Args, Subcommand};
use client::{Client, CommandResult, CourseQuestions, Output, course_questions, known_course, parse_name};
use domain::Language;
use serde_json::json;
use server::{Device, Places, model_path};
use tuner::{
    AdapterConfig, Base, End, Evaluation, Event, Material, Outcome, PrepareSettings, Progress, QuestionSet, Row,
    Target, TextCodec, TuneSettings, Tuning,
};

/// What else `lectern tune` does.
#[derive(Debug, Subcommand)]
pub enum TuneAction {
    /// Turn question sets into training rows
    Prepare(PrepareArgs),
}

/// How an adapter is trained.
#[derive(Debug, Args)]
pub struct TuneArgs {
    /// Training rows (JSONL), as `lectern tune prepare` writes them
    #[arg(long, required = true, num_args = 1.., value_name = "FILE")]
    data: Vec<PathBuf>,
    /// The model to tune: an id of the catalogue, a GGUF file, or a folder with safetensors as Hugging Face writes them
    #[arg(long)]
    base: String,
    /// Folder for the adapter, its checkpoint and its loss curve; an interrupted run there is continued, and a finished one
    /// where more tokens or epochs are asked for
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
    /// Rows to evaluate with (JSONL); without it a twentieth of the data is held out, by groups
    #[arg(long, num_args = 1.., value_name = "FILE")]
    held_out: Vec<PathBuf>,
    /// Where it is computed: on the CPU in 32 bits, or on an NVIDIA GPU in 16 (a program built with `--features cuda`)
    #[arg(long, value_enum, default_value_t = Device::Cpu)]
    device: Device,
    /// Begin anew where the folder holds an interrupted run
    #[arg(long)]
    restart: bool,
    /// Rank of the adapter: rows of its smaller side
    #[arg(long, default_value_t = 8)]
    rank: usize,
    /// The adapter's change is multiplied by alpha / rank
    #[arg(long, default_value_t = 16.0)]
    alpha: f32,
    /// Share of an adapter's inputs that is left out at random while training
    #[arg(long, default_value_t = 0.0)]
    dropout: f32,
    /// Layers that get an adapter, by PEFT's names; all linear layers where there is none
    #[arg(long, value_delimiter = ',', value_parser = target, value_name = "NAME,…")]
    targets: Vec<Target>,
    /// How often each row is seen
    #[arg(long, default_value_t = 1)]
    epochs: usize,
    /// Stop after about so many tokens; 0 for no limit
    #[arg(long, default_value_t = 0)]
    max_tokens: usize,
    /// Tokens of one packed sequence
    #[arg(long, default_value_t = 2048)]
    sequence: usize,
    /// Sequences per step
    #[arg(long, default_value_t = 1)]
    accumulate: usize,
    /// The highest learning rate
    #[arg(long, default_value_t = 8e-4)]
    learning_rate: f64,
    /// Share of the steps in which the learning rate rises; then it falls along a cosine to a tenth
    #[arg(long, default_value_t = 0.05)]
    warmup: f64,
    /// Longest gradient; a longer one is shortened to it
    #[arg(long, default_value_t = 1.0)]
    clip: f64,
    /// Share of every number that each step takes away, times the learning rate
    #[arg(long, default_value_t = 0.0)]
    weight_decay: f64,
    /// Stop when so many evaluations in a row are no better; 0 for never
    #[arg(long, default_value_t = 0)]
    patience: usize,
    /// Steps between evaluations
    #[arg(long, default_value_t = 50)]
    evaluate_every: usize,
    /// Steps between checkpoints
    #[arg(long, default_value_t = 10)]
    checkpoint_every: usize,
    /// Held-out rows that an evaluation uses at most
    #[arg(long, default_value_t = 200)]
    evaluate_rows: usize,
    /// Everything random comes from it
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Compute layers twice instead of keeping them in memory: a third slower, a fifth of the memory
    #[arg(long)]
    recompute: bool,
    /// Write the adapter in 16-bit floats: half the size
    #[arg(long)]
    half: bool,
}

/// How rows are made.
#[derive(Debug, Args)]
pub struct PrepareArgs {
    /// Folder for `train.jsonl`, `held_out.jsonl` and `held_out/`, a set for `lectern eval answers --gold`
    out: PathBuf,
    /// Version of the tasks: 1 answers with a span, 2 points at numbered sentences, judges statements and writes whole questions
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=2))]
    tasks: u32,
    /// Question sets (JSONL: `id`, `lang`, and `context`, `question`, `answer`; or `passage`, `question`, `options`,
    /// `answer_index`; or `history`, `question`, `standalone`; with `--tasks 2` also questions on stories with `kind` and
    /// `explicit`, and answers that join quoted spans of `sources`)
    #[arg(required_unless_present = "course")]
    questions: Vec<PathBuf>,
    /// Also this course's own questions, by title or id: those locked in its quizzes, and exam items with their key;
    /// may be repeated
    #[arg(long, value_name = "COURSE")]
    pub course: Vec<String>,
    /// Only questions in these languages
    #[arg(long, value_delimiter = ',', value_parser = parse_name::<Language>, value_name = "TAG,…")]
    languages: Vec<Language>,
    /// Passages (JSONL: `text`, or questions with their `passage` or `context`) that must not be trained on, because they are
    /// evaluated with
    #[arg(long, num_args = 1.., value_name = "FILE")]
    kept_back: Vec<PathBuf>,
    /// How many passages a row shows: rows are made in each of these sizes
    #[arg(long, value_delimiter = ',', default_value = "1,3,5")]
    sizes: Vec<usize>,
    /// Questions that must be refused, as a share of those that can be answered
    #[arg(long, default_value_t = 0.2)]
    refusals: f64,
    /// Share of the questions that also become a row for writing them
    #[arg(long, default_value_t = 0.5)]
    stems: f64,
    /// Share of the questions that also become a row for wrong answers
    #[arg(long, default_value_t = 0.15)]
    distractors: f64,
    /// Rows that judge a statement, as a share of the questions (`--tasks 2`)
    #[arg(long, default_value_t = 0.5)]
    verdicts: f64,
    /// Share that is held out, by whole articles
    #[arg(long, default_value_t = 0.1)]
    hold_out: f64,
    /// Everything random comes from it
    #[arg(long, default_value_t = 24)]
    seed: u64,
}

fn target(name: &str) -> Result<Target, String> {
    Target::ALL.into_iter().find(|t| t.name() == name).ok_or_else(|| {
        let known: Vec<&str> = Target::ALL.iter().map(|t| t.name()).collect();
        format!("{name} is none of {}", known.join(", "))
    })
}

/// Makes training rows of question sets and of courses; `client` reaches these.
pub async fn prepare(client: Option<&Client>, output: Output, args: PrepareArgs) -> CommandResult {
    let mut gathered = CourseQuestions::default();
    if let Some(client) = client {
        for course in &args.course {
            let id = known_course(client, course).await?;
            let found = course_questions(client, &id).await?;
            gathered.items.extend(found.items);
            gathered.without_passage += found.without_passage;
        }
    }
    tokio::task::spawn_blocking(move || make_rows(output, args, gathered)).await?
}

fn make_rows(output: Output, args: PrepareArgs, gathered: CourseQuestions) -> CommandResult {
    let mut kept_back = Vec::new();
    for file in &args.kept_back {
        kept_back.extend(tuner::read_passages(file)?);
    }
    let settings = PrepareSettings {
        languages: args.languages,
        sizes: args.sizes,
        refusals: args.refusals,
        stems: args.stems,
        distractors: args.distractors,
        verdicts: args.verdicts,
        hold_out: args.hold_out,
        seed: args.seed,
    };
    let prepared = if args.tasks == 1 {
        let mut set = QuestionSet { questions: gathered.items, ..QuestionSet::default() };
        for file in &args.questions {
            let read = tuner::read_questions(file)?;
            set.questions.extend(read.questions);
            set.follow_ups.extend(read.follow_ups);
        }
        tuner::prepare(&set, &kept_back, &settings)?
    } else {
        let asked = gathered.items.into_iter().map(Into::into).collect();
        let mut material = Material { asked, ..Material::default() };
        for file in &args.questions {
            let read = tuner::read_material(file)?;
            material.asked.extend(read.asked);
            material.follow_ups.extend(read.follow_ups);
        }
        tuner::prepare_pointing(&material, &kept_back, &settings, text::split_sentences)?
    };
    std::fs::create_dir_all(&args.out).map_err(|e| format!("{}: {e}", args.out.display()))?;
    tuner::write_rows(&args.out.join("train.jsonl"), &prepared.train)?;
    tuner::write_rows(&args.out.join("held_out.jsonl"), &prepared.held_out)?;
    tuner::write_question_set(&args.out.join("held_out"), &prepared.held_out_questions)?;
    let report = prepared.report;
    let mut shown = json!(report);
    shown["without_passage"] = gathered.without_passage.into();
    output.print(&shown, || {
        let counted = report.rows.iter().map(|r| {
            format!("  {:<8} {:<12} {:<12} {:>6} {:>6}", r.language, r.task, r.kind, r.train, r.held_out)
        });
        format!(
            "{} questions ({} twice, {} on passages kept back, {} whose answer no sentence carries; {} of a course without a passage left \
             out), passages {} + {} held out\n  language task         kind          train   held\n{}",
            report.items,
            report.repeated,
            report.kept_back,
            report.without_evidence,
            gathered.without_passage,
            report.passages.0,
            report.passages.1,
            counted.collect::<Vec<_>>().join("\n")
        )
    });
    Ok(ExitCode::SUCCESS)
}

/// Trains an adapter. Ctrl-C writes a checkpoint first; the same command goes on from there.
pub async fn run(places: &Places, output: Output, args: TuneArgs) -> CommandResult {
    let stopping = Arc::new(AtomicBool::new(false));
    let asked = stopping.clone();
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            asked.store(true, Ordering::Relaxed);
            eprintln!("stopping after this step");
        }
    });
    let base = model_path(places, &args.base);
    tokio::task::spawn_blocking(move || train(&base, output, &args, &stopping)).await?
}

fn train(path: &Path, output: Output, args: &TuneArgs, stopping: &AtomicBool) -> CommandResult {
    let (train, held_out) = rows(args)?;
    let (adapter, settings) = configuration(args);
    if let Some(free) = tuner::free_memory() {
        tuner::check_memory(path, &adapter, &settings, free)?;
    }
    let (base, codec) = (Base::open(path)?, TextCodec::open(path)?);
    let rows = (train.as_slice(), held_out.as_slice());
    let mut tuning = Tuning::new(&base, &args.base, &codec, rows, adapter, settings, &args.out)?;
    if args.device == Device::Gpu {
        tuning.use_gpu()?;
    }
    let done = if args.restart { 0 } else { tuning.resume()? };
    let begin = json!({
        "rows": train.len(), "held_out": held_out.len(), "steps": tuning.steps(), "done": done, "tokens": tuning.tokens(),
        "unshared_tokens": tuning.unshared_tokens(), "parameters": tuning.adapter().parameters(),
    });
    output.print(&begin, || {
        format!(
            "{} rows, {} held out; {} steps ({done} done), {} tokens (as many as {} without shared beginnings), {} parameters",
            train.len(),
            held_out.len(),
            tuning.steps(),
            tuning.tokens(),
            tuning.unshared_tokens(),
            tuning.adapter().parameters()
        )
    });
    if done == 0 && !held_out.is_empty() {
        let before = tuning.evaluate()?;
        output.print(&json!({ "step": 0, "evaluation": before }), || evaluated(&before, false));
    }
    let outcome = tuning.run(|event| {
        match event {
            Event::Step(p) => {
                let shown = json!({
                    "step": p.step, "steps": p.steps, "loss": p.loss, "gradient": p.gradient, "rate": p.rate,
                    "tokens": p.tokens, "tokens_per_second": p.tokens_per_second, "seconds_left": p.seconds_left,
                });
                output.print(&shown, || stepped(p));
            }
            Event::Evaluated(e, best) => {
                output.print(&json!({ "evaluation": e, "best": best }), || evaluated(e, *best));
            }
            Event::Checkpoint(_) => {}
        }
        if stopping.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    let shown = json!({
        "steps": outcome.steps, "finished": outcome.end.is_whole(), "ended": outcome.end, "adapter": args.out,
    });
    output.print(&shown, || ended(&outcome, args));
    Ok(ExitCode::SUCCESS)
}

fn ended(outcome: &Outcome, args: &TuneArgs) -> String {
    let (steps, folder) = (outcome.steps, args.out.display());
    let made = format!("the adapter lies in {folder}; `lectern models merge` makes a model of it");
    match outcome.end {
        End::Epochs => made,
        End::Tokens => format!("as many tokens as --max-tokens allows: {made}"),
        End::NoGain => format!(
            "ended after {steps} steps, the last {} evaluations were no better; the best before them is kept: {made}; \
             more --patience goes on from there",
            args.patience
        ),
        End::Stopped => format!("stopped after {steps} steps; the same command goes on from there"),
    }
}

fn rows(args: &TuneArgs) -> Result<(Vec<Row>, Vec<Row>), tuner::TunerError> {
    let read = |files: &[PathBuf]| -> Result<Vec<Row>, tuner::TunerError> {
        Ok(files.iter().map(|f| tuner::read_rows(f)).collect::<Result<Vec<_>, _>>()?.concat())
    };
    let train = read(&args.data)?;
    if args.held_out.is_empty() {
        Ok(tuner::hold_out_rows(&train, 0.05, args.seed))
    } else {
        Ok((train, read(&args.held_out)?))
    }
}

fn configuration(args: &TuneArgs) -> (AdapterConfig, TuneSettings) {
    let default = AdapterConfig::default();
    let targets = if args.targets.is_empty() { default.targets.clone() } else { args.targets.clone() };
    let adapter = AdapterConfig { rank: args.rank, alpha: args.alpha, dropout: args.dropout, targets, ..default };
    let settings = TuneSettings {
        seed: args.seed,
        epochs: args.epochs,
        max_tokens: args.max_tokens,
        sequence: args.sequence,
        accumulate: args.accumulate,
        learning_rate: args.learning_rate,
        warmup: args.warmup,
        clip: args.clip,
        weight_decay: args.weight_decay,
        patience: args.patience,
        evaluate_every: args.evaluate_every,
        evaluate_rows: args.evaluate_rows,
        checkpoint_every: args.checkpoint_every,
        recompute: args.recompute,
        half: args.half,
    };
    (adapter, settings)
}

fn stepped(p: &Progress) -> String {
    let (minutes, seconds) = (p.seconds_left as u64 / 60, p.seconds_left as u64 % 60);
    format!(
        "step {}/{}  loss {:.3}  {:.0} tokens/s  {minutes}:{seconds:02} left",
        p.step, p.steps, p.loss, p.tokens_per_second
    )
}

fn evaluated(e: &Evaluation, best: bool) -> String {
    let percent = |share: f64| 100.0 * share;
    let tasks = e.tasks.iter().map(|(task, t)| format!("{task} loss {:.3} exact {:.0} %", t.loss, percent(t.exact)));
    format!(
        "held out: loss {:.3}{}; {}; refusals precision {:.0} %, recall {:.0} %",
        e.loss,
        if best { " (best)" } else { "" },
        tasks.collect::<Vec<_>>().join("; "),
        percent(e.refusal_precision),
        percent(e.refusal_recall)
    )
}
