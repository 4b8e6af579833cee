//! A run's whole state in one file, from which it goes on as if it had not stopped.

use std::{collections::HashMap, path::Path};

use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use serde::{Deserialize, Serialize};

use super::{Evaluation, optimizer::Optimizer};
use crate::{
    TunerError, TunerResult,
    adapter::{from_bytes, to_bytes},
    error::unreadable,
    files::write_whole,
};

/// What a run remembers besides its numbers. Order of data, dropout and learning rate follow from the step alone.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct RunState {
    /// Tells runs apart: settings, adapter, base and rows.
    pub fingerprint: String,
    /// Steps done.
    pub step: usize,
    /// Tokens seen.
    pub tokens: usize,
    /// Seconds spent training.
    pub seconds: f64,
    /// Loss of each step.
    pub losses: Vec<f64>,
    /// Evaluations by steps done.
    pub evaluations: Vec<(usize, Evaluation)>,
    /// The best evaluation's loss.
    pub best: Option<f64>,
    /// Evaluations since.
    pub without_gain: usize,
    /// Tells apart on which rows the evaluations were made.
    #[serde(default)]
    pub measured: String,
}

pub(super) struct Checkpoint {
    pub state: RunState,
    pub values: Vec<f32>,
    pub optimizer: Optimizer,
}

const STATE: &str = "state";

/// Writes the file whole or not at all.
pub(super) fn write(path: &Path, state: &RunState, values: &[f32], optimizer: &Optimizer) -> TunerResult<()> {
    let json = serde_json::to_string(state).map_err(|e| unreadable(path, e.into()))?;
    let parts = [("values", values), ("first", &optimizer.first), ("second", &optimizer.second)];
    let parts = parts.map(|(name, values)| (name, values.len(), to_bytes(values)));
    let views =
        parts.iter().map(|(name, length, bytes)| Ok((*name, TensorView::new(Dtype::F32, vec![*length], bytes)?)));
    let views: Vec<(&str, TensorView<'_>)> =
        views.collect::<Result<_, safetensors::SafeTensorError>>().map_err(|e| foreign(path, &e))?;
    let about = HashMap::from([(STATE.to_owned(), json)]);
    write_whole(path, &safetensors::serialize(views, Some(about)).map_err(|e| foreign(path, &e))?)
}

/// Reads the file and checks that it belongs to this run.
pub(super) fn read(path: &Path, fingerprint: &str, parameters: usize) -> TunerResult<Checkpoint> {
    let bytes = std::fs::read(path).map_err(|e| unreadable(path, e))?;
    let tensors = SafeTensors::deserialize(&bytes).map_err(|e| foreign(path, &e))?;
    let (_, metadata) = SafeTensors::read_metadata(&bytes).map_err(|e| foreign(path, &e))?;
    let json = metadata.metadata().as_ref().and_then(|m| m.get(STATE)).cloned().unwrap_or_default();
    let state: RunState = serde_json::from_str(&json).map_err(|e| foreign(path, &e))?;
    if state.fingerprint != fingerprint {
        let problem = "its settings, adapter, base or rows differ; start anew or give what it was started with";
        return Err(foreign(path, &problem));
    }
    let numbers = |name: &str| -> TunerResult<Vec<f32>> {
        let view = tensors.tensor(name).map_err(|e| foreign(path, &e))?;
        let values = from_bytes(view.data());
        if values.len() == parameters { Ok(values) } else { Err(foreign(path, &"its adapter has another size")) }
    };
    let optimizer = Optimizer { first: numbers("first")?, second: numbers("second")? };
    Ok(Checkpoint { state, values: numbers("values")?, optimizer })
}

fn foreign(path: &Path, problem: &dyn std::fmt::Display) -> TunerError {
    TunerError::ForeignCheckpoint { path: path.to_owned(), problem: problem.to_string() }
}
