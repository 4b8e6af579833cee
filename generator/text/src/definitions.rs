//! Sentences that say what something is, taken apart.

use domain::Language;

use crate::{is_balanced, is_han, is_plain};

/// On one line, with single spaces.
pub fn single_spaced(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A term and what a sentence says that it is.
pub fn definition(text: &str) -> Option<(String, String)> {
    let written = if text.contains(is_han) { defined_chinese(text) } else { defined_english(text) };
    written.or_else(|| defined_by_colon(text))
}

fn defined_english(text: &str) -> Option<(String, String)> {
    let (at, verb) = [" is ", " are ", " was ", " were "].iter().filter_map(|v| Some((text.find(v)?, *v))).min()?;
    let (term, rest) = (text.get(..at)?, text.get(at + verb.len()..)?);
    let article = ["a ", "an ", "the "].iter().any(|a| rest.starts_with(a));
    let definition = rest.trim_end_matches('.').trim();
    let sizes =
        (1..=5).contains(&term.split_whitespace().count()) && (4..=22).contains(&definition.split_whitespace().count());
    let plain = !term.contains([',', '(', ':']) && is_plain(text, Language::English);
    (article && sizes && plain).then(|| (single_spaced(term), single_spaced(definition)))
}

fn defined_chinese(text: &str) -> Option<(String, String)> {
    let (at, verb) = ["是指", "是一", "指的是"]
        .iter()
        .filter_map(|v| Some((text.find(v)?, *v)))
        .min_by_key(|(at, v)| (*at, usize::MAX - v.len()))?;
    let (term, rest) = (text.get(..at)?, text.get(at + if verb == "是一" { "是".len() } else { verb.len() }..)?);
    let definition = rest.split(['。', '；']).next()?.trim();
    let sizes = (2..=12).contains(&term.chars().count()) && (6..=45).contains(&definition.chars().count());
    let plain = term.chars().all(|c| is_han(c) || c.is_ascii_alphanumeric() || c == '·')
        && is_balanced(definition)
        && !term.contains([
            '的', '不', '也', '都', '就', '則', '则', '而', '但', '一', '些', '認', '认', '提', '本', '這', '这', '該',
            '该',
        ]);
    (sizes && plain).then(|| (term.to_owned(), definition.to_owned()))
}

fn defined_by_colon(text: &str) -> Option<(String, String)> {
    let line = text.trim_start_matches(['-', '*', '•', '·', ' ']);
    let (term, definition) = line.split_once(['：', ':'])?;
    let definition = definition.trim().trim_end_matches(['.', '。']);
    let (term_size, size) = (term.chars().count(), definition.chars().count());
    let plain = !line.contains(['|', '\t', '「', '"', '“', '\n'])
        && !line.contains("http")
        && term.chars().all(|c| c.is_alphanumeric() || " -·".contains(c))
        && !definition.contains(['：', ':']);
    let letters = term.chars().any(char::is_alphabetic);
    (plain && letters && (2..=40).contains(&term_size) && (6..=120).contains(&size))
        .then(|| (single_spaced(term), single_spaced(definition)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn definitions_are_taken_apart() {
        assert_eq!(
            defined_english("The mitochondrion is the organelle that makes most of the cell's energy."),
            Some(("The mitochondrion".into(), "the organelle that makes most of the cell's energy".into()))
        );
        assert_eq!(defined_english("It was raining when they came home."), None);
        assert_eq!(
            defined_chinese("光合作用是指植物利用光能製造養分的過程。"),
            Some(("光合作用".into(), "植物利用光能製造養分的過程".into()))
        );
        assert_eq!(
            defined_by_colon("- Osmosis: movement of water through a membrane."),
            Some(("Osmosis".into(), "movement of water through a membrane".into()))
        );
        assert_eq!(defined_by_colon("他說：「好，我們走吧，一起走。」"), None);
    }
}
