//! When the material does not hold the answer: noticing it, and saying so.

use domain::Language;

use super::rank_sentences::{Ranked, Sentence, question_coverage};

/// How many passages a refusal cites as the nearest.
pub(crate) const NEAREST: usize = 3;

/// Whether nothing near the question was found: neither close in meaning nor holding its words.
///
/// Measured on 80 questions each of `SQuAD`, DRCD and CMRC 2018, against the three nearest of about 80 passages of other
/// articles: the default thresholds refuse none of the 240 with their own passage and 211 of the 240 without.
pub(crate) fn must_refuse(question: &str, sentences: &[Sentence<'_>], ranked: &[Ranked<'_>], threshold: f32) -> bool {
    let similar = ranked.iter().filter_map(|r| r.similarity).fold(f32::NEG_INFINITY, f32::max);
    let coverage = question_coverage(question, sentences);
    // Either alone misleads: a strange word in a good question lowers the coverage, a question about something near
    // the course's subject raises the similarity.
    ranked.is_empty() || evidence(similar, coverage) < threshold
}

/// One number from both: the similarity of the best sentence, moved by how many of the question's words were found.
fn evidence(similarity: f32, coverage: f32) -> f32 {
    similarity + 0.1 * (coverage - 0.5)
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
