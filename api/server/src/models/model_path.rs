//! Where a model that a command names lies.

use std::path::{Path, PathBuf};

use provision::{Catalogue, Entry, ModelStore};

use crate::bootstrap::Places;

/// The file or folder that is meant: a model of the catalogue, or a path.
pub fn model_path(places: &Places, model: &str) -> PathBuf {
    let store = ModelStore::new(&places.models, places.mirror.clone());
    let known = Catalogue::builtin().ok().and_then(|catalogue| {
        let entry = catalogue.get(model).ok()?;
        Some(store.path(&entry.id, gguf_name(entry)))
    });
    known.unwrap_or_else(|| PathBuf::from(model))
}

fn gguf_name(entry: &Entry) -> &str {
    let mut names = entry.files.iter().map(|f| f.name.as_str());
    names.find(|name| Path::new(name).extension().is_some_and(|e| e == "gguf")).unwrap_or("model.gguf")
}
