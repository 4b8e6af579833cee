//! Numbers, years and dates of an English sentence.

use std::ops::Range;

use text::{english::Word, is_common, number_word};

use super::{
    english_words::MONTHS,
    spans::{Kind, Span},
};

/// Numbers, years and dates.
pub(super) fn numbers(sentence: &str, words: &[Word<'_>]) -> Vec<Span> {
    let mut spans = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let (span, next) = date(sentence, words, at).or_else(|| number(sentence, words, at)).unwrap_or((None, at + 1));
        spans.extend(span);
        at = next.max(at + 1);
    }
    spans
}

type Scanned = (Option<Span>, usize);

/// `May 12, 2008`, `12 May 2008`, `May 2008`, `May 12`.
fn date(sentence: &str, words: &[Word<'_>], at: usize) -> Option<Scanned> {
    let month = |at: usize| words.get(at).is_some_and(|w| w.capital() && MONTHS.contains(&w.lower.as_str()));
    let day =
        |at: usize| words.get(at).is_some_and(|w| w.text.len() <= 2 && w.text.parse::<u8>().is_ok_and(|d| d < 32));
    let year = |at: usize| words.get(at).is_some_and(|w| is_year(w.text));
    let end = if month(at) && day(at + 1) && year(at + 2) || day(at) && month(at + 1) && year(at + 2) {
        at + 3
    } else if month(at) && (year(at + 1) || day(at + 1)) || day(at) && month(at + 1) {
        at + 2
    } else {
        return None;
    };
    let range = words.get(at)?.range.start..words.get(end - 1)?.range.end;
    let cue = format!("{} words", end - at);
    let clean = !touches_dash(sentence, &range);
    Some((Span::new(sentence, range, Kind::Date, cue).filter(|_| clean), end))
}

fn number(sentence: &str, words: &[Word<'_>], at: usize) -> Option<Scanned> {
    let word = words.get(at)?;
    if !word.digits() && !word.text.starts_with(['$', '£', '€', '¥']) && number_word(&word.lower).is_none() {
        return None;
    }
    let before = at.checked_sub(1).and_then(|at| words.get(at));
    let mut end = at + 1;
    let near = |at: usize| words.get(at).filter(|w| !w.apart);
    while near(end).is_some_and(|w| {
        ["million", "billion", "trillion", "thousand", "hundred", "percent"].contains(&w.lower.as_str())
    }) {
        end += 1;
    }
    let range = word.range.start..words.get(end - 1)?.range.end;
    let text = sentence.get(range.clone())?;
    let plain =
        text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, ',' | '.' | ' ' | '%' | '$' | '£' | '€' | '¥'));
    let ordinal = ["st", "nd", "rd", "th"].iter().any(|s| word.digits() && word.lower.ends_with(s));
    let bracketed = sentence.get(..range.start)?.ends_with('[');
    if !plain || ordinal || bracketed || touches_dash(sentence, &range) {
        return Some((None, end));
    }
    let unit = near(end).map(|w| w.lower.clone()).unwrap_or_default();
    let year_before = before.is_some_and(|w| {
        [
            "in", "since", "by", "until", "till", "after", "before", "from", "of", "during", "early", "late", "around",
            "circa", "year",
        ]
        .contains(&w.lower.as_str())
    });
    let bracket = sentence.get(..range.start)?.ends_with('(');
    // `in 1845 Texas …` is a year, `of 1000 injuries` is none.
    let opens = unit.is_empty() || is_common(&unit) || near(end).is_some_and(Word::capital) || at == 1;
    let span = if is_year(text) && ((year_before && opens) || (bracket && unit.is_empty())) {
        Span::new(sentence, range, Kind::Year, "")
    } else if word.digits() && word.lower.ends_with("0s") {
        Span::new(sentence, range, Kind::Decade, "")
    } else if text.contains('%') || text.ends_with("percent") {
        Span::new(sentence, range, Kind::Percent, if text.contains('%') { "%" } else { "percent" })
    } else if text.starts_with(['$', '£', '€', '¥'])
        || (unit.chars().all(char::is_alphabetic)
            && unit.len() > 1
            && !["am", "pm"].contains(&unit.as_str())
            && !is_common(&unit))
    {
        // A small number in words counts things; it has neighbours enough.
        Span::new(sentence, range, Kind::Quantity, unit)
    } else {
        None
    };
    Some((span, end))
}

fn is_year(text: &str) -> bool {
    text.len() == 4 && text.parse::<u16>().is_ok_and(|y| (1000..2100).contains(&y))
}

/// Whether a dash joins the span to another: a range, a score.
fn touches_dash(sentence: &str, range: &Range<usize>) -> bool {
    let dash = ['-', '–', '—', '−', '/', ':', '×'];
    let after = sentence.get(range.end..).is_some_and(|t| t.starts_with(dash) || t.starts_with(['\'', '°']));
    after || sentence.get(..range.start).is_some_and(|t| t.ends_with(dash))
}
