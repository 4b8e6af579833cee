//! Loading what ONNX models need: the runtime's library, the graph's bytes, the tokenizer's files.

use std::{fs, path::Path};

use fastembed::TokenizerFiles;

use crate::RetrieverError;

/// Loads the shared library, so that fastembed finds it there. A missing library is an error here, and a panic later.
pub(crate) fn load_runtime(path: &Path) -> Result<(), RetrieverError> {
    let path = path.canonicalize().map_err(unavailable(path))?;
    // The builder is left to fastembed: a process has one environment, and fastembed keeps its own.
    let _builder = ort::init_from(&path).map_err(unavailable(&path))?;
    Ok(())
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
