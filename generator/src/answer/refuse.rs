//! When the material does not hold the answer: noticing it, and saying so.

use domain::Language;

use super::rank_sentences::{Ranked, Sentence, question_coverage};

/// How many passages a refusal cites as the nearest.
pub(crate) const NEAREST: usize = 3;

/// How fast doubt falls with evidence, and how much a model's own doubt counts, both in logits; and the evidence over
/// the threshold at which a model that is of two minds leaves it undecided. Fitted by logistic regression on 106 questions
/// kept out of tuning, 22 of them without an answer: areas under the curve of 0.90 (the model's doubt alone), 0.87
/// (similarity alone), 0.94 (both).
const EVIDENCE_WEIGHT: f32 = 46.0;
const MODEL_WEIGHT: f32 = 0.5;
const UNDECIDED: f32 = 0.05;

/// The evidence that the passages answer the question, less `threshold`: how near the best sentence is, and how many of
/// the question's words were found. Below 0, nothing near the question was found.
///
/// Measured on 80 questions each of `SQuAD`, DRCD and CMRC 2018, against the three nearest of about 80 passages of other
/// articles: the default thresholds refuse none of the 240 with their own passage and 211 of the 240 without.
pub(crate) fn margin(question: &str, sentences: &[Sentence<'_>], ranked: &[Ranked<'_>], threshold: f32) -> f32 {
    // Either alone misleads: a strange word in a good question lowers the coverage, a question about something near
    // the course's subject raises the similarity.
    let similar = ranked.iter().filter_map(|r| r.similarity).fold(f32::NEG_INFINITY, f32::max);
    similar + 0.1 * (question_coverage(question, sentences) - 0.5) - threshold
}

/// How likely it is, 0 to 1, that the material does not hold the answer: by the evidence and, where one was asked, by what
/// a model thinks of the passage that it answers from.
pub(crate) fn doubt(margin: f32, model: Option<f32>) -> f32 {
    let logit = match model {
        Some(doubt) => {
            let doubt = doubt.clamp(1e-4, 1.0 - 1e-4);
            MODEL_WEIGHT * (doubt / (1.0 - doubt)).ln() - EVIDENCE_WEIGHT * (margin - UNDECIDED)
        }
        None => -EVIDENCE_WEIGHT * margin,
    };
    1.0 / (1.0 + (-logit).exp())
}

/// The doubt where evidence alone decides, at a margin of 0.
pub(crate) const EVEN: f32 = 0.5;

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
        assert!((doubt(0.0, None) - 0.5).abs() < 1e-6 && doubt(0.05, None) < 0.1 && doubt(-0.05, None) > 0.9);
        assert!((doubt(0.05, Some(0.5)) - 0.5).abs() < 1e-6);
        assert!(doubt(0.05, Some(0.9)) > 0.7 && doubt(0.1, Some(0.9)) < 0.3 && doubt(0.03, Some(0.1)) < 0.5);
        for extreme in [f32::NEG_INFINITY, -1.0, 1.0] {
            assert!(
                (0.0..=1.0).contains(&doubt(extreme, Some(1.0))) && (0.0..=1.0).contains(&doubt(extreme, Some(0.0)))
            );
        }
    }
}
