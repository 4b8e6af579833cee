//! Question sets of all forms, as one kind of item: what is asked, of which texts, and where or in which words they answer.

use std::path::Path;

use domain::{Language, task_prompts::v2::QuestionType};
use serde::Deserialize;
use serde_json::Value;

use super::super::{
    FollowUp, QuestionItem,
    question_set::{Item, read, read_item, read_lines},
};
use crate::TunerResult;

/// A text that is asked about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct SourceText {
    /// The article or story it is of; empty where that is not known.
    #[serde(default)]
    pub title: String,
    /// The text.
    pub text: String,
}

/// How the answer is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// The texts do not answer.
    Absent,
    /// It stands in the text as it is.
    Quoted(String),
    /// In people's own words; the first is the one to be shown.
    Retold(Vec<String>),
    /// By spans of several texts: a text's place among them, from 0, and the span.
    Joined(Vec<(usize, String)>),
}

/// A question, whatever set it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskedItem {
    /// For messages and rows.
    pub id: String,
    /// Of texts and question.
    pub lang: Language,
    /// One, or several where the answer joins them.
    pub sources: Vec<SourceText>,
    /// The question.
    pub question: String,
    /// What is answered.
    pub told: Told,
    /// Wrong options that people wrote.
    pub wrong: Vec<String>,
    /// Its type where the set tells it.
    pub kind: Option<QuestionType>,
}

impl AskedItem {
    /// The answer as it is shown; empty where there is none, or no single one.
    pub fn key(&self) -> &str {
        match &self.told {
            Told::Quoted(answer) => answer,
            Told::Retold(answers) => answers.first().map_or("", String::as_str),
            Told::Absent | Told::Joined(_) => "",
        }
    }
}

/// What files of questions hold.
#[derive(Clone, Debug, Default)]
pub struct Material {
    /// Questions about texts.
    pub asked: Vec<AskedItem>,
    /// Questions that follow on others.
    pub follow_ups: Vec<FollowUp>,
}

impl From<QuestionItem> for AskedItem {
    fn from(item: QuestionItem) -> Self {
        let answer = item.answer.trim().to_owned();
        // An option is in its writer's words, though some are the passage's too.
        let told = match (answer.is_empty(), item.wrong.is_empty() && item.quotes()) {
            (true, _) => Told::Absent,
            (false, true) => Told::Quoted(answer),
            (false, false) => Told::Retold(vec![answer]),
        };
        Self {
            id: item.id,
            lang: item.lang,
            sources: vec![SourceText { title: item.title, text: item.context }],
            question: item.question.trim().to_owned(),
            told,
            wrong: item.wrong,
            kind: None,
        }
    }
}

/// A question on a story: `FairytaleQA`'s form.
#[derive(Deserialize)]
struct StoryItem {
    id: String,
    lang: Language,
    passage: String,
    question: String,
    answer: String,
    #[serde(default)]
    other_answers: Vec<String>,
    /// The set's own type.
    kind: String,
    /// Whether the text says it, or it must be concluded.
    explicit: bool,
}

impl From<StoryItem> for AskedItem {
    fn from(item: StoryItem) -> Self {
        let question = item.question.trim().to_owned();
        let asked = question.to_lowercase();
        let kind = match item.kind.as_str() {
            "feeling" => QuestionType::Feeling,
            "prediction" => QuestionType::Prediction,
            _ if !item.explicit => QuestionType::Inference,
            "causal relationship" if is_aim(&item.answer) => QuestionType::Purpose,
            "causal relationship" => QuestionType::Cause,
            "outcome resolution" => QuestionType::Consequence,
            "action" if [" after ", " before ", " next"].iter().any(|word| asked.contains(word)) => {
                QuestionType::Sequence
            }
            _ => QuestionType::Detail,
        };
        let answers = std::iter::once(item.answer).chain(item.other_answers).map(|a| a.trim().to_owned());
        // The id is the set's name, the story's, and the question's number.
        let story =
            item.id.rsplit_once('-').and_then(|(story, _)| story.split_once('-')).map_or("", |(_, story)| story);
        let title = story.replace('-', " ");
        Self {
            id: item.id,
            lang: item.lang,
            sources: vec![SourceText { title, text: item.passage }],
            question,
            told: Told::Retold(answers.filter(|a| !a.is_empty()).collect()),
            wrong: Vec::new(),
            kind: Some(kind),
        }
    }
}

fn is_aim(answer: &str) -> bool {
    let answer = answer.trim().to_lowercase();
    ["to ", "so that ", "in order to ", "for fear"].iter().any(|begin| answer.starts_with(begin))
}

/// A question whose answer joins spans of several sources: `QuoteSum`'s form.
#[derive(Deserialize)]
struct JoinedItem {
    id: String,
    lang: Language,
    question: String,
    sources: Vec<SourceText>,
    /// `[ 2 span ]` is a span of source 2; the rest connects.
    answer: String,
}

impl TryFrom<JoinedItem> for AskedItem {
    type Error = String;

    fn try_from(item: JoinedItem) -> Result<Self, String> {
        let spans = read_spans(&item.answer);
        if let Some((source, _)) = spans.iter().find(|(source, _)| *source >= item.sources.len()) {
            let (source, most) = (source + 1, item.sources.len());
            return Err(format!("field `answer`: it quotes source {source}, but there are {most}"));
        }
        Ok(Self {
            id: item.id,
            lang: item.lang,
            sources: item.sources,
            question: item.question.trim().to_owned(),
            told: Told::Joined(spans),
            wrong: Vec::new(),
            kind: None,
        })
    }
}

/// The spans of an answer with their sources, from 0.
fn read_spans(answer: &str) -> Vec<(usize, String)> {
    let mut spans = Vec::new();
    for part in answer.split("[ ").skip(1) {
        let Some((inside, _)) = part.split_once(" ]") else { continue };
        let Some((number, span)) = inside.split_once(' ') else { continue };
        if let Some(source) = number.parse::<usize>().ok().and_then(|n| n.checked_sub(1)) {
            spans.push((source, span.trim().to_owned()));
        }
    }
    spans
}

/// Reads a set of any form. What is missing or contradicts itself is an error with the line.
pub fn read_material(path: &Path) -> TunerResult<Material> {
    let mut material = Material::default();
    for read in read_lines(path, read_any)? {
        match read {
            Read::Asked(item) => material.asked.push(item),
            Read::FollowUp(item) => material.follow_ups.push(item),
        }
    }
    Ok(material)
}

enum Read {
    Asked(AskedItem),
    FollowUp(FollowUp),
}

fn read_any(line: Value) -> Result<Read, String> {
    let item: AskedItem = if line.get("sources").is_some() {
        read::<JoinedItem>(line)?.try_into()?
    } else if line.get("explicit").is_some() {
        read::<StoryItem>(line)?.into()
    } else {
        match read_item(line)? {
            Item::FollowUp(item) => return Ok(Read::FollowUp(item)),
            Item::Question(item) => item.into(),
        }
    };
    if item.id.trim().is_empty() || item.question.is_empty() || item.sources.iter().any(|s| s.text.trim().is_empty()) {
        return Err("the id, the question or a text is empty".to_owned());
    }
    Ok(Read::Asked(item))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_with_their_sources() {
        let answer = "MIAC can stand for [ 1 the Clearing ] , and [ 12 a council [sic] of art. ] .";
        let spans = [(0, "the Clearing".to_owned()), (11, "a council [sic] of art.".to_owned())];
        assert_eq!(read_spans(answer), spans);
    }

    #[test]
    fn a_storys_questions_have_a_type_and_its_title() {
        let line = serde_json::json!({
            "id": "fairytale-Snow-man-7", "lang": "en", "passage": "He went out to see the sun.", "question": "Why did he go out?",
            "answer": "to see the sun", "kind": "causal relationship", "explicit": true,
        });
        let Ok(Read::Asked(item)) = read_any(line) else { panic!("no item") };
        assert_eq!((item.kind, item.sources[0].title.as_str()), (Some(QuestionType::Purpose), "Snow man"));
        assert_eq!(item.key(), "to see the sun");
    }
}
