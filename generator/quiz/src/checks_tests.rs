//! Every branch of the checks of options, and of what the text says of them.

use domain::{Check, Citation, DocumentId, Language, Passage, Question, QuestionBody};

use super::{
    book::Book,
    checks::{distractors_unsupported, options_alike, well_formed},
    question_parts::question,
    source::QuizSource,
};

const TEXT: &str = "In 1845 Texas joined the United States. Utah joined the United States in 1896. The army of General \
                    Scott took the capital. The capital lies high.";

fn choice(stem: &str, key: &str, others: &[&str]) -> Question {
    let mut options: Vec<String> = others.iter().map(|o| (*o).to_owned()).collect();
    options.insert(1, key.to_owned());
    question(stem.to_owned(), QuestionBody::MultipleChoice { options, key: key.to_owned() }, vec![], Language::English)
}

#[test]
fn options_are_alike_unless_their_form_tells_the_key() {
    let stem = "What did the settlers reach first?";
    let cases = [
        ("alike", choice(stem, "the lake", &["the river", "the coast"]), None),
        (
            "long",
            choice(stem, "the lake", &["a river that flows from the hills to the sea", "sea"]),
            Some("characters"),
        ),
        ("longest", choice(stem, "the northern lakes", &["the coast", "the hills"]), Some("by far the longest")),
        ("shortest", choice(stem, "sea", &["the hills", "the coast"]), Some("by far the shortest")),
        ("digits", choice(stem, "1848 m", &["a hill", "a lake"]), Some("alone has its form")),
        ("capital", choice(stem, "the lake", &["The coast", "The river"]), Some("alone has its form")),
        ("full stop", choice(stem, "the lake.", &["the coast", "the river"]), Some("alone has its form")),
        ("quotes", choice(stem, "“the lake”", &["the coast", "the river"]), Some("alone has its form")),
        ("article", choice("They saw an _____ there.", "eagle", &["otter", "bear"]), Some("the article")),
        ("one", choice("The _____ was green.", "leaf", &["roots", "stem"]), Some("“roots”")),
        ("several", choice("What are the parts?", "leaves", &["roots", "stem"]), Some("“stem”")),
        ("no number", choice("The _____ was green.", "leaf", &["Texas", "stem"]), None),
        (
            "shown",
            choice("What did the lakeside settlers see?", "lakeside", &["mountain", "riverbed"]),
            Some("the stem"),
        ),
        (
            "shown of others too",
            choice("Which great lake did they see?", "Lake Erie", &["Lake Como", "Lake Ohio"]),
            None,
        ),
    ];
    for (name, question, fault) in cases {
        assert_found(name, &options_alike(&question), fault);
    }
    let cloze = QuestionBody::Cloze { key: "x".to_owned(), accepted: vec![] };
    assert_found("cloze", &options_alike(&question("_____".to_owned(), cloze, vec![], Language::English)), None);
}

#[test]
fn all_of_the_above_is_no_option() {
    for option in ["All of the above", "none of the above.", "以上皆是", "以上都不是"] {
        let question = choice("What did they reach?", "the lake", &["the coast", option]);
        assert_found(option, &well_formed(&question), Some("“all of the above” is no option"));
    }
    assert_found(
        "others",
        &well_formed(&choice("What did they reach?", "the lake", &["the coast", "all of it"])),
        None,
    );
}

fn assert_found(name: &str, check: &Check, fault: Option<&str>) {
    assert_eq!(check.passed, fault.is_none(), "{name}: {}", check.found);
    assert!(check.found.contains(fault.unwrap_or_default()), "{name}: {}", check.found);
}

fn source() -> QuizSource {
    QuizSource {
        document_id: DocumentId::new(),
        document_name: "reader.pdf".to_owned(),
        text: TEXT.to_owned(),
        start: 0,
        page: 1,
        heading_path: vec![],
        language: Language::English,
        items: vec![],
    }
}

/// A citation of a part of the text.
fn cited(source: &QuizSource, quote: &str) -> Citation {
    let start = TEXT.find(quote).expect("it is in the text");
    Citation {
        n: 1,
        document_id: source.document_id,
        document_name: source.document_name.clone(),
        page: 1,
        paged: true,
        heading_path: vec![],
        quote: quote.to_owned(),
        start,
        end: start + quote.len(),
        boxes: vec![],
        shown: None,
    }
}

#[tokio::test]
async fn what_the_text_says_of_a_distractor_or_a_false_statement_is_found() {
    let source = source();
    let (sources, passages): (Vec<QuizSource>, Vec<Passage>) = (vec![source.clone()], vec![source.passage(1)]);
    let book = Book::read(&sources, &passages).await;
    let texas = || vec![cited(&source, "In 1845 Texas joined the United States.")];
    let with = |question: Question| Question { evidence: texas(), ..question };
    let stem = "Which state joined the United States in 1845?";
    let said =
        |stem: &str, key| with(question(stem.to_owned(), QuestionBody::TrueFalse { key }, vec![], Language::English));
    let cases = [
        ("fine", with(choice(stem, "Texas", &["Ohio", "Maine"])), None),
        ("same", with(choice(stem, "Texas", &["the Texas", "Maine"])), Some("name the same")),
        (
            "in the quote",
            with(choice(stem, "Texas", &["United States", "Maine"])),
            Some("stands in the cited sentence"),
        ),
        ("elsewhere", with(choice(stem, "Texas", &["Utah", "Maine"])), Some("of the stem's words")),
        ("false", said("In 1821 Texas joined the United States.", false), None),
        ("denies the quote", said("In 1845 Texas did not join the United States.", false), None),
        ("true elsewhere", said("In 1896 Utah joined the United States.", false), Some("the text says it")),
        ("true", said("In 1845 Texas joined the United States.", true), Some("no distractors")),
    ];
    for (name, question, fault) in cases {
        let check = distractors_unsupported(&question, &book, Some(0));
        assert_eq!(check.passed, fault.is_none_or(|f| f == "no distractors"), "{name}: {}", check.found);
        assert!(check.found.contains(fault.unwrap_or_default()), "{name}: {}", check.found);
    }
    let unread = distractors_unsupported(&with(choice(stem, "Texas", &["Utah", "Maine"])), &book, None);
    assert!(unread.passed, "without a passage nothing can be looked up: {}", unread.found);
}
