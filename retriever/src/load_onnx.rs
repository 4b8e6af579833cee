//! Loading what ONNX models need: the runtime's library, the graph's bytes, the tokenizer's files.

use std::{
    fs,
    path::Path,
    sync::{Mutex, PoisonError},
};

use fastembed::TokenizerFiles;
use ort::environment::Environment;

use crate::RetrieverError;

/// ONNX Runtime's environment, of which a process has one; the first call decides which library is used. A missing library
/// is an error here, and would be a panic later.
pub(crate) fn environment(path: &Path) -> Result<Environment, RetrieverError> {
    static ENVIRONMENT: Mutex<Option<Environment>> = Mutex::new(None);
    let path = path.canonicalize().map_err(unavailable(path))?;
    let mut loaded = ENVIRONMENT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(environment) = &*loaded {
        return Ok(environment.clone());
    }
    let builder = ort::init_from(&path).map_err(unavailable(&path))?;
    let environment = builder.build().map_err(unavailable(&path))?;
    Ok(loaded.insert(environment).clone())
}

/// The tokenizer's files under their usual names.
pub(crate) fn tokenizer_files(dir: &Path) -> Result<TokenizerFiles, RetrieverError> {
    Ok(TokenizerFiles {
        tokenizer_file: read(&dir.join("tokenizer.json"))?,
        config_file: read(&dir.join("config.json"))?,
        special_tokens_map_file: read(&dir.join("special_tokens_map.json"))?,
        tokenizer_config_file: read(&dir.join("tokenizer_config.json"))?,
    })
}

/// A file's bytes.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, RetrieverError> {
    fs::read(path).map_err(unavailable(path))
}

/// The error for a file that can't be used.
pub(crate) fn unavailable<E: std::fmt::Display>(path: &Path) -> impl FnOnce(E) -> RetrieverError {
    let path = path.to_owned();
    move |e| RetrieverError::ModelUnavailable { path, detail: e.to_string() }
}
