//! Writes a file while counting and hashing it, and hashes files that are there.

use std::{
    fmt::Write as _,
    fs::File,
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

use crate::{ProvisionError, Result};

/// Large enough for the hash to run at full speed, small enough to report often.
const BUFFER: usize = 1 << 18;

/// Size and checksum of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Digested {
    pub(crate) bytes: u64,
    pub(crate) sha256: String,
}

/// Why a source gave nothing.
#[derive(Debug)]
pub(crate) enum FetchError {
    /// This source does not serve; the next one may.
    Source(String),
    /// No source can help: the store is at fault, or the user asked to stop.
    Store(ProvisionError),
}

impl From<ProvisionError> for FetchError {
    fn from(error: ProvisionError) -> Self {
        Self::Store(error)
    }
}

/// Told of the bytes written so far; answers whether to go on.
pub(crate) type Watch<'a> = &'a (dyn Fn(u64) -> bool + 'a);

/// A file being written, counted and hashed.
pub(crate) struct Sink<'a> {
    file: File,
    path: PathBuf,
    hasher: Sha256,
    bytes: u64,
    limit: u64,
    watch: Watch<'a>,
}

impl<'a> Sink<'a> {
    /// Creates or empties the file. More than `limit` bytes are refused, so that a hostile source can't fill the disk.
    pub(crate) fn create(path: &Path, limit: Option<u64>, watch: Watch<'a>) -> Result<Self> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(ProvisionError::io(folder))?;
        }
        let file = File::create(path).map_err(ProvisionError::io(path))?;
        let limit = limit.unwrap_or(u64::MAX);
        Ok(Self { file, path: path.to_owned(), hasher: Sha256::new(), bytes: 0, limit, watch })
    }

    /// Appends all that the reader gives.
    pub(crate) fn append(&mut self, reader: &mut dyn Read) -> std::result::Result<(), FetchError> {
        let mut buffer = vec![0; BUFFER];
        loop {
            let read = match reader.read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(FetchError::Source(format!("reading failed: {error}"))),
            };
            self.write(&buffer[..read])?;
        }
    }

    fn write(&mut self, piece: &[u8]) -> std::result::Result<(), FetchError> {
        self.bytes += piece.len() as u64;
        if self.bytes > self.limit {
            return Err(FetchError::Source(format!("is larger than {} bytes", self.limit)));
        }
        self.hasher.update(piece);
        self.file.write_all(piece).map_err(ProvisionError::io(&self.path))?;
        if (self.watch)(self.bytes) { Ok(()) } else { Err(ProvisionError::Cancelled.into()) }
    }

    /// Brings the file to the disk and says what was written.
    pub(crate) fn finish(self) -> Result<Digested> {
        self.file.sync_all().map_err(ProvisionError::io(&self.path))?;
        Ok(Digested { bytes: self.bytes, sha256: hex(&self.hasher.finalize()) })
    }
}

/// Size and checksum of a file that is there.
pub(crate) fn digest_file(path: &Path) -> Result<Digested> {
    let mut file = File::open(path).map_err(ProvisionError::io(path))?;
    let (mut hasher, mut bytes, mut buffer) = (Sha256::new(), 0, vec![0; BUFFER]);
    loop {
        let read = file.read(&mut buffer).map_err(ProvisionError::io(path))?;
        if read == 0 {
            return Ok(Digested { bytes, sha256: hex(&hasher.finalize()) });
        }
        bytes += read as u64;
        hasher.update(&buffer[..read]);
    }
}

/// The sha256 of these bytes, lower-case hexadecimal.
pub(crate) fn sha256_of(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_what_is_hashed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/file");
        let mut sink = Sink::create(&path, Some(6), &|_| true).unwrap();
        sink.append(&mut &b"abc"[..]).unwrap();
        sink.append(&mut &b"def"[..]).unwrap();
        let written = sink.finish().unwrap();
        assert_eq!(written, digest_file(&path).unwrap());
        assert_eq!(written.sha256, sha256_of(b"abcdef"));
    }

    #[test]
    fn too_much_is_the_sources_fault_and_a_stop_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let mut sink = Sink::create(&path, Some(2), &|_| true).unwrap();
        assert!(matches!(sink.append(&mut &b"abc"[..]), Err(FetchError::Source(_))));
        let mut sink = Sink::create(&path, None, &|_| false).unwrap();
        assert!(matches!(sink.append(&mut &b"abc"[..]), Err(FetchError::Store(ProvisionError::Cancelled))));
    }
}
