//! What an English sentence names and what it names it: `tiny bodies called chloroplasts`, `the force known as gravity`,
//! `Osmosis is a …`. Both sides can be asked for: the name by what it stands for, and what the name stands for.

use std::ops::Range;

use text::{
    definition,
    english::{Word, words},
    is_common,
};

use super::{
    number_clue::{Number, number},
    spans::{Kind, Span},
};

/// Most words of a name, and of what it stands for.
const NAME: usize = 3;
const THING: usize = 4;
/// Words of a definition: with fewer it says little, with more it is no option.
const MEANING: std::ops::RangeInclusive<usize> = 3..=14;

/// The names and their meanings in a sentence.
pub(super) fn named(sentence: &str, words: &[Word<'_>]) -> Vec<Span> {
    let mut spans: Vec<Span> = (0..words.len()).flat_map(|at| at_marker(sentence, words, at)).collect();
    if spans.is_empty() {
        spans.extend(defined(sentence));
    }
    spans
}

/// The thing and its name on both sides of a word that names, where `at` is one.
fn at_marker(sentence: &str, words: &[Word<'_>], at: usize) -> Vec<Span> {
    let Some(after) = behind_marker(words, at) else { return Vec::new() };
    let thing = thing_before(words, at);
    let several = thing.as_ref().is_some_and(|range| is_plural(words, range.end - 1));
    // `They called the police`: nothing is named.
    if thing.is_none() && !is_passive(words, at) {
        return Vec::new();
    }
    let cue = if several { SEVERAL } else { ONE };
    let bytes = |range: Range<usize>| Some(words.get(range.start)?.range.start..words.get(range.end - 1)?.range.end);
    let name = name_behind(words, after, several).and_then(bytes);
    let name = name.and_then(|range| Span::new(sentence, range, Kind::Named, cue));
    let meaning = thing.filter(|range| range.len() > 1).and_then(bytes);
    let meaning = meaning.and_then(|range| Span::new(sentence, range, Kind::Meaning, cue)).filter(|_| name.is_some());
    name.into_iter().chain(meaning).collect()
}

/// The place behind `called`, `named`, `termed`, `known as`, `referred to as`.
fn behind_marker(words: &[Word<'_>], at: usize) -> Option<usize> {
    let is = |n: usize, word: &str| words.get(at + n).is_some_and(|w| w.lower == word);
    // Who is named the king is no thing that is given a name.
    if is(0, "called") || (is(0, "named") || is(0, "termed")) && !is(1, "the") {
        Some(at + 1)
    } else if is(0, "known") && is(1, "as") {
        Some(at + 2)
    } else if is(0, "referred") && is(1, "to") && is(2, "as") {
        Some(at + 3)
    } else {
        None
    }
}

/// The noun right before the marker with what describes it: `a pigment`, `small openings`.
fn thing_before(words: &[Word<'_>], marker: usize) -> Option<Range<usize>> {
    let mut end = marker;
    while words.get(end.checked_sub(1)?).is_some_and(|w| ADVERBS.contains(&w.lower.as_str()) && !w.apart) {
        end -= 1;
    }
    if words.get(end).is_some_and(|w| w.apart) {
        return None;
    }
    let mut start = end;
    while start > 0 && end - start < THING && words.get(start - 1).is_some_and(is_plain) {
        start -= 1;
        if words.get(start).is_some_and(|w| w.apart) {
            break;
        }
    }
    let article = start.checked_sub(1).filter(|at| {
        words.get(*at).is_some_and(|w| ["a", "an", "the"].contains(&w.lower.as_str()))
            && words.get(start).is_some_and(|w| !w.apart)
    });
    (start < end).then(|| article.unwrap_or(start)..end)
}

/// Whether `is`, `are` or the like stands before the marker: `The process is also called …`.
fn is_passive(words: &[Word<'_>], marker: usize) -> bool {
    let before = words.get(..marker).unwrap_or_default();
    let verb = before.iter().rev().find(|w| !ADVERBS.contains(&w.lower.as_str()));
    verb.is_some_and(|w| ["is", "are", "was", "were"].contains(&w.lower.as_str()))
}

/// The name from `start` on. It ends at a mark, a word without content, or a verb; that of one thing is no plural, that of
/// several ends with one.
fn name_behind(words: &[Word<'_>], start: usize, several: bool) -> Option<Range<usize>> {
    let article = words.get(start).is_some_and(|w| w.lower == "the");
    let first = start + usize::from(article);
    let mut end = first;
    while let Some(word) = words.get(end) {
        let ends = end > first && (word.apart || is_common(&word.lower));
        if ends || !(is_plain(word) || word.capital() && !is_common(&word.lower)) || end - first == NAME {
            break;
        }
        let plural = is_plural(words, end);
        // `osmosis moves water`
        if end > first && !several && (plural || is_verb(word)) {
            break;
        }
        end += 1;
        if several && plural {
            break;
        }
    }
    let small = words.get(first..end)?.iter().any(is_plain);
    // What goes on in another noun was cut in the wrong place.
    let whole = words.get(end).is_none_or(|w| {
        w.apart || is_common(&w.lower) || is_verb(w) || several && is_plural(words, end - 1) || is_plural(words, end)
    });
    (end > first && small && whole).then_some(first..end)
}

/// `What is X?` for a meaning that the sentence tells.
pub(super) fn what_is(sentence: &str, meaning: &str) -> Option<String> {
    if let Some((term, verb)) = definition(sentence).filter(|(_, m)| m == meaning).and_then(|(term, _)| {
        let rest = sentence.get(term.len()..)?.split_whitespace().next()?;
        Some((term, rest.to_owned()))
    }) {
        let term = term.strip_prefix("The ").map_or(term.clone(), |rest| format!("the {rest}"));
        return Some(format!("What {verb} {term}?"));
    }
    let words = words(sentence);
    let pairs = (0..words.len()).map(|at| at_marker(sentence, &words, at));
    let pair = pairs.into_iter().find(|spans| spans.get(1).is_some_and(|s| s.text == meaning))?;
    let name = pair.first()?;
    Some(format!("What {} {}?", if name.cue == SEVERAL { "are" } else { "is" }, name.text))
}

/// Whether a stem asks what a named thing is; such a question needs no other words.
pub(super) fn asks_what_is(stem: &str) -> bool {
    ["What is ", "What are ", "What was ", "What were "].iter().any(|begin| stem.starts_with(begin))
        && stem.split_whitespace().count() <= 2 + NAME + 2
}

/// `X is a …`: what X is, where the sentence begins with it.
fn defined(sentence: &str) -> Option<Span> {
    let (term, meaning) = definition(sentence)?;
    let fits = MEANING.contains(&meaning.split_whitespace().count()) && !meaning.contains([';', ':', '(', ',']);
    // A sentence over two lines is joined in the definition.
    let start = sentence.find(&meaning).filter(|_| fits)?;
    Span::new(sentence, start..start + meaning.len(), Kind::Meaning, count_of(&term))
}

/// The cue of a noun: one thing does not stand beside several.
pub(super) fn count_of(noun: &str) -> &'static str {
    if number(noun) == Some(Number::Several) { SEVERAL } else { ONE }
}

const ONE: &str = "one";
const SEVERAL: &str = "several";

const ADVERBS: [&str; 10] =
    ["also", "often", "commonly", "sometimes", "usually", "now", "generally", "then", "which", "popularly"];

/// A word in small letters that carries content.
fn is_plain(word: &Word<'_>) -> bool {
    word.text.len() > 2 && word.text.chars().all(|c| c.is_lowercase() || c == '-') && !is_common(&word.lower)
}

fn is_plural(words: &[Word<'_>], at: usize) -> bool {
    words.get(at).is_some_and(|w| number(&w.lower) == Some(Number::Several))
}

/// Whether a word ends as a verb does: a noun that does so is not told from one.
pub(super) fn is_verb(word: &Word<'_>) -> bool {
    word.text.len() > 4 && (word.lower.ends_with("ed") || word.lower.ends_with("ing"))
}

#[cfg(test)]
mod tests {
    use super::*;
    fn found(sentence: &str) -> Vec<(String, Kind)> {
        named(sentence, &words(sentence)).into_iter().map(|s| (s.text, s.kind)).collect()
    }

    #[test]
    fn a_name_and_what_it_names_stand_on_both_sides_of_called() {
        use Kind::{Meaning, Named};
        for (sentence, expected) in [
            (
                "In a leaf, tiny bodies called chloroplasts catch sunlight with a pigment named chlorophyll.",
                vec![("chloroplasts", Named), ("tiny bodies", Meaning), ("chlorophyll", Named), ("a pigment", Meaning)],
            ),
            (
                "Oxygen leaves it through small openings called stomata.",
                vec![("stomata", Named), ("small openings", Meaning)],
            ),
            ("The making of sugar from light is called photosynthesis.", vec![("photosynthesis", Named)]),
            ("A process known as osmosis moves water.", vec![("osmosis", Named), ("A process", Meaning)]),
            (
                "Sugar is made in a series of reactions referred to as the Calvin cycle, at night.",
                vec![("Calvin cycle", Named)],
            ),
            (
                "Osmosis is the movement of water through a membrane.",
                vec![("the movement of water through a membrane", Meaning)],
            ),
        ] {
            let expected: Vec<(String, Kind)> = expected.into_iter().map(|(t, k)| (t.to_owned(), k)).collect();
            assert_eq!(found(sentence), expected, "{sentence}");
        }
    }

    #[test]
    fn a_meaning_is_asked_for_by_its_name() {
        for (sentence, meaning, stem) in [
            ("Oxygen leaves it through small openings called stomata.", "small openings", "What are stomata?"),
            (
                "The Calvin cycle is a series of reactions in the stroma.",
                "a series of reactions in the stroma",
                "What is the Calvin cycle?",
            ),
            ("Fjords were the work of glaciers and rivers.", "the work of glaciers and rivers", "What were Fjords?"),
        ] {
            assert_eq!(what_is(sentence, meaning).as_deref(), Some(stem));
            assert!(asks_what_is(stem));
        }
    }

    #[test]
    fn calling_somebody_names_nothing() {
        for sentence in
            ["They called for help at night.", "The king, called a tyrant, fled.", "He was named after his uncle."]
        {
            assert_eq!(found(sentence), [], "{sentence}");
        }
    }
}
