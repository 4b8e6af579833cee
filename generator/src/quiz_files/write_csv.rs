//! Tables (RFC 4180, UTF-8 with the mark that spreadsheets look for): everything, or the columns of Kahoot or of Google
//! Forms' add-ons.

use csv::WriterBuilder;
use domain::{Question, QuestionBody, Quiz};

use super::{
    QuizFormat,
    not_held::Notes,
    plain_text::{after_answering, number, one_line},
    unwritable,
    words::Words,
};
use crate::GeneratorResult;

const BOM: &[u8] = b"\xef\xbb\xbf";
/// Kahoot's limits, in characters.
const KAHOOT_QUESTION: usize = 120;
const KAHOOT_ANSWER: usize = 75;
const KAHOOT_OPTIONS: usize = 4;
/// Seconds that Kahoot gives for a question; one of its own steps.
const KAHOOT_SECONDS: &str = "30";

fn table(format: QuizFormat, rows: &[Vec<String>]) -> GeneratorResult<Vec<u8>> {
    let mut writer = WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(BOM.to_vec());
    for row in rows {
        writer.write_record(row).map_err(|e| unwritable(format, &e))?;
    }
    writer.into_inner().map_err(|e| unwritable(format, &e))
}

fn name_of(value: &impl serde::Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
}

/// What is shown to choose from, and what is right; several right texts or an order are one per line.
fn options_and_key(question: &Question) -> (Vec<String>, Vec<String>) {
    let words = Words::of(question.language);
    match &question.body {
        QuestionBody::MultipleChoice { options, key } => (options.clone(), vec![key.clone()]),
        QuestionBody::TrueFalse { key } => {
            (vec![words.yes.to_owned(), words.no.to_owned()], vec![words.truth(*key).to_owned()])
        }
        QuestionBody::Cloze { key, .. } | QuestionBody::ShortAnswer { key, .. } => (vec![], vec![key.clone()]),
        QuestionBody::Ordering { options, key } => (options.clone(), key.clone()),
        QuestionBody::Matching { pairs } => {
            let pairs: Vec<String> = pairs.iter().map(|p| format!("{} -> {}", p.left, p.right)).collect();
            (vec![], pairs)
        }
    }
}

fn accepted(question: &Question) -> &[String] {
    match &question.body {
        QuestionBody::Cloze { accepted, .. } | QuestionBody::ShortAnswer { accepted, .. } => accepted,
        _ => &[],
    }
}

/// A row per question, every column that a question has.
pub fn write_all(quiz: &Quiz) -> GeneratorResult<Vec<u8>> {
    let options = quiz.questions.iter().map(|q| options_and_key(q).0.len()).max().unwrap_or(0);
    let mut head: Vec<String> = ["number", "kind", "question"].map(str::to_owned).to_vec();
    head.extend((1..=options).map(|i| format!("option_{i}")));
    let rest = ["key", "also_right", "explanation", "feedback", "points", "difficulty", "level", "language", "tags"];
    head.extend(rest.iter().chain(&["document", "page", "evidence"]).map(|name| (*name).to_owned()));
    let mut rows = vec![head];
    for (i, question) in quiz.questions.iter().enumerate() {
        let (shown, key) = options_and_key(question);
        let mut row = vec![(i + 1).to_string(), name_of(&question.body.kind()), question.stem.clone()];
        row.extend((0..options).map(|i| shown.get(i).cloned().unwrap_or_default()));
        row.extend([
            key.join("\n"),
            accepted(question).join("\n"),
            question.explanation.clone(),
            question.feedback.clone(),
            number(question.points),
            name_of(&question.difficulty),
            name_of(&question.level),
            name_of(&question.language),
            question.tags.join("\n"),
        ]);
        let evidence =
            |of: &dyn Fn(&domain::Citation) -> String| question.evidence.iter().map(of).collect::<Vec<_>>().join("\n");
        row.push(evidence(&|c| c.document_name.clone()));
        row.push(evidence(&|c| c.page.to_string()));
        row.push(evidence(&|c| c.quote.clone()));
        rows.push(row);
    }
    table(QuizFormat::Csv, &rows)
}

/// The columns of Kahoot's import sheet.
pub fn write_kahoot(quiz: &Quiz, notes: &mut Notes) -> GeneratorResult<Vec<u8>> {
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
            let place = options.iter().position(|o| Some(o) == key.first()).unwrap_or(0);
            let mut row = vec![one_line(&question.stem)];
            row.extend((0..KAHOOT_OPTIONS).map(|i| options.get(i).map(|o| one_line(o)).unwrap_or_default()));
            row.extend([KAHOOT_SECONDS.to_owned(), (place + 1).to_string()]);
            rows.push(row);
            note_extras(i + 1, question, notes);
        }
    }
    table(QuizFormat::CsvKahoot, &rows)
}

fn note_extras(n: usize, question: &Question, notes: &mut Notes) {
    if !after_answering(question).is_empty() {
        notes.add(n, "explanation", "Kahoot's sheet has no explanations");
    }
    if (question.points - 1.0).abs() > f32::EPSILON {
        notes.add(n, "points", "Kahoot counts points its own way");
    }
}

/// The columns that Google Forms' quiz add-ons read.
pub fn write_google_forms(quiz: &Quiz, notes: &mut Notes) -> GeneratorResult<Vec<u8>> {
    let options = quiz.questions.iter().map(|q| options_and_key(q).0.len()).max().unwrap_or(0);
    let mut head: Vec<String> = ["Question Text", "Question Type"].map(str::to_owned).to_vec();
    head.extend((1..=options).map(|i| format!("Option {i}")));
    head.extend(["Correct Answer", "Points", "Feedback"].map(str::to_owned));
    let mut rows = vec![head];
    for (i, question) in quiz.questions.iter().enumerate() {
        let kind = match question.body {
            QuestionBody::MultipleChoice { .. } | QuestionBody::TrueFalse { .. } => "MULTIPLE_CHOICE",
            QuestionBody::Cloze { .. } | QuestionBody::ShortAnswer { .. } => "SHORT_ANSWER",
            QuestionBody::Ordering { .. } | QuestionBody::Matching { .. } => {
                notes.add(i + 1, "question", "Google Forms marks neither ordering nor matching");
                continue;
            }
        };
        let (shown, mut key) = options_and_key(question);
        key.extend(accepted(question).iter().cloned());
        let mut row = vec![question.stem.clone(), kind.to_owned()];
        row.extend((0..options).map(|i| shown.get(i).cloned().unwrap_or_default()));
        row.extend([key.join("\n"), number(question.points), after_answering(question)]);
        rows.push(row);
    }
    table(QuizFormat::CsvGoogleForms, &rows)
}
