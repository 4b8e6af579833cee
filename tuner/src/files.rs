//! Writes files whole or not at all, and reads JSON.

use std::{fs::File, io::Write, path::Path};

use serde::Serialize;
use serde_json::Value as Json;

use crate::{TunerError, TunerResult, error::unreadable};

/// Reads a JSON file.
pub(crate) fn read_json(path: &Path) -> TunerResult<Json> {
    let text = std::fs::read_to_string(path).map_err(|e| unreadable(path, e))?;
    serde_json::from_str(&text).map_err(|e| TunerError::BadModel { problem: format!("{}: {e}", path.display()) })
}

/// Writes beside `path`, makes sure that it is on the disk, then puts it in place: a reader sees the old file or the new.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> TunerResult<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".partial");
    let partial = path.with_file_name(name);
    let write = || {
        let mut file = File::create(&partial)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&partial, path)?;
        match path.parent().filter(|p| !p.as_os_str().is_empty()) {
            Some(folder) => File::open(folder)?.sync_all(),
            None => Ok(()),
        }
    };
    write().map_err(|e| unreadable(path, e))
}

/// The same for a file of JSON, one value a line.
pub(crate) fn write_lines<T: Serialize>(path: &Path, values: &[T]) -> TunerResult<()> {
    let mut text = Vec::new();
    for value in values {
        serde_json::to_writer(&mut text, value).map_err(|e| unreadable(path, e.into()))?;
        text.push(b'\n');
    }
    write_whole(path, &text)
}
