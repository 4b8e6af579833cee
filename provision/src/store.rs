//! The folder of models: what is there, whether it is whole, and where each file lies.

use std::{
    error::Error,
    fs,
    path::{Path, PathBuf},
};

use serde::Serialize;

use crate::{
    Entry, FileSpec, ProvisionError, Result,
    place_file::write_small_file,
    remember_verified::Verified,
    sink::{Digested, digest_file},
};

/// The folder of models, laid out `<id>/<file>`.
///
/// Law: a file under its own name is whole. Everything unfinished lies in `.staging`.
pub struct ModelStore {
    models_dir: PathBuf,
    mirror: Option<PathBuf>,
    verified: Verified,
    maker: Option<Box<dyn Maker>>,
}

/// Makes the files that no source has: they are made on this machine of another model. The same base gives the same bytes
/// on every machine, so that they have a checksum like any other.
pub trait Maker: Send + Sync {
    /// Writes to `out` what this recipe makes of the file `base`.
    fn make(&self, recipe: &str, base: &Path, out: &Path) -> std::result::Result<(), Box<dyn Error + Send + Sync>>;
}

/// What is there of an entry, judged by names and sizes alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// None of its files.
    Missing,
    /// Some are missing or of a wrong size: these.
    Partial {
        /// Names of the files to pull again.
        files: Vec<String>,
    },
    /// All of them.
    Present,
}

/// What a file was found to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FileState {
    /// It has the checksum it should have.
    Whole,
    /// Neither the catalogue nor a record beside it says what its checksum should be.
    Unrecorded,
    /// It is not there.
    Missing,
    /// Its size or its checksum is wrong; in words.
    Damaged(String),
}

/// One file of a [`Report`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FileReport {
    /// Its name.
    pub name: String,
    /// Where it lies or should lie.
    pub path: PathBuf,
    /// Its size, 0 where it is missing.
    pub bytes: u64,
    /// Its sha256 as it is now.
    pub sha256: Option<String>,
    /// The verdict.
    pub state: FileState,
}

/// What a full check of an entry found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The entry.
    pub id: String,
    /// Its files.
    pub files: Vec<FileReport>,
}

impl Report {
    /// Whether every file is whole, or can't be known not to be.
    pub fn is_ok(&self) -> bool {
        !self.files.is_empty() && self.files.iter().all(|f| matches!(f.state, FileState::Whole | FileState::Unrecorded))
    }
}

impl ModelStore {
    /// The store in this folder, which need not exist yet. `mirror` is a folder laid out in the same way, asked before
    /// all other sources.
    pub fn new(models_dir: impl Into<PathBuf>, mirror: Option<PathBuf>) -> Self {
        let models_dir = models_dir.into();
        let verified = Verified::open(&models_dir);
        Self { models_dir, mirror, verified, maker: None }
    }

    /// The same store, with who makes files.
    #[must_use]
    pub fn with_maker(self, maker: impl Maker + 'static) -> Self {
        Self { maker: Some(Box::new(maker)), ..self }
    }

    /// Who makes files.
    pub(crate) fn maker(&self) -> Option<&dyn Maker> {
        self.maker.as_deref()
    }

    /// The folder.
    pub fn models_dir(&self) -> &Path {
        &self.models_dir
    }

    /// Where a file lies once it is there.
    pub fn path(&self, id: &str, file: &str) -> PathBuf {
        self.models_dir.join(id).join(file)
    }

    /// What is there of this entry; looks at names and sizes only.
    pub fn status(&self, entry: &Entry) -> Status {
        let lacking: Vec<_> = entry.files.iter().filter(|f| !self.has_right_size(&entry.id, f)).collect();
        let any_there = entry.files.iter().any(|f| self.path(&entry.id, &f.name).exists());
        match (lacking.is_empty(), any_there) {
            (true, true) => Status::Present,
            (false, true) => Status::Partial { files: lacking.iter().map(|f| f.name.clone()).collect() },
            (_, false) => Status::Missing,
        }
    }

    /// Hashes every file of this entry, whatever is remembered about it.
    pub fn verify(&self, entry: &Entry) -> Result<Report> {
        supported(entry)?;
        let files = entry.files.iter().map(|f| self.verify_file(&entry.id, f)).collect::<Result<_>>()?;
        Ok(Report { id: entry.id.clone(), files })
    }

    /// The entry's folder, once every file in it is known to be whole: for the start of a program that needs it.
    ///
    /// Files are hashed once and then known by size and time of change, so that later calls cost microseconds.
    ///
    /// # Errors
    /// [`ProvisionError::Absent`] and [`ProvisionError::Damaged`] name the file and the command that mends it.
    pub fn require(&self, entry: &Entry) -> Result<PathBuf> {
        supported(entry)?;
        for file in &entry.files {
            self.require_file(&entry.id, file)?;
        }
        Ok(self.models_dir.join(&entry.id))
    }

    /// Fails where this file is missing or not what it should be.
    pub(crate) fn require_file(&self, id: &str, file: &FileSpec) -> Result<()> {
        let path = self.path(id, &file.name);
        if !path.is_file() {
            return Err(ProvisionError::Absent { id: id.to_owned(), path });
        }
        // A wrong size needs no hash: a cut-off file of gigabytes is refused at once.
        let bytes = fs::metadata(&path).map_err(ProvisionError::io(&path))?.len();
        let damaged = |detail| ProvisionError::Damaged { id: id.to_owned(), path: path.clone(), detail };
        wrong_size(file, bytes).map_or(Ok(()), |detail| Err(damaged(detail)))?;
        let found = self.verified.digest(&key(id, file), &path)?;
        let Some(expected) = self.expected_sha256(id, file) else {
            self.record_sha256(id, file, &found);
            return Ok(());
        };
        wrong_sha256(&expected, &found).map_or(Ok(()), |detail| Err(damaged(detail)))
    }

    /// What the checksum must be: from the catalogue, else from the record beside the file.
    pub(crate) fn expected_sha256(&self, id: &str, file: &FileSpec) -> Option<String> {
        file.sha256.clone().or_else(|| read_record(&self.record_path(id, file)))
    }

    /// Notes what was placed, for the files whose checksum the catalogue does not know.
    pub(crate) fn remember_placed(&self, id: &str, file: &FileSpec, placed: &Digested) -> Result<()> {
        if file.sha256.is_none() {
            self.record_sha256(id, file, placed);
        }
        self.verified.remember(&key(id, file), &self.path(id, &file.name), placed)
    }

    /// The mirror, where one is set.
    pub(crate) fn mirror(&self) -> Option<&Path> {
        self.mirror.as_deref()
    }

    /// Where unfinished files lie.
    pub(crate) fn staging(&self) -> PathBuf {
        self.models_dir.join(".staging")
    }

    fn verify_file(&self, id: &str, file: &FileSpec) -> Result<FileReport> {
        let path = self.path(id, &file.name);
        let name = file.name.clone();
        if !path.is_file() {
            return Ok(FileReport { name, path, bytes: 0, sha256: None, state: FileState::Missing });
        }
        let found = digest_file(&path)?;
        let state = match (wrong_size(file, found.bytes), self.expected_sha256(id, file)) {
            (Some(detail), _) => FileState::Damaged(detail),
            (None, None) => FileState::Unrecorded,
            (None, Some(expected)) => wrong_sha256(&expected, &found).map_or(FileState::Whole, FileState::Damaged),
        };
        self.verified.remember(&key(id, file), &path, &found)?;
        Ok(FileReport { name, path, bytes: found.bytes, sha256: Some(found.sha256), state })
    }

    fn has_right_size(&self, id: &str, file: &FileSpec) -> bool {
        let metadata = fs::metadata(self.path(id, &file.name));
        metadata.is_ok_and(|m| m.is_file() && wrong_size(file, m.len()).is_none())
    }

    fn record_path(&self, id: &str, file: &FileSpec) -> PathBuf {
        self.path(id, &format!("{}.sha256", file.name))
    }

    /// A folder that can't be written leaves the file unrecorded, which `verify` says.
    fn record_sha256(&self, id: &str, file: &FileSpec, found: &Digested) {
        let line = format!("{}  {}\n", found.sha256, file.name);
        if let Err(error) = write_small_file(&self.record_path(id, file), line.as_bytes()) {
            tracing::warn!(%error, model = id, file = file.name, "the checksum is not recorded");
        }
    }
}

/// The checksum in a file of the form that `sha256sum` writes.
pub(crate) fn read_record(path: &Path) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    text.split_whitespace().next().filter(|s| s.len() == 64).map(str::to_owned)
}

/// Fails for an entry that has no files for this platform.
pub(crate) fn supported(entry: &Entry) -> Result<()> {
    let (os, arch) = (std::env::consts::OS, std::env::consts::ARCH);
    if entry.files.is_empty() {
        return Err(ProvisionError::WrongPlatform { id: entry.id.clone(), os, arch });
    }
    Ok(())
}

pub(crate) fn wrong_size(file: &FileSpec, bytes: u64) -> Option<String> {
    let expected = file.bytes.filter(|&expected| expected != bytes)?;
    Some(format!("it has {bytes} bytes instead of {expected}"))
}

pub(crate) fn wrong_sha256(expected: &str, found: &Digested) -> Option<String> {
    let differs = expected != found.sha256;
    differs.then(|| format!("its sha256 is {} instead of {expected}", found.sha256))
}

fn key(id: &str, file: &FileSpec) -> String {
    format!("{id}/{}", file.name)
}
