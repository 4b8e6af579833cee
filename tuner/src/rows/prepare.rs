//! Turns question sets into training rows: every task in its one wording, with one, three and five passages.
//!
//! Passages of a row with several are near each other (mostly of one article), the right one at a random place. A
//! question is refused where the set's own passage does not answer it, or where the passage it belongs to is left out
//! while its neighbours are shown: what a retriever that misses brings. Follow-up questions are rewritten as their set says;
//! putting pronouns into single questions would teach our own rule, not how people ask.

use std::collections::{BTreeMap, HashMap, HashSet};

use domain::{
    Language,
    ports::{Message, Role},
    task_prompts::{answer_prompt, answer_text, distractor_prompt, refusal, rewrite_prompt, stem_prompt},
};

use serde::Serialize;

use super::{
    FollowUp, QuestionItem, QuestionSet, Row, hold_out,
    neighbours::{Neighbours, Shingles},
    spans::wrong_answers,
};
use crate::{TunerError, TunerResult, random::Random};

/// How rows are made.
#[derive(Clone, Debug, PartialEq)]
pub struct PrepareSettings {
    /// Only sets in these languages; all where it is empty.
    pub languages: Vec<Language>,
    /// How many passages rows show: each passage appears once in a row of each of these sizes.
    pub sizes: Vec<usize>,
    /// Refusals, as a share of the answer rows.
    pub refusals: f64,
    /// Share of the questions that also become a row for writing them.
    pub stems: f64,
    /// Share of the questions that also become a row for wrong answers, where such can be found.
    pub distractors: f64,
    /// Rows that judge a statement, as a share of the questions; version 2 only.
    pub verdicts: f64,
    /// Share of the questions that is held out, by whole articles.
    pub hold_out: f64,
    /// Everything random comes from it.
    pub seed: u64,
}

impl Default for PrepareSettings {
    fn default() -> Self {
        let sizes = vec![1, 3, 5];
        Self {
            languages: Vec::new(),
            sizes,
            refusals: 0.2,
            stems: 0.3,
            distractors: 0.15,
            verdicts: 0.5,
            hold_out: 0.1,
            seed: 24,
        }
    }
}

/// What was made, and from what.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PrepareReport {
    /// Questions read.
    pub items: usize,
    /// Questions left out because they are there twice.
    pub repeated: usize,
    /// Questions left out because their passage occurs among those kept for evaluation.
    pub kept_back: usize,
    /// Questions left out because no sentence, or no single passage, carries their answer; version 2 only.
    pub without_evidence: usize,
    /// Passages to train on, and held out.
    pub passages: (usize, usize),
    /// Rows by language, task and kind.
    pub rows: Vec<RowCount>,
}

/// How many rows there are of one task in one language.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RowCount {
    /// BCP 47.
    pub language: &'static str,
    /// The task.
    pub task: String,
    /// The rows' kind within the task; empty where there are none.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// To train on.
    pub train: usize,
    /// Held out.
    pub held_out: usize,
}

/// Rows to train on, rows to evaluate with, and a report.
#[derive(Clone, Debug, Default)]
pub struct Prepared {
    /// To train on.
    pub train: Vec<Row>,
    /// To evaluate with: other articles.
    pub held_out: Vec<Row>,
    /// The questions that those rows are made of.
    pub held_out_questions: Vec<QuestionItem>,
    /// Counts.
    pub report: PrepareReport,
}

/// A passage with its questions.
pub(super) struct Passage<'a> {
    pub text: &'a str,
    pub language: Language,
    pub items: Vec<&'a QuestionItem>,
}

impl<'a> Passage<'a> {
    /// Its article's title; empty where no question names it.
    fn title(&self) -> &'a str {
        self.items.iter().map(|item| item.title.as_str()).find(|title| !title.is_empty()).unwrap_or_default()
    }
}

/// Makes rows of a set. Passages that occur in `kept_back` are left out.
pub fn prepare(set: &QuestionSet, kept_back: &[String], settings: &PrepareSettings) -> TunerResult<Prepared> {
    check(settings)?;
    let items = set.questions.len() + set.follow_ups.len();
    let mut report = PrepareReport { items, ..PrepareReport::default() };
    let passages = gather(&set.questions, kept_back, settings, &mut report);
    let (follow_ups, follow_ups_held) = divide(&set.follow_ups, settings);
    let texts: Vec<&str> = passages.iter().map(|p| p.text).collect();
    let neighbours = Neighbours::find(&texts, 24);
    let counted: Vec<_> =
        passages.iter().map(|p| hold_out::Counted { questions: p.items.len(), title: p.title() }).collect();
    let held = hold_out::choose(&counted, &neighbours, settings.hold_out, settings.seed);
    let mut prepared = Prepared { report, ..Prepared::default() };
    for part in [false, true] {
        let members: Vec<usize> = (0..passages.len()).filter(|p| held[*p] == part).collect();
        let maker = Maker { passages: &passages, neighbours: &neighbours, settings };
        let mut rows = maker.rows(&members, part);
        rows.extend((if part { &follow_ups_held } else { &follow_ups }).iter().map(|f| rewriting(f)));
        if part {
            let items = members.iter().flat_map(|p| passages[*p].items.iter().copied());
            prepared.held_out_questions = items.cloned().collect();
        }
        *(if part { &mut prepared.report.passages.1 } else { &mut prepared.report.passages.0 }) = members.len();
        *(if part { &mut prepared.held_out } else { &mut prepared.train }) = rows;
    }
    prepared.report.rows = count_rows(&prepared.train, &prepared.held_out);
    Ok(prepared)
}

pub(super) fn count_rows(train: &[Row], held_out: &[Row]) -> Vec<RowCount> {
    let mut counts: BTreeMap<(&'static str, &str, &str), (usize, usize)> = BTreeMap::new();
    for row in train {
        counts.entry((row.language.tag(), &row.task, &row.kind)).or_default().0 += 1;
    }
    for row in held_out {
        counts.entry((row.language.tag(), &row.task, &row.kind)).or_default().1 += 1;
    }
    let count = |((language, task, kind), (train, held_out)): ((_, &str, &str), _)| RowCount {
        language,
        task: task.to_owned(),
        kind: kind.to_owned(),
        train,
        held_out,
    };
    counts.into_iter().map(count).collect()
}

pub(super) fn check(settings: &PrepareSettings) -> TunerResult<()> {
    let bad = |setting, problem: &str| Err(TunerError::BadSetting { setting, problem: problem.to_owned() });
    if settings.sizes.is_empty() || settings.sizes.iter().any(|n| !(1..=16).contains(n)) {
        return bad("sizes", "must name numbers of passages between 1 and 16");
    }
    let shares = [settings.refusals, settings.stems, settings.distractors, settings.verdicts, settings.hold_out];
    if shares.iter().any(|s| !(0.0..=1.0).contains(s)) {
        return bad("refusals, stems, distractors, verdicts, hold_out", "must be between 0 and 1");
    }
    Ok(())
}

fn gather<'a>(
    items: &'a [QuestionItem],
    kept_back: &[String],
    settings: &PrepareSettings,
    report: &mut PrepareReport,
) -> Vec<Passage<'a>> {
    let shingles = Shingles::of(kept_back.iter().map(String::as_str));
    let mut places: HashMap<&str, Option<usize>> = HashMap::new();
    let mut seen: HashSet<(&str, &str)> = HashSet::new();
    let mut passages: Vec<Passage<'a>> = Vec::new();
    for item in items {
        if !settings.languages.is_empty() && !settings.languages.contains(&item.lang) {
            continue;
        }
        let (text, question) = (item.context.trim(), item.question.trim());
        let place = *places.entry(text).or_insert_with(|| {
            let known = shingles.cover(text);
            if !known {
                passages.push(Passage { text, language: item.lang, items: Vec::new() });
            }
            (!known).then(|| passages.len() - 1)
        });
        match place.and_then(|p| passages.get_mut(p)) {
            None => report.kept_back += 1,
            Some(_) if !seen.insert((text, question)) => report.repeated += 1,
            Some(passage) => passage.items.push(item),
        }
    }
    passages
}

/// The follow-ups to train on, and those to hold out.
pub(super) fn divide<'a>(all: &'a [FollowUp], settings: &PrepareSettings) -> (Vec<&'a FollowUp>, Vec<&'a FollowUp>) {
    let wanted = |f: &&FollowUp| settings.languages.is_empty() || settings.languages.contains(&f.lang);
    let mut list: Vec<&FollowUp> = all.iter().filter(wanted).collect();
    Random::derived(settings.seed, &[6]).shuffle(&mut list);
    let held = (settings.hold_out * list.len() as f64).round() as usize;
    let train = list.split_off(held.min(list.len()));
    (train, list)
}

fn rewriting(item: &FollowUp) -> Row {
    let mut messages = rewrite_prompt(item.lang, &item.history, &item.question);
    messages.push(Message { role: Role::Assistant, content: item.standalone.trim().to_owned() });
    let id = format!("rewrite-{}", item.id);
    Row { id, task: "rewrite".to_owned(), language: item.lang, messages, ..Row::default() }
}

/// Makes the rows of one part.
struct Maker<'a> {
    passages: &'a [Passage<'a>],
    neighbours: &'a Neighbours,
    settings: &'a PrepareSettings,
}

impl Maker<'_> {
    fn rows(&self, members: &[usize], part: bool) -> Vec<Row> {
        let mut rows = Vec::new();
        let mut shown: HashSet<Vec<usize>> = HashSet::new();
        for size in &self.settings.sizes {
            let mut random = Random::derived(self.settings.seed, &[2, *size as u64, u64::from(part)]);
            for set in self.sets(members, *size, &mut random) {
                // What is left over of the passages makes a smaller set, which another size may have made.
                let mut passages = set.clone();
                passages.sort_unstable();
                if shown.insert(passages) {
                    self.add_rows(&set, members, &mut random, &mut rows);
                }
            }
        }
        rows
    }

    /// Divides the passages into sets of `size` that are near each other, in random order.
    fn sets(&self, members: &[usize], size: usize, random: &mut Random) -> Vec<Vec<usize>> {
        let mut order = members.to_vec();
        random.shuffle(&mut order);
        let mut free: HashSet<usize> = members.iter().copied().collect();
        let mut sets = Vec::new();
        for first in &order {
            if !free.remove(first) {
                continue;
            }
            let language = self.passages[*first].language;
            let mut set = vec![*first];
            let near = self.neighbours.of(*first).iter().map(|(n, _)| *n);
            // When no neighbour is left, any other passage of the language.
            for other in near.chain(order.iter().copied()) {
                if set.len() == size {
                    break;
                }
                if self.passages[other].language == language && free.remove(&other) {
                    set.push(other);
                }
            }
            random.shuffle(&mut set);
            sets.push(set);
        }
        sets
    }

    /// All rows that show this set of passages.
    fn add_rows(&self, set: &[usize], members: &[usize], random: &mut Random, rows: &mut Vec<Row>) {
        let Some(language) = set.first().map(|p| self.passages[*p].language) else { return };
        let texts: Vec<&str> = set.iter().map(|p| self.passages[*p].text).collect();
        let group = format!("{}-{}", set.len(), rows.len());
        let mut add = |task: &str, item: &QuestionItem, mut messages: Vec<Message>, answer: String| {
            messages.push(Message { role: Role::Assistant, content: answer });
            let id = format!("{task}-{}-{}", set.len(), item.id);
            rows.push(Row { id, task: task.to_owned(), language, group: group.clone(), messages, ..Row::default() });
        };
        let mut answered = 0;
        for (place, passage) in set.iter().enumerate() {
            for item in &self.passages[*passage].items {
                let answer = item.answer.trim();
                if answer.is_empty() {
                    // With several passages another of them may hold the answer.
                    if set.len() == 1 {
                        let prompt = answer_prompt(language, &texts, &item.question);
                        add("refuse", item, prompt, refusal(language).to_owned());
                    }
                    continue;
                }
                if item.quotes() {
                    answered += 1;
                    let prompt = answer_prompt(language, &texts, &item.question);
                    add("answer", item, prompt, answer_text(answer, place + 1));
                }
                if set.len() > 1 {
                    continue;
                }
                if f64::from(random.float()) < self.settings.stems {
                    add("stem", item, stem_prompt(language, &texts, answer), item.question.trim().to_owned());
                }
                // Options that people wrote are worth more than spans that were found.
                let found = f64::from(random.float()) < self.settings.distractors;
                let wrong = match item.wrong.first_chunk::<3>() {
                    Some(three) => Some(three.clone()),
                    None => found.then(|| wrong_answers(answer, &texts)).flatten(),
                };
                if let Some(wrong) = wrong {
                    let prompt = distractor_prompt(language, &texts, &item.question, answer);
                    add("distractors", item, prompt, wrong.join("\n"));
                }
            }
        }
        let wanted = (self.settings.refusals * f64::from(answered) + f64::from(random.float())) as usize;
        for item in self.missed(set, &texts, members, random).into_iter().take(wanted) {
            let prompt = answer_prompt(language, &texts, &item.question);
            add("refuse", item, prompt, refusal(language).to_owned());
        }
    }

    /// Questions of near passages that are not shown, whose answers do not occur in those that are.
    fn missed(&self, set: &[usize], texts: &[&str], members: &[usize], random: &mut Random) -> Vec<&QuestionItem> {
        let language = set.first().map(|p| self.passages[*p].language);
        let shown: HashSet<usize> = set.iter().copied().collect();
        let own: HashSet<usize> = members.iter().copied().collect();
        let near = set.iter().flat_map(|p| self.neighbours.of(*p)).map(|(n, _)| *n);
        let mut near: Vec<usize> = near.filter(|n| own.contains(n) && !shown.contains(n)).collect();
        near.sort_unstable();
        near.dedup();
        let items = near.iter().map(|n| &self.passages[*n]).filter(|p| Some(p.language) == language);
        let absent = |item: &&QuestionItem| {
            let answer = item.answer.trim();
            item.quotes() && !texts.iter().any(|t| t.to_lowercase().contains(&answer.to_lowercase()))
        };
        let mut items: Vec<&QuestionItem> = items.flat_map(|p| p.items.iter().copied()).filter(absent).collect();
        random.shuffle(&mut items);
        items
    }
}
