//! ZIP archives of office files, read within bounds: what a few kilobytes claim to unpack to is never believed.

use std::io::{Cursor, Read};

use zip::{ZipArchive, result::ZipError};

use crate::IngestError;

/// More parts than this no office program writes.
const MOST_PARTS: usize = 20_000;
/// All parts together may unpack to this many bytes …
const MOST_UNPACKED: u64 = 512 << 20;
/// … or to this multiple of the file where that is less; XML shrinks to a fiftieth at most.
const MOST_EXPANSION: u64 = 200;
/// Small files may expand more: empty sheets are all repetition.
const ALWAYS_ALLOWED: u64 = 32 << 20;

/// An open archive with what it may still unpack.
pub(super) struct Archive<'a> {
    zip: ZipArchive<Cursor<&'a [u8]>>,
    left: u64,
    limit: u64,
}

impl<'a> Archive<'a> {
    pub(super) fn open(bytes: &'a [u8]) -> Result<Self, IngestError> {
        let zip = ZipArchive::new(Cursor::new(bytes)).map_err(|e| broken(&e))?;
        if zip.len() > MOST_PARTS {
            return Err(damaged(format!("it has {} parts", zip.len())));
        }
        let limit = MOST_UNPACKED.min((bytes.len() as u64).saturating_mul(MOST_EXPANSION).max(ALWAYS_ALLOWED));
        Ok(Self { zip, left: limit, limit })
    }

    /// The names of all parts.
    pub(super) fn names(&self) -> Vec<String> {
        self.zip.file_names().filter_map(Result::ok).map(std::borrow::Cow::into_owned).collect()
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.zip.index_for_name(name).is_some()
    }

    /// A part, unpacked; `None` where there is none of that name.
    pub(super) fn part(&mut self, name: &str) -> Result<Option<Vec<u8>>, IngestError> {
        let part = match self.zip.by_name(name) {
            Ok(part) => part,
            Err(ZipError::FileNotFound) => return Ok(None),
            Err(error) => return Err(broken(&error)),
        };
        let mut content = Vec::new();
        let read = part.take(self.left + 1).read_to_end(&mut content);
        let unpacked = read.map_err(|_| damaged(format!("its part {name} can't be unpacked")))? as u64;
        self.left =
            self.left.checked_sub(unpacked).ok_or(IngestError::ArchiveTooLarge { limit_mib: self.limit >> 20 })?;
        Ok(Some(content))
    }

    /// A part that must be there.
    pub(super) fn need(&mut self, name: &str) -> Result<Vec<u8>, IngestError> {
        self.part(name)?.ok_or_else(|| damaged(format!("its part {name} is missing")))
    }

    /// Unpacks everything once, keeping nothing: for readers that open the archive themselves.
    pub(super) fn check_all(&mut self) -> Result<(), IngestError> {
        for index in 0..self.zip.len() {
            let part = self.zip.by_index(index).map_err(|e| broken(&e))?;
            let unpacked = std::io::copy(&mut part.take(self.left + 1), &mut std::io::sink())
                .map_err(|_| damaged("a part can't be unpacked".to_owned()))?;
            self.left =
                self.left.checked_sub(unpacked).ok_or(IngestError::ArchiveTooLarge { limit_mib: self.limit >> 20 })?;
        }
        Ok(())
    }
}

pub(super) fn damaged(detail: String) -> IngestError {
    IngestError::DocumentDamaged { detail }
}

fn broken(error: &ZipError) -> IngestError {
    match error {
        ZipError::UnsupportedArchive(what) if what.contains("assword") => IngestError::DocumentEncrypted,
        other => damaged(format!("its ZIP archive is broken: {other}")),
    }
}
