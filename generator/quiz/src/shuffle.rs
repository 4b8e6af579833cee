//! Chance that a seed repeats: order of options, and whether the key may be the longest.

use rand::{RngExt, SeedableRng, rngs::StdRng, seq::SliceRandom};

/// In this share of the questions the key alone is the longest option: what chance makes of four.
const LONGEST_SHARE: f32 = 0.27;
/// Of those with one longest option, it is the key in this share at most. Years are all of one length, so that the others
/// must make up for them, but not so far that the longest is a good guess.
const LONGEST_OF_UNEVEN: f32 = 0.45;

/// The chances of one quiz.
pub(crate) struct Chance {
    random: StdRng,
    positions: Vec<usize>,
    made: usize,
    /// Questions in which one option is longer than all others.
    uneven: usize,
    /// Those of them in which it is the key. A tie counts for neither: nobody can guess by it.
    longest: usize,
}

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self { random: StdRng::seed_from_u64(seed), positions: Vec::new(), made: 0, uneven: 0, longest: 0 }
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
    pub(crate) fn wants_longest(&self) -> bool {
        let below = |share: f32, of: usize| (self.longest as f32) < share * (of + 1) as f32;
        below(LONGEST_SHARE, self.made) && below(LONGEST_OF_UNEVEN, self.uneven)
    }

    /// Whether too few questions have one longest option for the key to come to its share of them.
    pub(crate) fn lacks_uneven(&self) -> bool {
        LONGEST_OF_UNEVEN * (self.uneven as f32) < LONGEST_SHARE * (self.made + 1) as f32
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
        self.uneven += usize::from(options.iter().any(|o| is_longest(o, options)));
        self.longest += usize::from(is_longest(key, options));
    }

    /// Gives back the place of a question that was left out.
    pub(crate) fn give_back(&mut self, position: usize) {
        self.positions.push(position);
    }
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

    /// Half of the questions are on years, whose options are all of one length.
    #[test]
    fn the_key_is_the_longest_in_its_share_though_years_tie() {
        let mut chance = Chance::new(1);
        let options = |texts: [&str; 4]| texts.map(str::to_owned).to_vec();
        let (years, short, long) = (
            options(["1901年", "1902年", "1903年", "1904年"]),
            options(["嘉州", "杭州", "蘇州府", "廣州"]),
            options(["嘉州府", "杭州", "蘇州", "廣州"]),
        );
        let (mut longest, mut uneven) = (0, 0);
        for n in 0..200 {
            if n % 2 == 0 {
                chance.accepted("1901年", &years);
                continue;
            }
            uneven += 1;
            if chance.wants_longest() {
                longest += 1;
                chance.accepted("嘉州府", &long);
            } else {
                chance.accepted("嘉州", &short);
            }
        }
        assert!((40..=70).contains(&longest), "{longest} of 200");
        assert!(longest * 2 <= uneven, "{longest} of {uneven}");
    }
}
