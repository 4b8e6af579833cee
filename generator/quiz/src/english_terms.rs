//! Words of the subject in an English sentence: nouns behind an article or the like.

use std::ops::Range;

use text::{
    english::{GENERIC, Word, is_in},
    is_common,
};

use super::{
    english_named::{count_of, is_verb},
    english_spans::Habits,
    spans::{Kind, Span},
};

/// Letters of a noun that says what it is about.
const SHORTEST_TERM: usize = 5;

/// Words behind which a noun begins.
const OPENERS: [&str; 10] = ["the", "a", "an", "of", "called", "as", "into", "through", "with", "from"];

/// Small-letter phrases of one or two words between an article or the like and a word that ends them.
pub(super) fn noun_phrases(words: &[Word<'_>]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for at in 1..words.len() {
        let opens = words.get(at - 1).is_some_and(|w| OPENERS.contains(&w.lower.as_str()));
        let plain = |at: usize| {
            words.get(at).is_some_and(|w| {
                !w.apart
                    && w.text.len() > 3
                    && w.text.chars().all(|c| c.is_lowercase() || c == '-')
                    && !is_common(&w.lower)
            })
        };
        if !opens || !plain(at) {
            continue;
        }
        let end = if plain(at + 1) { at + 2 } else { at + 1 };
        let ends = words.get(end).is_none_or(|w| {
            w.apart
                || [
                    "of", "is", "was", "are", "were", "in", "and", "that", "which", "by", "to", "has", "for", "with",
                    "on", "from", "or",
                ]
                .contains(&w.lower.as_str())
        });
        if ends {
            found.push(at..end);
        }
    }
    found
}

pub(super) fn phrase_of(words: &[Word<'_>], range: &Range<usize>) -> String {
    let own = words.get(range.clone()).unwrap_or_default();
    own.iter().map(|w| w.lower.as_str()).collect::<Vec<_>>().join(" ")
}

/// Phrases that the course uses again and again, and surely are nouns; the others say less.
pub(super) fn terms(sentence: &str, words: &[Word<'_>], habits: &Habits) -> Vec<Span> {
    let of = |range: Range<usize>| {
        let phrase = phrase_of(words, &range);
        let often = habits.times(&phrase);
        let last = words.get(range.end - 1)?;
        let noun = [
            "tion", "sion", "ity", "ness", "ment", "ism", "ogy", "ist", "ance", "ence", "ics", "graphy", "sis", "ture",
            "phy", "cy", "um", "us",
        ];
        let is_noun = noun.iter().any(|s| last.lower.ends_with(s) || last.lower.ends_with(&format!("{s}s")));
        if is_in(GENERIC, &last.lower) || phrase.len() < SHORTEST_TERM || is_verb(last) {
            return None;
        }
        let kind = if often < 2 || (range.len() == 1 && !is_noun) { Kind::Phrase } else { Kind::Term };
        let bytes = words.get(range.start)?.range.start..last.range.end;
        Span::new(sentence, bytes, kind, count_of(&last.lower))
    };
    noun_phrases(words).into_iter().filter_map(of).collect()
}
