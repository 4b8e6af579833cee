//! Words of a Chinese course, found without a dictionary: runs of characters that recur, hold together, and stand next to
//! many different others (branching entropy: Jin and Tanaka-Ishii, 2006).

use std::collections::{HashMap, HashSet};

use text::is_han;

use super::{
    chinese_spans::{like_person, stands_free, type_by_ending},
    chinese_words::{COUNTRIES, FUNCTION, ROLES, ending},
    spans::{Kind, Span},
};

/// Lengths of words, in characters.
const LENGTHS: std::ops::RangeInclusive<usize> = 2..=6;
/// Different neighbours that a word has on each side, at least.
const NEIGHBOURS: usize = 3;
/// How much more often a word occurs than its parts would by chance.
const COHESION: f64 = 8.0;

#[derive(Debug, Default)]
struct Count {
    times: u32,
    before: HashSet<char>,
    after: HashSet<char>,
    /// Times as a whole between marks or function characters.
    free: u32,
    /// Times as a whole where a noun stands.
    noun: u32,
    /// Times behind the noun of a person.
    role: u32,
}

/// The words of a course.
#[derive(Debug, Default)]
pub(super) struct HanTerms {
    counts: HashMap<String, Count>,
    singles: HashMap<char, u32>,
    total: f64,
    words: HashMap<String, Kind>,
}

impl HanTerms {
    /// Learns from a sentence.
    pub(super) fn read(&mut self, sentence: &str) {
        let chars: Vec<char> = sentence.chars().collect();
        for (n, c) in chars.iter().enumerate().filter(|(_, c)| is_han(**c)) {
            self.total += 1.0;
            *self.singles.entry(*c).or_default() += 1;
            for length in LENGTHS {
                let Some(run) = chars.get(n..n + length) else { break };
                if !run.iter().all(|c| is_han(*c)) {
                    break;
                }
                if bad_end(run.first()) || bad_end(run.last()) {
                    continue;
                }
                let before = n.checked_sub(1).and_then(|n| chars.get(n)).copied().unwrap_or('。');
                let after = chars.get(n + length).copied().unwrap_or('。');
                let text: String = run.iter().collect();
                let count = self.counts.entry(text).or_default();
                count.times += 1;
                // All marks are one neighbour each time: they end words.
                count.before.insert(before);
                count.after.insert(after);
                count.free += u32::from(stands_free(Some(before), Some(after)));
                let noun = matches!(before, '的' | '、' | '種' | '种' | '個' | '个')
                    || matches!(after, '的' | '、' | '是' | '為' | '为');
                count.noun += u32::from(noun && stands_free(Some(before), Some(after)));
                let from = n.saturating_sub(4);
                let lead: String = chars.get(from..n).unwrap_or_default().iter().collect();
                count.role += u32::from(ending(&lead, &ROLES).is_some());
            }
        }
    }

    /// Decides which runs are words; after this nothing more is read.
    pub(super) fn settle(&mut self) {
        let mut words = HashMap::new();
        for (text, count) in &self.counts {
            if count.times < 3 || count.before.len() < NEIGHBOURS || count.after.len() < NEIGHBOURS || count.free == 0 {
                continue;
            }
            if self.cohesion(text, count.times) < COHESION || text.chars().filter(|c| FUNCTION.contains(*c)).count() > 1
            {
                continue;
            }
            let kind = match type_by_ending(text) {
                Some((kind, _)) => kind,
                None if like_person(text) && count.role > 0 => Kind::Person,
                None => Kind::Term,
            };
            // A common word may be a verb; one that often stands free between marks and particles is rather a noun.
            if kind == Kind::Term && (text.chars().count() < 3 || count.free * 2 < count.times || count.noun < 2) {
                continue;
            }
            words.insert(text.clone(), kind);
        }
        let longer: Vec<String> = words.keys().cloned().collect();
        let part = |w: &String| {
            longer.iter().any(|l| l.len() > w.len() && l.contains(w.as_str()) && self.times(l) * 3 > self.times(w) * 2)
        };
        words.retain(|w, _| !part(w));
        self.words = words;
        self.counts = HashMap::new();
    }

    fn times(&self, text: &str) -> u32 {
        self.counts.get(text).map_or(0, |c| c.times)
    }

    /// The least of how much oftener the whole occurs than two parts side by side would by chance.
    fn cohesion(&self, text: &str, times: u32) -> f64 {
        let of = |part: &str| {
            let mut chars = part.chars();
            let single = chars.next().filter(|_| chars.next().is_none());
            let known = single.map_or_else(|| self.times(part), |c| self.singles.get(&c).copied().unwrap_or(0));
            f64::from(known.max(times))
        };
        let cuts = text.char_indices().skip(1);
        let chance = cuts.filter_map(|(at, _)| Some(of(text.get(..at)?) * of(text.get(at..)?)));
        f64::from(times) * self.total / chance.fold(1.0, f64::max)
    }

    /// The words of this course in a sentence, the longest at each place.
    pub(super) fn spans(&self, sentence: &str, chars: &[(usize, char)]) -> Vec<Span> {
        let mut spans = Vec::new();
        let mut n = 0;
        while n < chars.len() {
            let found = LENGTHS.rev().find_map(|length| {
                let start = chars.get(n)?.0;
                let end = chars.get(n + length).map_or(sentence.len(), |(b, _)| *b);
                chars.get(n + length - 1)?;
                let text = sentence.get(start..end)?;
                let kind = *self.words.get(text)?;
                let cue = type_by_ending(text).map_or("", |(_, e)| e);
                let cue = if kind == Kind::Person { "own" } else { cue };
                let cue = if COUNTRIES.contains(&text) { "country" } else { cue };
                let char_at = |n: usize| chars.get(n).map(|(_, c)| *c);
                // Within other characters it may be part of a longer word.
                let whole = stands_free(n.checked_sub(1).and_then(char_at), char_at(n + length));
                Some((length, Span::new(sentence, start..end, kind, cue).filter(|_| whole)))
            });
            let Some((length, span)) = found else {
                n += 1;
                continue;
            };
            spans.extend(span);
            n += length;
        }
        spans
    }
}

fn bad_end(c: Option<&char>) -> bool {
    c.is_none_or(|c| FUNCTION.contains(*c))
}
