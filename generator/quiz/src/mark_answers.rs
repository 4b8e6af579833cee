//! Marks a student's answers.

use domain::{MatchPair, Question, QuestionBody};
use serde::Deserialize;

/// What a student answered; which form belongs to which kind is said with each.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum GivenAnswer {
    /// True/false.
    Truth(bool),
    /// Multiple choice (the option's text), cloze and short answer.
    Text(String),
    /// Ordering: the items in the student's order.
    Order(Vec<String>),
    /// Matching: the pairs that the student made.
    Pairs(Vec<MatchPair>),
}

/// The share of a question's points that an answer earns, 0 to 1; `None` where the answer's form belongs to another kind.
///
/// Ordering and matching earn for every item in its place and every right pair.
pub fn mark_answer(question: &Question, given: &GivenAnswer) -> Option<f32> {
    let all = |right: bool| if right { 1.0 } else { 0.0 };
    Some(match (&question.body, given) {
        (QuestionBody::MultipleChoice { key, .. }, GivenAnswer::Text(text)) => all(text.trim() == key.trim()),
        (QuestionBody::TrueFalse { key }, GivenAnswer::Truth(given)) => all(key == given),
        (
            QuestionBody::Cloze { key, accepted } | QuestionBody::ShortAnswer { key, accepted },
            GivenAnswer::Text(text),
        ) => {
            let given = comparable(text);
            all(!given.is_empty() && std::iter::once(key).chain(accepted).any(|right| comparable(right) == given))
        }
        (QuestionBody::Ordering { key, .. }, GivenAnswer::Order(given)) => {
            share(key.iter().zip(given).filter(|(right, given)| right.trim() == given.trim()).count(), key.len())
        }
        (QuestionBody::Matching { pairs }, GivenAnswer::Pairs(given)) => {
            let right = |p: &&MatchPair| {
                let mut same = given.iter().filter(|g| g.left.trim() == p.left.trim());
                same.next().is_some_and(|g| g.right.trim() == p.right.trim()) && same.next().is_none()
            };
            share(pairs.iter().filter(right).count(), pairs.len())
        }
        _ => return None,
    })
}

fn share(right: usize, of: usize) -> f32 {
    right as f32 / of.max(1) as f32
}

/// What two typed answers are compared by: case, width of characters, blanks, marks around and English articles do not
/// count.
fn comparable(text: &str) -> String {
    let narrow = |c: char| match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        '\u{3000}' => ' ',
        '’' | '‘' => '\'',
        c => c,
    };
    let text: String = text.chars().map(narrow).flat_map(char::to_lowercase).collect();
    let around = |c: char| c.is_whitespace() || ".,;:!?\"'“”。，、；：！？「」『』《》()".contains(c);
    let text = text.trim_matches(around).split_whitespace().collect::<Vec<_>>().join(" ");
    ["the ", "an ", "a "].iter().find_map(|article| text.strip_prefix(article)).map_or(text.clone(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(body: &serde_json::Value) -> Question {
        let mut whole = serde_json::json!({ "stem": "Which?", "language": "en" });
        whole.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
        serde_json::from_value(whole).unwrap()
    }

    fn mark(body: &serde_json::Value, given: serde_json::Value) -> Option<f32> {
        mark_answer(&question(body), &serde_json::from_value(given).unwrap())
    }

    #[test]
    fn typed_answers_are_compared_as_a_teacher_would() {
        let body = serde_json::json!({ "kind": "short_answer", "key": "the Calvin cycle", "accepted": ["光合作用"] });
        for (given, points) in [
            ("calvin  cycle.", 1.0),
            ("The Calvin Cycle", 1.0),
            ("ｃａｌｖｉｎ　ｃｙｃｌｅ", 1.0),
            ("「光合作用」", 1.0),
            ("calvin", 0.0),
            ("", 0.0),
        ] {
            assert_eq!(mark(&body, given.into()), Some(points), "{given}");
        }
    }

    #[test]
    fn every_kind_is_marked_and_the_form_of_another_kind_is_not() {
        let choice = serde_json::json!({ "kind": "multiple_choice", "options": ["a", "b", "c"], "key": "b" });
        assert_eq!(mark(&choice, "b".into()), Some(1.0));
        assert_eq!(mark(&choice, "a".into()), Some(0.0));
        assert_eq!(mark(&choice, true.into()), None);
        let truth = serde_json::json!({ "kind": "true_false", "key": false });
        assert_eq!(mark(&truth, false.into()), Some(1.0));
        let order =
            serde_json::json!({ "kind": "ordering", "options": ["b", "a", "c", "d"], "key": ["a", "b", "c", "d"] });
        assert_eq!(mark(&order, serde_json::json!(["b", "a", "c", "d"])), Some(0.5));
        assert_eq!(mark(&order, serde_json::json!([])), Some(0.0));
        let pairs = serde_json::json!({ "kind": "matching", "pairs": [{ "left": "1", "right": "x" }, { "left": "2", "right": "y" }] });
        let given = serde_json::json!([{ "left": "1", "right": "x" }, { "left": "2", "right": "x" }]);
        assert_eq!(mark(&pairs, given), Some(0.5));
        // Every partner for one term is no answer.
        let both = serde_json::json!([{ "left": "1", "right": "x" }, { "left": "1", "right": "y" }]);
        assert_eq!(mark(&pairs, both), Some(0.0));
    }
}
