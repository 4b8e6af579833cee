//! The file store: uploaded bytes under their sha256, and what was read from them.

use std::{path::PathBuf, sync::Arc};

use bytes::Bytes;
use domain::ParsedDocument;
use futures::TryStreamExt;
use ingest::READER_VERSION;
use object_store::{ObjectStore, ObjectStoreExt, local::LocalFileSystem, path::Path as Key};
use sha2::{Digest, Sha256};

use super::{StoreError, StoreResult};

/// Bytes gathered before they are handed to the store.
const PART_BYTES: usize = 1 << 20;
/// Bytes of a file's beginning that are kept for telling its format.
const HEAD_BYTES: usize = 64 << 10;

/// Uploaded bytes and what was read from them, in a folder.
#[derive(Clone)]
pub struct Files {
    store: Arc<LocalFileSystem>,
}

/// An upload that has arrived whole but has no place yet; dropping it without [`Files::keep`] or [`Files::discard`]
/// leaves a file in `staging/`, which the next start removes.
#[derive(Debug)]
pub struct Staged {
    key: Key,
    /// Lower-case hexadecimal.
    pub sha256: String,
    /// Length.
    pub bytes: u64,
    /// The first bytes, at most 64 KiB.
    pub head: Vec<u8>,
}

/// Why an upload was not staged.
#[derive(Debug, thiserror::Error)]
pub enum StageError<E> {
    /// It is over the limit.
    #[error("over the limit of {0} bytes")]
    TooLarge(u64),
    /// The sender broke off.
    #[error("the upload broke off: {0}")]
    Source(E),
    /// It could not be written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn blob(sha256: &str) -> Key {
    Key::from(format!("blobs/{sha256}"))
}

fn parsed(text: &TextKey) -> Key {
    Key::from(format!("parsed/v{}/{}.json", text.reader_version, text.name))
}

/// Names what a certain reader made of certain bytes with a certain password: who does not know the password must not be
/// served from what someone else's opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextKey {
    reader_version: u32,
    name: String,
}

impl TextKey {
    /// The text of these bytes, opened with this password, by the reader of this version.
    pub fn new(sha256: &str, password: Option<&str>, reader_version: u32) -> Self {
        let opened = password.map_or("open".to_owned(), |p| format!("{:x}", Sha256::digest(p)));
        Self { reader_version, name: format!("{sha256}/{opened}") }
    }

    /// The same by the present reader.
    #[must_use]
    pub fn by_present_reader(&self) -> Self {
        Self { reader_version: READER_VERSION, name: self.name.clone() }
    }
}

impl Files {
    /// Opens the store in this folder and clears what broken uploads left.
    pub async fn open(folder: PathBuf) -> StoreResult<Self> {
        tokio::fs::create_dir_all(&folder).await?;
        match tokio::fs::remove_dir_all(folder.join("staging")).await {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(e.into()),
            _ => {}
        }
        let store = LocalFileSystem::new_with_prefix(folder)?.with_fsync(true);
        Ok(Self { store: Arc::new(store) })
    }

    /// Streams an upload to disk, hashing on the way; at `limit` bytes it stops and removes what it wrote.
    pub async fn stage<S, E>(&self, mut stream: S, limit: u64) -> Result<Staged, StageError<E>>
    where
        S: futures::Stream<Item = Result<Bytes, E>> + Unpin + Send,
    {
        let key = Key::from(format!("staging/{}", uuid::Uuid::new_v4()));
        let upload = self.store.put_multipart(&key).await.map_err(StoreError::from)?;
        let mut upload = object_store::WriteMultipart::new_with_chunk_size(upload, PART_BYTES);
        let (mut digest, mut bytes, mut head) = (Sha256::new(), 0_u64, Vec::new());
        let outcome = loop {
            match stream.try_next().await {
                Ok(None) => break Ok(()),
                Err(e) => break Err(StageError::Source(e)),
                Ok(Some(part)) => {
                    bytes += part.len() as u64;
                    if bytes > limit {
                        break Err(StageError::TooLarge(limit));
                    }
                    digest.update(&part);
                    head.extend_from_slice(&part[..part.len().min(HEAD_BYTES - head.len().min(HEAD_BYTES))]);
                    if let Err(e) = upload.wait_for_capacity(1).await {
                        break Err(StoreError::from(e).into());
                    }
                    upload.write(&part);
                }
            }
        };
        if let Err(error) = outcome {
            // The upload is lost either way; what abort can't remove, the next start does.
            drop(upload.abort().await);
            return Err(error);
        }
        upload.finish().await.map_err(StoreError::from)?;
        Ok(Staged { key, sha256: format!("{:x}", digest.finalize()), bytes, head })
    }

    /// Moves an upload to its place under its sha256; where the same bytes are there already, they stay.
    pub async fn keep(&self, staged: &Staged) -> StoreResult<()> {
        Ok(self.store.rename(&staged.key, &blob(&staged.sha256)).await?)
    }

    /// Removes an upload that is not to be kept.
    pub async fn discard(&self, staged: Staged) {
        if let Err(error) = self.store.delete(&staged.key).await {
            tracing::warn!(%error, "could not remove a staged upload; the next start does");
        }
    }

    /// Where the bytes lie, for the reader process.
    pub fn local_path(&self, sha256: &str) -> StoreResult<PathBuf> {
        Ok(self.store.path_to_filesystem(&blob(sha256))?)
    }

    /// What was read from these bytes, if they have been read.
    pub async fn parsed(&self, text: &TextKey) -> StoreResult<Option<ParsedDocument>> {
        let bytes = match self.store.get(&parsed(text)).await {
            Ok(found) => found.bytes().await?,
            Err(object_store::Error::NotFound { .. }) => return Ok(None),
            Err(e) => return Err(e.into()),
        };
        // A damaged file counts as not read: reading it again mends it.
        Ok(serde_json::from_slice(&bytes).ok())
    }

    /// Keeps what was read from these bytes. The file appears whole or not at all.
    pub async fn keep_parsed(&self, text: &TextKey, document: &ParsedDocument) -> StoreResult<()> {
        let json = serde_json::to_vec(document).map_err(std::io::Error::other)?;
        self.store.put(&parsed(text), json.into()).await?;
        Ok(())
    }

    /// Removes the bytes and what was read from them. Not an error where they are gone.
    pub async fn remove(&self, sha256: &str) -> StoreResult<()> {
        self.remove_texts(sha256, u32::MAX).await?;
        self.delete(&blob(sha256)).await
    }

    /// Removes what readers before this version read from these bytes.
    pub async fn remove_texts(&self, sha256: &str, before: u32) -> StoreResult<()> {
        let versions = self.store.list_with_delimiter(Some(&Key::from("parsed"))).await?.common_prefixes;
        for folder in versions {
            let version = folder.filename().and_then(|name| name.strip_prefix('v')?.parse::<u32>().ok());
            if version.is_none_or(|version| version >= before) {
                continue;
            }
            let texts = self.store.list(Some(&folder.join(sha256))).map_ok(|found| found.location);
            for key in texts.try_collect::<Vec<Key>>().await? {
                self.delete(&key).await?;
            }
        }
        Ok(())
    }

    async fn delete(&self, key: &Key) -> StoreResult<()> {
        match self.store.delete(key).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(e) => Err(e.into()),
        }
    }
}
