//! Question sets: one JSON object a line, with the passage, a question, and its answer or nothing; or with options and
//! the place of the key among them; or a follow-up question with what was said before it and in words that stand alone.

use std::{
    collections::{HashMap, hash_map::Entry},
    path::Path,
};

use domain::{Language, Turn};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::{TunerError, TunerResult, error::unreadable, files::write_lines};

/// A question about a passage.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct QuestionItem {
    /// For messages and rows.
    pub id: String,
    /// Of passage and question.
    pub lang: Language,
    /// The passage.
    pub context: String,
    /// The question.
    pub question: String,
    /// A stretch of the passage, or the key of a multiple-choice item in its own words; empty where the passage does not
    /// answer the question.
    pub answer: String,
    /// The other options of a multiple-choice item.
    #[serde(skip)]
    pub wrong: Vec<String>,
    /// Where it comes from.
    #[serde(default)]
    pub source: String,
    /// The article that the passage is of, where known.
    #[serde(default)]
    pub title: String,
}

impl QuestionItem {
    /// Whether the answer stands in the passage word for word.
    pub(super) fn quotes(&self) -> bool {
        let answer = self.answer.trim();
        !answer.is_empty() && self.context.contains(answer)
    }
}

/// A question that leans on what was said before it, and the same question in words that don't: what `CANARD` and `QReCC`
/// collect.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct FollowUp {
    /// For messages and rows.
    pub id: String,
    /// Of the questions.
    pub lang: Language,
    /// What was asked and answered before, the earliest first.
    pub history: Vec<Turn>,
    /// As it was asked.
    pub question: String,
    /// As it would be asked without the others.
    pub standalone: String,
}

/// What a file of questions holds.
#[derive(Clone, Debug, Default)]
pub struct QuestionSet {
    /// Questions about passages.
    pub questions: Vec<QuestionItem>,
    /// Questions that follow on others.
    pub follow_ups: Vec<FollowUp>,
}

/// A line of such a file.
pub(super) enum Item {
    Question(QuestionItem),
    FollowUp(FollowUp),
}

/// A multiple-choice item: DREAM's and C3's form.
#[derive(Deserialize)]
struct ChoiceItem {
    id: String,
    lang: Language,
    passage: String,
    question: String,
    options: Vec<String>,
    /// From 0.
    answer_index: usize,
    #[serde(default)]
    source: String,
    #[serde(default)]
    title: String,
}

impl TryFrom<ChoiceItem> for QuestionItem {
    type Error = String;

    fn try_from(item: ChoiceItem) -> Result<Self, String> {
        let ChoiceItem { id, lang, passage: context, question, options: mut wrong, answer_index, source, title } = item;
        if answer_index >= wrong.len() {
            return Err(format!("field `answer_index`: {answer_index}, but there are {} options", wrong.len()));
        }
        let answer = wrong.remove(answer_index);
        if answer.trim().is_empty() || wrong.contains(&answer) {
            return Err(format!("field `options`: the key `{answer}` is empty or there twice"));
        }
        Ok(Self { id, lang, context, question, answer, wrong, source, title })
    }
}

/// Reads a set. A missing field, an empty one, or an answer that is not in its passage is an error with the line.
pub fn read_questions(path: &Path) -> TunerResult<QuestionSet> {
    let mut set = QuestionSet::default();
    for item in read_lines(path, read_item)? {
        match item {
            Item::Question(question) => set.questions.push(question),
            Item::FollowUp(follow_up) => set.follow_ups.push(follow_up),
        }
    }
    Ok(set)
}

pub(super) fn read_item(line: Value) -> Result<Item, String> {
    if line.get("standalone").is_some() {
        let item = read::<FollowUp>(line)?;
        let needed = [("id", &item.id), ("question", &item.question), ("standalone", &item.standalone)];
        all_filled(needed)?;
        if item.history.iter().all(|turn| turn.question.trim().is_empty()) {
            return Err("field `history` has no question".to_owned());
        }
        return Ok(Item::FollowUp(item));
    }
    let is_choice = line.get("options").is_some();
    let item = if is_choice { read::<ChoiceItem>(line)?.try_into()? } else { read::<QuestionItem>(line)? };
    let context = if is_choice { "passage" } else { "context" };
    all_filled([("id", &item.id), (context, &item.context), ("question", &item.question)])?;
    // A key says in its own words what the passage says; an answer is quoted.
    if !is_choice && !item.context.contains(&item.answer) {
        return Err(format!("field `answer`: `{}` does not occur in `context`", item.answer));
    }
    Ok(Item::Question(item))
}

fn all_filled(needed: [(&str, &String); 3]) -> Result<(), String> {
    let empty = needed.into_iter().find(|(_, value)| value.trim().is_empty());
    empty.map_or(Ok(()), |(field, _)| Err(format!("field `{field}` is empty")))
}

pub(super) fn read<T: DeserializeOwned>(line: Value) -> Result<T, String> {
    serde_json::from_value(line).map_err(|e| e.to_string())
}

/// Writes questions as `passages.jsonl` and `questions.jsonl`, which `lectern eval answers` reads. Keys that are not words
/// of the passage can't be measured there and are left out.
pub fn write_question_set(folder: &Path, items: &[QuestionItem]) -> TunerResult<()> {
    let mut ids: HashMap<&str, String> = HashMap::new();
    let (mut passages, mut questions) = (Vec::new(), Vec::new());
    let measured = |item: &&QuestionItem| item.answer.is_empty() || item.quotes();
    for item in items.iter().filter(measured) {
        let count = ids.len();
        let id = match ids.entry(item.context.trim()) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => {
                let id = new.insert(format!("passage-{:05}", count + 1));
                passages.push(json!({ "id": id, "title": item.title, "lang": item.lang, "text": item.context.trim() }));
                id
            }
        };
        let answers: Vec<&str> = Some(item.answer.trim()).filter(|a| !a.is_empty()).into_iter().collect();
        questions.push(json!({
            "id": item.id, "lang": item.lang, "question": item.question, "answers": answers, "passage_id": id,
        }));
    }
    std::fs::create_dir_all(folder).map_err(|e| unreadable(folder, e))?;
    write_lines(&folder.join("passages.jsonl"), &passages)?;
    write_lines(&folder.join("questions.jsonl"), &questions)
}

/// Reads the texts of a set of passages (`{"text": …}` a line), or of questions with theirs, such as those that are kept for
/// evaluation.
pub fn read_passages(path: &Path) -> TunerResult<Vec<String>> {
    #[derive(Deserialize)]
    struct Passage {
        #[serde(alias = "passage", alias = "context")]
        text: String,
    }
    read_lines(path, |passage: Passage| Ok(passage.text))
}

pub(super) fn read_lines<T: for<'a> Deserialize<'a>, U>(
    path: &Path,
    check: impl Fn(T) -> Result<U, String>,
) -> TunerResult<Vec<U>> {
    let text = std::fs::read_to_string(path).map_err(|e| unreadable(path, e))?;
    let mut items = Vec::new();
    for (line, text) in (1..).zip(text.lines()).filter(|(_, text)| !text.trim().is_empty()) {
        let bad = |problem: String| TunerError::BadRow { path: path.to_owned(), line, problem };
        let item = serde_json::from_str(text).map_err(|e| bad(e.to_string()))?;
        items.push(check(item).map_err(bad)?);
    }
    Ok(items)
}
