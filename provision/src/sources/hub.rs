//! Files of the model hub, through hf-hub: its cache is honoured, its partial downloads are resumed.

use std::{
    path::{Path, PathBuf},
    sync::mpsc::{self, RecvTimeoutError, Sender},
    time::{Duration, Instant},
};

use hf_hub::{
    Cache, Repo, RepoType,
    api::sync::{Api, ApiBuilder, ApiError, ApiRepo},
};

use super::{Fetch, local};
use crate::{
    FileSpec, HubFile, ProvisionError,
    sink::{Digested, FetchError, digest_file},
    store::wrong_size,
};

/// How long the hub may take to answer before the next source is tried: some networks drop packets without a word.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long a download may stand still before it is given up.
const SILENCE: Duration = Duration::from_mins(1);
/// How often the wish to stop is looked at.
const PULSE: Duration = Duration::from_millis(250);
/// A download that breaks off is taken up again this often.
const TRIES: usize = 3;

/// Fetches a file of a repository.
pub(super) fn fetch(file: &HubFile, fetch: &Fetch<'_>) -> Result<Digested, FetchError> {
    let revision = file.revision.clone().unwrap_or_else(|| "main".to_owned());
    let repo = Repo::with_revision(file.repo.clone(), RepoType::Model, revision);
    if let Some(cached) = Cache::from_env().repo(repo.clone()).get(&file.file) {
        return local::copy(&cached, fetch);
    }
    if std::env::var("HF_HUB_OFFLINE").is_ok_and(|v| v == "1") {
        return Err(FetchError::Source("HF_HUB_OFFLINE forbids it".to_owned()));
    }
    let cache = fetch.staging.join("hub");
    let api = ApiBuilder::from_env().with_progress(false).with_cache_dir(cache.clone()).build().map_err(explain)?;
    fetch.begin(&format!("asking the model hub for {}", file.file), fetch.file.bytes);
    let offered = ask(&api, &api.repo(repo.clone()).url(&file.file))?;
    compare(&offered, fetch.file).map_or(Ok(()), |reason| Err(FetchError::Source(reason)))?;
    let blob = download(api.repo(repo), &file.file, &cache, fetch)?;
    std::fs::rename(&blob, fetch.staged).map_err(ProvisionError::io(fetch.staged))?;
    Ok(digest_file(fetch.staged)?)
}

/// What the hub says about a file.
struct Offered {
    bytes: u64,
    /// For large files their sha256, for small ones a hash of another kind.
    etag: String,
}

/// Asks the hub about the file, for [`PATIENCE`] at most. The thread that waits longer than that writes nothing.
fn ask(api: &Api, url: &str) -> Result<Offered, FetchError> {
    let (send, receive) = mpsc::channel();
    let (api, url) = (api.clone(), url.to_owned());
    std::thread::spawn(move || send.send(api.metadata(&url)));
    let answer = receive.recv_timeout(PATIENCE);
    let answer = answer.map_err(|_| FetchError::Source(format!("no answer within {} s", PATIENCE.as_secs())))?;
    let metadata = answer.map_err(explain)?;
    Ok(Offered { bytes: metadata.size() as u64, etag: metadata.etag().to_owned() })
}

/// Why this is not the file that is meant, where that can be told before gigabytes are downloaded.
fn compare(offered: &Offered, file: &FileSpec) -> Option<String> {
    let is_sha256 = offered.etag.len() == 64 && offered.etag.bytes().all(|c| c.is_ascii_hexdigit());
    let other = file.sha256.as_ref().is_some_and(|expected| is_sha256 && *expected != offered.etag);
    wrong_size(file, offered.bytes)
        .or_else(|| other.then(|| format!("its sha256 is {}", offered.etag)))
        .map(|reason| format!("offers another file: {reason}"))
}

/// Downloads into hf-hub's cache in the staging folder; gives the file itself, not the link to it.
///
/// hf-hub waits for ever on a line that went silent, and can't be told to stop. So it runs on a thread of its own,
/// which is left behind when that happens: it writes to the staging folder only, under hf-hub's own lock.
fn download(repo: ApiRepo, file: &str, cache: &Path, fetch: &Fetch<'_>) -> Result<PathBuf, FetchError> {
    let (send, receive) = mpsc::channel();
    let (name, cache) = (file.to_owned(), cache.to_owned());
    std::thread::spawn(move || {
        let outcome = try_download(&repo, &name, &cache, &send);
        send.send(Event::Ended(outcome))
    });
    let mut heard = Instant::now();
    loop {
        match receive.recv_timeout(PULSE) {
            Ok(Event::Began(bytes)) => fetch.begin(&format!("downloading {file}"), Some(bytes)),
            Ok(Event::At(done)) => _ = fetch.advance(done),
            Ok(Event::Ended(Ok(link))) => return Ok(link.canonicalize().map_err(ProvisionError::io(&link))?),
            Ok(Event::Ended(Err(error))) => return Err(explain(error)),
            Err(RecvTimeoutError::Timeout) if heard.elapsed() > SILENCE => {
                return Err(FetchError::Source(format!("went silent for {} s", SILENCE.as_secs())));
            }
            Err(RecvTimeoutError::Timeout) => {
                stop_if_asked(fetch)?;
                continue;
            }
            Err(RecvTimeoutError::Disconnected) => return Err(FetchError::Source("stopped unexpectedly".to_owned())),
        }
        stop_if_asked(fetch)?;
        heard = Instant::now();
    }
}

fn stop_if_asked(fetch: &Fetch<'_>) -> Result<(), FetchError> {
    if fetch.progress.cancelled() { Err(ProvisionError::Cancelled.into()) } else { Ok(()) }
}

/// A download that breaks off is taken up where it ended.
fn try_download(repo: &ApiRepo, file: &str, cache: &Path, send: &Sender<Event>) -> Result<PathBuf, ApiError> {
    let mut tries = 1;
    loop {
        match repo.download_with_progress(file, Report { send: send.clone(), begun: false, done: 0 }) {
            Err(error) if tries < TRIES => {
                // A part that is too long can't be resumed; the next try starts afresh.
                if matches!(error, ApiError::InvalidResume) {
                    let _ = std::fs::remove_dir_all(cache);
                }
                tries += 1;
            }
            outcome => return outcome,
        }
    }
}

fn explain(error: ApiError) -> FetchError {
    FetchError::Source(match error {
        ApiError::RequestError(error) => format!("can't be reached or has no such file: {error}"),
        other => other.to_string(),
    })
}

/// What the downloading thread tells.
enum Event {
    Began(u64),
    At(u64),
    Ended(Result<PathBuf, ApiError>),
}

struct Report {
    send: Sender<Event>,
    begun: bool,
    done: u64,
}

// Nobody listens any more once the download was given up.
impl hf_hub::api::Progress for Report {
    fn init(&mut self, size: usize, _filename: &str) {
        // hf-hub says it twice: when it has opened the file, and when the hub has answered.
        if !self.begun {
            let _ = self.send.send(Event::Began(size as u64));
        }
        (self.begun, self.done) = (true, 0);
    }

    fn update(&mut self, size: usize) {
        self.done += size as u64;
        let _ = self.send.send(Event::At(self.done));
    }

    fn finish(&mut self) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_file_is_known_before_it_is_downloaded() {
        let sha256 = Some("ab".repeat(32));
        let file =
            FileSpec { name: "f".into(), bytes: Some(9), sha256, platform: None, text: None, sources: Vec::new() };
        let refused = |bytes, etag: &str| compare(&Offered { bytes, etag: etag.to_owned() }, &file).is_some();
        assert!(refused(8, &"ab".repeat(32)));
        assert!(refused(9, &"cd".repeat(32)));
        assert!(!refused(9, &"ab".repeat(32)));
        // A git hash says nothing about the sha256.
        assert!(!refused(9, &"ab".repeat(20)));
    }
}
