//! Files that are on this machine already.

use std::{fs::File, io::Read, path::Path};

use super::Fetch;
use crate::sink::{Digested, FetchError, Sink};

/// Copies a file.
pub(super) fn copy(from: &Path, fetch: &Fetch<'_>) -> Result<Digested, FetchError> {
    let mut file = File::open(from).map_err(|e| FetchError::Source(format!("can't be opened: {e}")))?;
    fetch.begin(&format!("copying {}", fetch.file.name), fetch.file.bytes);
    write(&mut file, fetch)
}

/// Writes what the reader gives.
pub(super) fn write(reader: &mut dyn Read, fetch: &Fetch<'_>) -> Result<Digested, FetchError> {
    let watch = |done| fetch.advance(done);
    let mut sink = Sink::create(fetch.staged, fetch.file.bytes, &watch)?;
    sink.append(reader)?;
    Ok(sink.finish()?)
}
