//! A course's own questions as a question set to tune on: those that teachers locked in its quizzes, and the exam items
//! of its documents that come with their key.

use axum::http::Method;
use serde_json::{Value, json};
use tuner::QuestionItem;

use crate::{CallError, Client, all_pages};

/// Passages that are looked at for the one that holds a key.
const HITS: usize = 5;
/// Characters of a query; more say nothing new.
const QUERY: usize = 500;

/// What a course gives.
#[derive(Default)]
pub struct CourseQuestions {
    /// Questions with their passages.
    pub items: Vec<QuestionItem>,
    /// Questions left out because no passage holds what they ask for.
    pub without_passage: usize,
}

/// Gathers the questions of a course.
pub async fn course_questions(client: &Client, course: &str) -> Result<CourseQuestions, CallError> {
    let mut gathered = quiz_questions(client, course, |question| question["locked"] == true).await?;
    let mut asked = Vec::new();
    for document in all_pages(client, &format!("/api/v1/courses/{course}/documents"), "documents").await? {
        let id = document["id"].as_str().unwrap_or_default();
        if document["status"] == "ready" {
            let found = client.call(Method::GET, &format!("/api/v1/documents/{id}/items"), None).await?;
            asked.extend(list(&found["items"]).iter().filter_map(|item| of_exam(id, item)));
        }
    }
    gathered.find(client, course, asked).await?;
    Ok(gathered)
}

/// Gathers the questions of a course's quizzes that are wanted.
pub async fn quiz_questions(
    client: &Client,
    course: &str,
    wanted: impl Fn(&Value) -> bool,
) -> Result<CourseQuestions, CallError> {
    let all = all_pages(client, &format!("/api/v1/courses/{course}/questions"), "questions").await?;
    let mut gathered = CourseQuestions::default();
    let asked = all.iter().filter(|question| wanted(question)).filter_map(of_quiz);
    gathered.find(client, course, asked.collect()).await?;
    Ok(gathered)
}

impl CourseQuestions {
    /// Adds questions with the passages that hold their keys.
    async fn find(&mut self, client: &Client, course: &str, asked: Vec<Asked>) -> Result<(), CallError> {
        for question in asked {
            match passage(client, course, &question).await? {
                Some(context) => self.items.push(question.item(context)),
                None => self.without_passage += 1,
            }
        }
        Ok(())
    }
}

/// A question whose passage is still to be found.
struct Asked {
    id: String,
    question: String,
    key: String,
    wrong: Vec<String>,
    place: Place,
}

/// What is known of a passage: a stretch of its document, which it holds or which it must not be.
enum Place {
    Holds { document: String, start: u64, end: u64, quote: String },
    Outside { document: String, start: u64, end: u64 },
}

impl Asked {
    fn item(self, context: String) -> QuestionItem {
        QuestionItem {
            lang: ingest::detect_language(&context),
            id: self.id,
            context,
            question: self.question,
            answer: self.key,
            wrong: self.wrong,
            source: "course".to_owned(),
            title: String::new(),
        }
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn words(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

/// Only kinds that ask a question: a statement or a blank is none.
fn of_quiz(question: &Value) -> Option<Asked> {
    let key = words(&question["key"])?;
    let wrong = match question["kind"].as_str()? {
        "multiple_choice" => list(&question["options"]).iter().filter_map(words).filter(|o| *o != key).collect(),
        "short_answer" => Vec::new(),
        _ => return None,
    };
    let evidence = list(&question["evidence"]).first()?;
    Some(Asked {
        id: format!("{}.{}", question["quiz_id"].as_str()?, question["n"]),
        question: words(&question["stem"])?,
        key,
        wrong,
        place: Place::Holds {
            document: words(&evidence["document_id"])?,
            start: evidence["start"].as_u64()?,
            end: evidence["end"].as_u64()?,
            quote: words(&evidence["quote"])?,
        },
    })
}

fn of_exam(document: &str, item: &Value) -> Option<Asked> {
    let (labels, options) = (item["key"].as_str()?, list(&item["options"]));
    let (key, wrong): (Vec<&Value>, Vec<&Value>) = options.iter().partition(|o| o["label"] == labels);
    Some(Asked {
        id: format!("{document}.{}", item["number"]),
        question: words(&item["stem"])?,
        key: words(&key.first()?["text"])?,
        wrong: wrong.iter().filter_map(|o| words(&o["text"])).collect(),
        place: Place::Outside {
            document: document.to_owned(),
            start: item["start"].as_u64()?,
            end: item["end"].as_u64()?,
        },
    })
}

/// The chunk that holds a question's evidence; for an exam item the best one, other than itself, with its key's words.
async fn passage(client: &Client, course: &str, asked: &Asked) -> Result<Option<String>, CallError> {
    let (query, within) = match &asked.place {
        Place::Holds { document, quote, .. } => (quote.clone(), vec![document]),
        Place::Outside { .. } => (format!("{} {}", asked.question, asked.key), Vec::new()),
    };
    let query: String = query.chars().take(QUERY).collect();
    let body = json!({ "query": query, "limit": HITS, "document_ids": within });
    let found = client.call(Method::POST, &format!("/api/v1/courses/{course}/search"), Some(body)).await?;
    let fits = |hit: &&Value| {
        let Some((from, to)) = hit["start"].as_u64().zip(hit["end"].as_u64()) else { return false };
        match &asked.place {
            Place::Holds { document, start, end, .. } => {
                hit["document_id"] == **document && from <= *start && *end <= to
            }
            Place::Outside { document, start, end } => {
                let itself = hit["document_id"] == **document && from < *end && *start < to;
                !itself && hit["text"].as_str().is_some_and(|text| text.contains(&asked.key))
            }
        }
    };
    Ok(list(&found["hits"]).iter().find(fits).and_then(|hit| words(&hit["text"])))
}
