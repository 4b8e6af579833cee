//! How a text is written.

/// The two kinds of text that share hardly a word, and that embedders set apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Script {
    /// With spaces between words.
    #[default]
    Spaced,
    /// Mainly without: Chinese and Japanese.
    Unspaced,
}

impl Script {
    /// A text's. A third of its letters and digits, or more, make it unspaced, foreign words in it notwithstanding.
    pub fn of(text: &str) -> Self {
        let letters = text.chars().filter(|c| c.is_alphanumeric()).count();
        let unspaced = text.chars().filter(|&c| is_unspaced(c)).count();
        if unspaced > 0 && 3 * unspaced >= letters { Self::Unspaced } else { Self::Spaced }
    }

    /// Its name among what points are filtered by.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Spaced => "spaced",
            Self::Unspaced => "unspaced",
        }
    }
}

/// Whether a character is written without spaces between words: Han, Hiragana, Katakana.
pub const fn is_unspaced(c: char) -> bool {
    matches!(c as u32, 0x3005..=0x3007 | 0x3040..=0x30FF | 0x3400..=0x9FFF | 0xF900..=0xFAFF | 0x20000..=0x3FFFF)
}
