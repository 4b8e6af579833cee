//! Aiken, <https://docs.moodle.org/en/Aiken_format>: one line per question and option, choices only.

use std::fmt::Write;

use domain::{Question, QuestionBody, Quiz};
use text::one_line;

use super::{
    not_held::Notes,
    plain_text::{after_answering, letter},
    words::FileWords,
};

/// Bytes below which Moodle takes a line for an empty one.
const SHORTEST_LINE: usize = 2;

/// The quiz as text.
pub fn write(quiz: &Quiz, notes: &mut Notes) -> String {
    let mut out = String::new();
    for (i, question) in quiz.questions.iter().enumerate() {
        let n = i + 1;
        let words = FileWords::of(question.language);
        let (options, key) = match &question.body {
            QuestionBody::MultipleChoice { options, key } => {
                (options.clone(), options.iter().position(|o| o == key).unwrap_or(0))
            }
            QuestionBody::TrueFalse { key } => (vec![words.yes.to_owned(), words.no.to_owned()], usize::from(!key)),
            _ => {
                notes.add(n, "question", "Aiken holds choices only; export GIFT or Moodle XML for the other kinds");
                continue;
            }
        };
        let stem = one_line(&question.stem);
        if reads_as_syntax(&stem) {
            notes.add(n, "question", "its first words would be read as an option or an answer line");
            continue;
        }
        if stem.len() < SHORTEST_LINE {
            notes.add(n, "question", "Aiken passes over lines of one character");
            continue;
        }
        note(n, question, &options, notes);
        let _ = writeln!(out, "{stem}");
        for (i, option) in options.iter().enumerate() {
            let _ = writeln!(out, "{}. {}", letter(i), one_line(option));
        }
        let _ = writeln!(out, "ANSWER: {}\n", letter(key));
    }
    out
}

fn note(n: usize, question: &Question, options: &[String], notes: &mut Notes) {
    if !after_answering(question).is_empty() {
        notes.add(n, "explanation", "Aiken has no explanations or feedback");
    }
    if options.iter().chain([&question.stem]).any(|text| one_line(text) != *text) {
        notes.add(n, "line breaks", "Aiken has one line per text; line breaks and tabs became blanks");
    }
    if (question.points - 1.0).abs() > f32::EPSILON {
        notes.add(n, "points", "Aiken has no points");
    }
    notes.add_tags(n, question);
    notes.add_passage(n, question);
}

/// `A. …`, `A) …` or `ANSWER: …`.
fn reads_as_syntax(line: &str) -> bool {
    let mut chars = line.chars();
    let option =
        chars.next().is_some_and(|c| c.is_ascii_alphabetic()) && chars.next().is_some_and(|c| c == '.' || c == ')');
    option || line.to_ascii_uppercase().starts_with("ANSWER:")
}
