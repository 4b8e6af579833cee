//! Which characters are Chinese, and where words go on.

/// Whether a word goes on from `before` to `after`: both are letters or digits, and neither a Chinese character.
pub fn is_within_word(before: char, after: char) -> bool {
    let part = |c: char| c.is_alphanumeric() && !is_han(c);
    part(before) && part(after)
}

/// Whether `c` is a Chinese character.
pub fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{323AF}')
}
