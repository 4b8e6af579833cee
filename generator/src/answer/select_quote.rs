//! Selects the sentence that answers the question best: word overlap picks the candidates, embeddings decide.

use domain::{
    Passage, PortResult,
    ports::{EmbedRole, Embedder},
};

use super::rank_sentences::{Ranked, Sentence, rank_sentences};

/// What one unit of cosine is worth, in score. Measured on `SQuAD` and CMRC 2018 with multilingual-e5-small: 2 to 4 find
/// nearly the same; the sentences' late interaction beside it finds less.
const SIMILARITY_WEIGHT: f32 = 3.0;
/// How far below the best one a neighbouring sentence may rank, in places and in score, to be quoted with it.
const NEAR: usize = 3;
const NEAR_SCORE: f32 = 0.3;
/// How long the two may be together, in bytes.
const LONGEST_SPAN: usize = 450;

/// The sentences, best first; the first `candidates` by words carry their similarity to the question and are ordered
/// by both.
pub(crate) async fn select_quote<'a>(
    question: &str,
    passages: &[Passage],
    sentences: &[Sentence<'a>],
    embedder: &dyn Embedder,
    candidates: usize,
) -> PortResult<Vec<Ranked<'a>>> {
    let mut ranked = rank_sentences(question, passages, sentences);
    let rest = ranked.split_off(candidates.min(ranked.len()));
    if ranked.is_empty() {
        return Ok(rest);
    }
    let texts: Vec<String> = ranked.iter().map(|r| r.sentence.text.to_owned()).collect();
    let (asked, found) = tokio::try_join!(
        embedder.embed(vec![question.to_owned()], EmbedRole::Query),
        embedder.embed(texts, EmbedRole::Passage)
    )?;
    let asked = asked.into_iter().next().unwrap_or_default();
    let cosines: Vec<f32> = found.iter().map(|v| cosine(&asked, v)).collect();
    let mean = cosines.iter().sum::<f32>() / cosines.len().max(1) as f32;
    for (candidate, cosine) in ranked.iter_mut().zip(cosines) {
        candidate.similarity = Some(cosine);
        candidate.score += SIMILARITY_WEIGHT * (cosine - mean);
    }
    ranked.sort_by(|a, b| b.score.total_cmp(&a.score));
    ranked.extend(rest);
    Ok(ranked)
}

/// The span to quote: the best sentence, with the one after or before it where that ranks near it as well. Definitions
/// and lists often run over two sentences.
pub(crate) fn widen<'a>(passages: &'a [Passage], ranked: &[Ranked<'a>]) -> Option<Sentence<'a>> {
    let best = ranked.first()?;
    let mut span = best.sentence.clone();
    let text = &passages.get(span.passage)?.text;
    let near = ranked.iter().skip(1).take(NEAR).filter(|r| r.score > best.score - NEAR_SCORE);
    // A question answers none.
    let near = near.filter(|r| !r.sentence.text.ends_with(['?', '？']) && !r.sentence.orders);
    for other in near.map(|r| &r.sentence).filter(|s| s.passage == span.passage) {
        let joined = span.range.start.min(other.range.start)..span.range.end.max(other.range.end);
        if other.place.abs_diff(best.sentence.place) == 1 && joined.len() <= LONGEST_SPAN {
            span.text = text.get(joined.clone())?;
            span.terms.extend(other.terms.iter().cloned());
            span.range = joined;
            break;
        }
    }
    Some(span)
}

/// The dot product of two vectors: their cosine where both are of length 1.
pub(super) fn cosine(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}
