//! The course as quizzes see it: its sentences, the spans in them, and which spans are of one type.

use std::collections::{BTreeMap, HashMap, HashSet};

use domain::{Language, Passage};
use text::{Sentence, sentences_of};
use tokio::task::yield_now;

use super::{
    chinese_spans::chinese_spans,
    english_spans::{Habits, english_spans},
    han_terms::HanTerms,
    han_words,
    source::QuizSource,
    spans::{Kind, Span},
};

/// Passages, sentences and spans of a course.
pub(crate) struct Book<'a> {
    pub sources: &'a [QuizSource],
    /// One per source, in order.
    pub passages: &'a [Passage],
    pub sentences: Vec<Sentence<'a>>,
    /// One list per sentence, in order.
    pub spans: Vec<Vec<Span>>,
    /// Places in `spans` by kind and script.
    pool: BTreeMap<(Kind, bool), Vec<(usize, usize)>>,
    /// How often each text is a span.
    times: HashMap<String, usize>,
}

impl<'a> Book<'a> {
    /// Reads the sources, letting other tasks run in between.
    pub(crate) async fn read(sources: &'a [QuizSource], passages: &'a [Passage]) -> Self {
        let mut sentences: Vec<Sentence<'a>> = Vec::new();
        let (mut habits, mut terms) = (Habits::default(), HanTerms::default());
        for (n, source) in sources.iter().enumerate() {
            let Some(passage) = passages.get(n..=n) else { continue };
            for mut sentence in sentences_of(passage) {
                sentence.passage = n;
                match source.language {
                    Language::English => habits.read(sentence.text),
                    Language::TraditionalChinese | Language::SimplifiedChinese => terms.read(sentence.text),
                    Language::Other => {}
                }
                sentences.push(sentence);
            }
            yield_now().await;
        }
        terms.settle();
        if sources.iter().any(|source| source.language.is_chinese()) {
            // Where that fails, the first sentence loads them.
            tokio::task::spawn_blocking(han_words::load).await.ok();
        }
        let mut book =
            Self { sources, passages, sentences, spans: Vec::new(), pool: BTreeMap::new(), times: HashMap::new() };
        for at in 0..book.sentences.len() {
            book.find_spans(at, &habits, &terms);
            if at % 16 == 15 {
                yield_now().await;
            }
        }
        book
    }

    fn find_spans(&mut self, at: usize, habits: &Habits, terms: &HanTerms) {
        let Some(sentence) = self.sentences.get(at) else { return };
        let found = match self.language(sentence.passage) {
            Language::English => english_spans(sentence.text, habits),
            Language::TraditionalChinese | Language::SimplifiedChinese => chinese_spans(sentence.text, terms),
            Language::Other => Vec::new(),
        };
        let chinese = self.language(sentence.passage).is_chinese();
        for (n, span) in found.iter().enumerate() {
            *self.times.entry(span.text.clone()).or_default() += 1;
            self.pool.entry((span.kind, chinese)).or_default().push((at, n));
        }
        self.spans.push(found);
    }

    /// The language of a passage.
    pub(crate) fn language(&self, passage: usize) -> Language {
        self.sources.get(passage).map_or(Language::Other, |s| s.language)
    }

    /// All spans of a kind in passages of a language, each text once, with the place of its sentence.
    pub(crate) fn spans_of(&self, kind: Kind, language: Language) -> Vec<(usize, &Span)> {
        let mut seen = HashSet::new();
        let places = self.pool.get(&(kind, language.is_chinese())).map(Vec::as_slice).unwrap_or_default();
        let found = places.iter().filter_map(|&(at, n)| Some((at, self.spans.get(at)?.get(n)?)));
        let own = found.filter(|(at, _)| self.sentences.get(*at).is_some_and(|s| self.language(s.passage) == language));
        own.filter(|(_, span)| seen.insert(span.text.as_str())).collect()
    }

    /// How often the course holds a span, once at least.
    pub(crate) fn times(&self, span: &Span) -> usize {
        self.times.get(&span.text).copied().unwrap_or(1)
    }

    /// The sentences of a passage, with their places in the list of all.
    pub(crate) fn sentences_in(&self, passage: usize) -> impl Iterator<Item = (usize, &Sentence<'a>)> {
        let start = self.sentences.partition_point(|s| s.passage < passage);
        self.sentences.iter().enumerate().skip(start).take_while(move |(_, s)| s.passage == passage)
    }
}
