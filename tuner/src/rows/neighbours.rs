//! Which passages are alike: cosine of their tf-idf vectors, over words and, for Chinese, pairs of characters.

use std::collections::{HashMap, HashSet};

/// For each text its most similar others, best first.
pub(super) struct Neighbours(Vec<Vec<(usize, f32)>>);

impl Neighbours {
    /// Finds the `most` nearest of each text.
    pub(super) fn find(texts: &[&str], most: usize) -> Self {
        let counts: Vec<HashMap<String, f32>> = texts.iter().map(|text| count_terms(text)).collect();
        let mut postings: HashMap<&str, Vec<(usize, f32)>> = HashMap::new();
        for (n, counts) in counts.iter().enumerate() {
            for (term, count) in counts {
                postings.entry(term).or_default().push((n, *count));
            }
        }
        let total = texts.len() as f32;
        // A term in more than a tenth of the texts says little, and its list is long.
        postings.retain(|_, list| list.len() > 1 && (list.len() < 20 || list.len() * 10 < texts.len()));
        let mut norms = vec![0.0f32; texts.len()];
        for list in postings.values_mut() {
            let rarity = (total / list.len() as f32).ln_1p();
            for (n, weight) in list {
                *weight = (1.0 + weight.ln()) * rarity;
                norms[*n] += *weight * *weight;
            }
        }
        let mut scores = vec![0.0; texts.len()];
        let nearest = |n: usize| nearest(n, &counts[n], &postings, &norms, most, &mut scores);
        Self((0..texts.len()).map(nearest).collect())
    }

    /// The nearest of one text, with their similarity from 0 to 1.
    pub(super) fn of(&self, text: usize) -> &[(usize, f32)] {
        self.0.get(text).map_or(&[], Vec::as_slice)
    }
}

fn nearest(
    n: usize,
    counts: &HashMap<String, f32>,
    postings: &HashMap<&str, Vec<(usize, f32)>>,
    norms: &[f32],
    most: usize,
    scores: &mut [f32],
) -> Vec<(usize, f32)> {
    let mut touched: Vec<usize> = Vec::new();
    let mut terms: Vec<&String> = counts.keys().collect();
    // Floats are added in the same order each time: a map's own order changes from run to run.
    terms.sort_unstable();
    for list in terms.into_iter().filter_map(|t| postings.get(t.as_str())) {
        // Lists are in the order of their texts.
        let Ok(at) = list.binary_search_by_key(&n, |(m, _)| *m) else { continue };
        let own = list[at].1;
        for (m, weight) in list.iter().filter(|(m, _)| *m != n) {
            if scores[*m] == 0.0 {
                touched.push(*m);
            }
            scores[*m] += own * weight;
        }
    }
    // The scores are left as they were found, for the next text.
    let mut score = |m: usize| std::mem::take(&mut scores[m]) / (norms[n] * norms[m]).sqrt().max(f32::MIN_POSITIVE);
    let mut ranked: Vec<(usize, f32)> = touched.into_iter().map(|m| (m, score(m))).collect();
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    ranked.truncate(most);
    ranked
}

fn count_terms(text: &str) -> HashMap<String, f32> {
    let mut counts = HashMap::new();
    for term in terms(text) {
        *counts.entry(term).or_insert(0.0) += 1.0;
    }
    counts
}

/// Words in lower case; of a run of Chinese characters every pair.
pub(super) fn terms(text: &str) -> Vec<String> {
    let mut terms = Vec::new();
    for run in text.split(|c: char| !c.is_alphanumeric()).filter(|run| !run.is_empty()) {
        let chars: Vec<char> = run.chars().collect();
        if chars.iter().any(|c| is_han(*c)) {
            terms.extend(chars.windows(2).map(|pair| pair.iter().collect::<String>()));
        } else {
            terms.push(run.to_lowercase());
        }
    }
    terms
}

/// A Chinese character.
pub(super) const fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}')
}

/// Runs of terms by which passages are recognised that occur elsewhere.
pub(super) struct Shingles(HashSet<Vec<String>>);

impl Shingles {
    /// Terms of one run: eight words, or as many pairs of characters.
    const LENGTH: usize = 8;

    pub(super) fn of<'a>(texts: impl Iterator<Item = &'a str>) -> Self {
        Self(
            texts
                .flat_map(|text| terms(text).windows(Self::LENGTH).map(<[String]>::to_vec).collect::<Vec<_>>())
                .collect(),
        )
    }

    /// Whether more than a fifth of the text's runs are known.
    pub(super) fn cover(&self, text: &str) -> bool {
        let terms = terms(text);
        let (mut known, mut all) = (0, 0);
        for run in terms.windows(Self::LENGTH) {
            all += 1;
            known += usize::from(self.0.contains(run));
        }
        known * 5 > all
    }
}
