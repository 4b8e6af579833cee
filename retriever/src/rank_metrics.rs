//! Measures of a ranking with one right answer per question, and percentiles of times.

/// Means over questions. Each question has exactly one relevant passage.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct RankMetrics {
    /// Share of questions whose passage comes first.
    pub recall_at_1: f64,
    /// Share of questions whose passage is among the first 5.
    pub recall_at_5: f64,
    /// Share of questions whose passage is among the first 10.
    pub recall_at_10: f64,
    /// Mean of 1/rank, 0 beyond rank 10.
    pub mrr_at_10: f64,
    /// Mean of 1/log2(rank + 1), 0 beyond rank 10; the ideal is 1, as one passage is relevant.
    pub ndcg_at_10: f64,
}

impl RankMetrics {
    /// The means for these ranks (from 1; `None` where the passage was not found).
    pub fn of(ranks: &[Option<usize>]) -> Self {
        let mean = |worth: &dyn Fn(usize) -> f64| {
            let sum: f64 = ranks.iter().flatten().filter(|&&r| (1..=10).contains(&r)).map(|&r| worth(r)).sum();
            if ranks.is_empty() { 0.0 } else { sum / ranks.len() as f64 }
        };
        let within = |k: usize| mean(&|rank| f64::from(u8::from(rank <= k)));
        Self {
            recall_at_1: within(1),
            recall_at_5: within(5),
            recall_at_10: within(10),
            mrr_at_10: mean(&|rank| 1.0 / rank as f64),
            ndcg_at_10: mean(&|rank| 1.0 / (rank as f64 + 1.0).log2()),
        }
    }
}

/// The smallest value that at least `share` (0 to 1) of the values do not exceed (nearest rank); 0 for none.
pub fn percentile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = (share.clamp(0.0, 1.0) * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_hold_on_a_hand_worked_example() {
        let m = RankMetrics::of(&[Some(1), Some(2), Some(7), Some(11), None]);
        let close = |a: f64, b: f64| (a - b).abs() < 1e-12;
        assert!(close(m.recall_at_1, 0.2) && close(m.recall_at_5, 0.4) && close(m.recall_at_10, 0.6));
        assert!(close(m.mrr_at_10, (1.0 + 0.5 + 1.0 / 7.0) / 5.0));
        assert!(close(m.ndcg_at_10, (1.0 + 1.0 / 3f64.log2() + 1.0 / 3.0) / 5.0));
        assert_eq!(RankMetrics::of(&[]), RankMetrics::default());
    }

    #[test]
    fn percentiles_are_nearest_ranks() {
        let values: Vec<f64> = (1..=20).rev().map(f64::from).collect();
        assert!((percentile(&values, 0.5) - 10.0).abs() < 1e-12);
        assert!((percentile(&values, 0.95) - 19.0).abs() < 1e-12);
        assert!((percentile(&[3.0], 0.95) - 3.0).abs() < 1e-12);
        assert!(percentile(&[], 0.5).abs() < 1e-12);
    }
}
