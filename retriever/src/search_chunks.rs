//! Searching: dense and keyword side by side, fused, read from the store, reranked where a reranker is installed.

use std::{cmp::Ordering, sync::Arc};

use domain::{
    ChunkId, Hit, PortResult, Scores, SearchMode, SearchQuery,
    ports::{BoxFuture, ChunkSearcher, EmbedRole, Reranker},
};

use crate::{FusedHit, HybridRetriever, Ranked, RetrieverError, analyse_text::is_mostly_unspaced, fuse};

/// Most hits of one search.
const MOST_HITS: usize = 1_000;

/// A chunk to be read from the store, and the scores it goes by.
type Scored = (ChunkId, f32, Scores);

impl ChunkSearcher for HybridRetriever {
    /// No more than 1,000 hits, whatever the limit.
    fn search(&self, mut query: SearchQuery) -> BoxFuture<'_, PortResult<Vec<Hit>>> {
        query.limit = query.limit.min(MOST_HITS);
        Box::pin(async move {
            if query.limit == 0 || query.text.trim().is_empty() {
                return Ok(Vec::new());
            }
            let scored = self.rank(&query).await?;
            match &self.reranker {
                None => Ok(self.read(scored, query.limit).await?),
                Some(reranker) => {
                    let depth = self.settings.rerank_depth.max(query.limit);
                    let mut hits = self.read(scored, depth).await?;
                    rerank(reranker, &query.text, &mut hits).await?;
                    hits.truncate(query.limit);
                    Ok(hits)
                }
            }
        })
    }
}

impl HybridRetriever {
    async fn rank(&self, query: &SearchQuery) -> PortResult<Vec<Scored>> {
        let depth = self.settings.candidates.max(query.limit);
        match query.mode {
            SearchMode::Dense => {
                Ok(alone(self.dense(query, depth).await?, |s| Scores { dense: s, ..Scores::default() }))
            }
            SearchMode::Keyword => {
                Ok(alone(self.keyword(query, depth).await?, |s| Scores { keyword: s, ..Scores::default() }))
            }
            SearchMode::Hybrid => {
                let (dense, keyword) = tokio::try_join!(self.dense(query, depth), self.keyword(query, depth))?;
                let weight = if is_mostly_unspaced(&query.text) {
                    self.settings.dense_weight_unspaced
                } else {
                    self.settings.dense_weight
                };
                Ok(fuse(self.settings.fusion, weight, &dense, &keyword).into_iter().map(fused).collect())
            }
        }
    }

    async fn dense(&self, query: &SearchQuery, depth: usize) -> PortResult<Vec<Ranked>> {
        let vectors = self.embedder.embed(vec![query.text.clone()], EmbedRole::Query).await?;
        let Some(vector) = vectors.into_iter().next() else {
            return Err(RetrieverError::EmbeddingFailed("no vector for the query".to_owned()).into());
        };
        let hits = self.vectors.search(query.course, query.filter.clone(), vector, depth).await?;
        Ok(hits.into_iter().map(|hit| Ranked { chunk: hit.chunk, score: hit.score }).collect())
    }

    async fn keyword(&self, query: &SearchQuery, depth: usize) -> PortResult<Vec<Ranked>> {
        let (keywords, query) = (Arc::clone(&self.keywords), query.clone());
        let hits = self.gate.run(move || keywords.search(query.course, &query.filter, &query.text, depth)).await?;
        Ok(hits.into_iter().map(|hit| Ranked { chunk: hit.chunk, score: hit.score }).collect())
    }

    /// The first `limit` of these that the store holds. What it lacks is half of a write in progress, and left out.
    async fn read(&self, scored: Vec<Scored>, limit: usize) -> Result<Vec<Hit>, RetrieverError> {
        let keywords = Arc::clone(&self.keywords);
        self.gate
            .run(move || {
                let mut hits = Vec::with_capacity(limit.min(scored.len()));
                let mut rest = scored.as_slice();
                while hits.len() < limit && !rest.is_empty() {
                    let (now, later) = rest.split_at((limit - hits.len()).min(rest.len()));
                    rest = later;
                    let ids: Vec<ChunkId> = now.iter().map(|&(id, ..)| id).collect();
                    let chunks = keywords.chunks(&ids)?;
                    let found = now.iter().zip(chunks).filter_map(|(place, chunk)| Some((place, chunk?)));
                    hits.extend(found.map(|(&(_, score, scores), chunk)| chunk.into_hit(score, scores)));
                }
                Ok(hits)
            })
            .await
    }
}

fn alone(ranking: Vec<Ranked>, scores: impl Fn(Option<f32>) -> Scores) -> Vec<Scored> {
    ranking.into_iter().map(|r| (r.chunk, r.score, scores(Some(r.score)))).collect()
}

fn fused(hit: FusedHit) -> Scored {
    let FusedHit { chunk, fused, dense, keyword } = hit;
    (chunk, fused, Scores { dense, keyword, fused: Some(fused), rerank: None })
}

async fn rerank(reranker: &Arc<dyn Reranker>, query: &str, hits: &mut [Hit]) -> PortResult<()> {
    let texts: Vec<String> = hits.iter().map(|hit| hit.text.clone()).collect();
    let scores = reranker.rerank(query, &texts).await?;
    for (hit, score) in hits.iter_mut().zip(scores) {
        hit.score = score;
        hit.scores.rerank = Some(score);
    }
    hits.sort_by(|a, b| b.score.partial_cmp(&a.score).unwrap_or(Ordering::Equal));
    Ok(())
}
