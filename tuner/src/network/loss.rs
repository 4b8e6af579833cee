//! Cross-entropy over the answers' tokens only: logits are made for these positions and no others, a few at a time.

use rayon::prelude::*;

use super::{
    elementwise::exp,
    matmul::{Mat, MatMut, Write, multiply},
};

/// Positions whose logits exist at a time.
const CHUNK: usize = 128;

/// A token to be predicted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Goal {
    /// The position that predicts it.
    pub position: usize,
    /// The right token.
    pub token: u32,
    /// How much it counts.
    pub weight: f32,
}

/// How one token was predicted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Prediction {
    /// Negative log of the right token's probability.
    pub loss: f32,
    /// The likeliest token.
    pub best: u32,
}

/// Predictions for rows of `states`, one for each goal; with `gradient`, that of the weighted sum of losses is written
/// there (the states' form).
pub(crate) fn cross_entropy(
    states: &[f32],
    width: usize,
    goals: &[Goal],
    matrix: &[f32],
    mut gradient: Option<&mut [f32]>,
) -> Vec<Prediction> {
    let vocabulary = matrix.len() / width;
    let matrix = Mat::new(matrix, vocabulary, width);
    let mut logits = vec![0.0; CHUNK.min(goals.len()) * vocabulary];
    let mut all = Vec::with_capacity(goals.len());
    for (n, (goals, states)) in goals.chunks(CHUNK).zip(states.chunks(CHUNK * width)).enumerate() {
        let logits = &mut logits[..goals.len() * vocabulary];
        let to = MatMut::new(logits, goals.len(), vocabulary);
        multiply(to, Write::Replace, 1.0, Mat::new(states, goals.len(), width), matrix.t());
        let rows = logits.par_chunks_mut(vocabulary).zip(goals);
        all.par_extend(rows.map(|(row, goal)| predict(row, goal)));
        if let Some(gradient) = gradient.as_deref_mut() {
            let to = MatMut::new(&mut gradient[n * CHUNK * width..], goals.len(), width);
            multiply(to, Write::Replace, 1.0, Mat::new(logits, goals.len(), vocabulary), matrix);
        }
    }
    all
}

/// Turns logits into their gradient.
fn predict(logits: &mut [f32], goal: &Goal) -> Prediction {
    let max = logits.iter().fold(f32::MIN, |m, x| if *x > m { *x } else { m });
    let best = logits.iter().position(|x| *x >= max).unwrap_or_default();
    let right = logits.get(goal.token as usize).copied().unwrap_or(f32::NAN);
    let mut sum = 0.0f64;
    for part in logits.chunks_mut(1024) {
        let mut lanes = [0.0f32; 16];
        for x in part.iter_mut() {
            *x = exp(*x - max);
        }
        let chunks = part.chunks_exact(16);
        sum += chunks.remainder().iter().map(|x| f64::from(*x)).sum::<f64>();
        for chunk in chunks {
            for (lane, x) in lanes.iter_mut().zip(chunk) {
                *lane += x;
            }
        }
        sum += lanes.iter().map(|l| f64::from(*l)).sum::<f64>();
    }
    // `exp` and the search for the largest pass over NaN; the loss must not.
    let loss = (f64::from(max - right) + sum.ln()) as f32;
    let factor = (f64::from(goal.weight) / sum) as f32;
    for x in logits.iter_mut() {
        *x *= factor;
    }
    if let Some(x) = logits.get_mut(goal.token as usize) {
        *x -= goal.weight;
    }
    Prediction { loss, best: best as u32 }
}
