//! Passages of reading sets in every format: shown once before their questions, or said to be missing.

use domain::{Citation, DocumentId, Language, Question, QuestionBody, Quiz};

use super::{QuizFormat, export_quiz, import_quiz, random_quiz};

fn reading_set() -> Quiz {
    let passage = Citation {
        n: 1,
        document_id: DocumentId::new(),
        document_name: "reader.pdf".to_owned(),
        page: 7,
        paged: true,
        heading_path: vec![],
        quote: "Texas {joined} in 1845.\nUtah <followed>.".to_owned(),
        start: 0,
        end: 40,
        boxes: Vec::new(),
        shown: None,
    };
    let question = |stem: &str, passage: Option<usize>| -> Question {
        let value = serde_json::json!({
            "stem": stem, "kind": "true_false", "key": true, "language": Language::English, "passage": passage,
        });
        serde_json::from_value(value).unwrap()
    };
    let questions = vec![
        question("Rain is wet.", None),
        question("Texas joined first.", Some(1)),
        question("Utah followed.", Some(1)),
        question("A number that no passage has.", Some(9)),
    ];
    Quiz { passages: vec![passage], ..random_quiz::quiz("Set", questions) }
}

#[test]
fn a_passage_stands_once_before_its_questions_or_is_told_to_be_missing() {
    for format in QuizFormat::ALL {
        let file = export_quiz(&reading_set(), format).unwrap();
        let missing: Vec<usize> =
            file.not_held.iter().filter(|n| n.what == "passage").flat_map(|n| n.questions.clone()).collect();
        let (held, times) = match format {
            QuizFormat::Aiken | QuizFormat::CsvKahoot | QuizFormat::CsvGoogleForms => (false, 0),
            // A row, a note or an item may be shown without its neighbours: each has the passage.
            QuizFormat::Csv | QuizFormat::Anki => (true, 2),
            QuizFormat::Qti21 | QuizFormat::Qti30 => continue,
            _ => (true, 1),
        };
        assert_eq!(missing, if held { vec![] } else { vec![2, 3, 4] }, "{format:?}");
        let text = String::from_utf8(file.bytes).unwrap();
        assert_eq!(text.matches("in 1845").count(), times, "{format:?}: {text}");
        let before = text.find("in 1845") < text.find("Texas joined first");
        // A field and a column have their place by name.
        let named = matches!(format, QuizFormat::Json | QuizFormat::Csv);
        assert!(!held || before || named, "{format:?}");
    }
}

#[test]
fn qti_items_hold_their_passage() {
    use std::io::Read;
    for format in [QuizFormat::Qti21, QuizFormat::Qti30] {
        let bytes = export_quiz(&reading_set(), format).unwrap().bytes;
        let mut zip = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
        for (item, held) in [("items/q001.xml", false), ("items/q002.xml", true), ("items/q003.xml", true)] {
            let mut text = String::new();
            zip.by_name(item).unwrap().read_to_string(&mut text).unwrap();
            assert_eq!(text.contains("Utah &lt;followed&gt;"), held, "{format:?} {item}: {text}");
        }
    }
}

#[test]
fn json_brings_passages_back_and_other_formats_their_questions() {
    let quiz = reading_set();
    for format in [QuizFormat::Json, QuizFormat::Gift, QuizFormat::MoodleXml] {
        let bytes = export_quiz(&quiz, format).unwrap().bytes;
        let back = import_quiz(format, &bytes, &|_| Language::English).unwrap();
        let stems: Vec<&str> = back.questions.iter().map(|q| q.stem.as_str()).collect();
        let sent: Vec<&str> = quiz.questions.iter().map(|q| q.stem.as_str()).collect();
        assert_eq!(stems, sent, "{format:?}");
        assert!(back.questions.iter().all(|q| matches!(q.body, QuestionBody::TrueFalse { key: true })));
        if format == QuizFormat::Json {
            assert_eq!(back.passages, quiz.passages);
            let numbers: Vec<Option<usize>> = back.questions.iter().map(|q| q.passage).collect();
            assert_eq!(numbers, [None, Some(1), Some(1), None]);
        }
    }
}
