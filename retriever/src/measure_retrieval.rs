//! How well retrieval works on a set of questions whose passages are known, through the code that serves.

use std::{path::Path, sync::Arc, time::Instant};

use domain::{
    ByteRange, Chunk, ChunkId, CourseId, DocumentId, SearchFilter, SearchMode, SearchQuery,
    ports::{ChunkSearcher, ChunkStore, Embedder, PassageReader, Reranker},
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    HybridRetriever, RankMetrics, RetrieverError, RetrieverSettings, percentile,
    read_questions::{EvalPassage, EvalSet},
};

/// Hits asked for per question: as deep as the deepest measure.
const DEPTH: usize = 10;

/// The measures of one mode.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModeReport {
    /// `dense`, `keyword` or `hybrid`.
    pub mode: SearchMode,
    /// See [`RankMetrics`].
    pub recall_at_1: f64,
    /// See [`RankMetrics`].
    pub recall_at_5: f64,
    /// See [`RankMetrics`].
    pub recall_at_10: f64,
    /// See [`RankMetrics`].
    pub mrr_at_10: f64,
    /// See [`RankMetrics`].
    pub ndcg_at_10: f64,
    /// Half of the searches took at most this, milliseconds.
    pub p50_ms: f64,
    /// 95 of 100 searches took at most this, milliseconds.
    pub p95_ms: f64,
}

/// What reads the first hits: a reranker, and a reader of passages.
pub type CrossEncoders = (Option<Arc<dyn Reranker>>, Option<Arc<dyn PassageReader>>);

/// Indexes `dir`'s passages in `workdir` (which should be empty, and is the caller's to delete) and asks its questions,
/// all or the first `limit`, one after another in each mode: dense, keyword, hybrid.
pub async fn evaluate(
    dir: &Path,
    embedder: Arc<dyn Embedder>,
    (reranker, reader): CrossEncoders,
    workdir: &Path,
    limit: Option<usize>,
    settings: RetrieverSettings,
) -> Result<Vec<ModeReport>, RetrieverError> {
    let set = EvalSet::read(dir, limit)?;
    let (retriever, course) = index_passages(&set.passages, embedder, workdir, settings).await?;
    let retriever = retriever.with_reranker(reranker).with_reader(reader);
    let mut reports = Vec::new();
    for mode in [SearchMode::Dense, SearchMode::Keyword, SearchMode::Hybrid] {
        reports.push(ask(&retriever, course, mode, &set).await?);
    }
    Ok(reports)
}

/// Indexes passages in `workdir`: each is one chunk, its ordinal its place in the list.
pub async fn index_passages(
    passages: &[EvalPassage],
    embedder: Arc<dyn Embedder>,
    workdir: &Path,
    settings: RetrieverSettings,
) -> Result<(HybridRetriever, CourseId), RetrieverError> {
    let place = workdir.to_owned();
    let opened = tokio::task::spawn_blocking(move || HybridRetriever::open(&place, embedder, settings)).await;
    let retriever = opened.map_err(|e| RetrieverError::BrokeOff(e.into()))??;
    let course = CourseId(Uuid::new_v5(&Uuid::NAMESPACE_URL, workdir.to_string_lossy().as_bytes()));
    index(&retriever, course, passages).await?;
    Ok((retriever, course))
}

/// Each passage is one chunk, its title its heading, in one document.
async fn index(retriever: &HybridRetriever, course: CourseId, passages: &[EvalPassage]) -> Result<(), RetrieverError> {
    let mut start = 0;
    let chunk = |(ordinal, passage): (usize, &EvalPassage)| {
        let range = ByteRange::new(start, start + passage.text.len());
        start = range.end;
        Chunk {
            id: ChunkId::derive(course, "", ordinal),
            ordinal,
            text: passage.text.clone(),
            tokens: 0,
            pages: (1, 1),
            heading_path: Some(passage.title.clone()).filter(|t| !t.is_empty()).into_iter().collect(),
            range,
        }
    };
    let chunks: Vec<Chunk> = passages.iter().enumerate().map(chunk).collect();
    Ok(retriever.put(course, DocumentId(course.0), &chunks, &|_, _| {}).await?)
}

async fn ask(
    retriever: &HybridRetriever,
    course: CourseId,
    mode: SearchMode,
    set: &EvalSet,
) -> Result<ModeReport, RetrieverError> {
    let (mut ranks, mut times) = (Vec::new(), Vec::new());
    for question in &set.questions {
        let (text, filter) = (question.question.clone(), SearchFilter::default());
        let began = Instant::now();
        let hits = retriever.search(SearchQuery { course, text, limit: DEPTH, mode, filter }).await?;
        times.push(began.elapsed().as_secs_f64() * 1e3);
        let right = set.place(question);
        ranks.push(hits.iter().position(|hit| Some(hit.ordinal) == right).map(|place| place + 1));
    }
    let RankMetrics { recall_at_1, recall_at_5, recall_at_10, mrr_at_10, ndcg_at_10 } = RankMetrics::of(&ranks);
    let (p50_ms, p95_ms) = (percentile(&times, 0.5), percentile(&times, 0.95));
    Ok(ModeReport { mode, recall_at_1, recall_at_5, recall_at_10, mrr_at_10, ndcg_at_10, p50_ms, p95_ms })
}
