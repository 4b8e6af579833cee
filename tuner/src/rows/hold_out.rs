//! Divides passages into a part to train on and a part to evaluate with, by article.

use std::collections::HashMap;

use super::neighbours::Neighbours;
use crate::random::Random;

/// A passage as far as it is divided by.
pub(super) struct Counted<'a> {
    /// How many are asked about it.
    pub questions: usize,
    /// Of its article; empty where that is not known.
    pub title: &'a str,
}

/// Passages that are each other's near neighbour at least this similar are taken to be of one article.
const SAME_ARTICLE: f32 = 0.25;

/// Whether each passage is held out. Whole articles are, in random order, until they hold `share` of the questions.
pub(super) fn choose(passages: &[Counted<'_>], neighbours: &Neighbours, share: f64, seed: u64) -> Vec<bool> {
    let article = articles(passages, neighbours);
    let mut members: HashMap<usize, Vec<usize>> = HashMap::new();
    for (passage, article) in article.iter().enumerate() {
        members.entry(*article).or_default().push(passage);
    }
    let mut order: Vec<usize> = members.keys().copied().collect();
    order.sort_unstable();
    Random::derived(seed, &[1]).shuffle(&mut order);
    let total: usize = passages.iter().map(|p| p.questions).sum();
    let (mut held, mut questions) = (vec![false; passages.len()], 0);
    for article in order {
        let members = &members[&article];
        let count: usize = members.iter().map(|p| passages[*p].questions).sum();
        // An article with many questions is passed over rather than making the part much too large.
        if questions as f64 >= share * total as f64 || (questions + count) as f64 > share * total as f64 * 1.2 + 1.0 {
            continue;
        }
        questions += count;
        for passage in members {
            held[*passage] = true;
        }
    }
    held
}

/// A number for each passage, the same for those of one article: the same title, or near neighbours of each other (which
/// also brings a passage and its copy in the other Chinese script together).
fn articles(passages: &[Counted<'_>], neighbours: &Neighbours) -> Vec<usize> {
    let mut parent: Vec<usize> = (0..passages.len()).collect();
    let mut titles: HashMap<&str, usize> = HashMap::new();
    for (n, passage) in passages.iter().enumerate() {
        if !passage.title.is_empty() {
            let first = *titles.entry(passage.title).or_insert(n);
            join(&mut parent, first, n);
        }
        for (m, similarity) in neighbours.of(n).iter().take(3) {
            let back = neighbours.of(*m).iter().take(3).any(|(k, _)| *k == n);
            if back && *similarity >= SAME_ARTICLE {
                join(&mut parent, n, *m);
            }
        }
    }
    (0..passages.len()).map(|n| root(&mut parent, n)).collect()
}

fn root(parent: &mut [usize], mut n: usize) -> usize {
    while parent[n] != n {
        parent[n] = parent[parent[n]];
        n = parent[n];
    }
    n
}

fn join(parent: &mut [usize], a: usize, b: usize) {
    let (a, b) = (root(parent, a), root(parent, b));
    parent[a.max(b)] = a.min(b);
}
