//! Makes the rows of one part: which passages are shown together, and what is asked about them.

use std::collections::{HashMap, HashSet};

use domain::{
    Language,
    ports::Message,
    task_prompts::v2::{
        Numbered, PointedAnswer, QuestionType, ShownPassage, WrittenQuestion, answer_prompt, answer_text,
        distractor_prompt, distractor_text, none, question_prompt, question_text, read_distractors,
    },
};

use super::{
    super::neighbours::Neighbours,
    PrepareSettings, Row, Told,
    evidence::{Weights, keys},
    passages::{Passage, PlacedItem},
    question_kind::{Wanted, type_of, wanted},
    saying, wrong_options,
};
use crate::random::Random;

/// Characters that are shown at most: with what is asked they fit into 2,048 tokens.
const SHOWN: [usize; 2] = [5200, 1700];

/// A share of the questions is also answered where their passage is alone.
const ANSWERED_ALONE: f32 = 0.4;

pub(super) struct Maker<'a> {
    pub passages: &'a [Passage<'a>],
    pub neighbours: &'a Neighbours,
    pub weights: &'a HashMap<Language, Weights>,
    pub settings: &'a PrepareSettings,
    /// The part's passages.
    members: &'a [usize],
    own: HashSet<usize>,
}

/// Passages that are shown together.
pub(super) struct Shown {
    pub set: Vec<usize>,
    pub language: Language,
    pub numbered: Numbered,
    group: String,
}

impl Shown {
    /// Numbers of a passage's sentences.
    pub(super) fn numbers(&self, passage: usize, sentences: &[usize]) -> Vec<usize> {
        let place = self.set.iter().position(|p| *p == passage);
        let number = |n: &usize| self.numbered.number(place?, *n);
        sentences.iter().filter_map(number).collect()
    }

    /// A row about these passages.
    pub(super) fn row(&self, task: &str, kind: &str, id: &str, messages: Vec<Message>, says: String) -> Row {
        let row = Row {
            id: format!("{task}-{}-{id}", self.set.len()),
            task: task.to_owned(),
            kind: kind.to_owned(),
            language: self.language,
            group: self.group.clone(),
            ..Row::default()
        };
        saying(row, messages, says)
    }
}

impl<'a> Maker<'a> {
    pub(super) fn new(
        passages: &'a [Passage<'a>],
        neighbours: &'a Neighbours,
        weights: &'a HashMap<Language, Weights>,
        settings: &'a PrepareSettings,
        members: &'a [usize],
    ) -> Self {
        Self { passages, neighbours, weights, settings, members, own: members.iter().copied().collect() }
    }

    pub(super) fn rows(&self, part: bool) -> Vec<Row> {
        let mut rows = Vec::new();
        let (alone, together): (Vec<usize>, Vec<usize>) = self.settings.sizes.iter().partition(|size| **size == 1);
        let mut judged: HashMap<Language, [usize; 3]> = HashMap::new();
        for (pass, sizes) in [alone, together].into_iter().enumerate().filter(|(_, sizes)| !sizes.is_empty()) {
            let mut random = Random::derived(self.settings.seed, &[7, pass as u64, u64::from(part)]);
            for (n, set) in self.sets(&sizes, &mut random).into_iter().enumerate() {
                let Some(shown) = self.show(set, format!("{pass}-{n}"), &mut random) else { continue };
                self.ask(&shown, &mut random, &mut rows);
                self.refuse(&shown, &mut random, &mut rows);
                self.judge(&shown, judged.entry(shown.language).or_default(), &mut random, &mut rows);
            }
        }
        let mut random = Random::derived(self.settings.seed, &[8, u64::from(part)]);
        rows.extend(self.follow_ups(self.members, &mut random));
        rows
    }

    /// Divides the passages into sets of these sizes, in random order, the passages of each near each other.
    fn sets(&self, sizes: &[usize], random: &mut Random) -> Vec<Vec<usize>> {
        let mut order = self.members.to_vec();
        random.shuffle(&mut order);
        let mut free = self.own.clone();
        let mut sets = Vec::new();
        for first in &order {
            if !free.remove(first) {
                continue;
            }
            let size = sizes[random.below(sizes.len())];
            let language = self.passages[*first].language;
            let length = |n: usize| self.passages[n].text.chars().count();
            let mut room = SHOWN[usize::from(language.is_chinese())].saturating_sub(length(*first));
            let mut set = vec![*first];
            let near = self.neighbours.of(*first).iter().map(|(n, _)| *n);
            // Where no neighbour is left, any other passage of the language.
            for other in near.chain(order.iter().copied()) {
                if set.len() == size || room < 60 {
                    break;
                }
                let fits = self.passages[other].language == language && length(other) <= room;
                if fits && free.remove(&other) {
                    room -= length(other);
                    set.push(other);
                }
            }
            random.shuffle(&mut set);
            sets.push(set);
        }
        sets
    }

    fn show(&self, set: Vec<usize>, group: String, random: &mut Random) -> Option<Shown> {
        let language = self.passages[*set.first()?].language;
        let headed = random.float() < 0.5;
        let passage = |n: &usize| {
            let Passage { title, sentences, .. } = &self.passages[*n];
            ShownPassage { heading: if headed { title } else { "" }, sentences: sentences.clone() }
        };
        let numbered = Numbered::new(set.iter().map(passage));
        Some(Shown { set, language, numbered, group })
    }

    /// Rows of the passages' own questions.
    fn ask(&self, shown: &Shown, random: &mut Random, rows: &mut Vec<Row>) {
        let alone = shown.set.len() == 1;
        for passage in &shown.set {
            for placed in &self.passages[*passage].items {
                let numbers = shown.numbers(*passage, &placed.evidence);
                if placed.item.told == Told::Absent {
                    // With several passages another of them may hold the answer.
                    if alone {
                        rows.push(refusal(shown, placed));
                    }
                    continue;
                }
                if !alone || random.float() < ANSWERED_ALONE || self.settings.sizes == [1] {
                    rows.push(answer(shown, placed, &numbers));
                }
                if alone {
                    rows.extend(self.question(shown, placed, numbers, random));
                    rows.extend(self.options(shown, *passage, placed, random));
                }
            }
        }
    }

    /// A row that writes the question. Of details, of which there are most, a share.
    fn question(&self, shown: &Shown, placed: &PlacedItem<'_>, proof: Vec<usize>, random: &mut Random) -> Option<Row> {
        let kind = kind_of(placed);
        let (stem, key) = (stem_of(placed)?, placed.item.key());
        let taken = kind != QuestionType::Detail || f64::from(random.float()) < self.settings.stems;
        // A quotation mark without its other half: the key was cut out of speech.
        let whole = key.matches('"').count() % 2 == 0 && !key.is_empty();
        if !taken || !whole || stem.eq_ignore_ascii_case(key) {
            return None;
        }
        let written = WrittenQuestion { proof, stem, key: key.to_owned() };
        let prompt = question_prompt(shown.language, &shown.numbered, kind);
        Some(shown.row("question", kind.name(), &placed.item.id, prompt, question_text(&written)))
    }

    /// A row that writes wrong options: people's own, or answers of the same kind from near passages.
    fn options(&self, shown: &Shown, passage: usize, placed: &PlacedItem<'_>, random: &mut Random) -> Option<Row> {
        let (stem, key) = (stem_of(placed)?, placed.item.key());
        let people = placed.item.wrong.first_chunk::<3>().cloned();
        let people = people.and_then(|three| read_distractors(key, &distractor_text(&three)));
        let (kind, wrong) = match people {
            Some(wrong) => ("people", wrong),
            None if f64::from(random.float()) < self.settings.distractors && placed.item.wrong.is_empty() => {
                let wanted = wanted(&stem, shown.language)?;
                let near = self.near(passage).flat_map(|p| self.answers(p, wanted));
                ("found", wrong_options::of_kind(key, wanted, near, random)?)
            }
            None => return None,
        };
        let prompt = distractor_prompt(shown.language, &shown.numbered, &stem, key);
        Some(shown.row("distractors", kind, &placed.item.id, prompt, distractor_text(&wrong)))
    }

    /// Rows of questions whose passage is near those shown, but not among them.
    fn refuse(&self, shown: &Shown, random: &mut Random, rows: &mut Vec<Row>) {
        let answered: usize =
            shown.set.iter().map(|p| self.passages[*p].items.iter().filter(|i| !i.evidence.is_empty()).count()).sum();
        let alone = shown.set.len() == 1;
        let share = if alone { f64::from(ANSWERED_ALONE) } else { 1.0 };
        let wanted = (self.settings.refusals * share * answered as f64 + f64::from(random.float())) as usize;
        if wanted == 0 {
            return;
        }
        let text = shown.numbered.text().to_lowercase();
        let items = self.outside(shown).flat_map(|p| self.passages[p].items.iter());
        let items = items.filter(|item| self.is_absent(shown, &text, item));
        let mut items: Vec<&PlacedItem<'_>> = items.collect();
        random.shuffle(&mut items);
        rows.extend(items.into_iter().take(wanted).map(|item| refusal(shown, item)));
    }

    /// Whether what is shown, in lower case `text`, does not answer a question of another passage.
    fn is_absent(&self, shown: &Shown, text: &str, placed: &PlacedItem<'_>) -> bool {
        let key = placed.item.key().to_lowercase();
        if placed.evidence.is_empty() || key.is_empty() || text.contains(&key) {
            return false;
        }
        let Told::Retold(answers) = &placed.item.told else { return true };
        // In other words it may be told all the same, as stories tell of the same people.
        let Some(weights) = self.weights.get(&shown.language) else { return false };
        let wanted: Vec<_> = answers.iter().map(|answer| keys(answer)).collect();
        let mut sentences = shown.set.iter().flat_map(|p| &self.passages[*p].keys);
        sentences.all(|here| wanted.iter().all(|wanted| weights.covered(wanted, here) < 0.4))
    }

    /// The passage and its neighbours of this part and language.
    pub(super) fn near(&self, passage: usize) -> impl Iterator<Item = usize> {
        let language = self.passages[passage].language;
        let near = self.neighbours.of(passage).iter().map(|(n, _)| *n);
        std::iter::once(passage)
            .chain(near.filter(move |n| self.own.contains(n) && self.passages[*n].language == language))
    }

    /// Near passages that are not shown, each once, the nearest of each of those shown first.
    pub(super) fn outside(&self, shown: &Shown) -> impl Iterator<Item = usize> {
        let mut seen: HashSet<usize> = shown.set.iter().copied().collect();
        let near: Vec<usize> = shown.set.iter().flat_map(|p| self.near(*p).take(9)).collect();
        near.into_iter().filter(move |p| seen.insert(*p))
    }

    /// Quoted answers of a passage's questions that ask for this kind of thing.
    pub(super) fn answers(&self, passage: usize, kind: Wanted) -> impl Iterator<Item = &'a str> {
        let passages = self.passages;
        passages[passage].items.iter().filter_map(move |placed| match &placed.item.told {
            Told::Quoted(answer) if wanted(&placed.item.question, placed.item.lang) == Some(kind) => {
                Some(answer.as_str())
            }
            _ => None,
        })
    }
}

fn answer(shown: &Shown, placed: &PlacedItem<'_>, numbers: &[usize]) -> Row {
    let kind = match (&placed.words, numbers.len()) {
        (Some(_), _) => "words",
        (None, 1) => "sentence",
        (None, _) => "sentences",
    };
    let says = PointedAnswer::Found { numbers: numbers.to_vec(), words: placed.words.clone() };
    let prompt = answer_prompt(shown.language, &shown.numbered, &placed.item.question);
    shown.row("answer", kind, &placed.item.id, prompt, answer_text(shown.language, &says))
}

fn refusal(shown: &Shown, placed: &PlacedItem<'_>) -> Row {
    let kind = if placed.item.told == Told::Absent { "own passage" } else { "taken out" };
    let prompt = answer_prompt(shown.language, &shown.numbered, &placed.item.question);
    shown.row("refuse", kind, &placed.item.id, prompt, none(shown.language).to_owned())
}

/// A question's type: the set's, or by its words.
fn kind_of(placed: &PlacedItem<'_>) -> QuestionType {
    let item = placed.item;
    let told = |otherwise| item.kind.unwrap_or_else(|| type_of(&item.question, item.lang, otherwise));
    match told(QuestionType::Detail) {
        kind if item.kind.is_some() => kind,
        // Everyday texts are asked about between their lines.
        kind @ (QuestionType::Feeling | QuestionType::Prediction) if !item.wrong.is_empty() => kind,
        _ if !item.wrong.is_empty() => QuestionType::Inference,
        QuestionType::Prediction | QuestionType::Feeling => QuestionType::Detail,
        kind => kind,
    }
}

/// The question as it is to be written: one that ends as a question does, in its script's mark.
pub(super) fn stem_of(placed: &PlacedItem<'_>) -> Option<String> {
    let question = placed.item.question.split_whitespace().collect::<Vec<_>>().join(" ");
    let asked = question.strip_suffix(['?', '？'])?.trim_end();
    let chinese = placed.item.lang.is_chinese();
    let long = if chinese { asked.chars().count() >= 5 } else { asked.split(' ').count() >= 4 };
    long.then(|| if chinese { format!("{asked}？") } else { format!("{}?", super::falsify::capital(asked)) })
}
