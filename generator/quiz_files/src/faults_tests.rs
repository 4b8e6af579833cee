//! Files with faults: each is told with the line it stands on.

use domain::Language;

use super::{QuizFormat, import_quiz};
use crate::QuizFileError;

fn faults(format: QuizFormat, text: &str) -> Vec<(usize, String)> {
    match import_quiz(format, text.as_bytes(), &|_| Language::English) {
        Err(QuizFileError::Invalid { problems, .. }) => {
            problems.into_iter().map(|problem| (problem.line, problem.reason)).collect()
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn questions_that_do_not_hold_together_are_told_with_their_lines() {
    let gift = "// Units\n\n::a::Fine{TRUE}\n\n// a remark\n::b::Match{\n=x -> 1\n=x -> 2\n}\n\n::c::Fine too{FALSE}\n";
    let pair =
        |left: &str| format!("<subquestion><text>{left}</text><answer><text>{left}</text></answer></subquestion>");
    let xml = format!(
        "<quiz>\n<question type=\"truefalse\">\n<questiontext><text>Fine</text></questiontext>\n\
         <answer fraction=\"100\"><text>true</text></answer>\n</question>\n<question type=\"matching\">\n\
         <questiontext><text>Match</text></questiontext>\n{}\n{}\n</question>\n</quiz>",
        pair("x"),
        pair("x")
    );
    let json = r#"{"title": "Units", "questions": [
  {"stem": "Fine", "kind": "true_false", "key": true, "language": "en"},

  {"stem": " ", "kind": "true_false", "key": true,
   "language": "en"}
]}"#;
    for (format, text, line) in
        [(QuizFormat::Gift, gift, 6), (QuizFormat::MoodleXml, xml.as_str(), 6), (QuizFormat::Json, json, 4)]
    {
        let found = faults(format, text);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].0, line, "{found:?}");
        assert!(found[0].1.starts_with("question 2: "), "{found:?}");
    }
}

#[test]
fn every_broken_question_of_json_is_told_with_its_line() {
    let json = r#"{"questions": [
  {"stem": "No language", "kind": "true_false", "key": true},
  {"stem": "Fine", "kind": "true_false", "key": true, "language": "en"},
  {"stem": "No such kind",
   "kind": "essay"}
]}"#;
    let found = faults(QuizFormat::Json, json);
    assert_eq!(found.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [2, 5], "{found:?}");
    assert!(found.iter().all(|(_, reason)| !reason.contains(" column ")), "{found:?}");
    assert_eq!(faults(QuizFormat::Json, "{\n\"questions\": oh").first().map(|(line, _)| *line), Some(2));
}
