//! What goes out comes back: random quizzes with every character that some format takes for markup.

use domain::{Language, Question, QuestionBody};
use proptest::prelude::*;

use super::{
    QuizFormat, export_quiz, import_quiz,
    plain_text::after_answering,
    random_quiz::{PIECES, question, quiz},
};

/// What every importable format keeps: the order in which items are shown is made anew, explanation and feedback are one.
/// GIFT has no points, and no arrow in short answers; neither has evidence or tells the language.
fn kept(question: &Question, points: bool) -> Question {
    let mut kept = question.clone();
    if let QuestionBody::Ordering { options, .. } = &mut kept.body {
        options.sort();
    }
    kept.explanation = after_answering(&super::clean_quiz::cleaned(&quiz("", vec![question.clone()])).questions[0]);
    kept.feedback = String::new();
    kept.evidence = vec![];
    kept.language = Language::English;
    if !points {
        kept.points = 1.0;
        if let QuestionBody::Cloze { key, accepted } | QuestionBody::ShortAnswer { key, accepted } = &mut kept.body {
            std::iter::once(key).chain(accepted).for_each(|text| *text = text.replace("->", "→"));
        }
    }
    kept
}

fn round_trip(format: QuizFormat, questions: Vec<Question>, points: bool) {
    let quiz = quiz("Units 1/2: light & \"water\"", questions);
    let file = export_quiz(&quiz, format).expect("it can be written");
    let shown = String::from_utf8_lossy(&file.bytes).into_owned();
    let back = import_quiz(format, &file.bytes, &|_| Language::English);
    let back = back.unwrap_or_else(|e| panic!("{e}\n{shown}"));
    assert_eq!(back.left_out, [], "{shown}");
    assert_eq!(back.title.as_deref(), Some(quiz.title.as_str()));
    let expected: Vec<Question> = quiz.questions.iter().map(|q| kept(q, points)).collect();
    let found: Vec<Question> = back.questions.iter().map(|q| kept(q, points)).collect();
    assert_eq!(found, expected, "{shown}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    #[test]
    fn gift_comes_back(questions in proptest::collection::vec(question(), 1..5)) {
        round_trip(QuizFormat::Gift, questions, false);
    }

    #[test]
    fn moodle_xml_comes_back(questions in proptest::collection::vec(question(), 1..5)) {
        round_trip(QuizFormat::MoodleXml, questions, true);
    }

    #[test]
    fn json_comes_back(questions in proptest::collection::vec(question(), 1..5)) {
        let quiz = quiz("Title", questions);
        let file = export_quiz(&quiz, QuizFormat::Json).expect("it can be written");
        let back = import_quiz(QuizFormat::Json, &file.bytes, &|_| Language::English).expect("it can be read");
        prop_assert_eq!(back.questions, quiz.questions);
    }

    #[test]
    fn every_format_writes_every_quiz(questions in proptest::collection::vec(question(), 0..5)) {
        let quiz = quiz("Title", questions);
        for format in QuizFormat::ALL {
            prop_assert!(export_quiz(&quiz, format).is_ok());
        }
    }

    #[test]
    fn no_text_makes_the_readers_panic(pieces in proptest::collection::vec(proptest::sample::select(&PIECES[..]), 0..30)) {
        let text = format!("<quiz><question type=\"multichoice\">{}", pieces.concat());
        for format in [QuizFormat::Gift, QuizFormat::MoodleXml, QuizFormat::Json] {
            drop(import_quiz(format, pieces.concat().as_bytes(), &|_| Language::Other));
            drop(import_quiz(format, text.as_bytes(), &|_| Language::Other));
        }
    }
}
