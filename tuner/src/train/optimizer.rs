//! `AdamW` (Loshchilov and Hutter 2019, arXiv 1711.05101), and shortening of long gradients.

use super::TuneSettings;

const BETA_1: f64 = 0.9;
const BETA_2: f64 = 0.999;
const EPSILON: f64 = 1e-8;

/// The running means of the gradient and of its square.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Optimizer {
    pub first: Vec<f32>,
    pub second: Vec<f32>,
}

impl Optimizer {
    pub(super) fn new(parameters: usize) -> Self {
        Self { first: vec![0.0; parameters], second: vec![0.0; parameters] }
    }

    /// One step, from 0, at this rate.
    pub(super) fn step(
        &mut self,
        values: &mut [f32],
        gradient: &[f32],
        step: usize,
        rate: f64,
        settings: &TuneSettings,
    ) {
        let n = step as f64 + 1.0;
        let (corrected_1, corrected_2) = (1.0 - BETA_1.powf(n), 1.0 - BETA_2.powf(n));
        let moments = self.first.iter_mut().zip(&mut self.second);
        for ((value, g), (m, v)) in values.iter_mut().zip(gradient).zip(moments) {
            let g = f64::from(*g);
            let first = BETA_1 * f64::from(*m) + (1.0 - BETA_1) * g;
            let second = BETA_2 * f64::from(*v) + (1.0 - BETA_2) * g * g;
            (*m, *v) = (first as f32, second as f32);
            let direction = (first / corrected_1) / ((second / corrected_2).sqrt() + EPSILON);
            let decayed = f64::from(*value) * (1.0 - rate * settings.weight_decay);
            *value = (decayed - rate * direction) as f32;
        }
    }
}

/// Divides the gradient by `by`, then shortens it to `longest`. Returns its length before that.
pub(super) fn scale_and_clip(gradient: &mut [f32], by: f64, longest: f64) -> f64 {
    let length = gradient.iter().map(|g| f64::from(*g).powi(2)).sum::<f64>().sqrt() / by;
    let factor = (if length > longest { longest / length } else { 1.0 } / by) as f32;
    for g in gradient {
        *g *= factor;
    }
    length
}
