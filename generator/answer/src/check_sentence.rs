//! Checks a sentence that the model wrote: which sentence of the material carries it, and how well.
//!
//! Numbers and names must occur in the passages, else the sentence carries nothing. The rest is the share of its
//! content terms that one sentence of the material holds. Words are compared, not meanings: a negation that only one
//! of the two has halves the support.

use std::collections::HashSet;

use text::{Sentence, is_han, names, number_key, number_word, stem, terms};
use unicode_segmentation::UnicodeSegmentation;

/// The sentence of the material that carries a written one.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Support {
    /// Its place in the list of sentences.
    pub sentence: usize,
    /// How well: 0 to 1.
    pub support: f32,
}

/// All that the passages say, prepared for checking.
pub(crate) struct Checker<'a> {
    sentences: &'a [Sentence<'a>],
    words: HashSet<String>,
    han: String,
}

impl<'a> Checker<'a> {
    pub(crate) fn new(sentences: &'a [Sentence<'a>]) -> Self {
        let words = sentences.iter().flat_map(|s| words_of(s.text)).collect();
        let han = sentences.iter().map(|s| s.text).collect::<Vec<_>>().join("\n");
        Self { sentences, words, han }
    }

    /// The best support for `written`; `None` where nothing carries it, or it names what no passage holds.
    pub(crate) fn check(&self, written: &str) -> Option<Support> {
        if !self.facts_occur(written) {
            return None;
        }
        let wanted: HashSet<String> = terms(written).into_iter().collect();
        if wanted.is_empty() {
            return None;
        }
        let scored = self.sentences.iter().enumerate().map(|(at, source)| {
            let found = wanted.iter().filter(|t| source.terms.contains(*t)).count();
            let mut support = found as f32 / wanted.len() as f32;
            if negated(written) != negated(source.text) {
                support /= 2.0;
            }
            Support { sentence: at, support }
        });
        scored.reduce(|best, now| if now.support > best.support { now } else { best }).filter(|s| s.support > 0.0)
    }

    /// Whether every number and every name in `written` occurs in the passages.
    fn facts_occur(&self, written: &str) -> bool {
        let number = |w: &str| w.contains(|c: char| c.is_ascii_digit()) || number_word(&w.to_lowercase()).is_some();
        let numbers = written.unicode_words().filter(|w| number(w));
        let facts = numbers.chain(names(written));
        let plain = facts.filter(|w| !w.contains(is_han)).all(|w| words_of(w).all(|w| self.words.contains(&w)));
        plain && han_numbers(written).iter().all(|n| self.han.contains(n.as_str()))
    }
}

/// The words of a text as facts are compared: lower-case, stemmed, numbers as digits without commas.
fn words_of(text: &str) -> impl Iterator<Item = String> {
    text.unicode_words().map(|word| {
        let lower = word.to_lowercase().replace('’', "'");
        let plain = lower.strip_suffix("'s").unwrap_or(&lower);
        number_word(plain).map_or_else(|| stem(&number_key(plain)), str::to_owned)
    })
}

/// Runs of two and more Chinese numerals: `一九一二`, `三百`.
fn han_numbers(text: &str) -> Vec<String> {
    let numeral = |c: char| "〇零一二兩两三四五六七八九十百千萬万億亿".contains(c);
    let runs = text.split(|c: char| !numeral(c)).filter(|run| run.chars().count() > 1);
    runs.map(str::to_owned).collect()
}

/// Whether a sentence denies something.
fn negated(text: &str) -> bool {
    const WORDS: [&str; 7] = ["not", "no", "never", "none", "neither", "cannot", "without"];
    let english = text.unicode_words().any(|w| {
        let lower = w.to_lowercase();
        WORDS.contains(&lower.as_str()) || lower.ends_with("n't") || lower.ends_with("n’t")
    });
    english || text.contains(['不', '沒', '没', '無', '无', '未', '非'])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sentences(texts: &[&'static str]) -> Vec<Sentence<'static>> {
        let one = |(place, text): (usize, &&'static str)| Sentence {
            passage: 0,
            place,
            range: 0..text.len(),
            text,
            terms: terms(text).into_iter().collect(),
            orders: false,
        };
        texts.iter().enumerate().map(one).collect()
    }

    #[test]
    fn a_supported_sentence_finds_its_source() {
        let source = sentences(&["Light is absorbed.", "Plants release oxygen into the air at 1,200 metres."]);
        let support = Checker::new(&source).check("Oxygen is released by plants.").unwrap();
        assert_eq!(support.sentence, 1);
        assert!(support.support > 0.9, "{support:?}");
        assert!(Checker::new(&source).check("Plants release oxygen at 1200 metres.").is_some());
    }

    #[test]
    fn invented_numbers_and_names_carry_nothing() {
        let source = sentences(&["Plants release oxygen into the air.", "It took three years."]);
        let checker = Checker::new(&source);
        for invented in [
            "Plants release oxygen since 1912.",
            "Linus Pauling: plants release oxygen.",
            "Plants release oxygen, said Marie.",
            "It took four years.",
        ] {
            assert_eq!(checker.check(invented), None, "{invented}");
        }
        assert!(checker.check("It took 3 years.").is_some());
    }

    #[test]
    fn chinese_numbers_must_occur() {
        let source = sentences(&["這座橋在一九一二年完成。"]);
        let checker = Checker::new(&source);
        assert!(checker.check("這座橋在一九一二年完成。").unwrap().support > 0.9);
        assert_eq!(checker.check("這座橋在一九三五年完成。"), None);
    }

    #[test]
    fn a_lost_negation_halves_the_support() {
        let source = sentences(&["Whales are not fish."]);
        assert!(Checker::new(&source).check("Whales are fish.").unwrap().support <= 0.5);
    }
}
