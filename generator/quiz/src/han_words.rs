//! Chinese text cut into words with their parts of speech, by jieba's dictionary. That is in Simplified characters;
//! Traditional ones are folded for the look-up.

use std::{ops::Range, sync::LazyLock};

use ferrous_opencc::{OpenCC, config::BuiltinConfig};
use jieba_rs::Jieba;

/// What a word is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PartOfSpeech {
    Person,
    Place,
    Group,
    /// A noun, an abbreviation.
    Noun,
    /// A verb that can be a noun: inside a noun only, elsewhere it may well be the verb.
    Verbal,
    /// What stands before a noun and is a part of it: 大型, 女.
    Modifier,
    /// Not in the dictionary: a name, or cut in the wrong place.
    Unknown,
    Other,
}

impl PartOfSpeech {
    /// By the dictionary's tag (ICTCLAS's set).
    fn of(tag: &str) -> Self {
        match tag {
            "nr" | "nrt" | "nrfg" => Self::Person,
            "ns" => Self::Place,
            "nt" => Self::Group,
            "n" | "nz" | "j" | "ng" => Self::Noun,
            "vn" => Self::Verbal,
            "b" => Self::Modifier,
            "x" => Self::Unknown,
            _ => Self::Other,
        }
    }

    /// Whether it can be a part of a noun of several words.
    pub(super) const fn is_nominal(self) -> bool {
        !matches!(self, Self::Other)
    }
}

/// A word of a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct HanWord {
    /// Its bytes in the sentence.
    pub range: Range<usize>,
    pub part: PartOfSpeech,
}

static JIEBA: LazyLock<Jieba> = LazyLock::new(Jieba::new);
static CONVERTER: LazyLock<Option<OpenCC>> = LazyLock::new(|| OpenCC::from_config(BuiltinConfig::T2s).ok());

/// Loads the dictionaries, once: too long for an async thread.
pub(super) fn load() {
    LazyLock::force(&JIEBA);
    LazyLock::force(&CONVERTER);
}

/// The words of a sentence, in order and without gaps; marks are words, too.
pub(super) fn han_words(sentence: &str) -> Vec<HanWord> {
    let folded = simplified(sentence);
    // The same characters one by one: only their bytes may differ.
    let mut starts = sentence.char_indices().map(|(at, _)| at).chain([sentence.len()]);
    let mut start = starts.next().unwrap_or_default();
    let mut found = Vec::new();
    for tagged in JIEBA.tag(&folded, true) {
        let Some(end) = starts.nth(tagged.word.chars().count().saturating_sub(1)) else { break };
        found.push(HanWord { range: start..end, part: PartOfSpeech::of(tagged.tag) });
        start = end;
    }
    found
}

/// In Simplified characters, as many as there were.
fn simplified(text: &str) -> String {
    let folded = CONVERTER.as_ref().map(|c| c.convert(text));
    folded.filter(|f| f.chars().count() == text.chars().count()).unwrap_or_else(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_cut_in_both_scripts() {
        for sentence in ["喬治亞為多黨制民主國家。", "乔治亚为多党制民主国家。"] {
            let words = han_words(sentence);
            let texts: Vec<&str> = words.iter().map(|w| &sentence[w.range.clone()]).collect();
            assert_eq!(texts.concat(), sentence);
            assert_eq!(texts.len(), 6, "{texts:?}");
            let parts: Vec<PartOfSpeech> = words.iter().map(|w| w.part).collect();
            assert_eq!(parts[2..5], [PartOfSpeech::Noun; 3], "{texts:?}");
        }
    }
}
