//! The parent's side of the reader process: starts it, listens, and tells how it ended.

use std::{
    ffi::OsString,
    os::unix::process::ExitStatusExt,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use domain::{ParsedDocument, Rect};
use tokio::{
    io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    process::{Child, ChildStderr, ChildStdin, ChildStdout, Command},
};

use crate::{
    IngestError, OcrModels, ReadLimits,
    reader_protocol::{Message, Request, Task},
};

/// The most that a reader may say, in bytes: a word's box takes about 100 bytes of JSON.
const LONGEST_ANSWER: u64 = 512 << 20;
/// The most of its complaints that is kept.
const LONGEST_COMPLAINT: u64 = 8 << 10;
/// The largest picture, in pixels of width.
const WIDEST_PICTURE: u32 = 4096;
const SIGKILL: i32 = 9;
const SIGXCPU: i32 = 24;

/// Reads files in a process of their own.
#[derive(Clone, Debug)]
pub struct Reader {
    /// The program whose `main` calls [`crate::reader_main`].
    pub executable: PathBuf,
    /// What to call it with: `["read-document"]` for the `lectern` binary.
    pub arguments: Vec<OsString>,
    /// The PDFium library, as a full path.
    pub library: PathBuf,
    /// What one reading may take.
    pub limits: ReadLimits,
    /// Text recognition, where it is installed.
    pub ocr: Option<OcrModels>,
}

impl Reader {
    /// A reader that runs `executable arguments…`, with PDFium at the full path `library`.
    pub const fn new(executable: PathBuf, arguments: Vec<OsString>, library: PathBuf, limits: ReadLimits) -> Self {
        Self { executable, arguments, library, limits, ocr: None }
    }

    /// The same reader with text recognition.
    #[must_use]
    pub fn with_ocr(mut self, models: OcrModels) -> Self {
        self.ocr = Some(models);
        self
    }

    /// Reads a file: `name` is what its owner calls it, `progress(page, of)` is called after each page of a PDF.
    ///
    /// Cancel safety: dropping the future kills the process; nothing is left behind.
    pub async fn read(
        &self,
        path: &Path,
        name: &str,
        password: Option<&str>,
        progress: &(dyn Fn(usize, usize) + Send + Sync),
    ) -> Result<ParsedDocument, IngestError> {
        match self.ask(self.request(path, name, password, Task::Read), progress).await? {
            Reply::Document(document) => Ok(*document),
            Reply::Picture(_) => Err(crashed("it drew a picture instead of reading")),
        }
    }

    /// Draws page `page` (from 1) of a PDF, or a picture, `width` pixels wide, its `highlights` (points) marked, as PNG.
    ///
    /// Boxes of other pages are left out, widths are kept between 16 and 4,096. Cancel safety: as for [`Self::read`].
    pub async fn render_page(
        &self,
        path: &Path,
        password: Option<&str>,
        page: u32,
        width: u32,
        highlights: &[Rect],
    ) -> Result<Vec<u8>, IngestError> {
        let task = Task::Render { page, width: width.clamp(16, WIDEST_PICTURE), highlights: highlights.to_vec() };
        match self.ask(self.request(path, "", password, task), &|_, _| {}).await? {
            Reply::Picture(png) => Ok(png),
            Reply::Document(_) => Err(crashed("it read instead of drawing a picture")),
        }
    }

    fn request(&self, path: &Path, name: &str, password: Option<&str>, task: Task) -> Request {
        Request {
            // The process has another working directory.
            path: std::path::absolute(path).unwrap_or_else(|_| path.to_owned()),
            name: name.to_owned(),
            pdfium: self.library.clone(),
            password: password.map(str::to_owned),
            ocr: self.ocr.clone(),
            limits: self.limits,
            task,
        }
    }

    async fn ask(
        &self,
        request: Request,
        progress: &(dyn Fn(usize, usize) + Send + Sync),
    ) -> Result<Reply, IngestError> {
        let mut child = self.start()?;
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(stdin), Some(stdout), Some(stderr)) = pipes else {
            return Err(IngestError::ReaderUnavailable { detail: "the reader has no pipes".to_owned() });
        };
        let last = Mutex::new(Instant::now());
        let noted = |page, of| {
            *last.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
            progress(page, of);
        };
        let conversation = converse(&request, stdin, stdout, stderr, &noted);
        let (reply, complaint) = tokio::select! {
            said = conversation => said,
            () = tokio::time::sleep(self.limits.time) => {
                drop(child.kill().await);
                return Err(timed_out(self.limits.time));
            }
            () = stalled(&last, self.limits.page_time) => {
                drop(child.kill().await);
                return Err(timed_out(self.limits.page_time));
            }
        };
        if let Some(reply) = reply {
            // It has said all it had to; a process that does not end then is ended.
            if tokio::time::timeout(Duration::from_secs(5), child.wait()).await.is_err() {
                drop(child.kill().await);
            }
            return reply;
        }
        match tokio::time::timeout(Duration::from_secs(5), child.wait()).await {
            Ok(Ok(status)) => Err(self.cause_of_death(status, &complaint)),
            _ => Err(crashed("it stopped answering")),
        }
    }

    fn start(&self) -> Result<Child, IngestError> {
        let mut command = Command::new(&self.executable);
        command
            .args(&self.arguments)
            .env_clear()
            // ONNX Runtime 1.31 opens a telemetry database in the user's home as it loads, and posts it over the network.
            .env("ORT_DISABLE_TELEMETRY", "1")
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true);
        // The dynamic loader must find what this process found (the C++ library on some systems).
        if let Some(path) = std::env::var_os("LD_LIBRARY_PATH") {
            command.env("LD_LIBRARY_PATH", path);
        }
        command
            .spawn()
            .map_err(|e| IngestError::ReaderUnavailable { detail: format!("the reader can't be started: {e}") })
    }

    fn cause_of_death(&self, status: ExitStatus, complaint: &str) -> IngestError {
        tracing::warn!(%status, complaint, "the reader process died");
        let too_complex = IngestError::DocumentTooComplex { limit_mib: self.limits.memory_bytes >> 20 };
        let out_of_memory = complaint.contains("memory allocation") || complaint.contains("Out of memory");
        match status.signal() {
            Some(SIGXCPU) => timed_out(self.limits.time),
            Some(SIGKILL) => too_complex,
            Some(_) if out_of_memory => too_complex,
            Some(signal) => crashed(&format!("signal {signal}")),
            None => crashed(&format!("exit code {}", status.code().unwrap_or(-1))),
        }
    }
}

enum Reply {
    Document(Box<ParsedDocument>),
    Picture(Vec<u8>),
}

const fn timed_out(limit: Duration) -> IngestError {
    IngestError::ReadingTimedOut { seconds: limit.as_secs() }
}

/// Ends when nothing was noted for so long.
async fn stalled(last: &Mutex<Instant>, limit: Duration) {
    loop {
        let since = last.lock().unwrap_or_else(PoisonError::into_inner).elapsed();
        let Some(left) = limit.checked_sub(since).filter(|left| !left.is_zero()) else { return };
        tokio::time::sleep(left).await;
    }
}

fn crashed(detail: &str) -> IngestError {
    IngestError::ReaderCrashed { detail: detail.to_owned() }
}

/// Says the request and listens to the end: what was answered, if anything, and what the child complained of.
async fn converse(
    request: &Request,
    mut stdin: ChildStdin,
    stdout: ChildStdout,
    stderr: ChildStderr,
    progress: &(dyn Fn(usize, usize) + Send + Sync),
) -> (Option<Result<Reply, IngestError>>, String) {
    let asking = async {
        let request = serde_json::to_vec(request).unwrap_or_default();
        // A child that died before it listened is recognised by its missing answer.
        drop(stdin.write_all(&request).await);
        drop(stdin);
    };
    let complaining = async {
        let mut complaint = Vec::new();
        let mut stderr = stderr;
        drop((&mut stderr).take(LONGEST_COMPLAINT).read_to_end(&mut complaint).await);
        // Read on, so that the child never waits for a full pipe.
        drop(tokio::io::copy(&mut stderr, &mut tokio::io::sink()).await);
        String::from_utf8_lossy(&complaint).into_owned()
    };
    let ((), reply, complaint) =
        tokio::join!(asking, listen(BufReader::new(stdout.take(LONGEST_ANSWER)), progress), complaining);
    (reply, complaint)
}

/// `None` where the output ends before an answer.
async fn listen(
    mut stdout: impl AsyncBufRead + Unpin,
    progress: &(dyn Fn(usize, usize) + Send + Sync),
) -> Option<Result<Reply, IngestError>> {
    let mut line = Vec::new();
    loop {
        line.clear();
        if stdout.read_until(b'\n', &mut line).await.ok()? == 0 || line.pop() != Some(b'\n') {
            return None;
        }
        match serde_json::from_slice(&line) {
            Ok(Message::Page { page, of }) => progress(page, of),
            Ok(Message::Unconfined { open }) => warn_once(&open),
            Ok(Message::Document { ok }) => return Some(Ok(Reply::Document(ok))),
            Ok(Message::Failed { error }) => return Some(Err(error)),
            Ok(Message::Picture { png }) => return Some(picture(&mut stdout, png).await),
            Err(error) => {
                tracing::warn!(%error, "the reader process said something that is no message");
                return Some(Err(crashed("its answer can't be understood")));
            }
        }
    }
}

/// The kernel stays the same: what it lacks is said once.
fn warn_once(open: &str) {
    static SAID: AtomicBool = AtomicBool::new(false);
    if !SAID.swap(true, Ordering::Relaxed) {
        tracing::warn!("{open}; its other limits hold");
    }
}

async fn picture(stdout: &mut (impl AsyncBufRead + Unpin), length: usize) -> Result<Reply, IngestError> {
    let mut png = Vec::new();
    match stdout.take(length as u64).read_to_end(&mut png).await {
        Ok(read) if read == length => Ok(Reply::Picture(png)),
        _ => Err(crashed("its picture broke off")),
    }
}
