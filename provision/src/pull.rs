//! Pulls entries: several at a time, one process at a time, every file checked before it is in place.

use std::{
    collections::VecDeque,
    fs::{self, File, TryLockError},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use crate::{Entry, Missing, ModelStore, Progress, ProvisionError, Result, obtain_file::obtain_file, store::supported};

/// Entries pulled at the same time: enough to keep a line busy while one of them unpacks.
const WORKERS: usize = 4;
/// How often another process's lock is looked at.
const PULSE: Duration = Duration::from_millis(250);

impl ModelStore {
    /// Makes every file of these entries be there and whole; what is whole already is left alone.
    ///
    /// May be killed at any time: a file is either in place and whole, or in the staging folder, where the next call
    /// takes it up again. Two processes that pull into one folder wait for each other.
    ///
    /// # Errors
    /// [`ProvisionError::Unobtainable`] names every file that no source could give, after all others are in place.
    pub fn pull(&self, entries: &[&Entry], progress: &dyn Progress) -> Result<()> {
        for entry in entries {
            supported(entry)?;
        }
        let staging = self.staging();
        fs::create_dir_all(&staging).map_err(ProvisionError::io(&staging))?;
        let lock = self.lock(entries, progress)?;
        // What is made of others comes after them.
        let (made, plain): (Vec<&Entry>, Vec<&Entry>) = entries.iter().partition(|e| e.bases().next().is_some());
        let outcome = self.pull_all(&plain, progress).and_then(|()| self.pull_all(&made, progress));
        drop(lock);
        outcome
    }

    /// Held until dropped, or until the process ends in whatever way.
    fn lock(&self, entries: &[&Entry], progress: &dyn Progress) -> Result<File> {
        let path = self.staging().join("lock");
        let file = File::create(&path).map_err(ProvisionError::io(&path))?;
        let mut told = false;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(TryLockError::Error(error)) => return Err(ProvisionError::io(&path)(error)),
                Err(TryLockError::WouldBlock) if progress.cancelled() => return Err(ProvisionError::Cancelled),
                Err(TryLockError::WouldBlock) => {}
            }
            if let Some(entry) = entries.first().filter(|_| !told) {
                progress.note(&entry.id, "another process is downloading into this folder; waiting for it");
                told = true;
            }
            std::thread::sleep(PULSE);
        }
    }

    fn pull_all(&self, entries: &[&Entry], progress: &dyn Progress) -> Result<()> {
        let queue: Mutex<VecDeque<&Entry>> = Mutex::new(entries.iter().copied().collect());
        let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        let work = || -> Result<Vec<Missing>> {
            let mut missing = Vec::new();
            while let Some(entry) = next() {
                missing.extend(self.pull_entry(entry, progress)?);
            }
            Ok(missing)
        };
        let outcomes: Vec<_> = std::thread::scope(|scope| {
            let workers: Vec<_> = (0..entries.len().min(WORKERS)).map(|_| scope.spawn(work)).collect();
            workers.into_iter().map(|w| w.join().unwrap_or_else(|_| Err(died()))).collect()
        });
        let mut missing = Vec::new();
        for outcome in outcomes {
            missing.extend(outcome?);
        }
        // Workers end in any order; the message follows the order of the request.
        missing.sort_by_key(|m| entries.iter().position(|e| e.id == m.id));
        if missing.is_empty() { Ok(()) } else { Err(ProvisionError::Unobtainable { missing }) }
    }

    /// The files of this entry that could not be had.
    fn pull_entry(&self, entry: &Entry, progress: &dyn Progress) -> Result<Vec<Missing>> {
        let mut missing = Vec::new();
        for file in &entry.files {
            match self.require_file(&entry.id, file) {
                Ok(()) => continue,
                Err(error @ ProvisionError::Damaged { .. }) => progress.note(&entry.id, &error.to_string()),
                Err(ProvisionError::Absent { .. }) => {}
                Err(error) => return Err(error),
            }
            if let Err(attempts) = obtain_file(self, entry, file, progress)? {
                missing.push(Missing { id: entry.id.clone(), file: file.name.clone(), attempts });
            }
        }
        if missing.is_empty() {
            // All is in place; what is left in staging (wheels, logs) only takes room.
            let _ = fs::remove_dir_all(self.staging().join(&entry.id));
            progress.finish(&entry.id);
        }
        Ok(missing)
    }
}

fn died() -> ProvisionError {
    ProvisionError::Worker { detail: "a worker thread ended early".to_owned() }
}
