//! `lectern eval`: measures of the same code that serves, on question sets.

mod answers;
mod documents;
mod mcq;
mod quiz;
mod score_text;
mod tokens;

use std::process::ExitCode;

use client::{CommandResult, Output};
use domain::SearchMode;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::json;
use server::{Places, Settings, SettingsError};

pub use self::{answers::AnswersArgs, documents::RetrievalArgs, mcq::McqArgs, quiz::QuizArgs, tokens::TokensArgs};

/// What to measure.
#[derive(Debug, clap::Subcommand)]
pub enum EvalAction {
    /// Recall, MRR, nDCG and milliseconds per query for dense, keyword and hybrid search
    Retrieval(RetrievalArgs),
    /// Exact match, F1, citations, refusals and time of answers on a question set
    Answers(AnswersArgs),
    /// Quizzes of documents: what is accepted, how fast, and of what shape
    Quiz(QuizArgs),
    /// Multiple choice: how often the likeliest option is the key
    Mcq(McqArgs),
    /// Characters and bytes per token of models' tokenizers, by language
    Tokens(TokensArgs),
}

/// Measures. The settings are read where they are needed.
pub async fn run(
    settings: impl FnOnce() -> Result<Settings, SettingsError>,
    places: Places,
    output: Output,
    what: EvalAction,
) -> CommandResult {
    match what {
        EvalAction::Retrieval(args) => retrieval(&settings()?, &places, output, args).await,
        EvalAction::Quiz(args) => quiz::run(settings()?, output, args).await,
        EvalAction::Answers(args) => answers::run(&settings()?, &places, output, args).await,
        EvalAction::Mcq(args) => mcq::run(&settings()?, &places, output, args).await,
        EvalAction::Tokens(args) => tokio::task::spawn_blocking(move || tokens::run(&places, output, &args)).await?,
    }
}

/// How many questions have been asked.
fn progress_bar(questions: u64) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(questions), ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{wide_bar} {pos}/{len}, {eta} left") {
        bar.set_style(style);
    }
    bar
}

fn name(mode: SearchMode) -> &'static str {
    match mode {
        SearchMode::Hybrid => "hybrid",
        SearchMode::Dense => "dense",
        SearchMode::Keyword => "keyword",
    }
}

/// Measures retrieval on a folder of passages and questions, or of documents and questions.
async fn retrieval(settings: &Settings, places: &Places, output: Output, args: RetrievalArgs) -> CommandResult {
    if args.of_documents() {
        return documents::run(settings, places, output, args).await;
    }
    let embedder = server::load_embedder(settings, places).await?;
    let reranker = server::load_reranker(settings, places).await?;
    let reader = server::load_passage_reader(settings, places).await?;
    let work = tempfile::tempdir()?;
    let reports =
        retriever::evaluate(&args.dir, embedder, (reranker, reader), work.path(), args.limit, args.retriever()).await?;
    if !output.json {
        println!(
            "{:<8} {:>7} {:>7} {:>7} {:>7} {:>7} {:>8} {:>8}",
            "mode", "r@1", "r@5", "r@10", "MRR@10", "nDCG@10", "p50 ms", "p95 ms"
        );
    }
    for r in reports {
        output.print(&json!(r), || {
            format!(
                "{:<8} {:>7.3} {:>7.3} {:>7.3} {:>7.3} {:>7.3} {:>8.1} {:>8.1}",
                name(r.mode),
                r.recall_at_1,
                r.recall_at_5,
                r.recall_at_10,
                r.mrr_at_10,
                r.ndcg_at_10,
                r.p50_ms,
                r.p95_ms
            )
        });
    }
    Ok(ExitCode::SUCCESS)
}
