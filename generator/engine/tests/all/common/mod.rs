//! Finding installed models.

use std::path::PathBuf;

/// A file below the models folder: `$LECTERN_MODELS`, else `$HOME/.cache/lectern/models`. `None`, said aloud, where it
/// is not installed.
pub(crate) fn model_file(path: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("LECTERN_MODELS").map(PathBuf::from).or_else(|| {
        let home = std::env::var_os("HOME")?;
        Some(PathBuf::from(home).join(".cache/lectern/models"))
    })?;
    let file = folder.join(path);
    if file.is_file() {
        return Some(file);
    }
    println!("SKIPPED: {} is not installed", file.display());
    None
}
