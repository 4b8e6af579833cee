//! One process at a time works on a data folder; the others learn its address and become its clients.

use std::{
    fs::{File, TryLockError},
    io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

/// Where the process that holds the folder can be reached.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Address {
    /// `http://127.0.0.1:8080`.
    pub url: String,
}

/// The lock on a data folder, held as long as this lives; the system releases it even after a kill.
#[derive(Debug)]
pub struct DataLock {
    _file: File,
    address: PathBuf,
}

fn address_file(data: &Path) -> PathBuf {
    data.join("server.json")
}

impl DataLock {
    /// Takes the lock, or returns `None` where another process holds it.
    pub fn take(data: &Path) -> io::Result<Option<Self>> {
        std::fs::create_dir_all(data)?;
        let file = File::options().create(true).truncate(false).write(true).open(data.join("lock"))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(error),
        }
        let address = address_file(data);
        // Left by a process that was killed.
        drop(std::fs::remove_file(&address));
        Ok(Some(Self { _file: file, address }))
    }

    /// Tells other processes where to reach this one.
    pub fn announce(&self, address: &Address) -> io::Result<()> {
        std::fs::write(&self.address, serde_json::to_vec(address)?)
    }

    /// The address that the holder of the lock announced.
    pub fn holder(data: &Path) -> Option<Address> {
        serde_json::from_slice(&std::fs::read(address_file(data)).ok()?).ok()
    }
}

impl Drop for DataLock {
    fn drop(&mut self) {
        drop(std::fs::remove_file(&self.address));
    }
}
