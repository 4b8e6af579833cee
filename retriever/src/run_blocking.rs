//! Blocking calls (Tantivy, the vector engine) kept off the async runtime's workers, a bounded number at a time.

use std::{num::NonZeroUsize, sync::Arc};

use tokio::sync::Semaphore;

use crate::RetrieverError;

/// A gate to the runtime's blocking threads. Clones share its places.
#[derive(Clone, Debug)]
pub(crate) struct BlockingGate {
    places: Arc<Semaphore>,
}

impl BlockingGate {
    /// A gate with one place per processor: more threads would only take turns.
    pub(crate) fn per_core() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        Self { places: Arc::new(Semaphore::new(cores.max(2))) }
    }

    /// A gate with a single place: what goes through it runs one after another.
    pub(crate) fn single() -> Self {
        Self { places: Arc::new(Semaphore::new(1)) }
    }

    /// Runs `work` on a blocking thread.
    ///
    /// Cancel safety: dropped before a place is free, nothing is done; dropped later, `work` runs to its end.
    pub(crate) async fn run<T, F>(&self, work: F) -> Result<T, RetrieverError>
    where
        T: Send + 'static,
        F: FnOnce() -> Result<T, RetrieverError> + Send + 'static,
    {
        let place = Arc::clone(&self.places).acquire_owned().await.map_err(|e| RetrieverError::BrokeOff(e.into()))?;
        tokio::task::spawn_blocking(move || {
            let result = work();
            drop(place);
            result
        })
        .await
        .map_err(|e| RetrieverError::BrokeOff(e.into()))?
    }
}
