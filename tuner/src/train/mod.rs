//! Training: rows to packed sequences, steps, evaluation, checkpoints.

mod checkpoint;
mod evaluate;
mod learn;
mod loss_curve;
mod memory;
mod optimizer;
mod pack;
mod settings;
#[cfg(test)]
mod tests;

pub use evaluate::{Evaluation, TaskEvaluation};
pub use learn::{Event, Outcome, Progress, Tuning};
pub use memory::estimate_bytes;
pub use settings::TuneSettings;
