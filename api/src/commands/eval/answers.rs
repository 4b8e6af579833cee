//! `lectern eval answers`: asks a set's questions through retrieval and answerer, as the service does.

use std::{path::PathBuf, process::ExitCode, sync::Arc, time::Instant};

use clap::Args;
use domain::{
    Answer, AnswerMode, ByteRange, CourseId, DocumentId, Hit, Language, Passage, SearchFilter, SearchMode, SearchQuery,
    ports::ChunkSearcher as _,
};
use generator::{AnswerRequest, Answerer, Place};
use retriever::{EvalQuestion, EvalSet, HybridRetriever, RetrieverSettings, index_passages, percentile};
use serde::Serialize;
use serde_json::json;
use tokio::sync::mpsc;

use super::score_text::{holds, score};
use crate::{
    app,
    commands::{CommandResult, Output},
    served_models::load_one,
    settings::{Places, Settings},
};

/// What is asked, and how.
#[derive(Debug, Args)]
pub struct AnswersArgs {
    /// Folder with passages.jsonl and questions.jsonl; a question without answers is one that must be refused
    dir: PathBuf,
    /// Only so many questions, spread evenly
    #[arg(long)]
    limit: Option<usize>,
    /// Whether the model writes (answer) or the material is quoted (quote)
    #[arg(long, value_parser = crate::cli::parse_name::<AnswerMode>, default_value = "answer", value_name = "answer|quote")]
    mode: AnswerMode,
    /// Show the passage that holds the answer and no other, instead of what is found
    #[arg(long)]
    gold: bool,
    /// Use this adapter of the settings beside the generator's weights
    #[arg(long, value_name = "NAME")]
    adapter: Option<String>,
    /// Write every question with what came of it to this file (JSONL)
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// What came of one question.
#[expect(clippy::struct_excessive_bools, reason = "each is a measure of its own")]
#[derive(Debug, Serialize)]
struct Outcome {
    question: String,
    accepted: Vec<String>,
    answer: String,
    quotes: Vec<String>,
    refused: bool,
    /// Whether the passage that holds the answer was among those shown.
    found: bool,
    exact: f64,
    f1: f64,
    /// Whether an accepted answer stands in the answer, and whether in the answer or a quote.
    in_text: bool,
    in_quote: bool,
    /// Whether the first citation is of the passage that holds the answer.
    cites_gold: bool,
    verbatim: bool,
    ms: f64,
}

/// Means over all questions, and what was refused.
#[derive(Debug, Default, Serialize)]
struct Summary {
    questions: usize,
    answerable: usize,
    found: f64,
    exact: f64,
    f1: f64,
    in_text: f64,
    in_text_or_quote: f64,
    /// Of the answered ones.
    cites_gold: f64,
    verbatim: f64,
    refused_answerable: f64,
    refused_unanswerable: f64,
    p50_ms: f64,
    p95_ms: f64,
}

/// Asks, and prints the measures.
pub async fn run(settings: &Settings, places: &Places, output: Output, args: AnswersArgs) -> CommandResult {
    let set = EvalSet::read(&args.dir, args.limit)?;
    let embedder = app::load_embedder(settings, places).await?;
    let model = match args.mode {
        AnswerMode::Answer => Some(load_one(settings, places, args.adapter.as_deref()).await?),
        AnswerMode::Quote => None,
    };
    let answerer = Answerer::new(model, embedder.clone(), settings.answers.config());
    let work = tempfile::tempdir()?;
    let (retriever, course) =
        index_passages(&set.passages, embedder, work.path(), RetrieverSettings::default()).await?;
    let asker = Asker { set: &set, retriever: Arc::new(retriever), course, answerer, settings, args: &args };
    let mut outcomes = Vec::new();
    for question in &set.questions {
        outcomes.push(asker.ask(question).await?);
    }
    if let Some(out) = &args.out {
        let lines: Vec<String> = outcomes.iter().map(serde_json::to_string).collect::<Result<_, _>>()?;
        std::fs::write(out, lines.join("\n") + "\n").map_err(|e| format!("{}: {e}", out.display()))?;
    }
    let summary = summarise(&outcomes);
    output.print(&json!(summary), || table(&summary));
    Ok(ExitCode::SUCCESS)
}

struct Asker<'a> {
    set: &'a EvalSet,
    retriever: Arc<HybridRetriever>,
    course: CourseId,
    answerer: Answerer,
    settings: &'a Settings,
    args: &'a AnswersArgs,
}

impl Asker<'_> {
    async fn ask(&self, question: &EvalQuestion) -> Result<Outcome, Box<dyn std::error::Error + Send + Sync>> {
        let gold = self.set.place(question);
        let language = question.lang.unwrap_or(Language::English);
        let began = Instant::now();
        let hits = self.hits(question, gold).await?;
        let passages: Vec<Passage> = hits.iter().enumerate().map(|(n, hit)| self.passage(n + 1, hit)).collect();
        let request = AnswerRequest {
            question: question.question.clone(),
            history: Vec::new(),
            mode: self.args.mode,
            language,
            passages,
        };
        let (events, mut seen) = mpsc::channel(64);
        let drain = tokio::spawn(async move { while seen.recv().await.is_some() {} });
        let locate = |_: DocumentId, range: ByteRange| vec![Place { range, page: 1, boxes: Vec::new(), shown: None }];
        let answer = self.answerer.answer(request, &locate, events).await?;
        drain.await?;
        let ms = began.elapsed().as_secs_f64() * 1e3;
        let found = hits.iter().any(|h| Some(h.ordinal) == gold);
        Ok(self.judge(question, language, &answer, gold.map(|g| self.range(g)), found, ms))
    }

    fn judge(
        &self,
        question: &EvalQuestion,
        language: Language,
        answer: &Answer,
        gold: Option<ByteRange>,
        found: bool,
        ms: f64,
    ) -> Outcome {
        let text = answer.sentences.iter().map(|s| s.text.as_str()).collect::<Vec<_>>().join(" ");
        let (exact, f1) = if answer.refused { (0.0, 0.0) } else { score(language, &text, &question.answers) };
        let quotes: Vec<String> = answer.citations.iter().map(|c| c.quote.clone()).collect();
        let within = |gold: ByteRange, start: usize| (gold.start..gold.end).contains(&start);
        let cites_gold =
            answer.citations.first().zip(gold).is_some_and(|(citation, gold)| within(gold, citation.start));
        let whole = |start: usize, end: usize| {
            let at = self.set.passages.iter().enumerate().map(|(n, _)| self.range(n)).position(|r| within(r, start));
            at.and_then(|n| self.set.passages[n].text.get(start - self.range(n).start..end - self.range(n).start))
        };
        let verbatim = answer.citations.iter().all(|c| whole(c.start, c.end) == Some(c.quote.as_str()));
        Outcome {
            question: question.question.clone(),
            accepted: question.answers.clone(),
            refused: answer.refused,
            found,
            exact,
            f1,
            in_text: !answer.refused && holds(&text, &question.answers),
            in_quote: !answer.refused && quotes.iter().any(|q| holds(q, &question.answers)),
            cites_gold,
            verbatim,
            answer: text,
            quotes,
            ms,
        }
    }

    async fn hits(&self, question: &EvalQuestion, gold: Option<usize>) -> Result<Vec<Hit>, domain::PortError> {
        let limit = self.settings.answers.passages;
        let query = SearchQuery {
            course: self.course,
            text: question.question.clone(),
            limit: if self.args.gold { self.set.passages.len().min(200) } else { limit },
            mode: SearchMode::Hybrid,
            filter: SearchFilter::default(),
        };
        let mut hits = self.retriever.search(query).await?;
        if self.args.gold {
            hits.retain(|h| Some(h.ordinal) == gold);
        }
        Ok(hits)
    }

    fn passage(&self, n: usize, hit: &Hit) -> Passage {
        let title = self.set.passages.get(hit.ordinal).map(|p| p.title.clone()).unwrap_or_default();
        Passage {
            n,
            document_id: hit.document_id,
            document_name: title,
            pages: hit.pages,
            heading_path: hit.heading_path.clone(),
            text: hit.text.clone(),
            range: hit.range,
            score: hit.score,
            scores: hit.scores,
            boxes: Vec::new(),
        }
    }

    /// Where a passage stands in the one document that all of them make.
    fn range(&self, place: usize) -> ByteRange {
        let start = self.set.passages.iter().take(place).map(|p| p.text.len()).sum();
        ByteRange::new(start, start + self.set.passages.get(place).map_or(0, |p| p.text.len()))
    }
}

fn share<'a>(outcomes: impl Iterator<Item = &'a Outcome>, of: impl Fn(&Outcome) -> f64) -> f64 {
    let (sum, count) = outcomes.fold((0.0, 0usize), |(sum, count), o| (sum + of(o), count + 1));
    if count == 0 { 0.0 } else { sum / count as f64 }
}

fn summarise(outcomes: &[Outcome]) -> Summary {
    let flag = |b: bool| f64::from(u8::from(b));
    let answerable = || outcomes.iter().filter(|o| !o.accepted.is_empty());
    let times: Vec<f64> = outcomes.iter().map(|o| o.ms).collect();
    Summary {
        questions: outcomes.len(),
        answerable: answerable().count(),
        found: share(answerable(), |o| flag(o.found)),
        exact: share(answerable(), |o| o.exact),
        f1: share(answerable(), |o| o.f1),
        in_text: share(answerable(), |o| flag(o.in_text)),
        in_text_or_quote: share(answerable(), |o| flag(o.in_text || o.in_quote)),
        cites_gold: share(answerable().filter(|o| !o.refused), |o| flag(o.cites_gold)),
        verbatim: share(outcomes.iter().filter(|o| !o.refused), |o| flag(o.verbatim)),
        refused_answerable: share(answerable(), |o| flag(o.refused)),
        refused_unanswerable: share(outcomes.iter().filter(|o| o.accepted.is_empty()), |o| flag(o.refused)),
        p50_ms: percentile(&times, 0.5),
        p95_ms: percentile(&times, 0.95),
    }
}

fn table(s: &Summary) -> String {
    let percent = |share: f64| format!("{:.1} %", 100.0 * share);
    let unanswerable = s.questions - s.answerable;
    let rows = [
        ("questions", format!("{} ({unanswerable} without an answer)", s.questions)),
        ("right passage shown", percent(s.found)),
        ("exact match", percent(s.exact)),
        ("F1", percent(s.f1)),
        ("answer holds an accepted one", percent(s.in_text)),
        ("answer or quote does", percent(s.in_text_or_quote)),
        ("cites the right passage (of answered)", percent(s.cites_gold)),
        ("quotes verbatim", percent(s.verbatim)),
        ("refused, of answerable", percent(s.refused_answerable)),
        ("refused, of those without an answer", percent(s.refused_unanswerable)),
        ("time p50, p95", format!("{:.0}, {:.0} ms", s.p50_ms, s.p95_ms)),
    ];
    rows.map(|(name, value)| format!("{name:<40}{value}")).join("\n")
}
