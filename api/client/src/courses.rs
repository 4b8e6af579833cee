//! Finding and making courses, and lists of the API page by page.

use axum::http::Method;
use serde_json::{Value, json};

use crate::{CallError, Client};

/// The id of the course with this id or title.
pub async fn course_id(client: &Client, wanted: &str) -> Result<Option<String>, CallError> {
    let mut cursor = String::new();
    loop {
        let page = client.call(Method::GET, &format!("/api/v1/courses?limit=200{cursor}"), None).await?;
        let courses = page["courses"].as_array().cloned().unwrap_or_default();
        if let Some(found) = courses.iter().find(|c| c["id"] == wanted || c["title"] == wanted) {
            return Ok(found["id"].as_str().map(str::to_owned));
        }
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return Ok(None),
        }
    }
}

/// Everything under `key` of a list of the API, page by page.
pub async fn all_pages(client: &Client, path: &str, key: &str) -> Result<Vec<Value>, CallError> {
    let (mut cursor, mut all) = (String::new(), Vec::new());
    loop {
        let mut page = client.call(Method::GET, &format!("{path}?limit=200{cursor}"), None).await?;
        if let Value::Array(found) = page[key].take() {
            all.extend(found);
        }
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return Ok(all),
        }
    }
}

/// The id of a course that must be there.
pub async fn known_course(client: &Client, wanted: &str) -> Result<String, CallError> {
    course_id(client, wanted).await?.ok_or_else(|| CallError::Refused {
        code: "course_not_found".into(),
        detail: format!("There is no course {wanted}. `lectern courses` lists what there is."),
    })
}

/// Makes a course and returns it.
pub async fn create_course(client: &Client, title: &str) -> Result<Value, CallError> {
    client.call(Method::POST, "/api/v1/courses", Some(json!({ "title": title }))).await
}
