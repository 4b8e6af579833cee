//! Selects the sentence that answers the question best: word overlap picks the candidates, embeddings decide.

use domain::{
    Passage, PortResult,
    ports::{EmbedRole, Embedder},
};

use super::rank_sentences::{Ranked, Sentence, rank_sentences};

/// What one cosine unit is worth, in score: e5's cosines lie close together, so a little is much.
const SIMILARITY_WEIGHT: f32 = 4.0;

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

/// The dot product of two vectors of length 1.
fn cosine(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}
