//! Chooses the next token from its logits.

use std::collections::{HashMap, HashSet};

use domain::ports::Sampling;
use rand::{Rng, RngExt, SeedableRng, rngs::StdRng};

/// Tokens back from here that the repetition penalty looks at.
const PENALTY_WINDOW: usize = 64;

/// A sampler with its own random numbers; the same seed and logits give the same tokens.
pub(crate) struct Sampler {
    settings: Sampling,
    random: StdRng,
}

impl Sampler {
    pub(crate) fn new(settings: Sampling) -> Self {
        let random = StdRng::seed_from_u64(settings.seed);
        Self { settings, random }
    }

    /// The next token, after `seen`, whose end from `prompt` on was written.
    pub(crate) fn next(&mut self, mut logits: Vec<f32>, seen: &[u32], prompt: usize) -> u32 {
        self.penalise_lately_seen(&mut logits, seen);
        self.penalise_written(&mut logits, seen.get(prompt..).unwrap_or_default());
        if self.settings.temperature <= 0.0 {
            return greedy(&logits);
        }
        let candidates = self.candidates(&logits);
        draw(&candidates, &mut self.random)
    }

    /// Makes tokens seen lately less likely (Keskar et al., 2019, CTRL, section 4.1).
    fn penalise_lately_seen(&self, logits: &mut [f32], seen: &[u32]) {
        let penalty = self.settings.repetition_penalty;
        if penalty <= 0.0 || (penalty - 1.0).abs() < f32::EPSILON {
            return;
        }
        let window = seen.get(seen.len().saturating_sub(PENALTY_WINDOW)..).unwrap_or_default();
        for token in window.iter().collect::<HashSet<_>>() {
            if let Some(logit) = logits.get_mut(*token as usize) {
                *logit = if *logit > 0.0 { *logit / penalty } else { *logit * penalty };
            }
        }
    }

    /// Presence and frequency penalties, as OpenAI's API defines them.
    fn penalise_written(&self, logits: &mut [f32], written: &[u32]) {
        let Sampling { presence_penalty: presence, frequency_penalty: frequency, .. } = self.settings;
        if presence == 0.0 && frequency == 0.0 {
            return;
        }
        let mut counts: HashMap<u32, usize> = HashMap::new();
        for token in written {
            *counts.entry(*token).or_default() += 1;
        }
        for (token, count) in counts {
            if let Some(logit) = logits.get_mut(token as usize) {
                *logit -= presence + frequency * count as f32;
            }
        }
    }

    /// Tokens with their probabilities, likeliest first, cut by top-k, by min-p (Nguyen et al., 2024) and then by top-p.
    fn candidates(&self, logits: &[f32]) -> Vec<(u32, f32)> {
        let mut ranked: Vec<(u32, f32)> = (0u32..).zip(logits.iter().copied()).filter(|(_, l)| !l.is_nan()).collect();
        let keep = if self.settings.top_k == 0 { ranked.len() } else { self.settings.top_k.min(ranked.len()) };
        if keep < ranked.len() {
            ranked.select_nth_unstable_by(keep, |a, b| b.1.total_cmp(&a.1));
            ranked.truncate(keep);
        }
        ranked.sort_unstable_by(|a, b| b.1.total_cmp(&a.1));
        let best = ranked.first().map_or(0.0, |(_, l)| *l);
        for (_, value) in &mut ranked {
            *value = ((*value - best) / self.settings.temperature).exp();
        }
        // The likeliest has the weight 1.
        let kept = ranked.partition_point(|(_, p)| *p >= self.settings.min_p);
        ranked.truncate(kept.max(1));
        let sum: f32 = ranked.iter().map(|(_, p)| p).sum();
        let mut reached = 0.0;
        let nucleus = ranked.iter().take_while(|(_, p)| {
            let inside = reached < self.settings.top_p;
            reached += p / sum;
            inside
        });
        let kept = nucleus.count().max(1);
        ranked.truncate(kept);
        ranked
    }
}

fn greedy(logits: &[f32]) -> u32 {
    let numbered = (0u32..).zip(logits.iter().copied()).filter(|(_, l)| !l.is_nan());
    // Of equal logits the first wins, on every machine.
    numbered.fold((0, f32::NEG_INFINITY), |best, now| if now.1 > best.1 { now } else { best }).0
}

fn draw(candidates: &[(u32, f32)], random: &mut impl Rng) -> u32 {
    let sum: f32 = candidates.iter().map(|(_, p)| p).sum();
    let mut left = random.random::<f32>() * sum;
    for (token, weight) in candidates {
        left -= weight;
        if left <= 0.0 {
            return *token;
        }
    }
    candidates.first().map_or(0, |(token, _)| *token)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sampling(temperature: f32) -> Sampling {
        Sampling { temperature, ..Sampling::default() }
    }

    #[test]
    fn greedy_takes_the_best_and_the_first_of_equals() {
        let mut sampler = Sampler::new(sampling(0.0));
        assert_eq!(sampler.next(vec![0.0, 3.0, f32::NAN, 3.0], &[], 0), 1);
    }

    #[test]
    fn the_same_seed_gives_the_same_tokens() {
        let logits: Vec<f32> = (0..50).map(|i| (i % 7) as f32).collect();
        let run = |seed| {
            let mut s = Sampler::new(Sampling { seed, ..sampling(1.0) });
            (0..20).map(|_| s.next(logits.clone(), &[], 0)).collect::<Vec<_>>()
        };
        assert_eq!(run(4), run(4));
        assert_ne!(run(4), run(5));
    }

    #[test]
    fn top_k_top_p_and_min_p_cut_the_tail() {
        let logits = vec![5.0, 4.9, 0.0, 0.0, 0.0];
        for settings in [
            Sampling { top_k: 2, ..sampling(2.0) },
            Sampling { top_p: 0.6, ..sampling(0.5) },
            Sampling { min_p: 0.5, ..sampling(1.0) },
        ] {
            let mut sampler = Sampler::new(settings);
            assert!((0..200).all(|_| sampler.next(logits.clone(), &[], 0) < 2));
        }
    }

    #[test]
    fn a_repeated_token_becomes_less_likely() {
        let mut sampler = Sampler::new(Sampling { repetition_penalty: 2.0, ..sampling(0.0) });
        assert_eq!(sampler.next(vec![3.0, 2.0], &[0], 1), 1);
    }

    #[test]
    fn a_written_token_becomes_less_likely_each_time_one_of_the_prompt_does_not() {
        let next = |settings: Sampling, seen: &[u32]| Sampler::new(settings).next(vec![3.0, 2.0, 1.0], seen, 2);
        let presence = Sampling { presence_penalty: 1.5, ..sampling(0.0) };
        assert_eq!(next(presence.clone(), &[0, 0]), 0, "the prompt's");
        assert_eq!(next(presence.clone(), &[0, 0, 0]), 1);
        assert_eq!(next(presence, &[0, 0, 0, 1, 0, 0]), 0, "once for all times");
        let frequency = Sampling { frequency_penalty: 0.6, ..sampling(0.0) };
        assert_eq!(next(frequency.clone(), &[1, 1, 0]), 0);
        assert_eq!(next(frequency, &[1, 1, 0, 0]), 1);
    }
}
