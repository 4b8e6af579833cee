//! When the material does not hold the answer: noticing it, and saying so.

use domain::Language;
use text::Ranked;

/// How many passages a refusal cites as the nearest.
pub(crate) const NEAREST: usize = 3;

/// What the share of the question's words that the best sentence holds is worth, in cosine.
const OVERLAP_WEIGHT: f32 = 0.1;
/// What one unit of cosine is worth, in log-odds: unrelated Chinese sentences lie closer together than English ones.
const EVIDENCE_WEIGHT: f32 = 41.0;
const EVIDENCE_WEIGHT_CHINESE: f32 = 76.0;
/// How much a model's own doubt counts beside the evidence. Fitted on 106 questions kept out of tuning, 22 of them without
/// an answer: areas under the curve of 0.90 (the model's doubt alone), 0.87 (similarity alone), 0.94 (both).
const MODEL_WEIGHT: f32 = 0.5;

/// The cosine, what tells the language taken off, at which it is even odds that a sentence in another script answers, and
/// what a unit of it is worth in log-odds. Fitted on the 40 questions of `benches/questions`, once with the document that
/// answers them among those searched, once without: a doubt of 0.85 refuses 2 and 29 of them.
const ACROSS_EVEN_AT: f32 = 0.29;
const ACROSS_WEIGHT: f32 = 40.0;

/// The log-odds that the passages answer the question: how near the best sentences are, and how many of the question's
/// words the best one holds. `even_at` is the cosine at which a sentence with half of the words leaves it open.
///
/// Fitted by logistic regression on 300 questions each of `SQuAD`, DRCD and CMRC 2018, two fifths of whose passages were
/// taken out while others of their articles stayed. Of 250 other questions each, a doubt of 0.85 refuses 42, 62 and 80 %
/// of those that nothing answers, and 2.4, 1.3 and 0 % of the rest.
///
/// Sentences in another script than the question, which can hold none of its words, are evidence of their own.
pub(crate) fn evidence(ranked: &[Ranked<'_>], even_at: f32, language: Language) -> f32 {
    // Either alone misleads: a strange word in a good question lowers the overlap, a question about something near
    // the course's subject raises the similarity.
    let similar = ranked.iter().filter_map(|r| r.similarity).fold(f32::NEG_INFINITY, f32::max);
    let overlap = ranked.first().map_or(0.0, |best| best.overlap);
    let weight = if language.is_chinese() { EVIDENCE_WEIGHT_CHINESE } else { EVIDENCE_WEIGHT };
    let own = weight * (similar + OVERLAP_WEIGHT * (overlap - 0.5) - even_at);
    let across = ranked.iter().filter_map(|r| r.across).fold(f32::NEG_INFINITY, f32::max);
    own.max(ACROSS_WEIGHT * (across - ACROSS_EVEN_AT))
}

/// How likely it is, 0 to 1, that the material does not hold the answer: by the evidence and, where one was asked, by what
/// a model thinks of the passage that it answers from.
pub(crate) fn doubt(evidence: f32, model: Option<f32>) -> f32 {
    let model = model.map_or(0.0, |doubt| {
        let doubt = doubt.clamp(1e-4, 1.0 - 1e-4);
        MODEL_WEIGHT * (doubt / (1.0 - doubt)).ln()
    });
    1.0 / (1.0 + (evidence - model).exp())
}

/// The sentence that says so, in the question's language.
pub(crate) const fn refusal(language: Language) -> &'static str {
    match language {
        Language::TraditionalChinese => "教材裡找不到這個問題的答案。最接近的段落列在下面。",
        Language::SimplifiedChinese => "教材里找不到这个问题的答案。最接近的段落列在下面。",
        Language::English | Language::Other => {
            "The course material does not answer this question. The nearest passages are listed below."
        }
    }
}

#[cfg(test)]
mod tests {
    use super::doubt;

    #[test]
    fn doubt_falls_with_evidence_and_rises_with_the_models_own() {
        assert!((doubt(0.0, None) - 0.5).abs() < 1e-6 && doubt(3.0, None) < 0.1 && doubt(-3.0, None) > 0.9);
        assert!((doubt(0.0, Some(0.5)) - 0.5).abs() < 1e-6);
        assert!(doubt(0.0, Some(0.9)) > 0.7 && doubt(2.0, Some(0.9)) < 0.3 && doubt(-1.0, Some(0.1)) < 0.5);
        for extreme in [f32::NEG_INFINITY, -40.0, 40.0] {
            assert!(
                (0.0..=1.0).contains(&doubt(extreme, Some(1.0))) && (0.0..=1.0).contains(&doubt(extreme, Some(0.0)))
            );
        }
    }
}
