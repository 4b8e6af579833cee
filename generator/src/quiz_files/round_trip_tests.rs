//! What goes out comes back: random quizzes with every character that some format takes for markup.

use domain::{
    BLANK, CognitiveLevel, CourseId, Difficulty, Language, MatchPair, Proof, Question, QuestionBody, Quiz, QuizId,
    QuizRequest,
};
use proptest::prelude::*;

use super::{QuizFormat, export_quiz, import_quiz, plain_text::after_answering};

/// Pieces that break careless writers.
const PIECES: [&str; 46] = [
    "{",
    "}",
    "=",
    "~",
    "#",
    ":",
    "::",
    "####",
    "\\",
    "\\n",
    "\\\\",
    "->",
    "%50%",
    "%",
    "[html]",
    "[plain]",
    "//",
    "$CATEGORY:",
    "\"",
    "'",
    "“光”",
    "<b>",
    "</p>",
    "<",
    ">",
    "&",
    "&lt;",
    "&#65;",
    "&nbsp;",
    "]]>",
    "<![CDATA[",
    "<!--",
    "\n",
    "\n\n",
    "\t",
    ",",
    ";",
    "*",
    "\\*",
    "$x^2_{i} < \\frac{1}{2}$",
    "植物",
    "，。？",
    "🌿",
    "é",
    "TRUE",
    "A. ",
];

fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        3 => "[a-zA-Z0-9]{1,6}".prop_map(String::from),
        1 => Just(" ".to_owned()),
        4 => proptest::sample::select(&PIECES[..]).prop_map(str::to_owned),
    ];
    proptest::collection::vec(piece, 1..9).prop_map(|pieces| pieces.concat()).prop_filter("a text", |text| {
        let clean = super::plain_text::clean(text);
        !clean.is_empty() && !text.contains(BLANK) && clean == *text
    })
}

fn texts(from: usize, to: usize) -> impl Strategy<Value = Vec<String>> {
    proptest::collection::btree_set(text(), from..=to).prop_map(|set| set.into_iter().collect())
}

fn body() -> impl Strategy<Value = QuestionBody> {
    let pair = |(left, right)| MatchPair { left, right };
    prop_oneof![
        (texts(3, 5), 0..3_usize)
            .prop_map(|(options, i)| QuestionBody::MultipleChoice { key: options[i].clone(), options }),
        any::<bool>().prop_map(|key| QuestionBody::TrueFalse { key }),
        texts(1, 3).prop_map(|mut all| QuestionBody::Cloze { key: all.remove(0), accepted: all }),
        texts(1, 3).prop_map(|mut all| QuestionBody::ShortAnswer { key: all.remove(0), accepted: all }),
        texts(2, 5).prop_map(|key| QuestionBody::Ordering { options: key.iter().rev().cloned().collect(), key }),
        (texts(3, 3), texts(3, 3)).prop_map(move |(lefts, rights)| QuestionBody::Matching {
            pairs: lefts.into_iter().zip(rights).map(pair).collect()
        }),
    ]
}

fn question() -> impl Strategy<Value = Question> {
    let rest = (prop_oneof![Just(String::new()), text()], prop_oneof![Just(String::new()), text()], "[a-z植物 -]{0,8}");
    (text(), body(), rest, 1..5_u8).prop_map(|(stem, body, (explanation, feedback, tag), points)| Question {
        stem: if matches!(body, QuestionBody::Cloze { .. }) { format!("{stem} {BLANK} x") } else { stem },
        body,
        explanation,
        evidence: vec![],
        difficulty: Difficulty::Medium,
        level: CognitiveLevel::Recall,
        language: Language::English,
        points: f32::from(points) / 2.0,
        feedback,
        tags: Some(tag.trim().to_owned()).filter(|tag| !tag.is_empty()).into_iter().collect(),
        locked: false,
        reused: false,
        proof: Proof::default(),
    })
}

pub fn quiz(title: &str, questions: Vec<Question>) -> Quiz {
    Quiz {
        id: QuizId::new(),
        course_id: CourseId::new(),
        title: title.to_owned(),
        request: QuizRequest {
            count: 1,
            kinds: vec![],
            language: None,
            document_ids: vec![],
            pages: vec![],
            difficulty: None,
            level: None,
            seed: None,
            reuse_items: false,
            title: None,
        },
        questions,
        tried: 0,
        left_out: vec![],
        created_at: String::new(),
        updated_at: String::new(),
    }
}

/// What every importable format keeps: the order in which items are shown is made anew, explanation and feedback are one.
/// GIFT has no points, and no arrow in short answers.
fn kept(question: &Question, points: bool) -> Question {
    let mut kept = question.clone();
    if let QuestionBody::Ordering { options, .. } = &mut kept.body {
        options.sort();
    }
    kept.explanation = after_answering(&super::clean_quiz::cleaned(&quiz("", vec![question.clone()])).questions[0]);
    kept.feedback = String::new();
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
