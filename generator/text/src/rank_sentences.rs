//! Ranks the sentences of the passages by how many of the question's words they hold: rare words count more, the
//! sentence before counts a little, and a sentence that holds the kind of thing asked for (a number, a name) is ahead.
//! The words of its passage's topic count for every sentence: a text names what it is about once and leaves it out, or
//! says `it`, from then on.

use std::collections::{HashMap, HashSet};

use domain::Passage;

use crate::{Expected, Sentence, holds, question_terms, terms};

/// What its passage's score, stretched over 0 to 1, adds to a sentence's.
const PASSAGE_WEIGHT: f32 = 0.45;

/// Where the subject of a sentence ends, as far as marks and the commonest verbs tell.
const SUBJECT_ENDS: [&str; 10] = ["，", ",", "（", "(", "是", "为", "為", " is ", " was ", " are "];

/// Where the sentence itself ends: a subject that goes so far is none.
const SENTENCE_ENDS: [&str; 4] = ["。", ".", "；", ";"];

/// A sentence and what it scores.
#[derive(Clone, Debug, PartialEq)]
pub struct Ranked<'a> {
    /// The sentence.
    pub sentence: Sentence<'a>,
    /// Share of the question's words, by weight, that the sentence or its passage's topic holds: 0 to 1.
    pub overlap: f32,
    /// Cosine to the question; `None` where it was not embedded, or is in another script.
    pub similarity: Option<f32>,
    /// The cosine of a sentence in another script, what tells the language taken off.
    pub across: Option<f32>,
    /// The log-odds that it answers, as a cross-encoder read it.
    pub answers: Option<f32>,
    /// What the ranking goes by.
    pub score: f32,
}

/// The sentences, best first.
pub fn rank_sentences<'a>(question: &str, passages: &[Passage], sentences: &[Sentence<'a>]) -> Vec<Ranked<'a>> {
    let asked = question_terms(question);
    let weights = weigh(&asked, sentences);
    let expected = Expected::of(question);
    let prior = passage_priors(passages);
    let topics: Vec<HashSet<String>> = passages.iter().map(topic).collect();
    let cover = |sentence: &Sentence<'_>| -> f32 {
        let holds = |term: &str| {
            sentence.terms.contains(term) || topics.get(sentence.passage).is_some_and(|topic| topic.contains(term))
        };
        weights.iter().filter(|(t, _)| holds(t.as_str())).map(|(_, w)| w).sum()
    };
    let mut ranked: Vec<Ranked<'a>> = Vec::with_capacity(sentences.len());
    // The passage of the sentence before, and its overlap.
    let mut before = (usize::MAX, 0.0);
    for sentence in sentences {
        let overlap = cover(sentence).min(1.0);
        let context = if sentence.passage == before.0 { before.1 } else { 0.0 };
        before = (sentence.passage, overlap);
        let mut score = overlap + 0.2 * f32::max(0.0, context - overlap);
        score += PASSAGE_WEIGHT * prior.get(sentence.passage).copied().unwrap_or(0.0);
        score += kind_bonus(expected, sentence, &asked);
        ranked.push(Ranked {
            sentence: sentence.clone(),
            overlap,
            similarity: None,
            across: None,
            answers: None,
            score,
        });
    }
    ranked.sort_by(|a, b| b.score.total_cmp(&a.score));
    ranked
}

/// The terms of what a passage is about: those of its headings, and of what its first sentence begins with.
fn topic(passage: &Passage) -> HashSet<String> {
    let first = |ends: &[&str]| ends.iter().filter_map(|end| passage.text.find(end)).min();
    let sentence = first(&SENTENCE_ENDS).unwrap_or(passage.text.len());
    let subject = first(&SUBJECT_ENDS).filter(|end| *end < sentence);
    let subject = subject.and_then(|end| passage.text.get(..end)).unwrap_or_default();
    passage.heading_path.iter().map(String::as_str).chain([subject]).flat_map(terms).collect()
}

/// Ahead where the kind of thing asked for is there, behind where nothing new is said or only asked back.
fn kind_bonus(expected: Expected, sentence: &Sentence<'_>, asked: &[String]) -> f32 {
    let new = sentence.terms.iter().filter(|t| !asked.contains(t)).count();
    let mut bonus = if holds(expected, sentence.text, asked) { 0.15 } else { 0.0 };
    if new == 0 {
        bonus -= 0.4;
    }
    if sentence.text.ends_with(['?', '？']) {
        bonus -= 0.6;
    }
    if sentence.orders {
        bonus -= 1.0;
    }
    bonus
}

/// Weights of the question's terms, their sum 1: the inverse of how many sentences hold them.
fn weigh(asked: &[String], sentences: &[Sentence<'_>]) -> HashMap<String, f32> {
    let n = sentences.len() as f32;
    let idf = |term: &String| {
        let df = sentences.iter().filter(|s| s.terms.contains(term)).count() as f32;
        (1.0 + (n - df + 0.5) / (df + 0.5)).ln()
    };
    let weights: Vec<(String, f32)> = asked.iter().map(|t| (t.clone(), idf(t))).collect();
    let sum: f32 = weights.iter().map(|(_, w)| w).sum();
    weights.into_iter().map(|(t, w)| (t, if sum > 0.0 { w / sum } else { 0.0 })).collect()
}

/// The passages' own scores, stretched over 0 to 1; all 1 where they are equal.
pub fn passage_priors(passages: &[Passage]) -> Vec<f32> {
    let scores = || passages.iter().map(|p| p.score);
    let (low, high) = (scores().fold(f32::INFINITY, f32::min), scores().fold(f32::NEG_INFINITY, f32::max));
    scores().map(|s| if high > low { (s - low) / (high - low) } else { 1.0 }).collect()
}

#[cfg(test)]
mod tests {
    use domain::{ByteRange, DocumentId, Scores};

    use super::*;
    use crate::sentences_of;

    fn passage(heading: &str, text: &str) -> Passage {
        Passage {
            n: 1,
            document_id: DocumentId::new(),
            document_name: String::new(),
            pages: (1, 1),
            heading_path: vec![heading.to_owned()],
            text: text.to_owned(),
            range: ByteRange::new(0, text.len()),
            score: 1.0,
            scores: Scores::default(),
            boxes: Vec::new(),
        }
    }

    fn best(question: &str, passage: Passage) -> String {
        let passages = [passage];
        let sentences = sentences_of(&passages);
        rank_sentences(question, &passages, &sentences).first().unwrap().sentence.text.to_owned()
    }

    #[test]
    fn the_topic_counts_for_every_sentence() {
        let text = "黄鳍紫鱼是笛鲷科的一种。分布于太平洋。肉食性，以鱼类、甲壳类为食。";
        assert_eq!(best("黄鳍紫鱼以什么为食？", passage("", text)), "肉食性，以鱼类、甲壳类为食。");
        let text = "Many call the baobab a tree of life. It grows in dry places. Bats visit its flowers at night.";
        assert_eq!(
            best("Which animals visit the baobab's flowers?", passage("Baobab", text)),
            "Bats visit its flowers at night."
        );
        assert_eq!(
            best("What do many call the baobab?", passage("Baobab", text)),
            "Many call the baobab a tree of life."
        );
    }

    #[test]
    fn a_first_sentence_without_an_end_of_its_subject_is_no_topic() {
        let passage = passage("", "Granite forms when magma cools slowly. Builders cut kerbs from it.");
        assert_eq!(topic(&passage), HashSet::new());
    }
}
