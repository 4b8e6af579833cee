//! Reranks fused candidates by what only reading them tells: how well their tokens match the question's one by one, and
//! how many of its words stand close together.

use std::{
    cmp::Ordering::Equal,
    collections::{BTreeMap, HashMap},
};

use domain::{
    Script,
    ports::{EmbedRole, Embedder, LanguageBias},
};

use crate::{
    fuse_rankings::min_max,
    late_interaction::{MaxSim, max_sim},
};

/// A question as reranking needs it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asked {
    /// Its token vectors, one after another.
    pub tokens: Vec<f32>,
    /// The length of each.
    pub dimensions: usize,
    /// How rare each of its terms is.
    pub weights: BTreeMap<String, f32>,
    /// How it is written.
    pub script: Script,
}

/// A candidate as reranking reads it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Candidate<'a> {
    /// Its terms.
    pub terms: &'a [String],
    /// Its packed token vectors.
    pub tokens: &'a [u8],
    /// How it is written.
    pub script: Script,
    /// What it scored so far.
    pub fused: f32,
}

/// What counts how much: the sum is 1.
struct Weights {
    late: f32,
    close: f32,
    fused: f32,
    /// Terms that are close together: those of a sentence, and of three or four. A Chinese character is a term and begins a
    /// pair, which is another.
    windows: [usize; 2],
}

/// Fitted to 1,500 questions each of `SQuAD` and DRCD whose passages are not among those searched in
/// `make eval-retrieval`, whose figures are in ARCHITECTURE.md.
const SPACED: Weights = Weights { late: 0.69, close: 0.22, fused: 0.09, windows: [25, 100] };
const UNSPACED: Weights = Weights { late: 0.4, close: 0.48, fused: 0.12, windows: [50, 160] };

/// A new score for each candidate, 0 to 1. One in another script than the question's can share no words with it: its token
/// vectors speak for them.
pub(crate) fn rerank(asked: &Asked, candidates: &[Candidate<'_>], embedder: &dyn Embedder) -> Vec<f32> {
    let weights = match asked.script {
        Script::Unspaced => UNSPACED,
        Script::Spaced => SPACED,
    };
    let bias = embedder.language_bias(asked.script, EmbedRole::Query);
    let late = match bias.filter(|_| candidates.iter().any(|c| c.script != asked.script)) {
        Some(bias) => late_across(asked, candidates, embedder, bias),
        None => late_alike(asked, candidates, |_| true),
    };
    let each = |score: &dyn Fn(&Candidate<'_>) -> f32| candidates.iter().map(score).collect::<Vec<f32>>();
    let close = mean_of(&weights.windows.map(|w| min_max(&each(&|c| proximity(c.terms, &asked.weights, w)))));
    let fused = min_max(&each(&|c| c.fused));
    let score = |(n, late): (usize, Option<f32>)| {
        // A candidate without token vectors keeps the place that it had.
        let late = late.unwrap_or(fused[n]);
        let for_words = if bias.is_some() && candidates[n].script != asked.script { late } else { 0.0 };
        weights.late * late + weights.close * close[n].max(for_words) + weights.fused * fused[n].max(for_words)
    };
    late.into_iter().enumerate().map(score).collect()
}

/// How well token vectors match, 0 to 1, for those of the candidates that are meant: within stretches of the passage, and
/// in the whole of it, where a token of the question counts by how much it tells the candidates apart.
fn late_alike(asked: &Asked, candidates: &[Candidate<'_>], meant: impl Fn(&Candidate<'_>) -> bool) -> Vec<Option<f32>> {
    let like = |c: &Candidate<'_>| meant(c).then(|| max_sim(&asked.tokens, c.tokens, &[], asked.dimensions)).flatten();
    let all: Vec<Option<MaxSim>> = candidates.iter().map(like).collect();
    let telling: Vec<f32> = (0..asked.tokens.len() / asked.dimensions.max(1))
        .map(|token| deviation(all.iter().flatten().filter_map(|l| l.nearest.get(token).copied())))
        .collect();
    let whole = |l: &MaxSim| l.nearest.iter().zip(&telling).map(|(cosine, weight)| cosine * weight).sum::<f32>();
    let part = |score: &dyn Fn(&MaxSim) -> f32| {
        min_max(&all.iter().map(|l| l.as_ref().map_or(f32::NAN, score)).collect::<Vec<_>>())
    };
    let parts = mean_of(&[part(&|l| l.stretches[0]), part(&|l| l.stretches[1]), part(&whole)]);
    all.iter().zip(parts).map(|(like, part)| like.as_ref().map(|_| part)).collect()
}

/// The standard deviation.
fn deviation(numbers: impl Iterator<Item = f32> + Clone) -> f32 {
    let count = numbers.clone().count().max(1) as f32;
    let mean = numbers.clone().sum::<f32>() / count;
    (numbers.map(|x| (x - mean).powi(2)).sum::<f32>() / count).sqrt()
}

/// The means of lists of equal length, place by place.
fn mean_of<const N: usize>(lists: &[Vec<f32>; N]) -> Vec<f32> {
    let length = lists.iter().map(Vec::len).min().unwrap_or_default();
    (0..length).map(|at| lists.iter().filter_map(|list| list.get(at)).sum::<f32>() / N as f32).collect()
}

/// How well token vectors match, 0 to 1, where candidates are in both scripts. Those in the question's keep their own order,
/// which taking anything off would blur; the best of them and all others are compared with what vectors tell of the
/// language alone taken off.
///
/// Measured on 155 questions about course readers in English and Chinese together, asked in their own language, with one
/// stretch and one window: first were 92.3 % so, 90.3 % with everything compared alike, and 91.6 % without any other script.
fn late_across(
    asked: &Asked,
    candidates: &[Candidate<'_>],
    embedder: &dyn Embedder,
    bias: &LanguageBias,
) -> Vec<Option<f32>> {
    let is_own = |c: &Candidate<'_>| c.script == asked.script;
    let own = late_alike(asked, candidates, is_own);
    let best =
        (0..own.len()).filter(|&n| own[n].is_some()).max_by(|&a, &b| own[a].partial_cmp(&own[b]).unwrap_or(Equal));
    let question = bias.off_tokens(&asked.tokens, asked.dimensions);
    let compare = |(n, c): (usize, &Candidate<'_>)| {
        let bias = embedder.language_bias(c.script, EmbedRole::Passage).map_or(&[][..], |bias| &bias.token);
        let meant = !is_own(c) || best == Some(n);
        meant.then(|| max_sim(&question, c.tokens, bias, asked.dimensions)).flatten().map(|l| l.mean())
    };
    let compared = stretched(&candidates.iter().enumerate().map(compare).collect::<Vec<_>>());
    let of_best = best.and_then(|n| compared[n]).unwrap_or(1.0);
    let part = |n: usize| if is_own(&candidates[n]) { own[n].map(|part| part * of_best) } else { compared[n] };
    (0..candidates.len()).map(part).collect()
}

/// Scores brought to 0..1; none stays none.
fn stretched(scores: &[Option<f32>]) -> Vec<Option<f32>> {
    let parts = min_max(&scores.iter().map(|score| score.unwrap_or(f32::NAN)).collect::<Vec<_>>());
    scores.iter().zip(parts).map(|(score, part)| score.and(Some(part))).collect()
}

/// The greatest share of the question's terms, by weight, that stand within `window` terms of the text.
fn proximity(terms: &[String], weights: &BTreeMap<String, f32>, window: usize) -> f32 {
    let total: f32 = weights.values().sum();
    let mut within: HashMap<&str, usize> = HashMap::new();
    let (mut sum, mut best) = (0.0_f32, 0.0_f32);
    for (at, term) in terms.iter().enumerate() {
        if let Some(weight) = weights.get(term) {
            let count = within.entry(term).or_default();
            *count += 1;
            sum += if *count == 1 { *weight } else { 0.0 };
        }
        let left = at.checked_sub(window).and_then(|at| terms.get(at));
        if let Some((term, weight)) = left.and_then(|term| Some((term, weights.get(term)?)))
            && let Some(count) = within.get_mut(term.as_str())
        {
            *count -= 1;
            sum -= if *count == 0 { *weight } else { 0.0 };
        }
        best = best.max(sum);
    }
    if total > 0.0 { best / total } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use domain::{PortResult, ports::BoxFuture};
    use proptest::prelude::*;

    use super::*;
    use crate::{analyse_text::analyse, late_interaction::pack};

    /// Only known for its bias.
    #[derive(Default)]
    struct Biased(LanguageBias);

    impl Embedder for Biased {
        fn dimensions(&self) -> usize {
            8
        }

        fn identity(&self) -> &'static str {
            "biased"
        }

        fn language_bias(&self, _script: Script, _role: EmbedRole) -> Option<&LanguageBias> {
            Some(&self.0)
        }

        fn embed(&self, _texts: Vec<String>, _role: EmbedRole) -> BoxFuture<'_, PortResult<Vec<Vec<f32>>>> {
            Box::pin(async { Ok(Vec::new()) })
        }
    }

    fn weights(text: &str) -> BTreeMap<String, f32> {
        analyse(text).into_iter().map(|term| (term, 1.0)).collect()
    }

    #[test]
    fn words_count_where_they_stand_together() {
        let asked = weights("granite cools slowly");
        let near = |text: &str| proximity(&analyse(text), &asked, 5);
        assert!((near("Deep down, granite cools slowly.") - 1.0).abs() < 1e-6);
        assert!(
            (near("Granite is a rock of many kinds that cools quickly or, rarely, quite slowly.") - 1.0 / 3.0).abs()
                < 1e-6
        );
        assert!(near("Basalt is dark.").abs() < 1e-6);
        assert!(proximity(&[], &asked, 5).abs() < 1e-6 && proximity(&analyse("a b"), &BTreeMap::new(), 5).abs() < 1e-6);
    }

    #[test]
    fn without_token_vectors_words_and_the_place_so_far_decide() {
        let asked = Asked { weights: weights("slow granite"), dimensions: 8, ..Asked::default() };
        let terms = ["Granite is slow.", "Lava is fast."].map(analyse);
        let candidate = |n: usize, fused| Candidate { terms: &terms[n], tokens: &[], script: Script::Spaced, fused };
        let scores = rerank(&asked, &[candidate(0, 0.4), candidate(1, 0.3)], &Biased::default());
        assert!(scores[0] > scores[1]);
    }

    #[test]
    fn a_candidate_in_another_script_needs_no_words_of_the_question() {
        let meaning = |x: f32| [[x; 4], [-x; 4]].concat();
        let asked = Asked { tokens: meaning(1.0), weights: weights("slow granite"), dimensions: 8, ..Asked::default() };
        let (near, far) = (pack(&meaning(1.0), 8), pack(&meaning(-1.0), 8));
        let terms = ["花崗岩冷卻得很慢。", "Granite is slow."].map(analyse);
        let chinese = Candidate { terms: &terms[0], tokens: &near, script: Script::Unspaced, fused: 0.0 };
        let english = Candidate { terms: &terms[1], tokens: &far, script: Script::Spaced, fused: 1.0 };
        let scores = rerank(&asked, &[english, chinese], &Biased::default());
        assert!(scores[1] > scores[0] && (scores[1] - 1.0).abs() < 1e-5, "{scores:?}");
    }

    proptest! {
        #[test]
        fn scores_are_within_0_and_1(
            texts in prop::collection::vec("[a-c 光合]{0,30}", 0..6), question in "[a-c 光合]{0,9}", unspaced: bool,
            bias in prop::collection::vec(-1f32..1.0, 8),
            tokens in prop::collection::vec(-1f32..1.0, 0..40), packed in prop::collection::vec(any::<u8>(), 0..20),
        ) {
            let script = if unspaced { Script::Unspaced } else { Script::Spaced };
            let embedder = Biased(LanguageBias { text: bias.clone(), token: bias });
            let asked = Asked { tokens, dimensions: 8, weights: weights(&question), script };
            let terms: Vec<_> = texts.iter().map(|text| analyse(text)).collect();
            let candidates: Vec<_> =
                texts.iter().zip(&terms).enumerate().map(|(n, (text, terms))| Candidate {
                    terms, tokens: &packed, script: Script::of(text), fused: n as f32,
                }).collect();
            let scores = rerank(&asked, &candidates, &embedder);
            prop_assert_eq!(scores.len(), candidates.len());
            prop_assert!(scores.iter().all(|s| (-1e-5..=1.00001).contains(s)));
        }
    }
}
