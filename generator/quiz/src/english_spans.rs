//! Finds the spans of an English sentence that can be keys: names, numbers, dates, words of the subject.

use std::{collections::HashMap, ops::Range};

use text::{
    english::{CALENDAR, Word, is_in, words},
    is_common,
};

use super::{
    english_named::named,
    english_numbers::numbers,
    english_terms::{noun_phrases, phrase_of, terms},
    english_words::{BEFORE_PLACES, COUNTRIES, DEEDS, EVENTS, GIVEN, GROUP_SORTS, GROUPS, PLACES, ROLES},
    spans::{Kind, Span, without_overlaps},
};

/// How often the course writes words with and without a capital, and what stands around its names.
#[derive(Debug, Default)]
pub(super) struct Habits {
    /// Lower-case word: times with a capital within a sentence, times without.
    cases: HashMap<String, (u32, u32)>,
    /// Name: votes for person, place, and times behind `the`.
    votes: HashMap<String, (u32, u32, u32)>,
    /// Noun phrases after an article, lower-case: how often.
    phrases: HashMap<String, u32>,
}

impl Habits {
    /// Learns from a sentence.
    pub(super) fn read(&mut self, sentence: &str) {
        let words = words(sentence);
        for word in words.iter().skip(1) {
            let counts = self.cases.entry(word.lower.clone()).or_default();
            *(if word.capital() { &mut counts.0 } else { &mut counts.1 }) += 1;
        }
        for run in runs(&words, &Self::default()) {
            let (Some(first), Some(last)) = (words.get(run.start), words.get(run.end - 1)) else { continue };
            let Some(name) = sentence.get(first.range.start..last.range.end) else { continue };
            let (person, place) = cues(&words, &run);
            let votes = self.votes.entry(name.to_owned()).or_default();
            let the = run.start.checked_sub(1).and_then(|at| words.get(at)).is_some_and(|w| w.lower == "the");
            *votes = (votes.0 + u32::from(person), votes.1 + u32::from(place), votes.2 + u32::from(the));
        }
        for range in noun_phrases(&words) {
            let phrase = phrase_of(&words, &range);
            *self.phrases.entry(phrase).or_default() += 1;
        }
    }

    fn starts_name(&self, word: &str) -> bool {
        self.cases.get(word).is_some_and(|(capital, small)| *capital > 0 && capital > small)
    }

    /// How often a noun phrase stands behind an article.
    pub(super) fn times(&self, phrase: &str) -> u32 {
        self.phrases.get(phrase).copied().unwrap_or(0)
    }

    fn never_small(&self, word: &str) -> bool {
        self.cases.get(word).is_none_or(|(_, small)| *small == 0)
    }
}

/// The spans of a sentence.
pub(super) fn english_spans(sentence: &str, habits: &Habits) -> Vec<Span> {
    let words = words(sentence);
    let mut spans = numbers(sentence, &words);
    spans.extend(named(sentence, &words));
    spans.extend(names(sentence, &words, habits));
    spans.extend(terms(sentence, &words, habits));
    let mut spans = without_overlaps(spans);
    spans.extend(cause(sentence));
    spans
}

/// The clause behind `because`, where it ends the sentence.
fn cause(sentence: &str) -> Option<Span> {
    let start = sentence.find(" because ")? + " because ".len();
    let end = start + sentence.get(start..)?.trim_end_matches(['.', ' ', '"', '”']).len();
    let text = sentence.get(start..end)?;
    let first = text.split_whitespace().next()?.to_lowercase();
    let fits = (4..=16).contains(&text.split_whitespace().count()) && first != "of" && !text.contains([',', ';', '(']);
    fits.then(|| Span::new(sentence, start..end, Kind::Cause, ""))?
}

/// Runs of capitalised words, as places in the list of words.
fn runs(words: &[Word<'_>], habits: &Habits) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(word) = words.get(at) {
        let begins =
            word.capital() && !is_in(CALENDAR, &word.lower) && !(is_common(&word.lower) && word.text.len() > 1);
        let first_counts = at > 0
            || habits.starts_name(&word.lower)
            || (habits.never_small(&word.lower) && words.get(1).is_some_and(|w| w.capital() && !w.apart));
        if !begins || !first_counts {
            at += 1;
            continue;
        }
        let end = run_end(words, at);
        found.push(at..end);
        at = end;
    }
    found
}

/// Where the run that begins at `start` ends. `of` and the like join two capitalised words.
fn run_end(words: &[Word<'_>], start: usize) -> usize {
    let fits = |at: usize| words.get(at).is_some_and(|w| w.capital() && !w.apart && !is_in(CALENDAR, &w.lower));
    let joins = |at: usize| {
        let joining = ["of", "de", "von", "van", "al", "bin", "da", "del"];
        words.get(at).is_some_and(|w| !w.apart && joining.contains(&w.lower.as_str()))
    };
    let mut end = start + 1;
    loop {
        if fits(end) {
            end += 1;
        } else if joins(end) && fits(end + 1) {
            end += 2;
        } else {
            return end;
        }
    }
}

/// Whether what stands around a run makes it a person, a place.
fn cues(words: &[Word<'_>], run: &Range<usize>) -> (bool, bool) {
    let before = run
        .start
        .checked_sub(1)
        .and_then(|at| words.get(at))
        .filter(|_| words.get(run.start).is_some_and(|w| !w.apart));
    let after = words.get(run.end).filter(|w| !w.apart);
    let role = before.is_some_and(|w| is_in(ROLES, &w.lower) && w.lower != "by");
    let deed = after.is_some_and(|w| is_in(DEEDS, &w.lower));
    let place = before.is_some_and(|w| is_in(BEFORE_PLACES, &w.lower));
    (role || deed, place)
}

fn names(sentence: &str, words: &[Word<'_>], habits: &Habits) -> Vec<Span> {
    let of = |run: Range<usize>| {
        let (first, last) = (words.get(run.start)?, words.get(run.end - 1)?);
        let range = first.range.start..last.range.end;
        // A noun behind it makes the name an adjective: `Soviet republics`.
        let next = words.get(run.end).filter(|w| !w.apart);
        let whole = next.is_none_or(|w| {
            is_common(&w.lower)
                || is_in(DEEDS, &w.lower)
                || w.lower.ends_with("ed")
                || w.lower.ends_with("ly")
                || [
                    "near", "across", "along", "among", "amid", "beyond", "via", "within", "without", "toward",
                    "towards", "upon", "despite", "led", "began", "took", "made", "gave", "held", "came", "went",
                    "won", "ran", "saw", "left", "lies", "remains", "remain",
                ]
                .contains(&w.lower.as_str())
        });
        let hyphen =
            sentence.get(range.end..)?.starts_with(['-', '&']) || sentence.get(..range.start)?.ends_with(['-', '&']);
        let role = run
            .start
            .checked_sub(1)
            .and_then(|at| words.get(at))
            .is_some_and(|w| !w.apart && (w.lower == "and" || w.lower == "or"));
        let paired = words.get(run.end).is_some_and(|w| !w.apart && w.lower == "and")
            && words.get(run.end + 1).is_some_and(Word::capital);
        let letters = first.text.chars().filter(|c| c.is_alphabetic()).count();
        // An abbreviation, a word for a kind of thing, one of several: no full answer.
        let short =
            run.len() == 1 && first.text.chars().filter(|c| c.is_uppercase()).count() > 1 && first.text.len() < 6;
        let common = run.len() == 1 && [PLACES, GROUPS, EVENTS, ROLES].iter().any(|l| is_in(l, &first.lower));
        let comma = |a: Option<&Word<'_>>, b: Option<&Word<'_>>| {
            a.zip(b).and_then(|(a, b)| sentence.get(a.range.end..b.range.start)).is_some_and(|gap| gap.trim() == ",")
        };
        let left = run.start.checked_sub(1).and_then(|at| words.get(at));
        let right = words.get(run.end);
        let after_list = left.is_some_and(|w| w.capital() && run.start > 1) && comma(left, Some(first));
        let before_list =
            right.is_some_and(|w| w.capital() || w.lower == "and" || w.lower == "or") && comma(Some(last), right);
        if short || common || after_list || before_list {
            return None;
        }
        if !whole || hyphen || role || paired || (run.len() == 1 && letters < 3) || range.len() > 50 {
            return None;
        }
        let name = sentence.get(range.clone())?;
        let kind = name_kind(words, &run, habits.votes.get(name).copied().unwrap_or_default());
        let own = words.get(run.clone()).unwrap_or_default();
        let cue = match kind {
            // One word beside two, or a family name beside a full one, stands out.
            Kind::Person => format!("{} words", run.len().min(3)),
            Kind::Place if is_in(COUNTRIES, &last.lower) || ["States", "Kingdom"].contains(&last.text) => {
                "country".to_owned()
            }
            Kind::Place if is_in(PLACES, &last.lower) => last.lower.clone(),
            Kind::Place => String::new(),
            Kind::Group => GROUP_SORTS
                .iter()
                .find(|l| own.iter().any(|w| is_in(l, &w.lower)))
                .map(|l| (*l).to_owned())
                .unwrap_or_default(),
            _ if run.len() == 1 => String::new(),
            _ => last.lower.clone(),
        };
        Span::new(sentence, range, kind, cue)
    };
    runs(words, habits).into_iter().filter_map(of).collect()
}

/// What a name stands for.
fn name_kind(words: &[Word<'_>], run: &Range<usize>, votes: (u32, u32, u32)) -> Kind {
    let own = words.get(run.clone()).unwrap_or_default();
    let any = |list: &str| own.iter().any(|w| is_in(list, &w.lower));
    let last = |list: &str| own.last().is_some_and(|w| is_in(list, &w.lower));
    let given = own.first().is_some_and(|w| is_in(GIVEN, &w.lower) || is_in(ROLES, &w.lower) && w.lower != "by");
    let initial = own.iter().any(|w| w.text.len() == 2 && w.text.ends_with('.'));
    let suffix = own.last().is_some_and(|w| {
        w.lower.len() > 5 && ["land", "stan", "shire", "burg", "ville"].iter().any(|s| w.lower.ends_with(s))
    });
    if any(GROUPS) {
        Kind::Group
    } else if any(EVENTS) {
        Kind::Event
    } else if last(PLACES)
        || own.first().is_some_and(|w| ["lake", "mount", "river", "republic"].contains(&w.lower.as_str()))
        || (suffix && !given)
    {
        Kind::Place
    } else if votes.2 == 0
        // `Yes TV` is no person.
        && own.iter().all(|w| w.text.contains('.') || w.text.chars().skip(1).any(char::is_lowercase))
        && own.len() < 4
        && ((given && own.len() > 1) || initial || (votes.0 > votes.1 && (votes.0 > 1 || own.len() > 1)))
    {
        Kind::Person
    } else if own.iter().any(|w| is_in(COUNTRIES, &w.lower)) && own.len() < 3
        || (votes.1 > votes.0 && votes.2 == 0 && own.len() < 3 && !given)
    {
        Kind::Place
    } else {
        Kind::Name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spans(text: &str) -> Vec<(String, Kind)> {
        let mut habits = Habits::default();
        habits.read(text);
        english_spans(text, &habits).into_iter().map(|s| (s.text, s.kind)).collect()
    }

    #[test]
    fn names_numbers_and_dates_are_found_with_their_kinds() {
        let found = spans("In 1991, singer Ellen DeGeneres joined the University of Oslo near Bergen.");
        assert!(found.contains(&("1991".into(), Kind::Year)), "{found:?}");
        assert!(found.contains(&("Ellen DeGeneres".into(), Kind::Person)), "{found:?}");
        assert!(found.contains(&("University of Oslo".into(), Kind::Group)), "{found:?}");
        assert!(found.contains(&("Bergen".into(), Kind::Place)), "{found:?}");
        let found = spans("On May 12, 2008 it killed 69,197 people, 15% of all, and cost $4.8 million.");
        assert!(found.contains(&("May 12, 2008".into(), Kind::Date)), "{found:?}");
        assert!(found.contains(&("69,197".into(), Kind::Quantity)), "{found:?}");
        assert!(found.contains(&("15%".into(), Kind::Percent)), "{found:?}");
        assert!(found.contains(&("$4.8 million".into(), Kind::Quantity)), "{found:?}");
    }

    #[test]
    fn ranges_adjectives_and_footnotes_are_no_keys() {
        let found = spans("During 1957–58 the Soviet republics fell[3] behind.");
        assert_eq!(found, []);
    }
}
