//! A teacher's changes to a quiz: what may be changed, what it makes of the questions, and what came of it.

use domain::{Check, Question, Quiz, form_fault};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::{ServiceError, ServiceResult};

/// Most questions of a quiz.
const MAX_QUESTIONS: usize = 1000;
const MAX_TITLE_CHARS: usize = 200;
/// What an edit of a question may name.
const EDITABLE: [&str; 14] = [
    "stem",
    "kind",
    "options",
    "key",
    "accepted",
    "pairs",
    "explanation",
    "feedback",
    "points",
    "tags",
    "locked",
    "difficulty",
    "level",
    "language",
];

/// What is to change about a quiz. `questions` replaces all of them; `edits`, `add` and `order` change some, in that order.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QuizChange {
    /// 1 to 200 characters.
    pub title: Option<String>,
    /// All questions as they are to be. What is asked is proven again where it changed; a proof that is sent is ignored.
    pub questions: Option<Vec<Question>>,
    /// Single edits: `{"n": 3, "stem": "…"}` with any field of a question, or `{"n": 3, "remove": true}`.
    #[serde(default)]
    #[schema(value_type = Vec<Object>)]
    pub edits: Vec<Map<String, Value>>,
    /// Questions to append, as from the bank.
    #[serde(default)]
    pub add: Vec<Question>,
    /// The numbers as they were, each remaining one once, in their new order.
    pub order: Option<Vec<usize>>,
}

/// What an edit came to.
#[derive(Debug, Serialize, ToSchema)]
pub struct QuestionChange {
    /// The question's number now.
    pub n: usize,
    /// Its number before; null for a new one.
    pub was: Option<usize>,
    /// The fields that differ.
    pub fields: Vec<String>,
    /// Whether it was proven before.
    pub proven_before: bool,
    /// Whether it is proven now.
    pub proven: bool,
    /// Checks whose outcome changed, as they are now.
    pub checks: Vec<Check>,
}

/// A question with its place before the change, from 0.
pub struct Placed {
    pub question: Question,
    pub was: Option<usize>,
}

/// A checked title.
pub fn title(title: &str) -> ServiceResult<String> {
    let title = title.trim();
    if title.is_empty() || title.chars().count() > MAX_TITLE_CHARS {
        return Err(ServiceError::QuizTitle(MAX_TITLE_CHARS));
    }
    Ok(title.to_owned())
}

/// The questions after a change, each holding together; proofs are those from before.
pub fn apply(quiz: &Quiz, change: QuizChange) -> ServiceResult<Vec<Placed>> {
    let mut placed = match change.questions {
        Some(questions) => questions.into_iter().map(|question| recognised(quiz, question)).collect(),
        None => kept(quiz),
    };
    let mut removed = Vec::new();
    for edit in change.edits {
        let at = number(&edit, placed.len())?;
        if edit.get("remove").is_some_and(|remove| remove == &Value::Bool(true)) {
            removed.push(at);
        } else {
            let edited = edited(&placed[at].question, edit, at + 1)?;
            placed[at].question = edited;
        }
    }
    let mut numbered: Vec<(usize, Placed)> =
        placed.into_iter().enumerate().filter(|(at, _)| !removed.contains(at)).collect();
    if let Some(order) = &change.order {
        let mut sorted: Vec<usize> = order.clone();
        sorted.sort_unstable();
        if !sorted.iter().copied().eq(numbered.iter().map(|(at, _)| at + 1)) {
            return Err(ServiceError::QuestionOrder);
        }
        numbered.sort_by_key(|(at, _)| order.iter().position(|n| *n == at + 1));
    }
    let mut placed: Vec<Placed> = numbered.into_iter().map(|(_, placed)| placed).collect();
    placed.extend(change.add.into_iter().map(|question| recognised(quiz, question)));
    check(&placed)?;
    Ok(placed)
}

fn kept(quiz: &Quiz) -> Vec<Placed> {
    let placed = |(at, question): (usize, &Question)| Placed { question: question.clone(), was: Some(at) };
    quiz.questions.iter().enumerate().map(placed).collect()
}

/// A question that was sent whole: the proof is not the sender's to give.
fn recognised(quiz: &Quiz, mut question: Question) -> Placed {
    let was = quiz
        .questions
        .iter()
        .position(|old| asks_the_same(old, &question))
        .or_else(|| quiz.questions.iter().position(|old| old.stem == question.stem));
    question.proof = was.map(|at| quiz.questions[at].proof.clone()).unwrap_or_default();
    // A question of another quiz names a passage of that one.
    question.passage = question.passage.filter(|n| was.is_some() && quiz.passages.iter().any(|p| p.n == *n));
    Placed { question, was }
}

/// Whether a proof of one holds for the other.
pub fn asks_the_same(one: &Question, other: &Question) -> bool {
    one.stem == other.stem && one.body == other.body && one.language == other.language && one.evidence == other.evidence
}

fn number(edit: &Map<String, Value>, questions: usize) -> ServiceResult<usize> {
    let n = edit.get("n").and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
    match n {
        Some(n) if (1..=questions).contains(&n) => Ok(n - 1),
        Some(n) => Err(ServiceError::QuestionNotFound(n)),
        None => Err(ServiceError::EditWithoutNumber),
    }
}

fn edited(question: &Question, edit: Map<String, Value>, n: usize) -> ServiceResult<Question> {
    let broken = |fault: String| ServiceError::QuestionBroken { n, fault };
    let Ok(Value::Object(mut whole)) = serde_json::to_value(question) else {
        return Err(broken("it can't be read".into()));
    };
    for (field, value) in edit {
        if EDITABLE.contains(&field.as_str()) {
            whole.insert(field, value);
        } else if field != "n" && field != "remove" {
            return Err(ServiceError::NotEditable { field, editable: EDITABLE.join(", ") });
        }
    }
    serde_json::from_value(Value::Object(whole)).map_err(|error| broken(error.to_string()))
}

fn check(placed: &[Placed]) -> ServiceResult<()> {
    if placed.len() > MAX_QUESTIONS {
        return Err(ServiceError::TooManyQuestions(MAX_QUESTIONS));
    }
    for (i, placed) in placed.iter().enumerate() {
        if let Some(fault) = form_fault(&placed.question) {
            return Err(ServiceError::QuestionBroken { n: i + 1, fault });
        }
    }
    Ok(())
}

/// What differs between a quiz's questions before and after.
pub fn changes(before: &[Question], after: &[Question], was: &[Option<usize>]) -> Vec<QuestionChange> {
    let change = |(at, now): (usize, &Question)| {
        let old_place = was.get(at).copied().flatten();
        let old = old_place.and_then(|place| before.get(place));
        let mut fields = old.map_or_else(|| vec!["new".to_owned()], |old| differing(old, now));
        if old_place.is_some_and(|place| place != at) {
            fields.push("n".to_owned());
        }
        let checks = changed_checks(old, now);
        (!fields.is_empty() || !checks.is_empty()).then(|| QuestionChange {
            n: at + 1,
            was: old_place.map(|place| place + 1),
            fields,
            proven_before: old.is_some_and(|old| old.proof.proven),
            proven: now.proof.proven,
            checks,
        })
    };
    after.iter().enumerate().filter_map(change).collect()
}

fn differing(old: &Question, now: &Question) -> Vec<String> {
    let (Ok(Value::Object(old)), Ok(Value::Object(now))) = (serde_json::to_value(old), serde_json::to_value(now))
    else {
        return Vec::new();
    };
    let names = old.keys().chain(now.keys().filter(|name| !old.contains_key(*name)));
    names.filter(|name| *name != "proof" && old.get(*name) != now.get(*name)).cloned().collect()
}

fn changed_checks(old: Option<&Question>, now: &Question) -> Vec<Check> {
    let before = |name: &str| old.and_then(|old| old.proof.checks.iter().find(|c| c.name == name)).map(|c| c.passed);
    now.proof.checks.iter().filter(|check| before(&check.name) != Some(check.passed)).cloned().collect()
}
