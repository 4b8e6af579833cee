//! Causes and purposes that a Chinese sentence tells with a word for it, and the questions that ask for them.

use domain::Language;
use text::{is_balanced, is_han, leans, single_spaced};

use super::{
    connectives::{body, connective},
    lacks_subject::lacks_subject,
    spans::{Kind, Span},
};

/// Most characters of a question.
const LONGEST_QUESTION: usize = 64;
const REASONS: [&str; 4] = ["由於", "由于", "因為", "因为"];
const BEHIND: [&str; 6] = ["，因為", "，因为", "，由於", "，由于", "，是因為", "，是因为"];
const RESULTS: [&str; 6] = ["，因此", "，所以", "，因而", "，於是", "，于是", "，使得"];
const PURPOSES: [&str; 2] = ["為了", "为了"];
/// The cue of a purpose: beside a cause it would stand out.
pub(super) const PURPOSE: &str = "目的";

/// How a sentence tells what came of a cause.
struct Told {
    /// Where the cause begins and ends, in bytes of the sentence.
    cause: (usize, usize),
    /// What came of it.
    result: String,
    purpose: bool,
}

/// The clauses that say why, each with another clause that says what came of it.
pub(super) fn causes(sentence: &str) -> Vec<Span> {
    let told = told(sentence).into_iter();
    told.filter_map(|t| Span::new(sentence, t.cause.0..t.cause.1, Kind::Cause, if t.purpose { PURPOSE } else { "" }))
        .collect()
}

/// 由於A，B becomes 為什麼B？, and 為了A，B becomes B，目的是什麼？
pub(super) fn why(sentence: &str, span: &Span, language: Language) -> Option<String> {
    let told = told(sentence).filter(|t| t.cause == (span.range.start, span.range.end))?;
    let traditional = language == Language::TraditionalChinese;
    let text = match (told.purpose, traditional) {
        (true, true) => format!("{}，目的是什麼？", told.result),
        (true, false) => format!("{}，目的是什么？", told.result),
        (false, true) => format!("為什麼{}？", told.result),
        (false, false) => format!("为什么{}？", told.result),
    };
    let fits = text.chars().count() <= LONGEST_QUESTION && is_balanced(&text);
    fits.then(|| single_spaced(&text))
}

fn told(sentence: &str) -> Option<Told> {
    in_front(sentence).or_else(|| behind(sentence)).or_else(|| before_result(sentence)).filter(|t| {
        let cause = sentence.get(t.cause.0..t.cause.1).unwrap_or_default();
        is_clause(cause) && is_result(&t.result)
    })
}

/// 由於A，B; 為了A，B.
fn in_front(sentence: &str) -> Option<Told> {
    let words = REASONS.iter().map(|w| (*w, false)).chain(PURPOSES.iter().map(|w| (*w, true)));
    let found = words.filter_map(|(w, purpose)| Some((sentence.find(w)?, w, purpose))).min()?;
    let (at, word, purpose) = found;
    if at != 0 && at != connective(sentence) && !sentence.get(..at)?.ends_with('；') {
        return None;
    }
    let start = at + word.len();
    let end = start + sentence.get(start..)?.find('，')?;
    let rest = sentence.get(end + '，'.len_utf8()..)?;
    Some(Told { cause: (start, end), result: result(rest), purpose })
}

/// B，因為A.
fn behind(sentence: &str) -> Option<Told> {
    let (at, word) = BEHIND.iter().filter_map(|w| Some((sentence.find(w)?, *w))).min()?;
    let start = at + word.len();
    let end = start + sentence.get(start..)?.find(['。', '；', '，'])?;
    // With a comma, the cause may be that of what follows.
    if sentence.get(end..)?.starts_with('，') {
        return None;
    }
    let from = connective(sentence);
    let result = sentence.get(from..at)?.rsplit('；').next()?.to_owned();
    Some(Told { cause: (start, end), result, purpose: false })
}

/// A，因此B.
fn before_result(sentence: &str) -> Option<Told> {
    let (at, word) = RESULTS.iter().filter_map(|w| Some((sentence.find(w)?, *w))).min()?;
    let from = connective(sentence);
    let part = sentence.get(from..at)?.rsplit('；').next()?;
    let rest = sentence.get(at + word.len()..)?.trim_start_matches('，');
    Some(Told { cause: (at - part.len(), at), result: result(rest), purpose: false })
}

/// What came of it: the first clause behind, without the word that announces it.
fn result(rest: &str) -> String {
    let words = ["所以", "因此", "於是", "于是", "因而", "故", "而"];
    let rest = words.iter().find_map(|w| rest.strip_prefix(w)).unwrap_or(rest);
    rest.split(['，', '；', '。']).next().unwrap_or_default().to_owned()
}

/// Whether a cause is an answer by itself.
fn is_clause(text: &str) -> bool {
    let length = text.chars().count();
    let commas = text.matches('，').count();
    (5..=34).contains(&length)
        && commas <= 1
        && !text.contains(['；', '。', '：', '（'])
        && is_balanced(text)
        && !REASONS.iter().chain(&PURPOSES).any(|w| text.contains(w))
        && leans(body(text), Language::TraditionalChinese).is_none()
        && text.starts_with(|c: char| is_han(c) || c.is_ascii_alphanumeric())
}

/// Whether a result can be asked about: `為什麼至今仍未…？`: who?
fn is_result(text: &str) -> bool {
    (5..=46).contains(&text.chars().count())
        && text.starts_with(is_han)
        && leans(text, Language::TraditionalChinese).is_none()
        && !lacks_subject(text)
        && !["為什麼", "为什么", "原因", "因為", "因为", "由於", "由于"].iter().any(|w| text.contains(w))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_stand_before_and_behind_what_came_of_them() {
        for (sentence, cause, question) in [
            ("由於後勤補給十分困難，岳飛只能將主力撤回。", "後勤補給十分困難", "為什麼岳飛只能將主力撤回？"),
            (
                "外太空與地球大氣層並沒有明確的界線，因為大氣隨著海拔增加而逐漸變薄。",
                "大氣隨著海拔增加而逐漸變薄",
                "為什麼外太空與地球大氣層並沒有明確的界線？",
            ),
            (
                "太空的空氣十分稀薄，因此，美國航太總署放置了哈勃望遠鏡。",
                "太空的空氣十分稀薄",
                "為什麼美國航太總署放置了哈勃望遠鏡？",
            ),
            (
                "為了有效地處理大型計畫，維基媒體得到了很好的最佳化。",
                "有效地處理大型計畫",
                "維基媒體得到了很好的最佳化，目的是什麼？",
            ),
        ] {
            let found = causes(sentence);
            let span = found.first().unwrap_or_else(|| panic!("{sentence}"));
            assert_eq!(span.text, cause);
            assert_eq!(why(sentence, span, Language::TraditionalChinese).as_deref(), Some(question));
        }
    }

    #[test]
    fn what_may_belong_to_another_clause_is_no_cause() {
        for sentence in
            ["該曲大受歡迎，因為此事，他離開了。", "岳飛撤回主力，由於後勤十分困難，金兵也退了。", "因此岳飛只能撤回。"]
        {
            assert_eq!(causes(sentence), [], "{sentence}");
        }
    }
}
