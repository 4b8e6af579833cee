//! `lectern eval answers`: asks a set's questions through retrieval and answerer, as the service does.

mod judge;
mod refusals;
mod report;

use std::{
    fs::File,
    io::Write as _,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
    time::Instant,
};

use answer::{AnswerRequest, Answerer};
use clap::Args;
use client::{CommandResult, Output, parse_name};
use domain::{
    AnswerMode, ByteRange, CourseId, DocumentId, Hit, Language, Passage, Place, SearchFilter, SearchMode, SearchQuery,
    ports::ChunkSearcher as _,
};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use retriever::{EvalPassage, EvalQuestion, EvalSet, HybridRetriever, RetrieverSettings, index_passages};
use serde_json::json;
use server::{Places, Settings, load_one};
use tokio::sync::mpsc;

use self::{
    judge::{Known, Outcome, Summary, Times},
    report::{html_report, markdown_report},
};
use super::progress_bar;

/// What is asked, and how.
#[derive(Debug, Args)]
pub struct AnswersArgs {
    /// Folder with passages.jsonl and questions.jsonl; a question without answers is one that must be refused
    dir: PathBuf,
    /// Only so many questions, spread evenly
    #[arg(long)]
    limit: Option<usize>,
    /// Whether the model writes (answer) or the material is quoted (quote)
    #[arg(long, value_parser = parse_name::<AnswerMode>, default_value = "answer", value_name = "answer|quote")]
    mode: AnswerMode,
    /// Show the passage that holds the answer and no other, instead of what is found
    #[arg(long)]
    gold: bool,
    /// Take this share of the passages out, so that nothing answers their questions while others of their articles stay
    #[arg(long, value_parser = share, conflicts_with = "gold")]
    take_out: Option<f64>,
    /// Use this adapter of the settings beside the generator's weights
    #[arg(long, value_name = "NAME")]
    adapter: Option<String>,
    /// Questions asked at the same time
    #[arg(long, default_value_t = 1, value_name = "COUNT")]
    users: usize,
    /// Write every question with what came of it to this file (JSONL)
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Write a report to read: Markdown where the file's name ends in .md, else a page with plots
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
}

/// Asks, and prints the measures.
pub async fn run(settings: &Settings, places: &Places, output: Output, args: AnswersArgs) -> CommandResult {
    let mut set = EvalSet::read(&args.dir, args.limit)?;
    set.take_out(args.take_out.unwrap_or_default());
    let embedder = server::load_embedder(settings, places).await?;
    let model = match args.mode {
        AnswerMode::Answer => Some(load_one(settings, places, args.adapter.as_deref()).await?),
        AnswerMode::Quote => None,
    };
    let reader = server::load_passage_reader(settings, places).await?;
    let answerer = Answerer::new(model, embedder.clone(), settings.answers.config()).with_reader(reader.clone());
    let work = tempfile::tempdir()?;
    let (retriever, course) =
        index_passages(&set.passages, embedder, work.path(), RetrieverSettings::default()).await?;
    let retriever = retriever.with_reranker(server::load_reranker(settings, places).await?).with_reader(reader);
    let asker = Asker { set: &set, retriever: Arc::new(retriever), course, answerer, settings, args: &args };
    let mut file = args.out.as_deref().map(create).transpose()?;
    let progress = progress_bar(set.questions.len() as u64);
    let mut outcomes = Vec::new();
    let mut coming = stream::iter(&set.questions).map(|q| asker.ask(q)).buffered(args.users.max(1));
    while let Some(outcome) = coming.try_next().await? {
        if let Some(file) = &mut file {
            writeln!(file, "{}", serde_json::to_string(&outcome)?)?;
        }
        outcomes.push(outcome);
        progress.inc(1);
    }
    progress.finish_and_clear();
    let summary = Summary::of(&outcomes);
    if let Some(path) = &args.report {
        let markdown = path.extension().is_some_and(|e| e.eq_ignore_ascii_case("md"));
        let name = args.dir.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
        let text = if markdown { markdown_report(&name, &outcomes) } else { html_report(&name, &outcomes) };
        std::fs::write(path, text).map_err(|e| format!("{} can't be written: {e}", path.display()))?;
    }
    let curve = refusals::curve(&outcomes);
    let mut shown = json!(summary);
    shown["refusals"] = json!(curve);
    output.print(&shown, || {
        let rows = summary.rows().map(|(name, value)| format!("{name:<40}{value}")).join("\n");
        if curve.is_empty() { rows } else { format!("{rows}\n{}", refusals::table(&curve)) }
    });
    Ok(ExitCode::SUCCESS)
}

fn share(text: &str) -> Result<f64, String> {
    let share = text.parse().ok().filter(|share| (0.0..1.0).contains(share));
    share.ok_or_else(|| "a share is a number from 0 to below 1".to_owned())
}

fn create(path: &Path) -> Result<File, String> {
    File::create(path).map_err(|e| format!("{} can't be written: {e}", path.display()))
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
            passages: passages.clone(),
        };
        let (events, mut seen) = mpsc::channel(64);
        let drain = tokio::spawn(async move {
            let mut first = None;
            while seen.recv().await.is_some() {
                first.get_or_insert_with(|| began.elapsed().as_secs_f64() * 1e3);
            }
            first
        });
        let locate = |_: DocumentId, range: ByteRange| vec![Place::at(range)];
        let answer = self.answerer.answer(request, &locate, events).await?;
        let ms = began.elapsed().as_secs_f64() * 1e3;
        let first_ms = drain.await?.unwrap_or(ms);
        let found = hits.iter().any(|h| Some(h.ordinal) == gold);
        let known = Known { question, language, gold: gold.map(|g| self.range(g)), found, passages: &passages };
        Ok(Outcome::of(&known, &answer, &|start, end| self.text(start, end), Times { first_ms, ms }))
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

    /// That document's text, within one passage.
    fn text(&self, start: usize, end: usize) -> Option<&str> {
        let mut begins = 0;
        let holds = |p: &&EvalPassage| {
            let within = (begins..begins + p.text.len()).contains(&start);
            begins += if within { 0 } else { p.text.len() };
            within
        };
        let passage = self.set.passages.iter().find(holds)?;
        passage.text.get(start - begins..end.checked_sub(begins)?)
    }
}
