//! Searching: dense and keyword side by side, fused, read from the store, reranked.

use std::{cmp::Ordering, sync::Arc};

use domain::{
    ChunkId, ErrorKind, Hit, PortResult, Scores, SearchMode, SearchQuery,
    ports::{BoxFuture, ChunkSearcher, EmbedRole, Reranker, TextVectors},
};

use crate::{
    FusedHit, HybridRetriever, KeywordIndex, Ranked, RetrieverError, RetrieverSettings,
    analyse_text::{analyse, is_mostly_unspaced},
    fuse,
    keyword_schema::StoredChunk,
    near_duplicates::Said,
    rerank_candidates::{Asked, Candidate, rerank},
};

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
            let mut asked = Asked { unspaced: is_mostly_unspaced(&query.text), ..Asked::default() };
            let scored = self.rank(&query, &mut asked).await?;
            let late = query.mode == SearchMode::Hybrid && self.settings.rerank_depth > 0;
            let depth = query.limit.max(if late { self.settings.rerank_depth } else { 0 });
            let depth = depth.max(if self.reranker.is_some() { self.settings.read_depth } else { 0 });
            let Read { mut hits, copies } = self.read(scored, depth, late.then(|| (query.text.clone(), asked))).await?;
            if let Some(reranker) = &self.reranker {
                read_by(reranker.as_ref(), &query.text, &mut hits, self.settings.read_depth).await?;
            }
            hits.extend(copies);
            hits.truncate(query.limit);
            Ok(hits)
        })
    }
}

impl HybridRetriever {
    /// The chunks found, best first; what embedding the question gives besides is added to `asked`.
    async fn rank(&self, query: &SearchQuery, asked: &mut Asked) -> PortResult<Vec<Scored>> {
        let depth = self.settings.candidates.max(query.limit);
        match query.mode {
            SearchMode::Dense => {
                let (ranking, _) = self.dense(query, depth).await?;
                Ok(alone(ranking, |s| Scores { dense: s, ..Scores::default() }))
            }
            SearchMode::Keyword => {
                Ok(alone(self.keyword(query, depth).await?, |s| Scores { keyword: s, ..Scores::default() }))
            }
            SearchMode::Hybrid => {
                let ((dense, tokens), keyword) =
                    tokio::try_join!(self.dense(query, depth), self.keyword(query, depth))?;
                (asked.tokens, asked.dimensions) = (tokens, self.embedder.dimensions());
                let RetrieverSettings { fusion, dense_weight, dense_weight_unspaced, .. } = self.settings;
                let weight = if asked.unspaced { dense_weight_unspaced } else { dense_weight };
                Ok(fuse(fusion, weight, &dense, &keyword).into_iter().map(fused).collect())
            }
        }
    }

    /// The nearest chunks, and the vectors of the question's tokens.
    async fn dense(&self, query: &SearchQuery, depth: usize) -> PortResult<(Vec<Ranked>, Vec<f32>)> {
        let vectors = self.embedder.embed_tokens(vec![query.text.clone()], EmbedRole::Query).await?;
        let Some(TextVectors { text, tokens }) = vectors.into_iter().next() else {
            return Err(RetrieverError::EmbeddingFailed("no vector for the query".to_owned()).into());
        };
        let hits = self.vectors.search(query.course, query.filter.clone(), text, depth).await?;
        Ok((hits.into_iter().map(|hit| Ranked { chunk: hit.chunk, score: hit.score }).collect(), tokens))
    }

    async fn keyword(&self, query: &SearchQuery, depth: usize) -> PortResult<Vec<Ranked>> {
        let (keywords, query) = (Arc::clone(&self.keywords), query.clone());
        let hits = self.gate.run(move || keywords.search(query.course, &query.filter, &query.text, depth)).await?;
        Ok(hits.into_iter().map(|hit| Ranked { chunk: hit.chunk, score: hit.score }).collect())
    }

    /// The first `limit` of these that the store holds, reranked for what was asked. What the store lacks is half of a
    /// write in progress, and left out.
    async fn read(
        &self,
        scored: Vec<Scored>,
        limit: usize,
        asked: Option<(String, Asked)>,
    ) -> Result<Read, RetrieverError> {
        let keywords = Arc::clone(&self.keywords);
        self.gate
            .run(move || {
                let (found, copies) = read_stored(&keywords, &scored, limit)?;
                let new: Option<Vec<f32>> = match asked {
                    Some((text, asked)) => {
                        let asked = Asked { weights: keywords.term_weights(&text)?, ..asked };
                        let candidates = found.iter().map(|Stored { place, chunk, terms }| Candidate {
                            terms,
                            tokens: &chunk.tokens,
                            fused: place.1,
                        });
                        Some(rerank(&asked, &candidates.collect::<Vec<_>>()))
                    }
                    None => None,
                };
                let hits = found.into_iter().enumerate().map(|(n, Stored { place: (_, score, scores), chunk, .. })| {
                    let rerank = new.as_ref().and_then(|new| new.get(n)).copied();
                    chunk.into_hit(rerank.unwrap_or(score), Scores { rerank, ..scores })
                });
                let copies =
                    copies.into_iter().map(|Stored { place: (.., scores), chunk, .. }| chunk.into_hit(0.0, scores));
                Ok(Read { hits: best_first(hits.collect()), copies: copies.collect() })
            })
            .await
    }
}

/// Hits, best first, and near-duplicates of better ones, which score 0.
struct Read {
    hits: Vec<Hit>,
    copies: Vec<Hit>,
}

/// A chunk as the store has it, and the terms of its text.
struct Stored {
    place: Scored,
    chunk: StoredChunk,
    terms: Vec<String>,
}

/// The first `limit` of these that the store holds and that are no copies of better ones; and the copies.
fn read_stored(
    keywords: &KeywordIndex,
    scored: &[Scored],
    limit: usize,
) -> Result<(Vec<Stored>, Vec<Stored>), RetrieverError> {
    let (mut found, mut copies, mut said) = (Vec::with_capacity(limit.min(scored.len())), Vec::new(), Said::default());
    let mut rest = scored;
    while found.len() < limit && !rest.is_empty() {
        let (now, later) = rest.split_at((limit - found.len()).min(rest.len()));
        rest = later;
        let ids: Vec<ChunkId> = now.iter().map(|&(id, ..)| id).collect();
        for (place, chunk) in now.iter().zip(keywords.chunks(&ids)?) {
            let Some(chunk) = chunk else { continue };
            let terms = analyse(&chunk.chunk.text);
            let list = if said.repeats(&terms) { &mut copies } else { &mut found };
            list.push(Stored { place: *place, chunk, terms });
        }
    }
    Ok((found, copies))
}

fn alone(ranking: Vec<Ranked>, scores: impl Fn(Option<f32>) -> Scores) -> Vec<Scored> {
    ranking.into_iter().map(|r| (r.chunk, r.score, scores(Some(r.score)))).collect()
}

fn fused(hit: FusedHit) -> Scored {
    let FusedHit { chunk, fused, dense, keyword } = hit;
    (chunk, fused, Scores { dense, keyword, fused: Some(fused), rerank: None })
}

/// Orders the first `depth` hits as the reranker does, before all others. Where it is too busy, they stay as they were.
async fn read_by(reranker: &dyn Reranker, query: &str, hits: &mut Vec<Hit>, depth: usize) -> PortResult<()> {
    let depth = depth.min(hits.len());
    let texts: Vec<String> = hits.iter().take(depth).map(|hit| hit.text.clone()).collect();
    let scores = match reranker.rerank(query, &texts).await {
        Err(error) if error.kind == ErrorKind::Overloaded => {
            tracing::warn!(%error, "hits are not reranked");
            return Ok(());
        }
        scores => scores?,
    };
    for (n, hit) in hits.iter_mut().enumerate() {
        // A logit, brought between 0.5 and 1; what was not read comes below.
        hit.scores.rerank = scores.get(n).map(|score| 0.75 + 0.25 * score / (1.0 + score.abs()));
        hit.score = hit.scores.rerank.unwrap_or(0.5 * (hit.score.max(0.0) / (1.0 + hit.score.max(0.0))));
    }
    *hits = best_first(std::mem::take(hits));
    Ok(())
}

/// The hits by falling score; equal ones stay as they were.
fn best_first(mut hits: Vec<Hit>) -> Vec<Hit> {
    hits.sort_by(|a, b| b.score.partial_cmp(&a.score).unwrap_or(Ordering::Equal));
    hits
}
