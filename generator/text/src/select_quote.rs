//! Selects the sentence that answers the question best: word overlap picks the candidates, embeddings decide.

use domain::{
    Passage, PortResult, Script,
    ports::{EmbedRole, Embedder},
};

use crate::{Ranked, Sentence, passage_priors, rank_sentences};

/// What one unit of cosine is worth, in score. Measured on `SQuAD` and CMRC 2018 with multilingual-e5-small: 2 to 4 find
/// nearly the same; the sentences' late interaction beside it finds less.
const SIMILARITY_WEIGHT: f32 = 3.0;
/// Sentences in another script than the question that are embedded, and how far down, 0 to 1, the search may have placed
/// their passage. No word tells which of them are worth it: those of the best passages, in their order.
const ACROSS: usize = 12;
const ACROSS_PLACE: f32 = 0.5;
/// What a unit of their cosine is worth. Unrelated ones are at 0.2, those that answer at 0.45 (the questions in
/// `benches/questions`): so much as words of the question tell of others.
const ACROSS_WEIGHT: f32 = 1.5;
/// How far below the best one a neighbouring sentence may rank, in places and in score, to be quoted with it.
const NEAR: usize = 3;
const NEAR_SCORE: f32 = 0.3;
/// How long the two may be together, in bytes.
const LONGEST_SPAN: usize = 450;

/// The sentences, best first; the first `candidates` by words carry their similarity to the question and are ordered
/// by both. Beside them, some in another script are ordered by meaning alone.
pub async fn select_quote<'a>(
    question: &str,
    passages: &[Passage],
    sentences: &[Sentence<'a>],
    embedder: &dyn Embedder,
    candidates: usize,
) -> PortResult<Vec<Ranked<'a>>> {
    let mut ranked = rank_sentences(question, passages, sentences);
    let across = take_across(question, passages, &mut ranked, embedder);
    let rest = ranked.split_off(candidates.min(ranked.len()));
    if ranked.is_empty() && across.is_empty() {
        return Ok(rest);
    }
    let own = ranked.len();
    ranked.extend(across);
    let texts: Vec<String> = ranked.iter().map(|r| r.sentence.text.to_owned()).collect();
    let (asked, found) = tokio::try_join!(
        embedder.embed(vec![question.to_owned()], EmbedRole::Query),
        embedder.embed(texts, EmbedRole::Passage)
    )?;
    let asked = asked.into_iter().next().unwrap_or_default();
    let (found, found_across) = found.split_at(own.min(found.len()));
    let (candidates, candidates_across) = ranked.split_at_mut(own);
    let cosines: Vec<f32> = found.iter().map(|v| cosine(&asked, v)).collect();
    let mean = cosines.iter().sum::<f32>() / cosines.len().max(1) as f32;
    for (candidate, cosine) in candidates.iter_mut().zip(cosines) {
        candidate.similarity = Some(cosine);
        candidate.score += SIMILARITY_WEIGHT * (cosine - mean);
    }
    if let Some(bias) = embedder.language_bias(Script::of(question), EmbedRole::Query) {
        let asked = bias.off_text(&asked);
        for (candidate, vector) in candidates_across.iter_mut().zip(found_across) {
            let bias = embedder.language_bias(Script::of(candidate.sentence.text), EmbedRole::Passage);
            let cosine = bias.map_or(0.0, |bias| cosine(&asked, &bias.off_text(vector)));
            candidate.across = Some(cosine);
            candidate.score += ACROSS_WEIGHT * cosine;
        }
    }
    ranked.sort_by(|a, b| b.score.total_cmp(&a.score));
    ranked.extend(rest);
    Ok(ranked)
}

/// Takes the sentences in another script that are worth embedding out of `ranked`.
fn take_across<'a>(
    question: &str,
    passages: &[Passage],
    ranked: &mut Vec<Ranked<'a>>,
    embedder: &dyn Embedder,
) -> Vec<Ranked<'a>> {
    let script = Script::of(question);
    let is_across = |r: &Ranked<'_>| Script::of(r.sentence.text) != script;
    if embedder.language_bias(script, EmbedRole::Query).is_none() || !ranked.iter().any(is_across) {
        return Vec::new();
    }
    let places = passage_priors(passages);
    let place = |r: &Ranked<'_>| places.get(r.sentence.passage).copied().unwrap_or_default();
    let worth = |r: &Ranked<'_>| is_across(r) && place(r) >= ACROSS_PLACE;
    let mut across: Vec<Ranked<'a>> = ranked.extract_if(.., |r| worth(r)).collect();
    across.sort_by(|a, b| place(b).total_cmp(&place(a)).then(a.sentence.place.cmp(&b.sentence.place)));
    ranked.extend(across.drain(ACROSS.min(across.len())..));
    across
}

/// The span to quote: the best sentence, with the one after or before it where that ranks near it as well. Definitions
/// and lists often run over two sentences.
pub fn widen<'a>(passages: &'a [Passage], ranked: &[Ranked<'a>]) -> Option<Sentence<'a>> {
    let best = ranked.first()?;
    let mut span = best.sentence.clone();
    let text = &passages.get(span.passage)?.text;
    // What a cross-encoder read stands for itself: its scores of neighbours lie too near to each other to tell.
    let near = ranked.iter().skip(1).take(NEAR).filter(|r| r.answers.is_none() && r.score > best.score - NEAR_SCORE);
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
pub fn cosine(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}
