//! Remembers which files were checked, by size and time of change, so that the second start does not hash them again.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::UNIX_EPOCH,
};

use serde::{Deserialize, Serialize};

use crate::{
    ProvisionError, Result,
    place_file::write_small_file,
    sink::{Digested, digest_file},
};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Checked {
    bytes: u64,
    /// Nanoseconds since 1970.
    changed: u64,
    sha256: String,
}

/// The checksums of files, hashed at most once per size and time of change.
///
/// It guards against accidents, not against someone who can write to the folder and set a file's time.
pub(crate) struct Verified {
    path: PathBuf,
    known: Mutex<BTreeMap<String, Checked>>,
}

impl Verified {
    /// Reads `verified.json` in this folder; one that is missing or unreadable is as good as empty.
    pub(crate) fn open(models_dir: &Path) -> Self {
        let path = models_dir.join("verified.json");
        let known = fs::read(&path).ok().and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default();
        Self { path, known: Mutex::new(known) }
    }

    /// Size and checksum of this file, from memory where it has not changed since.
    pub(crate) fn digest(&self, key: &str, file: &Path) -> Result<Digested> {
        let (bytes, changed) = stamp(file)?;
        if let Some(seen) = self.lock().get(key).filter(|c| c.bytes == bytes && c.changed == changed) {
            return Ok(Digested { bytes, sha256: seen.sha256.clone() });
        }
        let digested = digest_file(file)?;
        self.remember(key, file, &digested)?;
        Ok(digested)
    }

    /// Notes what this file was found to be.
    pub(crate) fn remember(&self, key: &str, file: &Path, digested: &Digested) -> Result<()> {
        let (bytes, changed) = stamp(file)?;
        if bytes == digested.bytes {
            let checked = Checked { bytes, changed, sha256: digested.sha256.clone() };
            // Written under the lock, so that no older state overwrites a newer one.
            let mut known = self.lock();
            known.insert(key.to_owned(), checked);
            self.save(&known);
        }
        Ok(())
    }

    /// A folder that can't be written costs time at the next start, nothing else.
    fn save(&self, known: &BTreeMap<String, Checked>) {
        let text = serde_json::to_vec_pretty(known).unwrap_or_default();
        if let Err(error) = write_small_file(&self.path, &text) {
            tracing::debug!(%error, "checksums are not remembered");
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Checked>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Size and time of the last change.
fn stamp(file: &Path) -> Result<(u64, u64)> {
    let metadata = fs::metadata(file).map_err(ProvisionError::io(file))?;
    let changed = metadata.modified().ok().and_then(|t| t.duration_since(UNIX_EPOCH).ok());
    Ok((metadata.len(), changed.map_or(0, |d| d.as_nanos() as u64)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sink::sha256_of;

    #[test]
    fn an_unchanged_file_is_not_hashed_again_and_a_changed_one_is() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "one").unwrap();
        let verified = Verified::open(folder.path());
        let lie = Digested { bytes: 3, sha256: "remembered".into() };
        verified.remember("id/file", &file, &lie).unwrap();
        assert_eq!(Verified::open(folder.path()).digest("id/file", &file).unwrap(), lie);
        fs::write(&file, "three").unwrap();
        assert_eq!(verified.digest("id/file", &file).unwrap().sha256, sha256_of(b"three"));
    }
}
