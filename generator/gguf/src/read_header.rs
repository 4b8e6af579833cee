//! Reads a GGUF file's header: its metadata, and where its tensors are.

use std::{
    fs::File,
    io::BufReader,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
};

use candle_core::quantized::gguf_file::Content;

use crate::{GgufError, GgufResult};

/// A file's header, and the file behind it.
pub struct Header {
    /// Metadata, and each tensor's type, shape and place. Nothing in it is checked against the file's length yet.
    pub content: Content,
    /// The open file, to read tensors from.
    pub reader: BufReader<File>,
    /// The file's length.
    pub file_bytes: u64,
}

/// Opens `path` and reads its header; an error where it is no GGUF file, or the header ends before it should.
pub fn read_header(path: &Path) -> GgufResult<Header> {
    let unreadable = |source| GgufError::Unreadable { path: path.to_owned(), source };
    let file = File::open(path).map_err(unreadable)?;
    let file_bytes = file.metadata().map_err(unreadable)?.len();
    let mut reader = BufReader::new(file);
    // candle divides by the file's own alignment without looking at it: a zero there is a panic.
    let content = catch_unwind(AssertUnwindSafe(|| Content::read(&mut reader)))
        .map_err(|_| GgufError::damaged(path, &"its header is impossible"))?
        .map_err(|e| GgufError::damaged(path, &without_backtrace(e)))?;
    Ok(Header { content, reader, file_bytes })
}

/// candle appends a backtrace where one is enabled. The user has no use for it, and to word it takes the debug symbols.
fn without_backtrace(error: candle_core::Error) -> candle_core::Error {
    match error {
        candle_core::Error::WithBacktrace { inner, .. } => without_backtrace(*inner),
        other => other,
    }
}
