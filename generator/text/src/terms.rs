//! The words by which sentences are compared: stemmed words without the common ones, and pairs of Chinese characters.

use std::{collections::HashSet, sync::LazyLock};

use unicode_segmentation::UnicodeSegmentation;

use crate::is_han;

/// Words that carry no content, and the words that questions are made of.
const COMMON: &str = "a about after all also an and any are as at be because been before being between both but by can \
could did do does during each for from further had has have having he her here hers him his how i if in into is it its \
just kind many may me might more most much must my name named no nor not of on once only or other our out over own \
same she should so some such than that the their them then there these they this those through to too type under up \
upon us very was we were what when where which while who whom whose why will with would you your called known";

/// Pieces of Chinese questions that no answer repeats, longest first.
const QUESTION_WORDS: [&str; 44] = [
    "什麼時候",
    "什么时候",
    "為什麼",
    "为什么",
    "是什麼",
    "是什么",
    "哪一年",
    "哪一個",
    "哪一个",
    "哪一位",
    "多少",
    "什麼",
    "什么",
    "甚麼",
    "哪些",
    "哪個",
    "哪个",
    "哪裡",
    "哪里",
    "哪年",
    "哪位",
    "哪一",
    "怎麼",
    "怎么",
    "怎樣",
    "怎样",
    "如何",
    "何時",
    "何时",
    "何年",
    "何地",
    "何處",
    "何处",
    "為何",
    "为何",
    "是誰",
    "是谁",
    "幾",
    "几",
    "誰",
    "谁",
    "哪",
    "嗎",
    "吗",
];

/// Characters that carry little meaning of their own.
const COMMON_HAN: &str = "的了是在和與与及而之於于有也就都被把對对從从為为以其這这那個个們们呢";

/// English endings and what takes their place.
const ENDINGS: [(&str, &str); 8] =
    [("ation", "at"), ("ingly", ""), ("edly", ""), ("ing", ""), ("ied", "y"), ("ed", ""), ("ly", ""), ("e", "")];

/// The content terms of `text`, in order, with repetitions.
pub fn terms(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut run: Vec<char> = Vec::new();
    for word in text.split_word_bounds() {
        let mut chars = word.chars();
        match (chars.next(), chars.next()) {
            (Some(c), None) if is_han(c) => run.push(c),
            _ => {
                flush(&mut run, &mut found);
                found.extend(term(word));
            }
        }
    }
    flush(&mut run, &mut found);
    found
}

/// The terms of a question: as [`terms`], without the words that ask.
pub fn question_terms(question: &str) -> Vec<String> {
    let mut text = question.to_owned();
    for word in QUESTION_WORDS {
        if text.contains(word) {
            text = text.replace(word, " ");
        }
    }
    let mut seen = HashSet::new();
    terms(&text).into_iter().filter(|t| seen.insert(t.clone())).collect()
}

/// Pairs of neighbouring characters; one alone stands for itself.
fn flush(run: &mut Vec<char>, found: &mut Vec<String>) {
    match run.as_slice() {
        [] => {}
        [one] if COMMON_HAN.contains(*one) => {}
        [one] => found.push(one.to_string()),
        many => {
            let pairs = many.windows(2).filter(|pair| !pair.iter().all(|c| COMMON_HAN.contains(*c)));
            found.extend(pairs.map(String::from_iter));
        }
    }
    run.clear();
}

/// A word's term; none for common words and punctuation.
fn term(word: &str) -> Option<String> {
    if !word.chars().any(char::is_alphanumeric) {
        return None;
    }
    let lower = word.to_lowercase().replace('’', "'");
    let plain = lower.strip_suffix("'s").unwrap_or(&lower);
    if is_common(plain) {
        return None;
    }
    Some(stem(plain))
}

/// Whether a lower-case English word carries no content.
pub fn is_common(word: &str) -> bool {
    static WORDS: LazyLock<HashSet<&str>> = LazyLock::new(|| COMMON.split_whitespace().collect());
    WORDS.contains(word)
}

/// Cuts the commonest English endings: enough for `discovered` to meet `discovers`.
pub fn stem(word: &str) -> String {
    if word.len() < 4 || !word.is_ascii() || word.bytes().any(|b| b.is_ascii_digit()) {
        return number_key(word);
    }
    let singular = match word.strip_suffix('s') {
        Some(head) if head.ends_with("ie") => format!("{}y", head.trim_end_matches("ie")),
        Some(head) if !head.ends_with(['s', 'u', 'i']) => head.to_owned(),
        _ => word.to_owned(),
    };
    for (ending, replacement) in ENDINGS {
        if let Some(head) = singular.strip_suffix(ending)
            && head.len() >= 3
        {
            return undouble(format!("{head}{replacement}"));
        }
    }
    singular
}

/// `stopp` from `stopped` becomes `stop`.
fn undouble(mut word: String) -> String {
    let bytes = word.as_bytes();
    if let [.., a, b] = bytes
        && a == b
        && !matches!(b, b'l' | b's' | b'e' | b'o')
    {
        word.pop();
    }
    word
}

/// A number without the commas between its thousands; other words as they are.
pub fn number_key(word: &str) -> String {
    if word.starts_with(|c: char| c.is_ascii_digit()) { word.replace(',', "") } else { word.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn english_words_are_stemmed_and_common_ones_left_out() {
        assert_eq!(
            terms("Who discovered the cities' 69,197 stopping places?"),
            ["discover", "city", "69197", "stop", "plac"]
        );
        assert_eq!(stem("discovers"), stem("discovered"));
    }

    #[test]
    fn chinese_becomes_pairs_and_questions_lose_what_asks() {
        assert_eq!(terms("光合作用"), ["光合", "合作", "作用"]);
        assert_eq!(question_terms("光合作用是什麼？"), ["光合", "合作", "作用"]);
        assert_eq!(question_terms("哪一年成立NATO?"), ["成立", "nato"]);
    }
}
