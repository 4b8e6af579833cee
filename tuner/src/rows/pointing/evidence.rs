//! Finds the sentences that carry an answer: those with its words, or by weighted overlap where it is told otherwise.

use std::collections::{HashMap, HashSet};

use super::super::neighbours::{is_han, terms};

/// A word this common, or more so, says nothing: its weight is taken off every word's.
const COMMON: f32 = 1.5;

/// The least overlap at which a sentence counts as evidence.
const ENOUGH: f32 = 0.45;

/// Rarity of words over the passages of a language (the idf of BM25, Robertson and Zaragoza 2009).
#[derive(Default)]
pub(super) struct Weights {
    passages: f32,
    found: HashMap<String, f32>,
}

impl Weights {
    pub(super) fn of<'a>(passages: impl Iterator<Item = &'a str>) -> Self {
        let mut weights = Self::default();
        for passage in passages {
            weights.passages += 1.0;
            for key in keys(passage) {
                *weights.found.entry(key).or_default() += 1.0;
            }
        }
        weights
    }

    fn of_word(&self, key: &str) -> f32 {
        let found = self.found.get(key).copied().unwrap_or_default();
        (((self.passages - found + 0.5) / (found + 0.5)).ln_1p() - COMMON).max(0.0)
    }

    /// The weighted share of `wanted` that is `here`, from 0 to 1.
    pub(super) fn covered(&self, wanted: &HashSet<String>, here: &HashSet<String>) -> f32 {
        // In a fixed order: sums of floats depend on it.
        let mut words: Vec<&String> = wanted.iter().collect();
        words.sort_unstable();
        let (mut all, mut known) = (0.0f32, 0.0f32);
        for word in words {
            let weight = self.of_word(word);
            all += weight;
            known += if here.contains(word) { weight } else { 0.0 };
        }
        known / all.max(1e-6)
    }
}

/// A text's words without their endings, and pairs of Chinese characters.
pub(super) fn keys(text: &str) -> HashSet<String> {
    let cut = |term: String| if term.chars().any(is_han) { term } else { term.chars().take(6).collect() };
    terms(text).into_iter().map(cut).collect()
}

/// Sentences that tell an answer that is in people's own words: the one that shares most with it, and a neighbour that
/// holds more of it. Empty where none shares enough.
pub(super) fn told_by(
    sentences: &[&HashSet<String>],
    question: &str,
    answers: &[String],
    weights: &Weights,
) -> Vec<usize> {
    let asked = keys(question);
    let own = |answer: &String| {
        let all = keys(answer);
        let own: HashSet<String> = all.difference(&asked).cloned().collect();
        if own.is_empty() { all } else { own }
    };
    let wanted: Vec<HashSet<String>> = answers.iter().map(own).collect();
    let told = |here: &HashSet<String>| wanted.iter().map(|wanted| weights.covered(wanted, here)).fold(0.0, f32::max);
    let overlap = |here: &HashSet<String>| told(here) + 0.35 * weights.covered(&asked, here);
    let scores: Vec<f32> = sentences.iter().map(|here| overlap(here)).collect();
    let Some((top, best)) = best(&scores).filter(|(_, best)| *best >= ENOUGH) else { return Vec::new() };
    let alone = told(sentences[top]);
    let adds = |n: usize| {
        let both = sentences[top].union(sentences[n]).cloned().collect();
        scores[n] >= 0.4 * best && told(&both) >= alone + 0.2
    };
    (0..scores.len()).filter(|n| *n == top || (n.abs_diff(top) == 1 && adds(*n))).collect()
}

/// The sentences that an occurrence of `answer` touches: of several occurrences, the one nearest to what is asked.
pub(super) fn quoted_by(
    ranges: &[std::ops::Range<usize>],
    sentences: &[&HashSet<String>],
    text: &str,
    question: &str,
    answer: &str,
    weights: &Weights,
) -> Vec<usize> {
    let asked = keys(question);
    let touched = |at: usize| -> Vec<usize> {
        let end = at + answer.len();
        (0..ranges.len()).filter(|n| ranges[*n].start < end && at < ranges[*n].end).collect()
    };
    let places: Vec<Vec<usize>> = text.match_indices(answer).map(|(at, _)| touched(at)).collect();
    let score = |place: &Vec<usize>| place.iter().map(|n| weights.covered(&asked, sentences[*n])).fold(0.0, f32::max);
    let scores: Vec<f32> = places.iter().map(score).collect();
    best(&scores).map(|(at, _)| places[at].clone()).unwrap_or_default()
}

/// The first of the highest.
fn best(scores: &[f32]) -> Option<(usize, f32)> {
    let mut found = None;
    for (n, score) in scores.iter().enumerate() {
        if found.is_none_or(|(_, best)| *score > best) {
            found = Some((n, *score));
        }
    }
    found
}
