//! Rows whose answer points at sentences of several sources, of answers in which people joined quoted spans.

use std::collections::BTreeMap;

use domain::task_prompts::v2::{MOST_POINTED, Numbered, PointedAnswer, ShownPassage, answer_prompt, answer_text};

use super::{
    super::neighbours::Shingles, AskedItem, PrepareReport, PrepareSettings, Row, SplitSentences, Told, evidence::keys,
    passages::Passage, saying,
};
use crate::random::Random;

/// A question with the spans of its answer.
type Joined<'a> = (&'a AskedItem, &'a [(usize, String)]);

/// Rows to train on, and rows to evaluate with: whole questions are held out. Of several answers to one question, the one
/// that joins most sources is taken.
pub(super) fn rows(
    asked: &[AskedItem],
    kept_back: &Shingles,
    settings: &PrepareSettings,
    split: SplitSentences,
    report: &mut PrepareReport,
) -> (Vec<Row>, Vec<Row>) {
    let mut questions: BTreeMap<&str, Vec<Joined<'_>>> = BTreeMap::new();
    for item in asked {
        let Told::Joined(spans) = &item.told else { continue };
        if item.sources.iter().any(|source| kept_back.cover(&source.text)) {
            report.kept_back += 1;
            continue;
        }
        questions.entry(&item.question).or_default().push((item, spans));
    }
    let (mut train, mut held_out) = (Vec::new(), Vec::new());
    for answers in questions.values() {
        let first = answers.first().map_or("", |(item, _)| item.question.as_str());
        let hash = first.bytes().fold(settings.seed, |hash, byte| hash.wrapping_mul(31).wrapping_add(u64::from(byte)));
        let mut random = Random::derived(settings.seed, &[9, hash]);
        let held = f64::from(random.float()) < settings.hold_out;
        let pointed = answers.iter().filter_map(|(item, spans)| Some((*item, pointed(item, spans, split)?)));
        let sources = |places: &Vec<(usize, usize)>| {
            places.iter().map(|(source, _)| *source).collect::<std::collections::BTreeSet<_>>().len()
        };
        match pointed.max_by_key(|(_, places)| (sources(places), std::cmp::Reverse(places.len()))) {
            Some((item, places)) => {
                let rows = if held { &mut held_out } else { &mut train };
                rows.push(row(item, &places, split, &mut random));
                report.repeated += answers.len() - 1;
            }
            None => report.without_evidence += answers.len(),
        }
    }
    (train, held_out)
}

/// Source and sentence of each span; `None` where one stands in no sentence, or there are too many.
fn pointed(item: &AskedItem, spans: &[(usize, String)], split: SplitSentences) -> Option<Vec<(usize, usize)>> {
    let mut places: Vec<(usize, usize)> = Vec::new();
    for (source, span) in spans {
        let text = &item.sources.get(*source)?.text;
        let ranges = split(text);
        let at = text.find(span.trim_end_matches('.'))?;
        let end = at + span.trim_end_matches('.').len();
        // A span of two words may stand anywhere: it adds no sentence to those that are named.
        let small = keys(span).len() < 2 && places.iter().any(|(known, _)| known == source);
        if !small {
            places.extend(
                (0..ranges.len()).filter(|n| ranges[*n].start < end && at < ranges[*n].end).map(|n| (*source, n)),
            );
        }
    }
    places.sort_unstable();
    places.dedup();
    (1..=MOST_POINTED).contains(&places.len()).then_some(places)
}

fn row(item: &AskedItem, places: &[(usize, usize)], split: SplitSentences, random: &mut Random) -> Row {
    let mut order: Vec<usize> = (0..item.sources.len()).collect();
    random.shuffle(&mut order);
    let passage = |n: &usize| Passage::whole(item.lang, &item.sources[*n].title, &item.sources[*n].text, split);
    let passages: Vec<Passage<'_>> = order.iter().map(passage).collect();
    let shown = passages.iter().map(|p| ShownPassage { heading: p.title, sentences: p.sentences.clone() });
    let numbered = Numbered::new(shown);
    let number = |(source, sentence): &(usize, usize)| {
        let place = order.iter().position(|n| n == source)?;
        numbered.number(place, *sentence)
    };
    let mut numbers: Vec<usize> = places.iter().filter_map(number).collect();
    numbers.sort_unstable();
    let kind = if numbers.len() > 1 { "sentences" } else { "sentence" }.to_owned();
    let row = Row {
        id: format!("answer-{}", item.id),
        task: "answer".to_owned(),
        kind,
        language: item.lang,
        ..Row::default()
    };
    let answer = answer_text(item.lang, &PointedAnswer::Found { numbers, words: None });
    saying(row, answer_prompt(item.lang, &numbered, &item.question), answer)
}
