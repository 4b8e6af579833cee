//! The sentences of passages, each with its place and its content terms.

use std::{collections::HashSet, ops::Range};

use domain::Passage;

use crate::{orders_in, split_sentences, terms};

/// A sentence of a passage.
#[derive(Clone, Debug, PartialEq)]
pub struct Sentence<'a> {
    /// Its passage's place in the list of passages.
    pub passage: usize,
    /// Its place among the passage's sentences.
    pub place: usize,
    /// Its bytes in the passage's text.
    pub range: Range<usize>,
    /// The words.
    pub text: &'a str,
    /// Its content terms.
    pub terms: HashSet<String>,
    /// Whether it gives orders to whoever answers.
    pub orders: bool,
}

/// All sentences of all passages, without the heads of tables, which say nothing by themselves.
pub fn sentences_of(passages: &[Passage]) -> Vec<Sentence<'_>> {
    let mut sentences = Vec::new();
    for (passage, Passage { text: whole, .. }) in passages.iter().enumerate() {
        let ranges = split_sentences(whole);
        let texts: Vec<&str> = ranges.iter().map(|range| whole.get(range.clone()).unwrap_or_default()).collect();
        let orders = orders_in(&texts);
        for (place, ((range, text), orders)) in ranges.into_iter().zip(texts).zip(orders).enumerate() {
            let after = whole.get(range.end..).unwrap_or_default();
            if !is_table_rule(after.trim_start().lines().next().unwrap_or_default()) {
                let terms = terms(text).into_iter().collect();
                sentences.push(Sentence { passage, place, range, text, terms, orders });
            }
        }
    }
    sentences
}

/// Whether a line is the rule of a Markdown table, below its head.
fn is_table_rule(line: &str) -> bool {
    line.starts_with('|') && line.contains("--") && line.chars().all(|c| "|-: ".contains(c))
}
