//! Whether a Chinese sentence leaves out what it is about.

use super::chinese_words;

/// Whether a Chinese sentence leaves out its subject, as far as its first words tell.
pub(crate) fn lacks_subject(sentence: &str) -> bool {
    let mut clauses = sentence.split(['，', '；', '。']);
    let first = clauses.next().unwrap_or_default();
    let bare = |c: &str| chinese_words::NO_SUBJECT.iter().any(|w| c.starts_with(w));
    let timed =
        first.starts_with(|c: char| c.is_ascii_digit()) || first.ends_with(['年', '月', '日', '初', '末', '期', '代']);
    // Behind a date the clause goes on, or the next clause has the subject, or none.
    let date = |c: char| c.is_ascii_digit() || "年月日〇零一二三四五六七八九十 ".contains(c);
    let rest = first.trim_start_matches(date);
    let acts = |c: &str| {
        chinese_words::HUMAN_DEEDS.iter().any(|w| c.starts_with(w)) || c.starts_with("出現") || c.starts_with("出现")
    };
    let leads_on = |c: &str| bare(c) || acts(c) || c.starts_with(|c| chinese_words::GOES_ON.contains(c));
    let dated = rest.len() < first.len() && (bare(rest) || acts(rest));
    // 由於後勤的問題，岳飛…: the subject comes in the next clause, or not at all.
    if chinese_words::OPENS_ASIDE.iter().any(|w| first.starts_with(w)) {
        return clauses.next().is_none_or(|c| c.is_empty() || leads_on(c));
    }
    bare(first) || dated || (timed && clauses.next().is_none_or(leads_on))
}
