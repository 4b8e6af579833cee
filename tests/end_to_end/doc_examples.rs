//! The examples of docs/api.md, run as a reader would run them: each makes a course, uploads a file, asks, makes a quiz and
//! prints it as GIFT. One server asks for no key, the other for one.

use std::path::Path;

use lectern_tests::{Options, Server};
use tokio::process::Command;

use super::{run, shared};

const QUESTION: &str = "Where does the oxygen of photosynthesis come from?";
const KEY: &str = "0123456789abcdef0123456789abcdef";

fn path(relative: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(relative).display().to_string()
}

/// Runs an example against a server and looks at what it printed.
async fn works(server: &Server, key: Option<&str>, program: &str, example: &str) {
    let mut command = Command::new(program);
    command
        .args([path(example), path("configs/sample/plants.md"), QUESTION.to_owned()])
        .env("LECTERN_URL", &server.url);
    if let Some(key) = key {
        command.env("LECTERN_API_KEY", key);
    }
    let output = command.output().await.unwrap_or_else(|error| panic!("{program} is needed: {error}"));
    let (gift, told) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{example}: {}\n{told}", output.status);
    assert!(told.contains("from the water"), "{example} shows no quote that answers:\n{told}");
    assert!(gift.contains("::") && gift.contains('{') && gift.contains('='), "{example} prints no GIFT:\n{gift}");
}

#[test]
fn with_curl() {
    run(async {
        let server = shared().await;
        works(&server, None, "bash", "docs/examples/curl.sh").await;
    });
}

#[test]
fn with_python() {
    run(async {
        let server = shared().await;
        works(&server, None, "python3", "docs/examples/python.py").await;
    });
}

#[test]
fn with_javascript() {
    run(async {
        let server = shared().await;
        works(&server, None, "node", "docs/examples/javascript.mjs").await;
    });
}

#[test]
fn all_of_them_with_a_key() {
    run(async {
        let settings = vec![("LECTERN_SERVER__API_KEY", KEY.to_owned())];
        let server = Server::start_with(Options { settings, ..Options::default() }).await;
        for (program, example) in [
            ("bash", "docs/examples/curl.sh"),
            ("python3", "docs/examples/python.py"),
            ("node", "docs/examples/javascript.mjs"),
        ] {
            works(&server, Some(KEY), program, example).await;
        }
    });
}
