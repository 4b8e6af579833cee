//! Gets one file: tries its sources in order until one gives the right bytes, then moves them into place.

use std::path::Path;

use crate::{
    Attempt, Entry, FileSpec, ModelStore, Progress, ProvisionError, Result, Source,
    place_file::place_file,
    sink::{Digested, FetchError},
    sources::{Fetch, describe, fetch_from, write_text},
    store::{read_record, wrong_sha256, wrong_size},
};

/// One thing to try: the catalogue's own text, or a source, with its name for messages.
enum Candidate<'a> {
    Text(&'a str),
    Mirror(Source),
    Listed(&'a Source),
}

impl Candidate<'_> {
    fn describe(&self) -> String {
        match self {
            Self::Text(_) => "the catalogue".to_owned(),
            Self::Mirror(Source::Path(path)) => format!("mirror, {}", path.display()),
            Self::Mirror(source) => describe(source),
            Self::Listed(source) => describe(source),
        }
    }

    fn fetch(&self, fetch: &Fetch<'_>) -> std::result::Result<Digested, FetchError> {
        match self {
            Self::Text(text) => write_text(text, fetch),
            Self::Mirror(source) => fetch_from(source, fetch),
            Self::Listed(source) => fetch_from(source, fetch),
        }
    }
}

/// Gets this file and puts it into place. The inner result says which sources were tried in vain.
pub(crate) fn obtain_file(
    store: &ModelStore,
    entry: &Entry,
    file: &FileSpec,
    progress: &dyn Progress,
) -> Result<std::result::Result<(), Vec<Attempt>>> {
    let staging = store.staging().join(&entry.id);
    let staged = staging.join(&file.name);
    let fetch = Fetch {
        models: store.models_dir(),
        id: &entry.id,
        file,
        staging: &staging,
        staged: &staged,
        maker: store.maker(),
        progress,
    };
    let mut attempts = Vec::new();
    for candidate in candidates(store.mirror(), &entry.id, file) {
        if progress.cancelled() {
            return Err(ProvisionError::Cancelled);
        }
        let outcome = candidate.fetch(&fetch).and_then(|d| check(store, &entry.id, file, &candidate, d));
        match outcome {
            Ok(digested) => {
                place_file(&staged, &store.path(&entry.id, &file.name))?;
                store.remember_placed(&entry.id, file, &digested)?;
                return Ok(Ok(()));
            }
            Err(FetchError::Store(error)) => return Err(error),
            Err(FetchError::Source(reason)) => {
                let source = candidate.describe();
                progress.note(&entry.id, &format!("{}: {source}: {reason}", file.name));
                attempts.push(Attempt { source, reason });
            }
        }
    }
    Ok(Err(attempts))
}

/// The mirror first, for whoever names one wants it used; then what the catalogue lists.
fn candidates<'a>(mirror: Option<&Path>, id: &str, file: &'a FileSpec) -> Vec<Candidate<'a>> {
    let mirror = mirror.map(|folder| Candidate::Mirror(Source::Path(folder.join(id).join(&file.name))));
    // Text needs no source; a mirror is not asked for it.
    match &file.text {
        Some(text) => vec![Candidate::Text(text)],
        None => mirror.into_iter().chain(file.sources.iter().map(Candidate::Listed)).collect(),
    }
}

/// Whether these are the bytes that were meant.
fn check(
    store: &ModelStore,
    id: &str,
    file: &FileSpec,
    candidate: &Candidate<'_>,
    found: Digested,
) -> std::result::Result<Digested, FetchError> {
    // A mirror is another store: what it recorded about a file counts where the catalogue knows nothing.
    let recorded = match candidate {
        Candidate::Mirror(Source::Path(path)) => read_record(&path.with_file_name(format!("{}.sha256", file.name))),
        _ => None,
    };
    let expected = store.expected_sha256(id, file).or(recorded);
    let wrong = wrong_size(file, found.bytes).or_else(|| expected.and_then(|expected| wrong_sha256(&expected, &found)));
    wrong.map_or(Ok(found), |reason| Err(FetchError::Source(format!("gave another file: {reason}"))))
}
