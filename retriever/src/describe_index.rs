//! `index.json`: which embedder and which analyser an index was made with.

use std::{fs, io::Write, path::Path};

use serde::{Deserialize, Serialize};

use crate::{ANALYSER_VERSION, RetrieverError};

/// The file's name in the index folder.
const FILE: &str = "index.json";

/// What vectors and terms of an index depend on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct IndexDescription {
    pub(crate) embedder: String,
    pub(crate) dimensions: usize,
    pub(crate) analyser_version: u32,
    /// Raised when headings or anything else is put into the embedded text in another way.
    pub(crate) layout_version: u32,
}

/// See [`IndexDescription::layout_version`]; also raised when the keyword index's fields change.
const LAYOUT_VERSION: u32 = 1;

impl IndexDescription {
    /// What this build would make with an embedder.
    pub(crate) fn current(embedder: &str, dimensions: usize) -> Self {
        Self {
            embedder: embedder.to_owned(),
            dimensions,
            analyser_version: ANALYSER_VERSION,
            layout_version: LAYOUT_VERSION,
        }
    }

    /// Checks the folder's description against this one, and writes it where there is none yet.
    pub(crate) fn check_or_write(&self, dir: &Path) -> Result<(), RetrieverError> {
        let path = dir.join(FILE);
        match fs::read(&path) {
            Ok(bytes) => self.check(dir, &bytes),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                self.write(dir, &path).map_err(RetrieverError::storage(path))
            }
            Err(e) => Err(RetrieverError::storage(path)(e)),
        }
    }

    fn check(&self, dir: &Path, bytes: &[u8]) -> Result<(), RetrieverError> {
        let found = serde_json::from_slice::<Self>(bytes);
        if found.as_ref().is_ok_and(|found| found == self) {
            return Ok(());
        }
        let found = found.map_or_else(|_| "something unknown".to_owned(), |found| found.to_string());
        Err(RetrieverError::IndexMismatch { path: dir.to_owned(), found, expected: self.to_string() })
    }

    /// Written aside, synced and renamed: a crash leaves no half of it.
    fn write(&self, dir: &Path, path: &Path) -> std::io::Result<()> {
        let aside = path.with_extension("json.new");
        let mut file = fs::File::create(&aside)?;
        file.write_all(&serde_json::to_vec_pretty(self)?)?;
        file.sync_all()?;
        fs::rename(&aside, path)?;
        fs::File::open(dir)?.sync_all()
    }
}

impl std::fmt::Display for IndexDescription {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { embedder, dimensions, analyser_version, layout_version } = self;
        write!(f, "{embedder} ({dimensions} numbers), analyser {analyser_version}, layout {layout_version}")
    }
}
