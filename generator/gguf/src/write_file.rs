//! Puts metadata and tensors into a GGUF file, which is whole or not there.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{BufWriter, Write as _},
    path::Path,
};

use candle_core::quantized::{
    QTensor,
    gguf_file::{self, Value},
};

use crate::{GgufError, GgufResult};

/// What a file says about itself; sorted, so that the same model is the same bytes.
pub type SortedMetadata = BTreeMap<String, Value>;

/// Writes beside `out`, then puts it in place.
pub fn write_file(metadata: &SortedMetadata, tensors: &[(String, QTensor)], out: &Path) -> GgufResult<()> {
    let metadata: Vec<(&str, &Value)> = metadata.iter().map(|(k, v)| (k.as_str(), v)).collect();
    let tensors: Vec<(&str, &QTensor)> = tensors.iter().map(|(name, tensor)| (name.as_str(), tensor)).collect();
    let mut name = out.file_name().unwrap_or_default().to_owned();
    name.push(".partial");
    let partial = out.with_file_name(name);
    let unwritable = |path: &Path, source| GgufError::Unwritable { path: path.to_owned(), source };
    let mut file = BufWriter::new(File::create(&partial).map_err(|e| unwritable(&partial, e))?);
    let written = gguf_file::write(&mut file, &metadata, &tensors);
    written.map_err(|e| GgufError::NotWritten { reason: e.to_string() })?;
    let mut place = || {
        file.flush()?;
        file.get_ref().sync_all()?;
        std::fs::rename(&partial, out)
    };
    place().map_err(|e| unwritable(out, e))
}
