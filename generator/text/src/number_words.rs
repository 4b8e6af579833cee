//! English numbers written as words.

/// The digits of an English number word.
pub fn number_word(word: &str) -> Option<&'static str> {
    const WORDS: [(&str, &str); 14] = [
        ("two", "2"),
        ("three", "3"),
        ("four", "4"),
        ("five", "5"),
        ("six", "6"),
        ("seven", "7"),
        ("eight", "8"),
        ("nine", "9"),
        ("ten", "10"),
        ("eleven", "11"),
        ("twelve", "12"),
        ("twenty", "20"),
        ("hundred", "100"),
        ("thousand", "1000"),
    ];
    WORDS.iter().find(|(w, _)| *w == word).map(|(_, digits)| *digits)
}
