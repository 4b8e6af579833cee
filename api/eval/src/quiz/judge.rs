//! What is measured about a quiz.

use std::collections::{HashMap, HashSet};

use domain::{CognitiveLevel, DocumentId, Question, QuestionBody};
use serde::{Deserialize, Serialize};

/// Stems with at least this share of their words in common ask the same, if their keys are the same too.
const SAME_STEM: f64 = 0.6;
/// Chi-square of three degrees of freedom at p = .05: places of the key above it are uneven.
const UNEVEN: f64 = 7.815;

/// A block of a document, by its bytes in the document's text.
#[derive(Debug, Deserialize)]
pub struct Block {
    text: String,
    start: usize,
    end: usize,
}

/// What the documents say.
#[derive(Debug, Default)]
pub struct Material {
    /// In their order.
    pub blocks: HashMap<DocumentId, Vec<Block>>,
}

impl Material {
    /// Words, or for Chinese characters, which make 150 or 200 to the question wanted.
    fn size(&self) -> (usize, usize, &'static str) {
        let texts = || self.blocks.values().flatten().map(|b| b.text.as_str());
        let (words, letters) =
            (texts().map(|t| t.split_whitespace().count()).sum(), texts().map(|t| t.chars().count()).sum());
        // Words of an alphabet have some six letters with their space; a run of Chinese has no spaces.
        if letters > 20 * words { (letters, 200, "characters") } else { (words, 150, "words") }
    }

    fn holds(&self, document: DocumentId, start: usize, end: usize, quote: &str) -> bool {
        let blocks = self.blocks.get(&document).map_or(&[][..], Vec::as_slice);
        blocks
            .iter()
            .filter(|b| b.start <= start && start < b.end)
            .any(|b| b.text.get(start - b.start..end - b.start) == Some(quote))
    }
}

/// The measures.
#[derive(Debug, Serialize)]
pub struct Summary {
    accepted: usize,
    size: usize,
    unit: &'static str,
    /// Accepted for each 150 words or 200 characters.
    density: f64,
    per_minute: f64,
    proven: usize,
    choices: usize,
    /// Share whose key is longer than every other option.
    key_longest: f64,
    /// How often the key stands first, second, …
    places: [usize; 5],
    /// Of the first four places.
    chi_square: f64,
    /// Mean of the longest option's characters over the shortest's.
    length_ratio: f64,
    same_stem: usize,
    same_fact: usize,
    quotes_verbatim: f64,
    keys_verbatim: f64,
}

impl Summary {
    pub fn of(questions: &[Question], material: &Material, seconds: f64) -> Self {
        let (size, per_question, unit) = material.size();
        let accepted = questions.len();
        let quotes: Vec<bool> = questions
            .iter()
            .flat_map(|q| &q.evidence)
            .map(|c| material.holds(c.document_id, c.start, c.end, &c.quote))
            .collect();
        let keys: Vec<bool> = questions.iter().filter_map(key_is_quoted).collect();
        let shapes: Vec<Shape> = questions.iter().filter_map(Shape::of).collect();
        let mut places = [0; 5];
        for place in shapes.iter().filter_map(|s| s.place) {
            if let Some(count) = places.get_mut(place) {
                *count += 1;
            }
        }
        Self {
            accepted,
            size,
            unit,
            density: (accepted * per_question) as f64 / size.max(1) as f64,
            per_minute: accepted as f64 * 60.0 / seconds,
            proven: questions.iter().filter(|q| q.proof.proven).count(),
            choices: shapes.len(),
            key_longest: mean(shapes.iter().map(|s| f64::from(u8::from(s.key_longest)))),
            places,
            chi_square: chi_square(&places[..4]),
            length_ratio: mean(shapes.iter().map(|s| s.ratio)),
            same_stem: accepted - questions.iter().map(|q| q.stem.as_str()).collect::<HashSet<_>>().len(),
            same_fact: same_facts(questions),
            quotes_verbatim: share(&quotes),
            keys_verbatim: share(&keys),
        }
    }

    /// Each measure with its value, to be read.
    pub fn rows(&self) -> [(&'static str, String); 11] {
        let percent = |share: f64| format!("{:.1} %", 100.0 * share);
        let even = if self.chi_square < UNEVEN { "even" } else { "uneven" };
        let unit = if self.unit == "words" { "accepted per 150 words" } else { "accepted per 200 characters" };
        [
            ("accepted", format!("{}, {} of them proven", self.accepted, self.proven)),
            ("material", format!("{} {}", self.size, self.unit)),
            (unit, format!("{:.2}", self.density)),
            ("accepted a minute", format!("{:.1}", self.per_minute)),
            ("multiple choice", self.choices.to_string()),
            ("key longest", percent(self.key_longest)),
            ("places of the key", format!("{:?}: {even}, chi-square {:.2}", &self.places[..4], self.chi_square)),
            ("longest option over shortest", format!("{:.2}", self.length_ratio)),
            ("same stem, same fact", format!("{}, {}", self.same_stem, self.same_fact)),
            ("quotes verbatim at their place", percent(self.quotes_verbatim)),
            ("keys verbatim in their quote", percent(self.keys_verbatim)),
        ]
    }
}

/// The options of a multiple-choice question.
struct Shape {
    place: Option<usize>,
    key_longest: bool,
    ratio: f64,
}

impl Shape {
    fn of(question: &Question) -> Option<Self> {
        let QuestionBody::MultipleChoice { options, key } = &question.body else { return None };
        let length = |text: &String| text.chars().count();
        let (longest, shortest) = (options.iter().map(length).max()?, options.iter().map(length).min()?);
        Some(Self {
            place: options.iter().position(|o| o == key),
            key_longest: options.iter().filter(|o| *o != key).all(|o| length(o) < length(key)),
            ratio: longest as f64 / shortest.max(1) as f64,
        })
    }
}

/// Whether the quotes hold the key, for kinds whose key is words of the text.
fn key_is_quoted(question: &Question) -> Option<bool> {
    let (QuestionBody::MultipleChoice { key, .. }
    | QuestionBody::Cloze { key, .. }
    | QuestionBody::ShortAnswer { key, .. }) = &question.body
    else {
        return None;
    };
    // What is reckoned from the text stands nowhere in it.
    let found = question.level != CognitiveLevel::Apply;
    found.then(|| question.evidence.iter().any(|c| c.quote.contains(key)))
}

/// Questions that ask what one before them asks: the same key, and the same evidence or much the same words.
fn same_facts(questions: &[Question]) -> usize {
    let key = |q: &Question| serde_json::to_value(&q.body).ok().map(|body| body["key"].clone());
    let words =
        |q: &Question| -> HashSet<String> { q.stem.to_lowercase().split_whitespace().map(str::to_owned).collect() };
    let same = |a: &Question, b: &Question| {
        let evidence = |q: &Question| q.evidence.first().map(|c| (c.document_id, c.start));
        let (own, other) = (words(a), words(b));
        let common = own.intersection(&other).count() as f64 / own.union(&other).count().max(1) as f64;
        key(a) == key(b) && (evidence(a) == evidence(b) || common >= SAME_STEM)
    };
    let repeats = |(n, q): &(usize, &Question)| questions[..*n].iter().any(|before| same(before, q));
    questions.iter().enumerate().filter(repeats).count()
}

fn chi_square(counts: &[usize]) -> f64 {
    let expected = counts.iter().sum::<usize>() as f64 / counts.len() as f64;
    counts.iter().map(|c| (*c as f64 - expected).powi(2) / expected.max(1.0)).sum()
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = values.fold((0.0, 0usize), |(sum, count), value| (sum + value, count + 1));
    sum / count.max(1) as f64
}

fn share(flags: &[bool]) -> f64 {
    mean(flags.iter().map(|f| f64::from(u8::from(*f))))
}

/// A question with its options and evidence, to be read.
pub fn listed(question: &Question) -> String {
    let mut lines = vec![question.stem.clone()];
    match &question.body {
        QuestionBody::MultipleChoice { options, key } => {
            let option = |(label, option)| format!("  {label}{} {option}", if option == key { "*" } else { "." });
            lines.extend(('A'..).zip(options).map(option));
        }
        body => lines.push(format!("  {}", serde_json::to_string(body).unwrap_or_default())),
    }
    lines.extend(question.evidence.iter().map(|c| format!("  > {}", c.quote)));
    lines.join("\n") + "\n\n"
}

#[cfg(test)]
mod tests {
    use domain::Language;

    use super::*;

    fn choice(stem: &str, options: [&str; 4], key: &str) -> Question {
        let body = serde_json::json!({
            "stem": stem, "kind": "multiple_choice", "options": options, "key": key, "language": Language::English,
        });
        serde_json::from_value(body).unwrap()
    }

    #[test]
    fn shape_and_repeated_facts_are_counted() {
        let metals = ["tin", "iron", "gold", "quicksilver"];
        let questions = [
            choice("Which metal is liquid at room temperature?", metals, "quicksilver"),
            choice("Which metal is liquid at normal room temperature?", metals, "quicksilver"),
            choice("Which metal rusts in wet air?", metals, "iron"),
        ];
        let summary = Summary::of(&questions, &Material::default(), 30.0);
        assert_eq!((summary.choices, summary.places, summary.same_fact), (3, [0, 1, 0, 2, 0], 1));
        assert!((summary.key_longest - 2.0 / 3.0).abs() < 1e-9 && (summary.per_minute - 6.0).abs() < 1e-9);
        assert!((summary.length_ratio - 11.0 / 3.0).abs() < 1e-9);
        assert!((chi_square(&[25, 25, 25, 25])).abs() < 1e-9 && chi_square(&[40, 20, 20, 20]) > UNEVEN);
    }

    #[test]
    fn a_quote_is_verbatim_only_at_its_place() {
        let document = DocumentId::new();
        let block = Block { text: "Tin melts early.".to_owned(), start: 10, end: 26 };
        let material = Material { blocks: HashMap::from([(document, vec![block])]) };
        assert!(material.holds(document, 14, 19, "melts") && !material.holds(document, 15, 20, "melts"));
        assert_eq!(material.size(), (3, 150, "words"));
    }
}
