//! Downloads of models that were asked for over the API: they run beside the service and tell how far they are.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use domain::Failure;
use provision::{Catalogue, ModelStore, Progress, ProvisionError};
use serde::Serialize;
use tokio_util::sync::CancellationToken;
use utoipa::ToSchema;

/// How far a download is.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct Pull {
    /// What is being done.
    pub step: String,
    /// Bytes of this step.
    pub done: u64,
    /// Bytes of this step in all; 0 while unknown.
    pub total: u64,
    /// Why it broke off.
    pub error: Option<Failure>,
}

/// The downloads that run, and those that broke off.
#[derive(Clone, Default)]
pub struct Pulls {
    by_id: Arc<Mutex<HashMap<String, Pull>>>,
    stopping: CancellationToken,
}

impl Pulls {
    /// Downloads that stop with the service.
    pub fn new(stopping: CancellationToken) -> Self {
        Self { stopping, ..Self::default() }
    }

    fn all(&self) -> MutexGuard<'_, HashMap<String, Pull>> {
        self.by_id.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How far this model's download is; `None` where there is none.
    pub fn of(&self, id: &str) -> Option<Pull> {
        self.all().get(id).cloned()
    }

    /// Notes a download of this model; `false` where one runs already.
    pub fn begin_one(&self, id: &str) -> bool {
        let mut all = self.all();
        if all.get(id).is_some_and(|pull| pull.error.is_none()) {
            return false;
        }
        all.insert(id.to_owned(), Pull::default());
        true
    }

    /// Downloads a model and what it is made of. Blocks.
    pub fn run(&self, store: &ModelStore, id: &str) {
        let outcome = Catalogue::builtin().and_then(|catalogue| {
            let entries = catalogue.with_bases(&[catalogue.get(id)?])?;
            store.pull(&entries, self)
        });
        let mut all = self.all();
        match outcome {
            Ok(()) => drop(all.remove(id)),
            Err(error) => {
                tracing::warn!(model = id, %error, "a model could not be downloaded");
                all.entry(id.to_owned()).or_default().error = Some(failure(&error));
            }
        }
    }

    fn change(&self, id: &str, change: impl FnOnce(&mut Pull)) {
        if let Some(pull) = self.all().get_mut(id) {
            change(pull);
        }
    }
}

fn failure(error: &ProvisionError) -> Failure {
    Failure { code: error.code().to_owned(), detail: error.to_string() }
}

impl Progress for Pulls {
    fn begin(&self, id: &str, what: &str, total: u64) {
        self.change(id, |pull| *pull = Pull { step: what.to_owned(), total, ..Pull::default() });
    }
    fn advance(&self, id: &str, done: u64) {
        self.change(id, |pull| pull.done = done);
    }
    fn note(&self, id: &str, message: &str) {
        tracing::info!(model = id, "{message}");
    }
    fn finish(&self, _id: &str) {}
    fn cancelled(&self) -> bool {
        self.stopping.is_cancelled()
    }
}
