//! Moves a finished file into place in one step, so that a kill leaves either the old state or the new one.

use std::{
    fs::{self, File},
    path::Path,
};

use crate::{ProvisionError, Result};

/// Moves `staged`, already on the disk, to `target` on the same file system, and makes the move last.
pub(crate) fn place_file(staged: &Path, target: &Path) -> Result<()> {
    let folder = target.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(ProvisionError::io(folder))?;
    fs::rename(staged, target).map_err(ProvisionError::io(target))?;
    sync_folder(folder)
}

/// Writes a small file so that a reader sees the old content or the new one, never a part.
pub(crate) fn write_small_file(target: &Path, content: &[u8]) -> Result<()> {
    use std::io::Write;
    let folder = target.parent().unwrap_or(Path::new("."));
    let mut staged = readable_by_all().tempfile_in(folder).map_err(ProvisionError::io(folder))?;
    staged.write_all(content).map_err(ProvisionError::io(target))?;
    staged.as_file().sync_all().map_err(ProvisionError::io(target))?;
    staged.persist(target).map_err(|e| ProvisionError::io(target)(e.error))?;
    sync_folder(folder)
}

/// Temporary files are private by default, but a model pulled by one user may be served by another.
fn readable_by_all() -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".new-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
    builder
}

/// A rename lasts only when the folder itself is on the disk; Windows has no call for that.
fn sync_folder(folder: &Path) -> Result<()> {
    if cfg!(unix) {
        File::open(folder).and_then(|f| f.sync_all()).map_err(ProvisionError::io(folder))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_new_file_replaces_the_old_and_staging_is_empty() {
        let folder = tempfile::tempdir().unwrap();
        let (staged, target) = (folder.path().join("staged"), folder.path().join("id/file"));
        for content in ["old", "new"] {
            fs::write(&staged, content).unwrap();
            place_file(&staged, &target).unwrap();
            assert_eq!(fs::read_to_string(&target).unwrap(), content);
            assert!(!staged.exists());
        }
    }

    #[test]
    fn a_small_file_is_replaced_whole() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("verified.json");
        write_small_file(&target, b"a longer text").unwrap();
        write_small_file(&target, b"short").unwrap();
        assert_eq!(fs::read(&target).unwrap(), b"short");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
