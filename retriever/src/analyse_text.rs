//! Text to search terms, for English and Chinese in one field.
//!
//! Runs of Chinese characters become overlapping pairs and single characters, Traditional folded to Simplified one
//! character at a time, so that a pair never depends on its neighbours. Everything else is cut at what is neither letter
//! nor digit, lower-cased, freed of accents and stemmed as English. Full-width and other compatibility forms are
//! replaced first (NFKC).

use std::sync::LazyLock;

use domain::is_unspaced;
use ferrous_opencc::{OpenCC, config::BuiltinConfig};
use tantivy::tokenizer::{
    AsciiFoldingFilter, Language, RemoveLongFilter, Stemmer, TextAnalyzer, Token, TokenStream, Tokenizer,
};
use unicode_normalization::{UnicodeNormalization, is_nfkc_quick};

/// Raised whenever the same text would give other terms: an index made before must then be made again.
pub const ANALYSER_VERSION: u32 = 2;

/// The analyser's name in the keyword index.
pub(crate) const ANALYSER_NAME: &str = "lectern";

/// Terms longer than this (bytes) are dropped: they are no words.
const LONGEST_TERM: usize = 96;

/// The first and the last character of the folding table: CJK extension A to the end of the unified ideographs.
const TABLE: std::ops::RangeInclusive<u32> = 0x3400..=0x9FFF;

/// Traditional to Simplified, by character. Empty where the conversion data can't be read: then nothing is folded.
static SIMPLIFIED: LazyLock<Vec<char>> = LazyLock::new(|| {
    let Ok(converter) = OpenCC::from_config(BuiltinConfig::T2s) else {
        tracing::error!("no conversion data: Traditional and Simplified Chinese will not find each other");
        return Vec::new();
    };
    TABLE.filter_map(char::from_u32).map(|c| fold_character(&converter, c)).collect()
});

fn fold_character(converter: &OpenCC, c: char) -> char {
    let folded = converter.convert(c.encode_utf8(&mut [0; 4]));
    let mut characters = folded.chars();
    match (characters.next(), characters.next()) {
        (Some(simplified), None) => simplified,
        _ => c,
    }
}

fn simplified(c: char) -> char {
    let place = (c as u32).checked_sub(*TABLE.start()).map(|i| i as usize);
    place.and_then(|i| SIMPLIFIED.get(i)).copied().unwrap_or(c)
}

/// The analyser as the keyword index runs it.
pub(crate) fn analyser() -> TextAnalyzer {
    TextAnalyzer::builder(MixedTokenizer)
        .filter(RemoveLongFilter::limit(LONGEST_TERM))
        .filter(AsciiFoldingFilter)
        .filter(Stemmer::new(Language::English))
        .build()
}

/// The terms of a text, in order, as the keyword index stores and searches them.
pub fn analyse(text: &str) -> Vec<String> {
    let mut analyser = analyser();
    let mut stream = analyser.token_stream(text);
    let mut terms = Vec::new();
    while stream.advance() {
        terms.push(stream.token().text.clone());
    }
    terms
}

/// Cuts text into words, pairs of characters and characters.
#[derive(Clone)]
struct MixedTokenizer;

impl Tokenizer for MixedTokenizer {
    type TokenStream<'a> = Terms;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Terms {
        Terms { terms: cut(text).into_iter(), token: Token { position: usize::MAX, ..Token::default() } }
    }
}

/// Terms, cut beforehand. Offsets are not kept: the index never asks where in the text a term stood.
struct Terms {
    terms: std::vec::IntoIter<String>,
    token: Token,
}

impl TokenStream for Terms {
    fn advance(&mut self) -> bool {
        let Some(term) = self.terms.next() else { return false };
        self.token.text = term;
        self.token.position = self.token.position.wrapping_add(1);
        true
    }

    fn token(&self) -> &Token {
        &self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.token
    }
}

fn cut(text: &str) -> Vec<String> {
    let mut cutter = Cutter::default();
    if is_nfkc_quick(text.chars()) == unicode_normalization::IsNormalized::Yes {
        text.chars().for_each(|c| cutter.take(c));
    } else {
        text.nfkc().for_each(|c| cutter.take(c));
    }
    cutter.finish()
}

/// Collects runs of one kind and turns each into terms when it ends.
#[derive(Default)]
struct Cutter {
    word: String,
    run: Vec<char>,
    terms: Vec<String>,
}

impl Cutter {
    fn take(&mut self, c: char) {
        if is_unspaced(c) {
            self.end_word();
            self.run.push(simplified(c));
        } else if c.is_alphanumeric() || (!self.word.is_empty() && is_mark(c)) {
            self.end_run();
            self.word.extend(c.to_lowercase());
        } else if !matches!(c, '\'' | '’') || self.word.is_empty() {
            self.end_word();
            self.end_run();
        }
    }

    fn end_word(&mut self) {
        if !self.word.is_empty() {
            self.terms.push(std::mem::take(&mut self.word));
        }
    }

    fn end_run(&mut self) {
        // Pairs stand for words; the single characters find a word that a question writes shorter or longer.
        self.terms.extend(self.run.windows(2).map(|pair| pair.iter().collect::<String>()));
        self.terms.extend(self.run.iter().map(char::to_string));
        self.run.clear();
    }

    fn finish(mut self) -> Vec<String> {
        self.end_word();
        self.end_run();
        self.terms
    }
}

fn is_mark(c: char) -> bool {
    unicode_normalization::char::is_combining_mark(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traditional_and_simplified_give_the_same_pairs() {
        assert_eq!(analyse("電腦網路"), ["电脑", "脑网", "网路", "电", "脑", "网", "路"]);
        assert_eq!(analyse("電腦網路"), analyse("电脑网路"));
        assert_eq!(analyse("水"), ["水"]);
    }

    #[test]
    fn english_is_lower_cased_freed_of_accents_and_stemmed() {
        assert_eq!(analyse("Running plants"), analyse("run PLANT"));
        assert_eq!(analyse("café Zürich"), ["cafe", "zurich"]);
        assert_eq!(analyse("the plant's cells"), ["the", "plant", "cell"].map(|w| analyse(w)[0].clone()));
    }

    #[test]
    fn full_width_forms_and_mixed_scripts_are_one_text() {
        assert_eq!(analyse("ＤＮＡ１２３"), ["dna123"]);
        assert_eq!(analyse("用DNA複製，2次"), ["用", "dna", "复制", "复", "制", "2", "次"]);
        assert!(analyse("，。！? \u{0}").is_empty());
    }
}
