//! Orders sentences by what a cross-encoder reads in their passages, and tells how likely it is that one of them answers.

use domain::{
    ErrorKind, Passage, PortResult, Script,
    ports::{PassageReader, PassageText},
};
use text::{Ranked, passage_text};

/// What the reading of its passage is worth beside that of a sentence, and what the ranking by words and vectors is, in
/// log-odds. Fitted on questions held out of the cross-encoder's tuning (`tuner/cross_encoder`).
const PASSAGE_WEIGHT: f32 = 0.3;
const RANKING_WEIGHT: f32 = 3.0;

/// What a sentence that gives orders loses: more than any reading is worth.
const ORDERS: f32 = 100.0;

/// The log-odds that the passages answer the question: a sum of what was read in the best passage, in the best sentence, and
/// of the evidence of words and vectors, each times its weight, and the last.
///
/// Fitted by logistic regression on 165 held-out questions, a third of whose passages were taken out; the last is lowered so
/// that a doubt of 0.85 refuses most of what nothing answers and 1 in 30 of the rest.
const EVIDENCE_WEIGHTS: [f32; 4] = [0.2, 0.5, 0.6, 0.3];

/// Brings `ranked` into the order of what is read in the passages. Gives the new log-odds that they answer, or `evidence` as
/// it is where the reader is too busy.
pub(crate) async fn read_passages(
    question: &str,
    passages: &[Passage],
    ranked: &mut [Ranked<'_>],
    evidence: f32,
    reader: &dyn PassageReader,
) -> PortResult<f32> {
    let texts: Vec<PassageText> = passages.iter().map(|p| passage_text(&p.heading_path, &p.text)).collect();
    let readings = match reader.read(question, &texts).await {
        Err(error) if error.kind == ErrorKind::Overloaded => {
            tracing::warn!(%error, "passages are not read");
            return Ok(evidence);
        }
        readings => readings?,
    };
    let (mut passage, mut sentence) = (f32::NEG_INFINITY, f32::NEG_INFINITY);
    for one in ranked.iter_mut() {
        let Some(reading) = readings.get(one.sentence.passage) else { continue };
        let answers = reading.sentences.get(one.sentence.place).copied().unwrap_or(f32::NEG_INFINITY);
        // What gives orders is the last to be quoted, whatever it seems to answer.
        if !one.sentence.orders {
            (passage, sentence) = (passage.max(reading.holds), sentence.max(answers));
        }
        let orders = if one.sentence.orders { ORDERS } else { 0.0 };
        one.score = answers + PASSAGE_WEIGHT * reading.holds + RANKING_WEIGHT * one.score - orders;
        one.answers = Some(answers);
    }
    ranked.sort_by(|a, b| b.score.total_cmp(&a.score));
    tracing::debug!(passage, sentence, evidence, "read");
    // It was trained on questions in the passage's own language: across languages it finds the sentence, but does not trust it.
    let across = ranked.first().is_some_and(|best| Script::of(best.sentence.text) != Script::of(question));
    let [of_passage, of_sentence, of_evidence, constant] = EVIDENCE_WEIGHTS;
    let odds = of_passage * passage + of_sentence * sentence + of_evidence * evidence + constant;
    Ok(if odds.is_finite() && !across { odds } else { evidence })
}
