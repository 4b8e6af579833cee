//! Chance that a seed repeats: order of options, and whether the key may be the longest.

use rand::{RngExt, SeedableRng, rngs::StdRng, seq::SliceRandom};

/// In this share of the questions the key is the longest option: near to what chance makes of four.
const LONGEST_SHARE: f32 = 0.27;

/// The chances of one quiz.
pub(crate) struct Chance {
    random: StdRng,
    positions: Vec<usize>,
    made: usize,
    /// Times the key was the longest; a tie counts as its share.
    longest: f32,
}

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self { random: StdRng::seed_from_u64(seed), positions: Vec::new(), made: 0, longest: 0.0 }
    }

    /// A number for a sampler.
    pub(crate) fn seed(&mut self) -> u64 {
        self.random.random()
    }

    /// A number from 0 to 1.
    pub(crate) fn share(&mut self) -> f32 {
        self.random.random()
    }

    /// A number below `n`; 0 where there is none.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        if n == 0 { 0 } else { self.random.random_range(0..n) }
    }

    /// Shuffles a list.
    pub(crate) fn shuffle<T>(&mut self, list: &mut [T]) {
        list.shuffle(&mut self.random);
    }

    /// Whether the key of the next question should be its longest option.
    pub(crate) fn wants_longest(&mut self) -> bool {
        self.longest < LONGEST_SHARE * (self.made + 1) as f32
    }

    /// The key's place among `options`: each comes up once before any comes again.
    pub(crate) fn position(&mut self, options: usize) -> usize {
        if let Some(at) = self.positions.iter().rposition(|p| *p < options) {
            return self.positions.remove(at);
        }
        let mut fresh: Vec<usize> = (0..options).collect();
        self.shuffle(&mut fresh);
        let next = fresh.pop().unwrap_or(0);
        self.positions.extend(fresh);
        next
    }

    /// Says that a question was accepted, so that the shares come right.
    pub(crate) fn accepted(&mut self, key: &str, options: &[String]) {
        self.made += 1;
        self.longest += longest_share(key, options);
    }

    /// Gives back the place of a question that was left out.
    pub(crate) fn give_back(&mut self, position: usize) {
        self.positions.push(position);
    }
}

/// 1 where the key alone is the longest option, a half where it is with another, …; 0 where another is longer.
pub(crate) fn longest_share(key: &str, options: &[String]) -> f32 {
    let length = |s: &str| s.chars().count();
    let most = options.iter().map(|o| length(o)).max().unwrap_or(0);
    let ties = options.iter().filter(|o| length(o) == most).count();
    if length(key) == most { 1.0 / ties.max(1) as f32 } else { 0.0 }
}

/// Whether the key has more characters than every other option.
pub(crate) fn is_longest(key: &str, options: &[String]) -> bool {
    let length = |s: &str| s.chars().count();
    options.iter().filter(|o| o.as_str() != key).all(|o| length(o) < length(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_come_up_evenly_and_a_seed_repeats_them() {
        let draw = |seed| {
            let mut chance = Chance::new(seed);
            (0..400).map(|_| chance.position(4)).collect::<Vec<_>>()
        };
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
        for place in 0..4 {
            assert_eq!(draw(7).iter().filter(|p| **p == place).count(), 100);
        }
    }
}
