//! Searching: dense and keyword side by side, fused, read from the store, reranked.

use std::{
    cmp::Ordering,
    collections::{HashMap, HashSet},
    sync::Arc,
};

use domain::{
    ChunkId, ErrorKind, Hit, PortResult, Scores, Script, SearchMode, SearchQuery,
    ports::{BoxFuture, ChunkSearcher, EmbedRole, PassageReader, PassageText, Reranker, TextVectors},
};

use crate::{
    FusedHit, HybridRetriever, KeywordIndex, Ranked, RetrieverError, RetrieverSettings, VectorHit,
    analyse_text::analyse,
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
            let mut asked = Asked { script: Script::of(&query.text), ..Asked::default() };
            let Found { mut scored, across } = self.rank(&query, &mut asked).await?;
            let late = query.mode == SearchMode::Hybrid && self.settings.rerank_depth > 0;
            let depth = query.limit.max(if late { self.settings.rerank_depth } else { 0 });
            let is_read = self.reranker.is_some() || (late && self.reader.is_some());
            let depth = depth.max(if is_read { self.settings.read_depth } else { 0 });
            let depth = depth + make_room(&mut scored, &across, depth);
            let Read { mut hits, copies } = self.read(scored, depth, late.then(|| (query.text.clone(), asked))).await?;
            if let Some(reranker) = &self.reranker {
                rerank_by(reranker.as_ref(), &query.text, &mut hits, self.settings.read_depth).await?;
            } else if let Some(reader) = self.reader.as_ref().filter(|_| late) {
                read_by(reader.as_ref(), &query.text, &mut hits, self.settings.read_depth).await?;
            }
            hits.extend(copies);
            hits.truncate(query.limit);
            Ok(hits)
        })
    }
}

impl HybridRetriever {
    /// The chunks found, best first; what embedding the question gives besides is added to `asked`.
    async fn rank(&self, query: &SearchQuery, asked: &mut Asked) -> PortResult<Found> {
        let depth = self.settings.candidates.max(query.limit);
        let scored = match query.mode {
            SearchMode::Dense => {
                let Near { dense, .. } = self.dense(query, asked.script, depth).await?;
                alone(dense, |s| Scores { dense: s, ..Scores::default() })
            }
            SearchMode::Keyword => {
                alone(self.keyword(query, depth).await?, |s| Scores { keyword: s, ..Scores::default() })
            }
            SearchMode::Hybrid => {
                let (Near { dense, across, tokens }, keyword) =
                    tokio::try_join!(self.dense(query, asked.script, depth), self.keyword(query, depth))?;
                (asked.tokens, asked.dimensions) = (tokens, self.embedder.dimensions());
                let RetrieverSettings { fusion, dense_weight, dense_weight_unspaced, .. } = self.settings;
                let weight = match asked.script {
                    Script::Unspaced => dense_weight_unspaced,
                    Script::Spaced => dense_weight,
                };
                let scored = fuse(fusion, weight, &dense, &keyword).into_iter().map(fused).collect();
                return Ok(Found { scored, across });
            }
        };
        Ok(Found { scored, across: Vec::new() })
    }

    /// The nearest chunks of all, and of those in the other script.
    async fn dense(&self, query: &SearchQuery, script: Script, depth: usize) -> PortResult<Near> {
        let vectors = self.embedder.embed_tokens(vec![query.text.clone()], EmbedRole::Query).await?;
        let Some(TextVectors { text, tokens }) = vectors.into_iter().next() else {
            return Err(RetrieverError::EmbeddingFailed("no vector for the query".to_owned()).into());
        };
        let (index, course, filter) = (&self.vectors, query.course, &query.filter);
        let nearest = |without, vector, depth| index.search(course, filter.clone(), without, vector, depth);
        let bias = self.embedder.language_bias(script, EmbedRole::Query).filter(|_| query.mode == SearchMode::Hybrid);
        let across = async {
            match bias.filter(|_| self.settings.rerank_depth > 0) {
                Some(bias) => nearest(Some(script), bias.off_text(&text), self.settings.across_depth).await,
                None => Ok(Vec::new()),
            }
        };
        let (dense, across) = tokio::try_join!(nearest(None, text.clone(), depth), across)?;
        Ok(Near { dense: ranked(dense), across: ranked(across), tokens })
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
        let (keywords, embedder) = (Arc::clone(&self.keywords), Arc::clone(&self.embedder));
        self.gate
            .run(move || {
                let (found, copies) = read_stored(&keywords, &scored, limit)?;
                let new: Option<Vec<f32>> = match asked {
                    Some((text, asked)) => {
                        let asked = Asked { weights: keywords.term_weights(&text)?, ..asked };
                        let candidates = found.iter().map(|Stored { place, chunk, terms }| Candidate {
                            terms,
                            tokens: &chunk.tokens,
                            script: Script::of(&chunk.chunk.text),
                            fused: place.1,
                        });
                        Some(rerank(&asked, &candidates.collect::<Vec<_>>(), embedder.as_ref()))
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

/// What was found before anything was read.
struct Found {
    scored: Vec<Scored>,
    across: Vec<Ranked>,
}

/// What was found by vectors, and those of the question's tokens.
struct Near {
    dense: Vec<Ranked>,
    /// Of another script than the question, which is why what tells the language is taken off the question.
    across: Vec<Ranked>,
    tokens: Vec<f32>,
}

/// Puts the chunks of another script, which words can't find and vectors find last, behind the first `depth`; how many
/// were not among them. What they score is for the reranker to say.
fn make_room(scored: &mut Vec<Scored>, across: &[Ranked], depth: usize) -> usize {
    let first: HashSet<ChunkId> = scored.iter().take(depth).map(|&(chunk, ..)| chunk).collect();
    let added: Vec<ChunkId> = across.iter().map(|hit| hit.chunk).filter(|chunk| !first.contains(chunk)).collect();
    let mut known: HashMap<ChunkId, Scored> =
        scored.extract_if(depth.min(scored.len()).., |(chunk, ..)| added.contains(chunk)).map(|s| (s.0, s)).collect();
    let unknown = |chunk| (chunk, 0.0, Scores { fused: Some(0.0), ..Scores::default() });
    let places = added.iter().map(|&chunk| known.remove(&chunk).unwrap_or_else(|| unknown(chunk)));
    let at = depth.min(scored.len());
    drop(scored.splice(at..at, places.collect::<Vec<_>>()));
    added.len()
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

fn ranked(hits: Vec<VectorHit>) -> Vec<Ranked> {
    hits.into_iter().map(|hit| Ranked { chunk: hit.chunk, score: hit.score }).collect()
}

fn alone(ranking: Vec<Ranked>, scores: impl Fn(Option<f32>) -> Scores) -> Vec<Scored> {
    ranking.into_iter().map(|r| (r.chunk, r.score, scores(Some(r.score)))).collect()
}

fn fused(hit: FusedHit) -> Scored {
    let FusedHit { chunk, fused, dense, keyword } = hit;
    (chunk, fused, Scores { dense, keyword, fused: Some(fused), rerank: None })
}

/// Orders the first `depth` hits as the reranker does, before all others. Where it is too busy, they stay as they were.
async fn rerank_by(reranker: &dyn Reranker, query: &str, hits: &mut Vec<Hit>, depth: usize) -> PortResult<()> {
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

/// What the search's own score, 0 to 1, is worth beside a reading, in log-odds.
const SEARCH_WEIGHT: f32 = 3.0;

/// Orders the first `depth` hits by what a cross-encoder reads in them and by what they scored before, ahead of all others.
/// Where it is too busy, they stay as they were.
async fn read_by(reader: &dyn PassageReader, query: &str, hits: &mut Vec<Hit>, depth: usize) -> PortResult<()> {
    let passages: Vec<PassageText> =
        hits.iter().take(depth).map(|hit| text::passage_text(&hit.heading_path, &hit.text)).collect();
    let readings = match reader.read(query, &passages).await {
        Err(error) if error.kind == ErrorKind::Overloaded => {
            tracing::warn!(%error, "hits are not read");
            return Ok(());
        }
        readings => readings?,
    };
    for (n, hit) in hits.iter_mut().enumerate() {
        hit.scores.rerank = readings.get(n).map(|reading| logistic(reading.holds));
        hit.score = match readings.get(n) {
            Some(reading) => 0.5 + 0.5 * logistic(0.5 * (reading.holds + SEARCH_WEIGHT * hit.score)),
            None => 0.5 * hit.score.clamp(0.0, 1.0),
        };
    }
    *hits = best_first(std::mem::take(hits));
    Ok(())
}

fn logistic(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

/// The hits by falling score; equal ones stay as they were.
fn best_first(mut hits: Vec<Hit>) -> Vec<Hit> {
    hits.sort_by(|a, b| b.score.partial_cmp(&a.score).unwrap_or(Ordering::Equal));
    hits
}
