//! Passages of a size that is served, in sentences, with the questions that each answers.

use std::{
    collections::{HashMap, HashSet},
    ops::Range,
};

use domain::Language;

use super::{
    super::neighbours::Shingles,
    AskedItem, PrepareReport, Told,
    evidence::{Weights, keys, quoted_by, told_by},
    question_kind::asks_for_words,
};

/// Splits a text into sentences, as byte ranges: the product's own, so that rows are cut as served passages are.
pub type SplitSentences = fn(&str) -> Vec<Range<usize>>;

/// Characters of a passage: about what a chunk of the index holds.
const LONGEST: [usize; 2] = [1100, 420];

/// Consecutive sentences of one text.
pub(super) struct Passage<'a> {
    pub language: Language,
    pub title: &'a str,
    /// From its first sentence to the end of its last.
    pub text: &'a str,
    pub sentences: Vec<&'a str>,
    pub keys: Vec<HashSet<String>>,
    pub items: Vec<PlacedItem<'a>>,
}

/// A question that its passage answers, or does not.
pub(super) struct PlacedItem<'a> {
    pub item: &'a AskedItem,
    /// Places of the sentences that answer it, from 0; none where the passage does not.
    pub evidence: Vec<usize>,
    /// The words that are asked for, where they stand in one of these.
    pub words: Option<String>,
}

impl<'a> Passage<'a> {
    fn new(language: Language, title: &'a str, whole: &'a str, ranges: &[Range<usize>]) -> Self {
        let text = match (ranges.first(), ranges.last()) {
            (Some(first), Some(last)) => whole.get(first.start..last.end).unwrap_or_default(),
            _ => "",
        };
        let sentences: Vec<&str> = ranges.iter().filter_map(|range| whole.get(range.clone())).collect();
        let keys = sentences.iter().map(|sentence| keys(sentence)).collect();
        Self { language, title, text, sentences, keys, items: Vec::new() }
    }

    /// Of a text that is shown whole.
    pub(super) fn whole(language: Language, title: &'a str, text: &'a str, split: SplitSentences) -> Self {
        Self::new(language, title, text, &split(text))
    }
}

/// A text with its sentences and the passages that it was cut into.
struct Text<'a> {
    ranges: Vec<Range<usize>>,
    /// For each passage its number, and its sentences' places in the text.
    passages: Vec<(usize, Range<usize>)>,
    whole: &'a str,
}

/// The passages that questions with one text are about. Texts that occur in `kept_back` are left out, and questions that
/// are there twice.
pub(super) fn gather<'a>(
    asked: &'a [AskedItem],
    kept_back: &Shingles,
    split: SplitSentences,
    report: &mut PrepareReport,
) -> Vec<Passage<'a>> {
    let mut passages: Vec<Passage<'a>> = Vec::new();
    let mut texts: HashMap<&str, Option<Text<'a>>> = HashMap::new();
    let mut seen: HashSet<(&str, &str, &str)> = HashSet::new();
    let mut wanted: Vec<&AskedItem> = Vec::new();
    for item in asked {
        let [source] = item.sources.as_slice() else { continue };
        let text = source.text.trim();
        let known = texts.entry(text).or_insert_with(|| {
            (!kept_back.cover(text)).then(|| cut(item.lang, &source.title, text, split, &mut passages))
        });
        if known.is_none() {
            report.kept_back += 1;
        } else if seen.insert((text, &item.question, item.key())) {
            wanted.push(item);
        } else {
            report.repeated += 1;
        }
    }
    let mut weights: HashMap<Language, Weights> = HashMap::new();
    for item in &wanted {
        weights
            .entry(item.lang)
            .or_insert_with(|| Weights::of(passages.iter().filter(|p| p.language == item.lang).map(|p| p.text)));
    }
    for item in wanted {
        let text = item.sources.first().and_then(|source| texts.get(source.text.trim())?.as_ref());
        let (Some(text), Some(weights)) = (text, weights.get(&item.lang)) else { continue };
        match place(item, text, &passages, weights) {
            Some((passage, placed)) => passages[passage].items.push(placed),
            None => report.without_evidence += 1,
        }
    }
    passages
}

/// Cuts a text into passages of about the same size.
fn cut<'a>(
    language: Language,
    title: &'a str,
    text: &'a str,
    split: SplitSentences,
    passages: &mut Vec<Passage<'a>>,
) -> Text<'a> {
    let ranges = split(text);
    let length = |range: &Range<usize>| text.get(range.clone()).map_or(0, |s| s.chars().count());
    let total: usize = ranges.iter().map(length).sum();
    let parts = total.div_ceil(LONGEST[usize::from(language.is_chinese())]).max(1);
    let (mut cuts, mut begin, mut size, mut before) = (Vec::new(), 0, 0, 0);
    for (n, range) in ranges.iter().enumerate() {
        size += length(range);
        // Enough for this part: what is left is shared by the parts that are left.
        if size >= (total - before).div_ceil(parts - cuts.len().min(parts - 1)) || n + 1 == ranges.len() {
            cuts.push((passages.len(), begin..n + 1));
            passages.push(Passage::new(language, title, text, &ranges[begin..=n]));
            (begin, before, size) = (n + 1, before + size, 0);
        }
    }
    Text { ranges, passages: cuts, whole: text }
}

/// The passage of a question and where it answers; `None` where no sentence carries the answer, or several passages do.
fn place<'a>(
    item: &'a AskedItem,
    text: &Text<'_>,
    passages: &[Passage<'_>],
    weights: &Weights,
) -> Option<(usize, PlacedItem<'a>)> {
    let sentences: Vec<&HashSet<String>> =
        text.passages.iter().flat_map(|(passage, _)| &passages[*passage].keys).collect();
    let evidence = match &item.told {
        Told::Quoted(answer) => quoted_by(&text.ranges, &sentences, text.whole, &item.question, answer, weights),
        Told::Retold(answers) => told_by(&sentences, &item.question, answers, weights),
        Told::Absent | Told::Joined(_) => Vec::new(),
    };
    if item.told == Told::Absent {
        let asked = keys(&item.question);
        let nearest =
            |passage: usize| passages[passage].keys.iter().map(|k| weights.covered(&asked, k)).fold(0.0, f32::max);
        let (passage, _) = text.passages.iter().max_by(|a, b| nearest(a.0).total_cmp(&nearest(b.0)))?;
        return Some((*passage, PlacedItem { item, evidence, words: None }));
    }
    let (first, last) = (*evidence.first()?, *evidence.last()?);
    let (passage, range) = text.passages.iter().find(|(_, range)| range.contains(&first) && range.contains(&last))?;
    let evidence: Vec<usize> = evidence.iter().map(|n| n - range.start).collect();
    let words = single_spaced(item.key());
    let words = Some(words).filter(|words| {
        asks_for_words(&item.question, words, item.lang)
            && evidence
                .iter()
                .any(|n| passages[*passage].sentences.get(*n).is_some_and(|s| single_spaced(s).contains(words)))
    });
    Some((*passage, PlacedItem { item, evidence, words: words.filter(|words| !words.is_empty()) }))
}

/// As sentences are shown.
fn single_spaced(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
