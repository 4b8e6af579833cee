//! Which characters are written without spaces between words, and which end a sentence.

/// A Chinese character.
pub(crate) fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{323af}' | '々' | '〇')
}

/// A character of a script that sets no spaces between words: Chinese, kana, their punctuation and full-width forms.
pub(crate) fn is_unspaced(c: char) -> bool {
    is_han(c)
        || matches!(c, '\u{2e80}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}' | '\u{fe30}'..='\u{fe4f}' | '\u{ff00}'..='\u{ff9f}')
}

/// Whether a text that ends so ends a sentence; closing quotes and brackets after the mark do not matter.
pub(crate) fn ends_sentence(text: &str) -> bool {
    let closing = ['"', '\'', ')', ']', '”', '’', '」', '』', '）', '》', '】'];
    text.trim_end_matches(closing).ends_with(['.', '!', '?', '…', '。', '！', '？', '；', ':', '：'])
}
