//! Finds spans of a key's own kind, as wrong answers: other years, numbers and names of the same passages.

use std::collections::HashSet;

/// Kinds of spans that are told apart by their form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Year,
    Number,
    /// Words with capitals; how many.
    Name(usize),
}

/// Up to three spans of the key's kind that are neither the key nor part of it. None where there are not three.
pub(super) fn wrong_answers(key: &str, passages: &[&str]) -> Option<[String; 3]> {
    let kind = kind_of(key)?;
    let mut seen: HashSet<String> = HashSet::from([key.to_lowercase()]);
    let mut found = Vec::new();
    for span in passages.iter().flat_map(|p| spans(p)) {
        let lower = span.to_lowercase();
        let key = key.to_lowercase();
        let same = kind_of(span).is_some_and(|k| alike(k, kind));
        if same && !key.contains(&lower) && !lower.contains(&key) && seen.insert(lower) {
            found.push(span.to_owned());
        }
    }
    // The nearest in length first: a wrong answer must not stand out by its shape.
    found.sort_by_key(|span| span.chars().count().abs_diff(key.chars().count()));
    let mut first = found.into_iter();
    Some([first.next()?, first.next()?, first.next()?])
}

const fn alike(a: Kind, b: Kind) -> bool {
    match (a, b) {
        (Kind::Year, Kind::Year) | (Kind::Number, Kind::Number) => true,
        (Kind::Name(a), Kind::Name(b)) => a.abs_diff(b) <= 1,
        _ => false,
    }
}

fn kind_of(span: &str) -> Option<Kind> {
    let digits = span.chars().filter(char::is_ascii_digit).count();
    if digits == 4 && span.len() == 4 && (span.starts_with('1') || span.starts_with("20")) {
        return Some(Kind::Year);
    }
    if digits > 0 {
        let plain = span.chars().all(|c| c.is_ascii_digit() || matches!(c, ',' | '.' | '%'));
        return plain.then_some(Kind::Number);
    }
    let words: Vec<&str> = span.split(' ').collect();
    let capital = |w: &&str| w.chars().next().is_some_and(char::is_uppercase);
    (words.iter().all(capital) && words.len() <= 4).then_some(Kind::Name(words.len()))
}

/// Numbers, and runs of words with capitals that do not begin a sentence.
fn spans(passage: &str) -> Vec<&str> {
    let mut spans = Vec::new();
    let mut run: Option<(usize, usize)> = None;
    let mut begins = true;
    let mut at = 0;
    for word in passage.split_inclusive(' ') {
        let start = at;
        at += word.len();
        let trimmed = word.trim_end();
        let core = trimmed.trim_matches(|c: char| !c.is_alphanumeric() && c != '%');
        let closed = core.len() < trimmed.len() && !trimmed.ends_with(char::is_alphanumeric);
        let from = start + word.find(core).unwrap_or(0);
        let capital = core.chars().next().is_some_and(char::is_uppercase) && !(begins && run.is_none());
        match (capital, run) {
            (true, Some((first, _))) => run = Some((first, from + core.len())),
            (true, None) => run = Some((from, from + core.len())),
            (false, _) => {
                spans.extend(run.take().and_then(|(a, b)| passage.get(a..b)));
                if core.starts_with(|c: char| c.is_ascii_digit()) {
                    spans.push(core);
                }
            }
        }
        if closed {
            spans.extend(run.take().and_then(|(a, b)| passage.get(a..b)));
        }
        begins = trimmed.ends_with(['.', '!', '?', '"']);
    }
    spans.extend(run.and_then(|(a, b)| passage.get(a..b)));
    spans
}

#[cfg(test)]
mod tests {
    use super::wrong_answers;

    const PASSAGE: &str = "In 1901 Marie Curie met Henri Becquerel, Ernest Rutherford and Pierre Curie. They met again in \
                           1903, 1911 and 1920.";

    #[test]
    fn finds_spans_of_the_same_kind() {
        let years = wrong_answers("1901", &[PASSAGE]).expect("three other years");
        assert_eq!(years, ["1903", "1911", "1920"]);
        let names = wrong_answers("Marie Curie", &[PASSAGE]).expect("three other names");
        assert!(
            names.iter().all(|n| n != "Marie Curie") && names.contains(&"Ernest Rutherford".to_owned()),
            "{names:?}"
        );
    }

    #[test]
    fn gives_none_where_there_are_not_three() {
        assert_eq!(wrong_answers("12%", &[PASSAGE]), None);
        assert_eq!(wrong_answers("met again", &[PASSAGE]), None);
    }
}
