//! `lectern eval`.

pub mod answers;
pub mod documents;
pub mod mcq;
pub mod quiz;
mod score_text;
pub mod tokens;

use std::process::ExitCode;

use domain::SearchMode;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::json;

use self::documents::RetrievalArgs;
use super::{CommandResult, Output};
use crate::{
    app,
    settings::{Places, Settings},
};

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
pub async fn retrieval(settings: &Settings, places: &Places, output: Output, args: RetrievalArgs) -> CommandResult {
    if args.of_documents() {
        return documents::run(settings, places, output, args).await;
    }
    let embedder = app::load_embedder(settings, places).await?;
    let reranker = app::load_reranker(settings, places).await?;
    let work = tempfile::tempdir()?;
    let reports = retriever::evaluate(&args.dir, embedder, reranker, work.path(), args.limit, args.retriever()).await?;
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
