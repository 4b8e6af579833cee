//! Evaluation on held-out rows: loss, and what greedy decoding would give.
//!
//! One forward pass is enough: greedy decoding writes exactly the wanted answer if and only if each of its tokens is the
//! likeliest after the wanted ones before it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::pack::{Packed, TokenRows};
use crate::{
    TunerResult,
    network::{Prediction, Sequence},
};

/// How one task's rows were predicted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TaskEvaluation {
    /// Rows.
    pub rows: usize,
    /// Mean loss of an answer's token, in nats.
    pub loss: f64,
    /// Share of rows whose whole answer greedy decoding would write.
    pub exact: f64,
}

/// How held-out rows were predicted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// Mean loss of an answer's token over all rows, in nats.
    pub loss: f64,
    /// By task.
    pub tasks: BTreeMap<String, TaskEvaluation>,
    /// Share of the refusals that are right.
    pub refusal_precision: f64,
    /// Share of the questions without an answer that are refused.
    pub refusal_recall: f64,
}

/// Sums over rows.
#[derive(Default)]
struct Sums {
    rows: usize,
    tokens: usize,
    loss: f64,
    exact: usize,
}

/// Evaluates all packed rows; `predict` is the network.
pub(super) fn evaluate(
    predict: impl Fn(&Sequence) -> TunerResult<Vec<Prediction>>,
    rows: &TokenRows,
    packed: &[Packed],
) -> TunerResult<Evaluation> {
    let mut sums: BTreeMap<String, Sums> = BTreeMap::new();
    let (mut refused, mut should, mut both) = (0usize, 0usize, 0usize);
    for packed in packed {
        let predictions = predict(&packed.sequence(rows))?;
        let mut left = predictions.as_slice();
        for row in packed.rows().map(|r| &rows.rows[r]) {
            let wanted = row.tokens.get(row.prompt..).unwrap_or_default();
            let (own, rest) = left.split_at(wanted.len().min(left.len()));
            left = rest;
            let sum = sums.entry(rows.tasks[row.task].clone()).or_default();
            sum.rows += 1;
            sum.tokens += own.len();
            sum.loss += own.iter().map(|p| f64::from(p.loss)).sum::<f64>();
            sum.exact += usize::from(own.iter().zip(wanted).all(|(p, w)| p.best == *w));
            if let (Some(refusal), Some(first)) = (row.refusal, own.first()) {
                let (says, right) = (first.best == refusal, wanted.first() == Some(&refusal));
                refused += usize::from(says);
                should += usize::from(right);
                both += usize::from(says && right);
            }
        }
    }
    let share = |a: usize, b: usize| if b == 0 { 0.0 } else { a as f64 / b as f64 };
    let (loss, tokens) = sums.values().fold((0.0, 0), |(l, t), s| (l + s.loss, t + s.tokens));
    let task =
        |s: Sums| TaskEvaluation { rows: s.rows, loss: s.loss / s.tokens.max(1) as f64, exact: share(s.exact, s.rows) };
    Ok(Evaluation {
        loss: loss / tokens.max(1) as f64,
        tasks: sums.into_iter().map(|(name, s)| (name, task(s))).collect(),
        refusal_precision: share(both, refused),
        refusal_recall: share(both, should),
    })
}
