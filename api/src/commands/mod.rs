//! The subcommands that are clients of the REST API, and those that work on models.

pub mod ask;
mod course_questions;
pub mod courses;
pub mod eval;
pub mod ingest;
mod material_parts;
pub mod models;
pub mod quiz;
pub mod search;
pub mod tune;

pub use material_parts::MaterialParts;

use axum::http::Method;
use serde_json::{Value, json};

use crate::{
    app::{App, StartError},
    client::{CallError, Client},
    data_lock::DataLock,
    make_quizzes, read_documents, routes,
    settings::{Places, Settings},
};

/// What commands end with: an exit code, or a message for the user.
pub type CommandResult = Result<std::process::ExitCode, Box<dyn std::error::Error + Send + Sync>>;

/// Nothing was found, or the answer was refused.
pub const NOTHING_FOUND: u8 = 3;

/// How results are printed.
#[derive(Clone, Copy, Debug)]
pub struct Output {
    /// JSON instead of text.
    pub json: bool,
}

impl Output {
    /// Prints the value as one line of JSON, or the text.
    pub fn print(self, value: &Value, text: impl FnOnce() -> String) {
        if self.json {
            println!("{value}");
        } else {
            println!("{}", text());
        }
    }
}

/// The API of the server that holds the data folder, or else of this process.
pub async fn connect(settings: Settings, places: Places) -> Result<Client, CallError> {
    let key = settings.server.api_key.clone();
    let Some(lock) = DataLock::take(&places.data).map_err(StartError::data_dir(&places.data))? else {
        let address = DataLock::holder(&places.data).ok_or_else(|| StartError::DataDirInUse(places.data.clone()))?;
        return Ok(Client::there(address, key));
    };
    let app = App::open(settings, places, lock).await?;
    read_documents::start(&app, &app.tracker);
    make_quizzes::start(&app, &app.tracker);
    Ok(Client::Here(routes::router(app), key))
}

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
