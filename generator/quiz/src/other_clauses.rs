//! Clauses of the same text that say something else: wrong options beside a cause, which few courses hold several of.

use text::{is_balanced, is_han, is_plain, leans};

use super::{
    book::Book, chinese_causes::PURPOSE, chinese_words::GOES_ON, connectives::body, lacks_subject::lacks_subject,
    pick_distractors::Wanted,
};

/// Words that would make a clause a cause or a consequence of something.
const TIES: [&str; 22] = [
    "因", "由於", "由于", "所以", "於是", "于是", "但", "而", "並", "并", "則", "则", "為了", "为了", "使", "令",
    "導致", "导致", "如果", "雖", "虽", "即",
];

/// Clauses of the key's document, about as long as the key, none from the sentences next to its own: those may tell of the
/// same cause in other words. The first number of each says how fit it is.
pub(super) fn other_clauses(book: &Book<'_>, wanted: &Wanted<'_>) -> Vec<(f32, String)> {
    let Some(own) = book.sentences.get(wanted.sentence) else { return Vec::new() };
    if !wanted.language.is_chinese() || wanted.key.cue == PURPOSE {
        return Vec::new();
    }
    let document = |p: usize| book.sources.get(p).map(|s| s.document_id);
    let key = wanted.key.text.chars().count() as f32;
    let mut found = Vec::new();
    for (at, sentence) in book.sentences.iter().enumerate() {
        let text = body(sentence.text);
        let far = document(sentence.passage) != document(own.passage) || at.abs_diff(wanted.sentence) < 2;
        if far || !is_plain(text, wanted.language) || leans(text, wanted.language).is_some() {
            continue;
        }
        for clause in text.split(['，', '；', '。']) {
            let ratio = (clause.chars().count() as f32 / key).ln().abs();
            if ratio < 0.5 && is_statement(clause, wanted) {
                let near = if sentence.passage == own.passage { 0.5 } else { 0.0 };
                found.push((near - 1.5 * ratio, clause.to_owned()));
            }
        }
    }
    found
}

/// Whether a clause says something by itself that is no cause.
fn is_statement(clause: &str, wanted: &Wanted<'_>) -> bool {
    clause.starts_with(is_han)
        && clause.chars().count() >= 5
        && is_balanced(clause)
        && !TIES.iter().any(|w| clause.starts_with(w) || (w.len() > 3 && clause.contains(w)))
        && !clause.starts_with(|c| GOES_ON.contains(c))
        && !clause.ends_with(['時', '时', '後', '后', '前', '中', '下', '年', '月', '日', '起'])
        && !clause.contains(['「', '」', '“', '”', '《', '》', '（', '('])
        && leans(clause, wanted.language).is_none()
        && !lacks_subject(clause)
}
