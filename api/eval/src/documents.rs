//! Retrieval over whole documents: read, split and indexed as the service does, asked questions whose answers are known.
//!
//! The folder holds documents in several formats under the same names, and `questions.jsonl` with `question`, `answers`,
//! `document` (a file's name without its extension) and `where` (`paragraph` or `table`).

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};

use clap::Args;
use client::{CommandResult, Output};
use domain::{
    Chunk, CourseId, DocumentId, Hit, ParsedDocument, SearchFilter, SearchMode, SearchQuery,
    ports::{ChunkSearcher, ChunkStore, TokenCounter},
};
use ingest::{Reader, SplitConfig};
use retriever::{E5Embedder, HybridRetriever, RankMetrics, RetrieverSettings};
use serde::{Deserialize, Serialize};
use serde_json::json;
use server::{Places, Settings};
use unicode_normalization::UnicodeNormalization;

/// Hits asked for: more than fill the budget of an answer even where chunks are small.
const DEPTH: usize = 50;

/// What retrieval is measured on.
#[derive(Debug, Args)]
pub struct RetrievalArgs {
    /// Folder with passages.jsonl and questions.jsonl, or with documents and questions.jsonl
    pub dir: PathBuf,
    /// Only so many questions, spread evenly
    #[arg(long)]
    pub limit: Option<usize>,
    /// Leave out reranking, to see what it brings
    #[arg(long)]
    pub no_rerank: bool,
    /// Of documents: ask these instead of the folder's questions.jsonl
    #[arg(long, value_name = "FILE")]
    pub questions: Option<PathBuf>,
    /// Of documents: which formats, each a course of its own
    #[arg(long, value_delimiter = ',', default_value = "md,html,txt,docx,pptx,pdf")]
    pub formats: Vec<String>,
    /// Of documents: the most tokens of a chunk; the setting where none is given
    #[arg(long, value_delimiter = ',')]
    pub chunk_tokens: Vec<usize>,
    /// Of documents: tokens that neighbouring chunks share
    #[arg(long, value_delimiter = ',', default_value = "0")]
    pub overlap: Vec<usize>,
}

impl RetrievalArgs {
    /// Whether the folder holds documents, not passages.
    pub fn of_documents(&self) -> bool {
        !self.dir.join("passages.jsonl").is_file()
    }

    /// How to search.
    pub fn retriever(&self) -> RetrieverSettings {
        let settings = RetrieverSettings::default();
        RetrieverSettings { rerank_depth: if self.no_rerank { 0 } else { settings.rerank_depth }, ..settings }
    }
}

#[derive(Deserialize)]
struct Question {
    #[serde(rename = "question")]
    asked: String,
    answers: Vec<String>,
    document: String,
}

/// The measures of one format and one way to split.
#[derive(Serialize)]
struct Report {
    format: String,
    chunk_tokens: usize,
    overlap: usize,
    chunks: usize,
    /// Answers that are in a chunk of their document, as a share.
    in_chunks: f64,
    recall_at_1: f64,
    recall_at_5: f64,
    recall_at_10: f64,
    mrr_at_10: f64,
    /// Answers within the first hits that together have as many tokens as an answer's passages, as a share.
    in_context: f64,
}

/// Measures every format with every way to split.
pub async fn run(settings: &Settings, places: &Places, output: Output, args: RetrievalArgs) -> CommandResult {
    let own = args.dir.join("questions.jsonl");
    let questions = retriever::spread(read_questions(args.questions.as_deref().unwrap_or(&own))?, args.limit);
    // Whatever is asked, all of the folder's documents are searched.
    let names: BTreeSet<String> = read_questions(&own)?.into_iter().map(|q| q.document).collect();
    let (embedder, reader) = (server::load_embedder(settings, places).await?, server::reader(settings, places)?);
    let reranker = server::load_reranker(settings, places).await?;
    let passage_reader = server::load_passage_reader(settings, places).await?;
    let sizes = if args.chunk_tokens.is_empty() { vec![settings.chunks.max_tokens] } else { args.chunk_tokens.clone() };
    let context = settings.answers.context_tokens;
    if !output.json {
        println!(
            "{:<7} {:>6} {:>7} {:>7} {:>9} {:>6} {:>6} {:>6} {:>7} {:>11}",
            "format", "tokens", "overlap", "chunks", "in chunks", "r@1", "r@5", "r@10", "MRR@10", "in context"
        );
    }
    for format in &args.formats {
        let documents = read_all(&reader, &args.dir, format, &names).await?;
        for (max_tokens, overlap_tokens) in sizes.iter().flat_map(|s| args.overlap.iter().map(move |o| (*s, *o))) {
            let config = SplitConfig { max_tokens, overlap_tokens };
            let indexed = Indexed::new(&documents, config, embedder.clone(), args.retriever()).await?;
            let retriever = indexed.retriever.with_reranker(reranker.clone()).with_reader(passage_reader.clone());
            let indexed = Indexed { retriever, ..indexed };
            let report = indexed.ask(&questions, format, config, context).await?;
            output.print(&json!(report), || report.line());
        }
    }
    Ok(ExitCode::SUCCESS)
}

impl Report {
    fn line(&self) -> String {
        format!(
            "{:<7} {:>6} {:>7} {:>7} {:>9.3} {:>6.3} {:>6.3} {:>6.3} {:>7.3} {:>11.3}",
            self.format,
            self.chunk_tokens,
            self.overlap,
            self.chunks,
            self.in_chunks,
            self.recall_at_1,
            self.recall_at_5,
            self.recall_at_10,
            self.mrr_at_10,
            self.in_context
        )
    }
}

fn read_questions(path: &Path) -> Result<Vec<Question>, Box<dyn std::error::Error + Send + Sync>> {
    let text = std::fs::read_to_string(path).map_err(|e| format!("{} can't be read: {e}", path.display()))?;
    let malformed = |n: usize, e| format!("line {} of {} is no question: {e}", n + 1, path.display());
    let rows = text.lines().enumerate().map(|(n, line)| serde_json::from_str(line).map_err(|e| malformed(n, e)));
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The documents of these names, in one format, in the order of their names.
async fn read_all(
    reader: &Reader,
    dir: &Path,
    format: &str,
    names: &BTreeSet<String>,
) -> Result<Vec<(String, ParsedDocument)>, Box<dyn std::error::Error + Send + Sync>> {
    let mut documents = Vec::new();
    for name in names {
        let file = format!("{name}.{format}");
        let document = reader.read(&dir.join(&file), &file, None, &|_, _| {}).await;
        documents.push((name.clone(), document.map_err(|e| format!("{file}: {e}"))?));
    }
    Ok(documents)
}

/// A course's documents in indexes of their own.
struct Indexed {
    retriever: HybridRetriever,
    course: CourseId,
    documents: Vec<(String, DocumentId, Vec<Chunk>)>,
    _folder: tempfile::TempDir,
}

impl Indexed {
    async fn new(
        documents: &[(String, ParsedDocument)],
        config: SplitConfig,
        embedder: Arc<E5Embedder>,
        settings: RetrieverSettings,
    ) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        let (folder, course) = (tempfile::tempdir()?, CourseId::new());
        let (place, counter) = (folder.path().to_owned(), embedder.clone());
        let opened = tokio::task::spawn_blocking(move || HybridRetriever::open(&place, embedder, settings));
        let retriever = opened.await??;
        let mut indexed = Vec::new();
        for (name, document) in documents {
            let id = DocumentId::new();
            let chunks = ingest::split_chunks(document, name, course, counter.as_ref() as &dyn TokenCounter, &config);
            retriever.put(course, id, &chunks, &|_, _| {}).await?;
            indexed.push((name.clone(), id, chunks));
        }
        Ok(Self { retriever, course, documents: indexed, _folder: folder })
    }

    async fn ask(
        &self,
        questions: &[Question],
        format: &str,
        config: SplitConfig,
        context: usize,
    ) -> Result<Report, Box<dyn std::error::Error + Send + Sync>> {
        let (mut ranks, mut in_chunks, mut in_context) = (Vec::new(), 0, 0);
        for question in questions {
            let Some((_, id, chunks)) = self.documents.iter().find(|(name, ..)| *name == question.document) else {
                continue;
            };
            let answers: Vec<String> = question.answers.iter().map(|a| tight(a)).collect();
            let holds = |text: &str| answers.iter().any(|a| tight(text).contains(a));
            in_chunks += usize::from(chunks.iter().any(|c| holds(&c.text)));
            let query = SearchQuery {
                course: self.course,
                text: question.asked.clone(),
                limit: DEPTH,
                mode: SearchMode::Hybrid,
                filter: SearchFilter::default(),
            };
            let hits = self.retriever.search(query).await?;
            let right = |hit: &Hit| hit.document_id == *id && holds(&hit.text);
            let rank = hits.iter().position(right);
            let before: usize = rank.map_or(usize::MAX, |rank| hits[..=rank].iter().map(|h| h.tokens).sum());
            in_context += usize::from(before <= context);
            ranks.push(rank.map(|rank| rank + 1));
        }
        let RankMetrics { recall_at_1, recall_at_5, recall_at_10, mrr_at_10, .. } = RankMetrics::of(&ranks);
        let share = |count: usize| count as f64 / ranks.len().max(1) as f64;
        Ok(Report {
            format: format.to_owned(),
            chunk_tokens: config.max_tokens,
            overlap: config.overlap_tokens,
            chunks: self.documents.iter().map(|(.., chunks)| chunks.len()).sum(),
            in_chunks: share(in_chunks),
            recall_at_1,
            recall_at_5,
            recall_at_10,
            mrr_at_10,
            in_context: share(in_context),
        })
    }
}

/// Without white space, for where lines break is each format's own, and in one width (NFKC): a scan does not tell `％` from
/// `%`.
fn tight(text: &str) -> String {
    text.nfkc().filter(|c| !c.is_whitespace()).collect()
}
