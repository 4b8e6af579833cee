//! Nouns of a Chinese sentence that can be keys: runs of nouns between words of other sorts. 為 [多黨制民主國家]，

use text::is_han;

use super::{
    chinese_numbers::NUMERALS,
    chinese_spans::{like_person, type_by_ending},
    chinese_words::{COUNTRIES, ROLES, ending},
    han_words::{HanWord, PartOfSpeech, han_words},
    spans::{Kind, Span},
};

/// Characters of a noun that says enough to be asked for, and of one that is still a name of something.
const LENGTH: std::ops::RangeInclusive<usize> = 3..=8;
/// Nouns that mean nothing without what stands around them end so.
const EMPTY: [&str; 21] = [
    "方面", "時間", "时间", "情況", "情况", "問題", "问题", "部分", "方式", "地方", "期間", "期间", "時候", "时候",
    "一帶", "一带", "原因", "結果", "结果", "之一", "上",
];
/// What a word of the subject does not end with: then it tells where or when.
const ASIDE: [char; 9] = ['內', '内', '中', '下', '前', '後', '后', '時', '时'];

/// Places, groups, persons and words of the subject.
pub(super) fn nouns(sentence: &str) -> Vec<Span> {
    let words = han_words(sentence);
    let mut spans = Vec::new();
    let mut start = 0;
    for run in words.chunk_by(|a, b| nominal(sentence, a) == nominal(sentence, b)) {
        let next = words.get(start + run.len());
        if run.first().is_some_and(|w| nominal(sentence, w)) {
            spans.extend(noun(sentence, run, next));
        }
        start += run.len();
    }
    spans
}

fn nominal(sentence: &str, word: &HanWord) -> bool {
    word.part.is_nominal() && sentence.get(word.range.clone()).is_some_and(|t| t.chars().all(is_han))
}

/// The noun that a run of words makes.
fn noun(sentence: &str, run: &[HanWord], next: Option<&HanWord>) -> Option<Span> {
    let (first, last) = (run.first()?, run.last()?);
    let range = first.range.start..last.range.end;
    let text = sentence.get(range.clone())?;
    let length = text.chars().count();
    // 五[桂山]: the run began within a name.
    let counted = sentence.get(..range.start).is_some_and(|t| t.ends_with(|c: char| NUMERALS.contains(c)));
    // 馬特·[羅賓遜]: half of a name.
    let dotted = |t: &str| t.starts_with('·') || t.ends_with('·');
    let joined = dotted(sentence.get(..range.start)?) || dotted(sentence.get(range.end..)?);
    let whole =
        first.part != PartOfSpeech::Verbal && !matches!(last.part, PartOfSpeech::Verbal | PartOfSpeech::Modifier);
    let known = !counted && !joined && whole && run.iter().all(|w| w.part != PartOfSpeech::Unknown);
    let goes_on = next.and_then(|w| sentence.get(w.range.clone())).is_some_and(|t| "們们者性化式型等".contains(t));
    if !known || goes_on || EMPTY.iter().any(|end| text.ends_with(end)) {
        return None;
    }
    let typed = type_by_ending(text);
    let (kind, cue) = match (typed, run) {
        (Some((kind, end)), _) => (kind, end),
        (None, _) if COUNTRIES.contains(&text) => (Kind::Place, "country"),
        (None, [one]) if one.part == PartOfSpeech::Place && length >= 3 => (Kind::Place, ""),
        (None, [one]) if one.part == PartOfSpeech::Person => {
            // Many words that are no names begin with a surname.
            let called = sentence.get(..range.start).is_some_and(|t| ending(t, &ROLES).is_some());
            if !called || !like_person(text) {
                return None;
            }
            (Kind::Person, "own")
        }
        (None, _) if LENGTH.contains(&length) && last.part != PartOfSpeech::Person && !text.ends_with(ASIDE) => {
            (Kind::Term, "")
        }
        _ => return None,
    };
    Span::new(sentence, range, kind, cue)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_of_nouns_are_found_with_their_kinds() {
        for (sentence, text, kind) in [
            ("喬治亞為多黨制民主國家。", "多黨制民主國家", Kind::Term),
            ("莱佛士制定了新加坡第一个城市规划。", "城市规划", Kind::Term),
            ("代表團抵達聖彼得堡。", "聖彼得堡", Kind::Place),
        ] {
            let found = nouns(sentence);
            assert!(found.iter().any(|s| s.text == text && s.kind == kind), "{found:?}");
        }
        assert_eq!(nouns("這些方面的問題很多。"), []);
    }
}
