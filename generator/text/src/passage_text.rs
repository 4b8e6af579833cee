//! A passage as a cross-encoder reads it.

use domain::ports::PassageText;

use crate::split_sentences;

/// A passage with its sentences, and its headings in one line.
pub fn passage_text(headings: &[String], text: &str) -> PassageText {
    PassageText { headings: headings.join(" > "), text: text.to_owned(), sentences: split_sentences(text) }
}
