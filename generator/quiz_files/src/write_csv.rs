//! Tables (RFC 4180, UTF-8 with the mark that spreadsheets look for): everything, or the columns of Kahoot or of Google
//! Forms' add-ons.

use csv::WriterBuilder;
use domain::{Citation, Question, QuestionBody, Quiz};
use text::one_line;

use super::{
    QuizFormat,
    not_held::Notes,
    plain_text::{after_answering, number},
    unwritable,
    words::FileWords,
};
use crate::QuizFileResult;

const BOM: &[u8] = b"\xef\xbb\xbf";
/// Kahoot's limits, in characters.
const KAHOOT_QUESTION: usize = 120;
const KAHOOT_ANSWER: usize = 75;
const KAHOOT_OPTIONS: usize = 4;
/// Seconds that Kahoot gives for a question; one of its own steps.
const KAHOOT_SECONDS: &str = "30";

fn table(format: QuizFormat, rows: &[Vec<String>]) -> QuizFileResult<Vec<u8>> {
    let mut writer = WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(BOM.to_vec());
    for row in rows {
        writer.write_record(row).map_err(|e| unwritable(format, &e))?;
    }
    writer.into_inner().map_err(|e| unwritable(format, &e))
}

fn name_of(value: &impl serde::Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
}

/// What is shown to choose from, and what is right. Items to be ordered are named by their place among the options,
/// pairs have no key of their own: `option_1` belongs to `partner_1`.
fn options_and_key(question: &Question) -> (Vec<String>, String) {
    let words = FileWords::of(question.language);
    match &question.body {
        QuestionBody::MultipleChoice { options, key } => (options.clone(), key.clone()),
        QuestionBody::TrueFalse { key } => {
            (vec![words.yes.to_owned(), words.no.to_owned()], words.truth(*key).to_owned())
        }
        QuestionBody::Cloze { key, .. } | QuestionBody::ShortAnswer { key, .. } => (vec![], key.clone()),
        QuestionBody::Ordering { options, key } => {
            let place = |item: &String| options.iter().position(|option| option == item).map_or(0, |place| place + 1);
            (options.clone(), key.iter().map(|item| place(item).to_string()).collect::<Vec<_>>().join(" "))
        }
        QuestionBody::Matching { pairs } => (pairs.iter().map(|p| p.left.clone()).collect(), String::new()),
    }
}

fn partners(question: &Question) -> Vec<String> {
    match &question.body {
        QuestionBody::Matching { pairs } => pairs.iter().map(|p| p.right.clone()).collect(),
        _ => vec![],
    }
}

fn accepted(question: &Question) -> &[String] {
    match &question.body {
        QuestionBody::Cloze { accepted, .. } | QuestionBody::ShortAnswer { accepted, .. } => accepted,
        _ => &[],
    }
}

fn evidence(question: &Question, of: impl Fn(&Citation) -> String) -> Vec<String> {
    question.evidence.iter().map(of).collect()
}

/// Columns `name_1`, `name_2`, …: as many as the longest list needs. A text may have line breaks, so that no list fits
/// into one cell.
struct Numbered {
    name: &'static str,
    lists: Vec<Vec<String>>,
    width: usize,
}

impl Numbered {
    fn new(name: &'static str, quiz: &Quiz, of: impl Fn(&Question) -> Vec<String>) -> Self {
        let lists: Vec<Vec<String>> = quiz.questions.iter().map(of).collect();
        let width = lists.iter().map(Vec::len).max().unwrap_or(0);
        Self { name, lists, width }
    }

    fn head(&self) -> impl Iterator<Item = String> + '_ {
        (1..=self.width).map(|i| format!("{}{i}", self.name))
    }

    fn cells(&self, question: usize) -> impl Iterator<Item = String> + '_ {
        let list = self.lists.get(question).map(Vec::as_slice).unwrap_or_default();
        (0..self.width).map(|i| list.get(i).cloned().unwrap_or_default())
    }
}

/// A row per question, every column that a question has.
pub fn write_all(quiz: &Quiz) -> QuizFileResult<Vec<u8>> {
    let shown = [
        Numbered::new("option_", quiz, |q| options_and_key(q).0),
        Numbered::new("partner_", quiz, partners),
        Numbered::new("also_right_", quiz, |q| accepted(q).to_vec()),
    ];
    let passage =
        Numbered::new("passage_", quiz, |q| quiz.passage_of(q).map(|p| p.readable().to_owned()).into_iter().collect());
    let cited = [
        Numbered::new("document_", quiz, |q| evidence(q, |c| c.document_name.clone())),
        Numbered::new("page_", quiz, |q| evidence(q, |c| c.page.to_string())),
        Numbered::new("evidence_", quiz, |q| evidence(q, |c| c.quote.clone())),
    ];
    let mut head: Vec<String> = ["number", "kind", "question", "key"].map(str::to_owned).to_vec();
    head.extend(shown.iter().flat_map(Numbered::head));
    head.extend(["explanation", "feedback", "points", "difficulty", "level", "language", "tags"].map(str::to_owned));
    head.extend(passage.head().chain(cited.iter().flat_map(Numbered::head)));
    let mut rows = vec![head];
    for (i, question) in quiz.questions.iter().enumerate() {
        let mut row = vec![(i + 1).to_string(), name_of(&question.body.kind()), question.stem.clone()];
        row.push(options_and_key(question).1);
        row.extend(shown.iter().flat_map(|columns| columns.cells(i)));
        row.extend([
            question.explanation.clone(),
            question.feedback.clone(),
            number(question.points),
            name_of(&question.difficulty),
            name_of(&question.level),
            name_of(&question.language),
            question.tags.iter().map(|tag| one_line(tag)).collect::<Vec<_>>().join("\n"),
        ]);
        row.extend(passage.cells(i).chain(cited.iter().flat_map(|columns| columns.cells(i))));
        rows.push(row);
    }
    table(QuizFormat::Csv, &rows)
}

/// The columns of Kahoot's import sheet.
pub fn write_kahoot(quiz: &Quiz, notes: &mut Notes) -> QuizFileResult<Vec<u8>> {
    let head = [
        "Question - max 120 characters",
        "Answer 1 - max 75 characters",
        "Answer 2 - max 75 characters",
        "Answer 3 - max 75 characters",
        "Answer 4 - max 75 characters",
        "Time limit (sec) – 5, 10, 20, 30, 60, 90, 120, or 240 secs",
        "Correct answer(s) - choose at least one",
    ];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for (i, question) in quiz.questions.iter().enumerate() {
        let chooses = matches!(question.body, QuestionBody::MultipleChoice { .. } | QuestionBody::TrueFalse { .. });
        let (options, key) = options_and_key(question);
        let over = |text: &str, limit: usize| text.chars().count() > limit;
        if !chooses {
            notes.add(i + 1, "question", "Kahoot's sheet holds choices only");
        } else if options.len() > KAHOOT_OPTIONS {
            notes.add(i + 1, "question", "Kahoot's sheet holds at most four options");
        } else if over(&question.stem, KAHOOT_QUESTION) || options.iter().any(|o| over(o, KAHOOT_ANSWER)) {
            notes.add(i + 1, "question", "Kahoot takes questions of at most 120 and answers of at most 75 characters");
        } else {
            let place = options.iter().position(|option| *option == key).unwrap_or(0);
            let mut row = vec![one_line(&question.stem)];
            row.extend((0..KAHOOT_OPTIONS).map(|i| options.get(i).map(|o| one_line(o)).unwrap_or_default()));
            row.extend([KAHOOT_SECONDS.to_owned(), (place + 1).to_string()]);
            rows.push(row);
            note_extras(i + 1, question, &options, notes);
        }
    }
    table(QuizFormat::CsvKahoot, &rows)
}

fn note_extras(n: usize, question: &Question, options: &[String], notes: &mut Notes) {
    if !after_answering(question).is_empty() {
        notes.add(n, "explanation", "Kahoot's sheet has no explanations");
    }
    if (question.points - 1.0).abs() > f32::EPSILON {
        notes.add(n, "points", "Kahoot counts points its own way");
    }
    if options.iter().chain([&question.stem]).any(|text| one_line(text) != *text) {
        notes.add(n, "line breaks", "Kahoot has one line per text; line breaks and tabs became blanks");
    }
    notes.add_tags(n, question);
    notes.add_passage(n, question);
}

/// The columns that Google Forms' quiz add-ons read; answers that count as right stand below each other.
pub fn write_google_forms(quiz: &Quiz, notes: &mut Notes) -> QuizFileResult<Vec<u8>> {
    let options = Numbered::new("Option ", quiz, |q| if can_mark(q) { options_and_key(q).0 } else { vec![] });
    let mut head: Vec<String> = ["Question Text", "Question Type"].map(str::to_owned).to_vec();
    head.extend(options.head());
    head.extend(["Correct Answer", "Points", "Feedback"].map(str::to_owned));
    let mut rows = vec![head];
    for (i, question) in quiz.questions.iter().enumerate() {
        if !can_mark(question) {
            notes.add(i + 1, "question", "Google Forms marks neither ordering nor matching");
            continue;
        }
        let chooses = matches!(question.body, QuestionBody::MultipleChoice { .. } | QuestionBody::TrueFalse { .. });
        let key = options_and_key(question).1;
        let (kind, key) = if chooses {
            ("MULTIPLE_CHOICE", key)
        } else {
            ("SHORT_ANSWER", answers(i + 1, &key, accepted(question), notes))
        };
        let mut row = vec![question.stem.clone(), kind.to_owned()];
        row.extend(options.cells(i));
        row.extend([key, number(question.points), after_answering(question)]);
        rows.push(row);
        notes.add_tags(i + 1, question);
        notes.add_passage(i + 1, question);
    }
    table(QuizFormat::CsvGoogleForms, &rows)
}

fn can_mark(question: &Question) -> bool {
    !matches!(question.body, QuestionBody::Ordering { .. } | QuestionBody::Matching { .. })
}

/// Every answer that counts as right, one per line.
fn answers(n: usize, key: &str, accepted: &[String], notes: &mut Notes) -> String {
    let all = || std::iter::once(key).chain(accepted.iter().map(String::as_str));
    if all().any(|text| one_line(text) != text) {
        notes.add(n, "line breaks in answers", "a short answer is one line; line breaks and tabs became blanks");
    }
    all().map(one_line).collect::<Vec<_>>().join("\n")
}
