//! Rows of version 2 of the tasks: sentences are numbered, and the model points at them.
//!
//! Every passage is shown twice: alone, for the rows that write questions and options, and among its nearest neighbours,
//! at a random place, for those that answer. A question is refused where its passage does not answer it, or where that
//! passage is left out while near ones are shown. Statements are a passage's own sentences and its questions joined with
//! their answers; a third of the verdicts is each of so, not so, and not said, and what is negated is as often true.

mod evidence;
mod falsify;
mod follow_ups;
mod joined_sources;
mod maker;
mod material;
mod passages;
mod question_kind;
mod statements;
#[cfg(test)]
mod tests;
mod verdict_rows;
mod wrong_options;

use std::collections::HashMap;

use domain::{
    Language,
    ports::{Message, Role},
    task_prompts::v2::rewrite_prompt,
};

pub use material::{AskedItem, Material, SourceText, Told, read_material};
pub use passages::SplitSentences;

use super::{
    FollowUp, PrepareReport, PrepareSettings, Prepared, QuestionItem, Row, hold_out,
    neighbours::{Neighbours, Shingles},
    prepare::{check, count_rows, divide},
};
use crate::TunerResult;
use evidence::Weights;
use maker::Maker;
use passages::{Passage, gather};

/// Makes rows of version 2. Texts that occur in `kept_back` are left out; `split` is the product's splitter of sentences.
pub fn prepare_pointing(
    material: &Material,
    kept_back: &[String],
    settings: &PrepareSettings,
    split: SplitSentences,
) -> TunerResult<Prepared> {
    check(settings)?;
    let items = material.asked.len() + material.follow_ups.len();
    let mut report = PrepareReport { items, ..PrepareReport::default() };
    let wanted = |item: &&AskedItem| settings.languages.is_empty() || settings.languages.contains(&item.lang);
    let asked: Vec<AskedItem> = material.asked.iter().filter(wanted).cloned().collect();
    let kept_back = Shingles::of(kept_back.iter().map(String::as_str));
    let passages = gather(&asked, &kept_back, split, &mut report);
    let texts: Vec<&str> = passages.iter().map(|p| p.text).collect();
    let neighbours = Neighbours::find(&texts, 24);
    let counted: Vec<_> =
        passages.iter().map(|p| hold_out::Counted { questions: p.items.len(), title: p.title }).collect();
    let held = hold_out::choose(&counted, &neighbours, settings.hold_out, settings.seed);
    let weights = weights(&passages);
    let (follow_ups, follow_ups_held) = divide(&material.follow_ups, settings);
    let (joined, joined_held) = joined_sources::rows(&asked, &kept_back, settings, split, &mut report);
    let mut prepared = Prepared::default();
    for (part, follow_ups, joined) in [(false, follow_ups, joined), (true, follow_ups_held, joined_held)] {
        let members: Vec<usize> = (0..passages.len()).filter(|p| held[*p] == part).collect();
        let mut rows = Maker::new(&passages, &neighbours, &weights, settings, &members).rows(part);
        rows.extend(joined);
        rows.extend(follow_ups.into_iter().map(rewriting));
        *(if part { &mut report.passages.1 } else { &mut report.passages.0 }) = members.len();
        if part {
            for passage in members.iter().map(|p| &passages[*p]) {
                let items = passage.items.iter().map(|placed| question_item(passage, placed.item));
                prepared.held_out_questions.extend(items);
            }
        }
        *(if part { &mut prepared.held_out } else { &mut prepared.train }) = rows;
    }
    report.rows = count_rows(&prepared.train, &prepared.held_out);
    prepared.report = report;
    Ok(prepared)
}

fn weights(passages: &[Passage<'_>]) -> HashMap<Language, Weights> {
    let mut weights = HashMap::new();
    for passage in passages {
        weights
            .entry(passage.language)
            .or_insert_with(|| Weights::of(passages.iter().filter(|p| p.language == passage.language).map(|p| p.text)));
    }
    weights
}

fn rewriting(item: &FollowUp) -> Row {
    let messages = rewrite_prompt(item.lang, &item.history, &item.question);
    let row =
        Row { id: format!("rewrite-{}", item.id), task: "rewrite".to_owned(), language: item.lang, ..Row::default() };
    saying(row, messages, item.standalone.trim().to_owned())
}

/// The row with its prompt and what is said to it.
fn saying(row: Row, mut messages: Vec<Message>, content: String) -> Row {
    messages.push(Message { role: Role::Assistant, content });
    Row { messages, ..row }
}

/// As the question sets for `lectern eval answers` have it.
fn question_item(passage: &Passage<'_>, item: &AskedItem) -> QuestionItem {
    QuestionItem {
        id: item.id.clone(),
        lang: item.lang,
        context: passage.text.to_owned(),
        question: item.question.clone(),
        answer: item.key().to_owned(),
        wrong: item.wrong.clone(),
        source: String::new(),
        title: passage.title.to_owned(),
    }
}
