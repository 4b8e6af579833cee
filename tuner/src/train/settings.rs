//! What a training run is told.

use serde::Serialize;

use crate::{TunerError, TunerResult};

/// Settings of a run. A run continues only with the settings it began with, except that it may become longer, be
/// evaluated and kept more or less often, and be computed and written in the other way.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TuneSettings {
    /// Everything random comes from it.
    pub seed: u64,
    /// How often each row is seen, at most.
    pub epochs: usize,
    /// Stop after about so many tokens, if the epochs are longer; 0 for no limit.
    pub max_tokens: usize,
    /// Tokens of one packed sequence.
    pub sequence: usize,
    /// Sequences of one step.
    pub accumulate: usize,
    /// The highest learning rate.
    pub learning_rate: f64,
    /// Share of the steps in which the rate rises; then it falls along a cosine to a tenth.
    pub warmup: f64,
    /// Decoupled weight decay.
    pub weight_decay: f64,
    /// Longest gradient; a longer one is shortened to it.
    pub clip: f64,
    /// Steps between evaluations.
    pub evaluate_every: usize,
    /// Held-out rows that an evaluation uses at most.
    pub evaluate_rows: usize,
    /// Stop when so many evaluations in a row were no better; 0 for never.
    pub patience: usize,
    /// Steps between checkpoints.
    pub checkpoint_every: usize,
    /// Compute layers twice instead of keeping what they computed: a third slower, a fifth of the memory.
    pub recompute: bool,
    /// Write the adapter in 16-bit floats: half the size.
    pub half: bool,
}

impl Default for TuneSettings {
    fn default() -> Self {
        Self {
            seed: 1,
            epochs: 1,
            max_tokens: 0,
            sequence: 2048,
            accumulate: 2,
            learning_rate: 1e-3,
            warmup: 0.05,
            weight_decay: 0.0,
            clip: 1.0,
            evaluate_every: 50,
            evaluate_rows: 200,
            patience: 0,
            checkpoint_every: 10,
            recompute: false,
            half: false,
        }
    }
}

impl TuneSettings {
    /// The shortest sequence.
    pub(super) const SHORTEST: usize = 16;

    pub(super) fn check(&self, context: usize) -> TunerResult<()> {
        let bad = |setting, problem: String| Err(TunerError::BadSetting { setting, problem });
        let counts = [
            ("epochs", self.epochs),
            ("accumulate", self.accumulate),
            ("evaluate_every", self.evaluate_every),
            ("checkpoint_every", self.checkpoint_every),
        ];
        if let Some((setting, _)) = counts.into_iter().find(|(_, n)| *n == 0) {
            return bad(setting, "is 0, must be at least 1".to_owned());
        }
        if self.sequence < Self::SHORTEST || self.sequence > context {
            let problem =
                format!("is {}, must be between {} and the context, {context}", self.sequence, Self::SHORTEST);
            return bad("sequence", problem);
        }
        let positive = self.learning_rate > 0.0 && self.clip > 0.0 && self.learning_rate.is_finite();
        if !positive || !(0.0..1.0).contains(&self.warmup) || !(0.0..1.0).contains(&self.weight_decay) {
            let problem =
                "must be: learning rate and clip above 0, warm-up and decay at least 0 and below 1".to_owned();
            return bad("learning_rate, clip, warmup, weight_decay", problem);
        }
        Ok(())
    }

    /// The rate of a step, from 0.
    pub(super) fn rate(&self, step: usize, steps: usize) -> f64 {
        let warm = (self.warmup * steps as f64).ceil().max(1.0);
        let step = step as f64;
        if step < warm {
            return self.learning_rate * (step + 1.0) / warm;
        }
        let done = (step - warm) / (steps as f64 - warm).max(1.0);
        let cosine = 0.5 * (1.0 + (std::f64::consts::PI * done.min(1.0)).cos());
        self.learning_rate * (0.1 + 0.9 * cosine)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_rises_in_a_line_and_falls_along_a_cosine_to_a_tenth() {
        let settings = TuneSettings { learning_rate: 1.0, warmup: 0.1, ..TuneSettings::default() };
        let rates: Vec<f64> = (0..40).map(|step| settings.rate(step, 40)).collect();
        assert_eq!(rates[..5], [0.25, 0.5, 0.75, 1.0, 1.0]);
        assert!(rates[4..].windows(2).all(|pair| pair[1] < pair[0]));
        // Half way down, 18 of 36 steps after the warm-up.
        assert!((rates[22] - 0.55).abs() < 1e-9, "{}", rates[22]);
        assert!((settings.rate(40, 40) - 0.1).abs() < 1e-9);
        let none = TuneSettings { warmup: 0.0, ..settings };
        assert!((none.rate(0, 40) - 1.0).abs() < 1e-9);
    }
}
