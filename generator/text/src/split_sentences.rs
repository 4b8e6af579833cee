//! Splits text into sentences, English and Chinese, as byte ranges.

use std::ops::Range;

use crate::is_han;

/// A sentence longer than this many bytes (a table, code, text without stops) is cut at a weaker place.
const LONGEST: usize = 900;

/// Abbreviations after which a full stop ends no sentence, lower-case, without the stop.
const ABBREVIATIONS: [&str; 42] = [
    "mr", "mrs", "ms", "dr", "prof", "sr", "jr", "st", "mt", "vs", "etc", "e.g", "i.e", "cf", "al", "ca", "approx",
    "no", "nos", "vol", "fig", "figs", "eq", "p", "pp", "ch", "sec", "ed", "eds", "inc", "ltd", "co", "corp", "dept",
    "gen", "gov", "lt", "col", "capt", "sgt", "rev", "hon",
];

/// The sentences of `text`, in order, without the white space around them; every range lies on character boundaries.
pub fn split_sentences(text: &str) -> Vec<Range<usize>> {
    let mut sentences = Vec::new();
    let mut start = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let mut end = at + c.len_utf8();
        if !ends_sentence(text, at, c) {
            continue;
        }
        while let Some((next, closing)) = chars.next_if(|(_, c)| is_closing(*c) || is_end_mark(*c)) {
            end = next + closing.len_utf8();
        }
        push(text, start..end, &mut sentences);
        start = end;
    }
    push(text, start..text.len(), &mut sentences);
    sentences
}

/// Whether the character `c` at `at` ends a sentence.
fn ends_sentence(text: &str, at: usize, c: char) -> bool {
    let before = text.get(..at).unwrap_or_default();
    let after = text.get(at + c.len_utf8()..).unwrap_or_default();
    match c {
        '。' | '！' | '？' | '｡' => true,
        // Many Chinese textbooks end sentences so; between digits it is a decimal point.
        '．' => !(before.ends_with(char::is_numeric) && after.starts_with(char::is_numeric)),
        '!' | '?' => starts_anew(after),
        '.' => starts_anew(after) && !is_abbreviation(before, after),
        '\n' => breaks_line(before, after),
        _ => false,
    }
}

/// Whether what follows an end mark can begin a sentence: white space and then no lower-case letter, or Chinese.
fn starts_anew(after: &str) -> bool {
    let rest = after.trim_start_matches(|c| is_closing(c) || is_end_mark(c));
    let next = rest.chars().next();
    match next {
        Some(c) if c.is_whitespace() => !rest.trim_start().starts_with(char::is_lowercase),
        // A footnote mark, as in `… in 1912.[3] The …`, is left to the next sentence's beginning.
        None | Some('[') => true,
        Some(c) => is_han(c),
    }
}

fn is_abbreviation(before: &str, after: &str) -> bool {
    let part = |c: char| c == '.' || (c.is_alphanumeric() && !is_han(c));
    let word = before.get(before.trim_end_matches(part).len()..).unwrap_or_default();
    let lower = word.to_lowercase();
    let initial = word.chars().count() == 1 && word.starts_with(char::is_uppercase);
    // `U.S. Army` goes on, `in the U.S. The army` does not: only the next word's case could tell, and it misleads.
    let dotted = word.contains('.') && word.split('.').all(|part| part.chars().count() == 1);
    let numbered = before.trim_end_matches(|c: char| c.is_ascii_digit()).ends_with('\n')
        && before.ends_with(|c: char| c.is_ascii_digit());
    // `Op. 74`, `Art. 3`: a short capitalised word before a number.
    let counted = word.len() <= 4
        && word.starts_with(char::is_uppercase)
        && after.trim_start().starts_with(|c: char| c.is_ascii_digit());
    (initial || counted || dotted || numbered || ABBREVIATIONS.contains(&lower.as_str())) && !after.trim().is_empty()
}

/// A blank line ends a sentence, and so does a line break before a list item, a heading or a table row.
fn breaks_line(before: &str, after: &str) -> bool {
    let next = after.trim_start_matches([' ', '\t', '\r']);
    let numbered = next.trim_start_matches(|c: char| c.is_ascii_digit());
    before.ends_with('\n')
        || next.starts_with(['\n', '#', '|', '•', '-', '*', '·'])
        || (numbered.len() < next.len() && numbered.starts_with([')', '.', '、']))
}

fn push(text: &str, range: Range<usize>, sentences: &mut Vec<Range<usize>>) {
    let Some(slice) = text.get(range.clone()) else { return };
    let start = range.start + (slice.len() - slice.trim_start().len());
    let trimmed = slice.trim();
    if !trimmed.chars().any(char::is_alphanumeric) {
        // A mark left alone belongs to the sentence before it.
        if let Some(last) = sentences.last_mut()
            && last.end == start
        {
            last.end = start + trimmed.len();
        }
        return;
    }
    if trimmed.len() <= LONGEST {
        sentences.push(start..start + trimmed.len());
        return;
    }
    let cut = weaker_cut(trimmed);
    push(text, start..start + cut, sentences);
    push(text, start + cut..start + trimmed.len(), sentences);
}

/// Where to cut an overlong sentence: after the last line, semicolon, comma or space of its first part.
fn weaker_cut(sentence: &str) -> usize {
    let limit = (0..=LONGEST).rev().find(|at| sentence.is_char_boundary(*at)).unwrap_or(sentence.len());
    let head = sentence.get(..limit).unwrap_or(sentence);
    let after = |marks: &[char]| {
        let found = head.char_indices().rev().find(|(at, c)| *at > 0 && marks.contains(c));
        found.map(|(at, c)| at + c.len_utf8())
    };
    let marks: [&[char]; 4] = [&['\n'], &['；', ';'], &['，', ','], &[' ', '\t', '|']];
    // At least a third of the way in, else the pieces would be crumbs.
    let good = |marks: &[char]| after(marks).filter(|at| *at > limit / 3);
    marks.into_iter().find_map(good).unwrap_or(limit.max(1))
}

fn is_closing(c: char) -> bool {
    matches!(c, '"' | '\'' | ')' | '”' | '’' | '」' | '』' | '）' | '》' | '】')
}

fn is_end_mark(c: char) -> bool {
    matches!(c, '.' | '!' | '?' | '。' | '！' | '？' | '…' | '｡' | '．')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str) -> Vec<&str> {
        split_sentences(text).into_iter().map(|r| &text[r]).collect()
    }

    #[test]
    fn english_with_abbreviations_numbers_and_quotes() {
        let text = "Dr. J. Smith paid 3.5 dollars (approx. 4 euros). \"Why?\" he asked. It rose 5% vs. 2011! The U.S. Army left.";
        assert_eq!(
            split(text),
            [
                "Dr. J. Smith paid 3.5 dollars (approx. 4 euros).",
                "\"Why?\" he asked.",
                "It rose 5% vs. 2011!",
                "The U.S. Army left."
            ]
        );
        assert_eq!(split("以筆名S.G. Tallentyre寫作。"), ["以筆名S.G. Tallentyre寫作。"]);
    }

    #[test]
    fn chinese_with_quotes() {
        assert_eq!(split("他說：「好。」然後走了。真的嗎？是！"), ["他說：「好。」", "然後走了。", "真的嗎？", "是！"]);
    }

    #[test]
    fn full_width_and_half_width_stops_end_sentences() {
        assert_eq!(split("水庫淤積了．蓄水量減少３．５成．真的｡"), ["水庫淤積了．", "蓄水量減少３．５成．", "真的｡"]);
    }

    #[test]
    fn blank_lines_and_lists_end_sentences() {
        assert_eq!(
            split("Kinds\n\nThere are\ntwo kinds:\n- red\n- blue"),
            ["Kinds", "There are\ntwo kinds:", "- red", "- blue"]
        );
        assert_eq!(split("甲\n1. one thing\n2. two things"), ["甲", "1. one thing", "2. two things"]);
    }

    #[test]
    fn any_text_is_split_on_character_boundaries_in_order() {
        let alphabet: Vec<char> = "aB 1.。？!\n，；「」[]é😀…\"-#".chars().collect();
        let mut state = 7u64;
        for round in 0..300 {
            let mut text = String::new();
            for _ in 0..round * 5 {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                text.push(alphabet[(state >> 33) as usize % alphabet.len()]);
            }
            let mut last = 0;
            for range in split_sentences(&text) {
                assert!(range.start >= last && range.end > range.start, "{text:?}");
                assert_eq!(text[range.clone()].trim(), &text[range.clone()]);
                last = range.end;
            }
        }
    }
}
