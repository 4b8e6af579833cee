//! The whole program from outside, with real models: everything a user can do, and everything that can go wrong.
//!
//! `make test` builds the program and fetches the models first.

mod access;
mod adapters;
mod answers_and_status;
mod ask_and_cite;
mod bad_input;
mod command_line;
mod conversations;
mod doc_examples;
mod explained;
mod injections;
mod model_server;
mod models_and_tuning;
mod openai_shapes;
mod quizzes;
mod reading;
mod refuses_to_start;
mod survives_kills;

use std::sync::{Arc, Weak};

use lectern_tests::Server;
use serde_json::Value;
use tokio::sync::Mutex;

/// One server for all tests that do not stop or starve it; each makes its own course. It lives as long as some test
/// holds it, so that none is left running in the end.
async fn shared() -> Arc<Server> {
    static SERVER: Mutex<Weak<Server>> = Mutex::const_new(Weak::new());
    let mut known = SERVER.lock().await;
    if let Some(server) = known.upgrade() {
        return server;
    }
    let server = Arc::new(Server::start().await);
    *known = Arc::downgrade(&server);
    server
}

/// Runs a test on the one runtime that outlives all tests, since the shared server belongs to it.
fn run(test: impl Future<Output = ()>) {
    static RUNTIME: std::sync::OnceLock<tokio::runtime::Runtime> = std::sync::OnceLock::new();
    RUNTIME.get_or_init(|| tokio::runtime::Runtime::new().expect("a runtime")).block_on(test);
}

/// Text of a field.
fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

/// The sample course, as shipped.
const PLANTS: &str = include_str!("../../configs/sample/plants.md");
const WATER: &str = include_str!("../../configs/sample/water.zh-TW.md");
