//! Whether a question holds together: what every kind needs before it can be shown, marked or exported.

use std::collections::HashSet;

use crate::{BLANK, Question, QuestionBody};

/// Most characters of a stem, and of an explanation or feedback.
const MAX_TEXT: usize = 10_000;
/// Most characters of an option, key or tag.
const MAX_PART: usize = 2000;
/// Most options, variants, items, pairs or tags.
const MAX_PARTS: usize = 30;
/// Most points.
const MAX_POINTS: f32 = 1000.0;

/// What is wrong with a question's form; `None` where it holds together.
pub fn form_fault(question: &Question) -> Option<String> {
    let long = |text: &str, limit: usize| text.chars().count() > limit;
    if question.stem.trim().is_empty() {
        return Some("the stem is empty".into());
    }
    if [&question.stem, &question.explanation, &question.feedback].into_iter().any(|text| long(text, MAX_TEXT)) {
        return Some(format!("a text is over {MAX_TEXT} characters"));
    }
    if !(0.0..=MAX_POINTS).contains(&question.points) {
        return Some(format!("points are 0 to {MAX_POINTS}"));
    }
    if question.tags.len() > MAX_PARTS || question.tags.iter().any(|tag| tag.trim().is_empty() || long(tag, MAX_PART)) {
        return Some(format!("tags are at most {MAX_PARTS}, each with text"));
    }
    let parts = parts(&question.body);
    if parts.len() > 2 * MAX_PARTS || parts.iter().any(|part| long(part, MAX_PART)) {
        return Some(format!("at most {MAX_PARTS} options of at most {MAX_PART} characters each"));
    }
    if parts.iter().any(|part| part.trim().is_empty()) {
        return Some("an option or a key is empty".into());
    }
    body_fault(question)
}

fn parts(body: &QuestionBody) -> Vec<&str> {
    match body {
        QuestionBody::MultipleChoice { options, .. } => options.iter().map(String::as_str).collect(),
        QuestionBody::TrueFalse { .. } => vec![],
        QuestionBody::Cloze { key, accepted } | QuestionBody::ShortAnswer { key, accepted } => {
            std::iter::once(key).chain(accepted).map(String::as_str).collect()
        }
        QuestionBody::Ordering { key, .. } => key.iter().map(String::as_str).collect(),
        QuestionBody::Matching { pairs } => pairs.iter().flat_map(|p| [p.left.as_str(), p.right.as_str()]).collect(),
    }
}

fn all_different<'a>(texts: impl IntoIterator<Item = &'a str>) -> bool {
    let mut seen = HashSet::new();
    texts.into_iter().all(|text| seen.insert(text.trim()))
}

fn body_fault(question: &Question) -> Option<String> {
    let fault = |holds: bool, words: &str| (!holds).then(|| words.to_owned());
    match &question.body {
        QuestionBody::MultipleChoice { options, key } => {
            fault(options.len() > 1, "a choice needs at least two options")
                .or_else(|| fault(all_different(options.iter().map(String::as_str)), "two options are the same"))
                .or_else(|| fault(options.contains(key), "the key is not among the options"))
        }
        QuestionBody::TrueFalse { .. } | QuestionBody::ShortAnswer { .. } => None,
        QuestionBody::Cloze { .. } => {
            fault(question.stem.matches(BLANK).count() == 1, "the stem needs exactly one blank, written as _____")
        }
        QuestionBody::Ordering { options, key } => {
            let (mut shown, mut right) = (options.clone(), key.clone());
            shown.sort();
            right.sort();
            fault(key.len() > 1, "ordering needs at least two items")
                .or_else(|| fault(all_different(key.iter().map(String::as_str)), "two items are the same"))
                .or_else(|| fault(shown == right, "the key does not hold the same items as the options"))
        }
        QuestionBody::Matching { pairs } => fault(pairs.len() > 1, "matching needs at least two pairs")
            .or_else(|| fault(all_different(pairs.iter().map(|p| p.left.as_str())), "two left sides are the same")),
    }
}
