//! Files that are made on this machine of another model.

use super::Fetch;
use crate::{
    MadeFrom, Maker, ProvisionError,
    sink::{Digested, FetchError, digest_file},
};

/// Lets the maker make the file.
pub(super) fn make(made: &MadeFrom, maker: Option<&dyn Maker>, fetch: &Fetch<'_>) -> Result<Digested, FetchError> {
    let Some(maker) = maker else {
        return Err(FetchError::Source("this program can't make models".to_owned()));
    };
    let base = fetch.models.join(&made.base).join(&made.file);
    if !base.is_file() {
        return Err(FetchError::Source(format!("needs {}: `lectern models pull {}`", base.display(), made.base)));
    }
    std::fs::create_dir_all(fetch.staging).map_err(ProvisionError::io(fetch.staging))?;
    fetch.begin(&format!("making {}", fetch.file.name), None);
    maker.make(&made.recipe, &base, fetch.staged).map_err(|e| FetchError::Source(format!("making failed: {e}")))?;
    Ok(digest_file(fetch.staged)?)
}
