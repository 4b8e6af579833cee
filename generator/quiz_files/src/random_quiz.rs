//! Random quizzes with every character that some format takes for markup, in English and Traditional Chinese.
//! `round_trip_tests` reads them back with our own readers, `examples/write_quiz_files.rs` writes them for others'.

use domain::{
    BLANK, Citation, CognitiveLevel, CourseId, Difficulty, DocumentId, Language, MatchPair, Proof, Question,
    QuestionBody, Quiz, QuizId, QuizRequest,
};
use proptest::prelude::*;

/// Pieces that break careless writers.
pub const PIECES: [&str; 46] = [
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
    proptest::collection::vec(piece, 1..9)
        .prop_map(|pieces| pieces.concat())
        .prop_filter("a text", |text| !text.is_empty() && !text.contains(BLANK) && text.trim() == text)
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

/// A quote of a document; a passage has the form of one.
pub fn citation() -> impl Strategy<Value = Citation> {
    ("[a-z植物]{1,9}", 1..400_u32, text()).prop_map(|(name, page, quote)| Citation {
        n: 1,
        document_id: DocumentId::new(),
        document_name: format!("{name}.pdf"),
        page,
        paged: true,
        heading_path: vec![],
        start: 0,
        end: quote.len(),
        quote,
        boxes: vec![],
        shown: None,
    })
}

fn maybe_text() -> impl Strategy<Value = String> {
    prop_oneof![Just(String::new()), text()]
}

/// A question of any kind.
pub fn question() -> impl Strategy<Value = Question> {
    let language = prop_oneof![Just(Language::English), Just(Language::TraditionalChinese)];
    let rest = (maybe_text(), maybe_text(), "[a-z植物 &'-]{0,8}");
    let about = (1..5_u8, language, proptest::collection::vec(citation(), 0..3));
    (text(), body(), rest, about).prop_map(|(stem, body, (explanation, feedback, tag), about)| Question {
        stem: if matches!(body, QuestionBody::Cloze { .. }) { format!("{stem} {BLANK} x") } else { stem },
        body,
        explanation,
        evidence: about.2,
        difficulty: Difficulty::Medium,
        level: CognitiveLevel::Recall,
        language: about.1,
        points: f32::from(about.0) / 2.0,
        feedback,
        tags: Some(tag.trim().to_owned()).filter(|tag| !tag.is_empty()).into_iter().collect(),
        locked: false,
        reused: false,
        proof: Proof::default(),
        passage: None,
    })
}

/// A quiz of these questions.
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
            questions_per_passage: None,
        },
        questions,
        passages: vec![],
        tried: 0,
        left_out: vec![],
        created_at: String::new(),
        updated_at: String::new(),
    }
}
