//! One ranking out of two: a weighted sum of scores brought to 0..1, or reciprocal ranks.
//!
//! Reciprocal rank fusion: Cormack, Clarke and Büttcher, SIGIR 2009.

use std::{cmp::Ordering, collections::HashMap};

use domain::ChunkId;

/// A chunk and its score in one ranking.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ranked {
    /// The chunk.
    pub chunk: ChunkId,
    /// Its score; higher is better.
    pub score: f32,
}

/// A chunk in the fused ranking.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FusedHit {
    /// The chunk.
    pub chunk: ChunkId,
    /// 0 to 1 within this result list.
    pub fused: f32,
    /// Its score in the dense ranking.
    pub dense: Option<f32>,
    /// Its score in the keyword ranking.
    pub keyword: Option<f32>,
}

/// How two rankings become one.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Fusion {
    /// Each ranking's scores are brought to 0..1 (its last candidate is 0, as is one it lacks), weighed and added.
    #[default]
    WeightedScores,
    /// Weighed sum of `1 / (k + rank)`, ranks from 1.
    ReciprocalRanks {
        /// Flattens the difference between the first ranks; 60 in the paper.
        k: f32,
    },
}

/// Fuses two rankings, each best first. `dense_weight`, 0 to 1, is the dense ranking's; the keyword ranking has the rest.
///
/// The result is best first; equal scores are ordered by id, so that a search repeated gives the same list.
pub fn fuse(fusion: Fusion, dense_weight: f32, dense: &[Ranked], keyword: &[Ranked]) -> Vec<FusedHit> {
    let mut hits: HashMap<ChunkId, FusedHit> = HashMap::with_capacity(dense.len() + keyword.len());
    let mut add = |ranking: &[Ranked], weight: f32, of_dense: bool| {
        for (ranked, part) in ranking.iter().zip(parts(fusion, ranking)) {
            let hit = hits.entry(ranked.chunk).or_insert(FusedHit {
                chunk: ranked.chunk,
                fused: 0.0,
                dense: None,
                keyword: None,
            });
            let place = if of_dense { &mut hit.dense } else { &mut hit.keyword };
            // A ranking names a chunk once; were it to name it twice, the better place counts.
            if place.is_none() {
                *place = Some(ranked.score);
                hit.fused += weight * part;
            }
        }
    };
    let weight = dense_weight.clamp(0.0, 1.0);
    add(dense, weight, true);
    add(keyword, 1.0 - weight, false);
    let mut hits: Vec<FusedHit> = hits.into_values().collect();
    hits.sort_by(|a, b| b.fused.partial_cmp(&a.fused).unwrap_or(Ordering::Equal).then_with(|| a.chunk.cmp(&b.chunk)));
    hits
}

/// What each place of a ranking is worth, 0 to 1, before weighing.
fn parts(fusion: Fusion, ranking: &[Ranked]) -> Vec<f32> {
    match fusion {
        Fusion::WeightedScores => min_max(&ranking.iter().map(|r| r.score).collect::<Vec<_>>()),
        Fusion::ReciprocalRanks { k } => {
            // Times (k + 1), so that the first place is worth 1.
            (1..=ranking.len()).map(|rank| (k + 1.0) / (k + rank as f32)).collect()
        }
    }
}

/// Scores brought to 0..1, the lowest 0; what is no number is 0, and scores that are all alike are 1.
pub(crate) fn min_max(scores: &[f32]) -> Vec<f32> {
    let finite = || scores.iter().copied().filter(|s| s.is_finite());
    let (low, high) = (finite().fold(f32::INFINITY, f32::min), finite().fold(f32::NEG_INFINITY, f32::max));
    let part = |score: f32| match score {
        // One candidate, or all alike: each is as good as the best.
        score if score.is_finite() && high <= low => 1.0,
        score if score.is_finite() => (score - low) / (high - low),
        _ => 0.0,
    };
    scores.iter().copied().map(part).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn ranking(scores: &[f32], offset: u128) -> Vec<Ranked> {
        let mut scores = scores.to_vec();
        scores.sort_by(|a, b| b.total_cmp(a));
        let id = |n: usize| ChunkId(Uuid::from_u128(offset + n as u128));
        scores.into_iter().enumerate().map(|(n, score)| Ranked { chunk: id(n), score }).collect()
    }

    fn kinds() -> impl Strategy<Value = Fusion> {
        prop_oneof![Just(Fusion::WeightedScores), (0f32..100.0).prop_map(|k| Fusion::ReciprocalRanks { k })]
    }

    proptest! {
        #[test]
        fn every_candidate_comes_once_sorted_and_within_0_and_1(
            fusion in kinds(), weight in 0f32..=1.0,
            dense in prop::collection::vec(-1f32..1.0, 0..30), keyword in prop::collection::vec(0f32..40.0, 0..30),
            offset in 0u128..30,
        ) {
            let (dense, keyword) = (ranking(&dense, 0), ranking(&keyword, offset));
            let fused = fuse(fusion, weight, &dense, &keyword);
            let union: std::collections::HashSet<_> = dense.iter().chain(&keyword).map(|r| r.chunk).collect();
            prop_assert_eq!(fused.len(), union.len());
            prop_assert!(fused.windows(2).all(|pair| pair[0].fused >= pair[1].fused));
            prop_assert!(fused.iter().all(|h| (-1e-6..=1.0 + 1e-5).contains(&h.fused)));
            prop_assert!(fused.iter().all(|h| h.dense.is_some() || h.keyword.is_some()));
            prop_assert_eq!(fuse(fusion, weight, &dense, &keyword), fused);
        }

        #[test]
        fn what_leads_both_rankings_leads_the_fused_one(
            fusion in kinds(), weight in 0.01f32..0.99,
            dense in prop::collection::vec(-1f32..0.9, 1..20), keyword in prop::collection::vec(0f32..39.0, 1..20),
        ) {
            let first = ChunkId(Uuid::from_u128(7777));
            let (mut dense, mut keyword) = (ranking(&dense, 0), ranking(&keyword, 5));
            dense.insert(0, Ranked { chunk: first, score: 0.95 });
            keyword.insert(0, Ranked { chunk: first, score: 40.0 });
            prop_assert_eq!(fuse(fusion, weight, &dense, &keyword)[0].chunk, first);
        }

        #[test]
        fn one_ranking_alone_keeps_its_order(
            fusion in kinds(), scores in prop::collection::btree_set(0u32..10_000, 1..30),
        ) {
            let scores: Vec<f32> = scores.into_iter().map(|s| s as f32 / 100.0).collect();
            let dense = ranking(&scores, 0);
            let order: Vec<_> = fuse(fusion, 0.5, &dense, &[]).into_iter().map(|h| h.chunk).collect();
            prop_assert_eq!(order, dense.iter().map(|r| r.chunk).collect::<Vec<_>>());
        }
    }
}
