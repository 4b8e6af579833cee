//! The words of an English sentence with their places, and the lists of words that several crates look into.

use std::ops::Range;

/// Months and days of the week.
pub const CALENDAR: &str = "january february march april may june july august september october november december \
monday tuesday wednesday thursday friday saturday sunday";

/// Things of which a text has one in mind when it says `the`.
pub const GENERIC: &str = "show season series company city area region country team group film book song album event \
study program programme station game capital report effect winner finale winners area areas map site building school work \
project system article audience number results result two first second third last next same other others following process \
method rest latter former idea term name word country's city's";

/// A word with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word<'a> {
    /// Its bytes, without the punctuation around it.
    pub range: Range<usize>,
    /// As it is written.
    pub text: &'a str,
    /// Lower-case.
    pub lower: String,
    /// Whether punctuation stands between it and the word before.
    pub apart: bool,
}

impl Word<'_> {
    /// Whether it begins with a capital.
    pub fn capital(&self) -> bool {
        self.text.starts_with(char::is_uppercase)
    }

    /// Whether it begins with a digit.
    pub fn digits(&self) -> bool {
        self.text.starts_with(|c: char| c.is_ascii_digit())
    }
}

/// The words of a sentence. White space and dashes part them; hyphens do not.
pub fn words(sentence: &str) -> Vec<Word<'_>> {
    let mut found: Vec<Word<'_>> = Vec::new();
    let mut at = 0;
    for piece in sentence.split_inclusive(|c: char| c.is_whitespace() || matches!(c, '—' | '–' | '/' | '[')) {
        let start = at;
        at += piece.len();
        let inner = |c: char| c.is_alphanumeric() || matches!(c, '%' | '$' | '£' | '€' | '¥');
        let (Some(first), Some(last)) = (piece.find(inner), piece.rfind(inner)) else { continue };
        let end = last + piece.get(last..).and_then(|p| p.chars().next()).map_or(0, char::len_utf8);
        let Some(core) = piece.get(first..end) else { continue };
        let core = core.strip_suffix("'s").or_else(|| core.strip_suffix("’s")).unwrap_or(core);
        // Initials keep their stop: `J.`, `U.S.`
        let dotted = core.len() == 1 && core.starts_with(char::is_uppercase)
            || core.contains('.') && !core.contains(|c: char| c.is_ascii_digit());
        let stop = piece.get(first + core.len()..).is_some_and(|rest| rest.starts_with('.') && rest.len() > 1);
        let length = core.len() + usize::from(dotted && stop);
        let range = start + first..start + first + length;
        let before = found.last().map_or(0, |w: &Word<'_>| w.range.end);
        let apart = !found.is_empty()
            && sentence.get(before..range.start).is_some_and(|gap| !gap.trim().is_empty() || gap.is_empty());
        let Some(text) = sentence.get(range.clone()) else { continue };
        found.push(Word { lower: core.to_lowercase(), range, text, apart });
    }
    found
}

/// Whether `word`, lower-case, is in one of the lists.
pub fn is_in(list: &str, word: &str) -> bool {
    list.split_ascii_whitespace().any(|w| w == word)
}
