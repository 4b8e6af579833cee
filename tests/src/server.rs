//! A real `lectern serve` in its own process, on a free port, with its own data folder.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};

use reqwest::{Method, RequestBuilder, multipart};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

const START_LIMIT: Duration = Duration::from_mins(1);

/// How a server is started.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Its data folder; a fresh one where none is given.
    pub data: Option<PathBuf>,
    /// Settings as variables: `("LECTERN_SERVER__API_KEY", "…")`.
    pub settings: Vec<(&'static str, String)>,
}

/// A running server. Dropping it kills it.
#[derive(Debug)]
pub struct Server {
    /// `http://127.0.0.1:…`
    pub url: String,
    /// What it printed when it was ready.
    pub greeting: String,
    /// Its data folder.
    pub data: PathBuf,
    child: Child,
    http: reqwest::Client,
    key: Option<String>,
    folder: Option<tempfile::TempDir>,
}

/// The program under test: built beside this one.
///
/// # Panics
/// Where it has not been built.
pub fn lectern_binary() -> PathBuf {
    let own = std::env::current_exe().expect("a process knows its own path");
    let found = own.ancestors().skip(1).map(|dir| dir.join("lectern")).find(|path| path.is_file());
    found.expect("no `lectern` beside this test: run `cargo build --release -p lectern` first, or `make test`")
}

/// The program with a clean environment apart from where the models are.
fn command(data: &Path, options: &Options) -> Command {
    let mut command = Command::new(lectern_binary());
    command.env("LECTERN_DATA_DIR", data).env("LECTERN_LOG", "warn").envs(options.settings.clone());
    command
}

impl Server {
    /// Starts a server with default settings and waits until it is ready.
    pub async fn start() -> Self {
        Self::start_with(Options::default()).await
    }

    /// Starts a server and waits until it is ready.
    ///
    /// # Panics
    /// Where it does not get ready.
    pub async fn start_with(options: Options) -> Self {
        match Self::try_start(options).await {
            Ok(server) => server,
            Err(stderr) => panic!("the server did not start:\n{stderr}"),
        }
    }

    /// Starts a server; where it refuses, returns what it wrote to stderr.
    ///
    /// # Panics
    /// Where the test machine has no temporary folder or can't start processes.
    pub async fn try_start(options: Options) -> Result<Self, String> {
        let folder = options.data.is_none().then(|| tempfile::tempdir().expect("a temporary folder"));
        let data = options.data.clone().or_else(|| folder.as_ref().map(|f| f.path().to_owned())).unwrap_or_default();
        let mut child = command(&data, &options)
            .args(["serve", "--port", "0"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("lectern can be started");
        let mut lines = BufReader::new(child.stdout.take().expect("stdout is piped")).lines();
        let stderr = child.stderr.take().expect("stderr is piped");
        let log = tokio::spawn(async move {
            let (mut lines, mut all) = (BufReader::new(stderr).lines(), String::new());
            while let Ok(Some(line)) = lines.next_line().await {
                eprintln!("  server: {line}");
                all += &line;
                all.push('\n');
            }
            all
        });
        let greeting = tokio::time::timeout(START_LIMIT, lines.next_line()).await;
        let Ok(Ok(Some(greeting))) = greeting else {
            child.kill().await.ok();
            return Err(log.await.unwrap_or_default());
        };
        let url = greeting.split_whitespace().last().unwrap_or_default().to_owned();
        let key =
            options.settings.iter().find(|(name, _)| *name == "LECTERN_SERVER__API_KEY").map(|(_, key)| key.clone());
        Ok(Self { url, greeting, data, child, http: reqwest::Client::new(), key, folder })
    }

    /// A request to this server, with its key.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.url));
        match &self.key {
            Some(key) => request.bearer_auth(key),
            None => request,
        }
    }

    /// Sends a request; returns status and JSON (null for none).
    ///
    /// # Panics
    /// Where the server can't be reached or answers something else.
    pub async fn send(&self, request: RequestBuilder) -> (u16, Value) {
        let response = request.send().await.expect("the server answers");
        let status = response.status().as_u16();
        let bytes = response.bytes().await.expect("the answer is whole");
        let text = String::from_utf8_lossy(&bytes).into_owned();
        (status, serde_json::from_slice(&bytes).unwrap_or(if text.is_empty() { Value::Null } else { json!(text) }))
    }

    /// `GET`.
    pub async fn get(&self, path: &str) -> (u16, Value) {
        self.send(self.request(Method::GET, path)).await
    }

    /// `POST` with a JSON body.
    pub async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        self.send(self.request(Method::POST, path).json(&body)).await
    }

    /// `DELETE`.
    pub async fn delete(&self, path: &str) -> (u16, Value) {
        self.send(self.request(Method::DELETE, path)).await
    }

    /// Makes a course and returns its id.
    ///
    /// # Panics
    /// Where that fails.
    pub async fn course(&self, title: &str) -> String {
        let (status, course) = self.post("/api/v1/courses", json!({ "title": title })).await;
        assert_eq!(status, 201, "{course}");
        course["id"].as_str().expect("a course has an id").to_owned()
    }

    /// Uploads one file.
    pub async fn upload(&self, course: &str, name: &str, bytes: impl Into<Vec<u8>>) -> (u16, Value) {
        let part = multipart::Part::bytes(bytes.into()).file_name(name.to_owned());
        let form = multipart::Form::new().part("file", part);
        self.send(self.request(Method::POST, &format!("/api/v1/courses/{course}/documents")).multipart(form)).await
    }

    /// Waits until a document is ready or has failed, and returns it.
    ///
    /// # Panics
    /// Where it takes over three minutes.
    pub async fn settled(&self, document: &str) -> Value {
        let started = Instant::now();
        loop {
            let (status, shown) = self.get(&format!("/api/v1/documents/{document}")).await;
            if status != 200 || shown["status"] == "ready" || shown["status"] == "failed" {
                return shown;
            }
            assert!(started.elapsed() < Duration::from_mins(3), "still {}", shown["status"]);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Uploads one file and waits until it is ready or has failed.
    ///
    /// # Panics
    /// Where it is not taken in.
    pub async fn ingest(&self, course: &str, name: &str, bytes: impl Into<Vec<u8>>) -> Value {
        let (status, uploads) = self.upload(course, name, bytes).await;
        assert!(status == 202 || status == 200, "{status}: {uploads}");
        self.settled(uploads["documents"][0]["id"].as_str().expect("a document has an id")).await
    }

    /// The process id.
    pub fn pid(&self) -> u32 {
        self.child.id().unwrap_or_default()
    }

    /// Kills the process at once (SIGKILL), as a power cut would.
    pub async fn kill(mut self) -> Option<tempfile::TempDir> {
        self.child.kill().await.ok();
        self.folder.take()
    }

    /// Asks the process to stop (SIGTERM) and waits for it; returns whether it ended well.
    pub async fn stop(mut self) -> bool {
        let pid = self.pid().to_string();
        Command::new("kill").args(["-TERM", &pid]).status().await.ok();
        self.child.wait().await.is_ok_and(|status| status.success())
    }
}
