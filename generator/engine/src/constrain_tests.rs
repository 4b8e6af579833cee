//! Constraints without a network: whatever token is preferred at each step, what comes out satisfies them.

use std::sync::LazyLock;

use domain::ports::Constraint;
use proptest::prelude::*;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};

use super::{constrain::Constrainer, gguf_model::Texts, tests::metadata_with, vocabulary::Vocabulary};
use crate::EngineError;

/// Bytes, and tokens that reach over the edges of words, passages and endings.
const TOKENS: [&str; 18] = [
    "Ġthe", "the", "ing", "Ġ[", "Ġ[1", "1]", "Ġ[2]", "],", "Ġa", "Ġb", "ab", "abĠ", "aĠb", ".Ġ", "ab.", "Not", "ĠinĠ",
    "\",\"",
];

/// A vocabulary of bytes and the tokens above.
static BYTES: LazyLock<(Constrainer, std::sync::Arc<Vocabulary>)> = LazyLock::new(|| {
    let texts = Texts::read(&metadata_with(&TOKENS), 259 + TOKENS.len()).unwrap();
    (Constrainer::new(texts.tokenizer, texts.vocabulary.clone()), texts.vocabulary)
});

/// What comes out where at each step one of the tokens that the rules leave is drawn: long ones more often than the many
/// single bytes. Nothing where it has no end after `most` tokens.
fn draw(constraint: &Constraint, seed: u64, most: usize) -> Result<Option<String>, EngineError> {
    let (constrainer, vocabulary) = &*BYTES;
    let mut rules = constrainer.rules(constraint.clone())?;
    let mut random = StdRng::seed_from_u64(seed);
    let mut bytes: Vec<u8> = Vec::new();
    for _ in 0..most {
        for token in rules.forced()? {
            bytes.extend(vocabulary.bytes(token));
        }
        if rules.is_done() {
            return Ok(Some(String::from_utf8(bytes).unwrap()));
        }
        let prefer = |token: usize| vocabulary.bytes(token as u32).len().max(1) as f32;
        let mut logits: Vec<f32> = (0..vocabulary.len()).map(|t| random.random::<f32>() * prefer(t)).collect();
        rules.mask(&mut logits)?;
        let best = (0..).zip(&logits).max_by(|a, b| a.1.total_cmp(b.1)).map_or(0, |(token, _)| token);
        assert!(logits[best as usize] > f32::NEG_INFINITY);
        if vocabulary.is_end(best) {
            return Ok(Some(String::from_utf8(bytes).unwrap()));
        }
        rules.accept(best)?;
        bytes.extend(vocabulary.bytes(best));
    }
    Ok(None)
}

/// Whether `text` is whole words of the passage whose number it ends with.
fn is_cited(text: &str, passages: &[String]) -> bool {
    let Some((words, number)) = text.strip_suffix(']').and_then(|t| t.rsplit_once(" [")) else { return false };
    let number: usize = number.parse().unwrap();
    let passage = passages[number - 1].split_whitespace().collect::<Vec<_>>().join(" ");
    let part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() && !('\u{4E00}'..='\u{9FFF}').contains(&c));
    let within = |a: Option<char>, b: Option<char>| part(a) && part(b);
    let whole = |(at, found): (usize, &str)| {
        let (before, after) = (&passage[..at], &passage[at + found.len()..]);
        !within(before.chars().next_back(), found.chars().next())
            && !within(found.chars().next_back(), after.chars().next())
    };
    words.trim() == words
        && words.contains(char::is_alphanumeric)
        && (0..=passage.len())
            .any(|at| passage.get(at..).is_some_and(|rest| rest.starts_with(words)) && whole((at, words)))
}

proptest! {
    #[test]
    fn cited_words_stand_in_the_passage_whose_number_follows(
        passages in prop::collection::vec("([ab.1] ?|the |testing\n|光合作用 ?|\\[1\\] |-){0,12}", 1..4),
        refuses in any::<bool>(),
        seed in any::<u64>(),
    ) {
        let refusal = refuses.then(|| "Not in the passages.".to_owned());
        let worded = passages.iter().any(|p| p.contains(char::is_alphanumeric));
        let constraint = Constraint::Cited { passages: passages.clone(), refusal: refusal.clone() };
        match draw(&constraint, seed, 200) {
            Ok(Some(text)) if refusal.as_ref() == Some(&text) => {}
            Ok(Some(text)) => prop_assert!(is_cited(&text, &passages), "{text:?} {passages:?}"),
            Ok(None) => prop_assert!(false, "a text without end: {passages:?}"),
            Err(error) => prop_assert!(!worded && !refuses, "{error} {passages:?}"),
        }
    }

    #[test]
    fn json_follows_its_schema(seed in any::<u64>()) {
        let schema = json!({
            "type": "object",
            "properties": {
                "question": { "type": "string", "minLength": 1, "maxLength": 30 },
                "kind": { "enum": ["光合作用", "testing the", 3, null] },
                "options": { "type": "array", "items": { "type": "string", "maxLength": 8 }, "minItems": 2, "maxItems": 4 },
                "key": { "type": "integer", "minimum": 0, "maximum": 12 },
            },
            "required": ["question", "kind", "options", "key"],
            "additionalProperties": false,
        });
        let text = draw(&Constraint::JsonSchema(schema), seed, 600).unwrap().expect("an end");
        let value: Value = serde_json::from_str(&text).unwrap();
        // Outside of strings, whose quotes in the text may be escaped, there is no white space.
        let bare = text.replace("\\\\", "").replace("\\\"", "");
        prop_assert!(!bare.split('"').step_by(2).any(|between| between.contains(char::is_whitespace)), "{}", text);
        prop_assert!((1..=30).contains(&value["question"].as_str().unwrap().chars().count()));
        prop_assert!([json!("光合作用"), json!("testing the"), json!(3), json!(null)].contains(&value["kind"]));
        prop_assert!((2..=4).contains(&value["options"].as_array().unwrap().len()));
        prop_assert!((0..=12).contains(&value["key"].as_i64().unwrap()));
    }

    #[test]
    fn a_regular_expression_matches_the_whole_text(seed in any::<u64>()) {
        let text = draw(&Constraint::Regex("(ab|the)[.-][0-9]{2,4}".to_owned()), seed, 50).unwrap().expect("an end");
        let rest = text.strip_prefix("ab").or_else(|| text.strip_prefix("the")).unwrap();
        let digits = rest.strip_prefix(['.', '-']).unwrap();
        prop_assert!((2..=4).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()), "{}", text);
    }
}

#[test]
fn every_run_of_words_can_be_had() {
    let passages = vec!["a  b".to_owned(), "the a.".to_owned()];
    let constraint = Constraint::Cited { passages, refusal: Some("Not".to_owned()) };
    let found: std::collections::BTreeSet<String> =
        (0..3000).map(|seed| draw(&constraint, seed, 50).unwrap().unwrap()).collect();
    let expected = ["Not", "a [1]", "a [2]", "a b [1]", "a. [2]", "b [1]", "the [2]", "the a [2]", "the a. [2]"];
    assert_eq!(found.iter().map(String::as_str).collect::<Vec<_>>(), expected);
}

#[test]
fn what_cannot_be_kept_to_is_an_error_at_the_start() {
    let cited = |passages: &[&str]| Constraint::Cited {
        passages: passages.iter().map(|p| (*p).to_owned()).collect(),
        refusal: None,
    };
    for constraint in [
        Constraint::Regex("a(".to_owned()),
        Constraint::Regex("[^\\x00-\\u{10FFFF}]".to_owned()),
        Constraint::JsonSchema(json!({ "type": "strange" })),
        Constraint::JsonSchema(json!(false)),
        Constraint::JsonSchema(json!("a string")),
        Constraint::JsonSchema(json!({ "type": "integer", "minimum": 3, "maximum": 2 })),
        Constraint::JsonSchema(json!({ "$ref": "#/missing" })),
        cited(&[]),
        cited(&["", " . "]),
        cited(&[&"a ".repeat(1 << 20)]),
    ] {
        let error = draw(&constraint, 0, 1).expect_err(&format!("{constraint:?}"));
        assert_eq!((error.kind(), error.code()), (domain::ErrorKind::InvalidInput, "constraint_invalid"), "{error}");
    }
}

#[test]
fn endings_are_forced() {
    let constraint = Constraint::Cited { passages: vec!["b".to_owned()], refusal: Some("Not at all.".to_owned()) };
    let (constrainer, vocabulary) = &*BYTES;
    let forced = |token: &[u8]| {
        let mut rules = constrainer.rules(constraint.clone()).unwrap();
        assert!(rules.forced().unwrap().is_empty());
        let id = (0..vocabulary.len() as u32).find(|t| vocabulary.bytes(*t) == token).unwrap();
        rules.accept(id).unwrap();
        let bytes: Vec<u8> = rules.forced().unwrap().into_iter().flat_map(|t| vocabulary.bytes(t).to_vec()).collect();
        (String::from_utf8(bytes).unwrap(), rules.is_done())
    };
    assert_eq!(forced(b"Not"), (" at all.".to_owned(), true));
    assert_eq!(forced(b"b"), (" [1]".to_owned(), true));
}
