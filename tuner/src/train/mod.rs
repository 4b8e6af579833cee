//! Training: rows to packed sequences, steps, evaluation, checkpoints.

mod checkpoint;
mod evaluate;
mod fingerprint;
mod free_memory;
mod learn;
mod loss_curve;
mod memory;
mod optimizer;
mod pack;
mod settings;
#[cfg(test)]
mod tests;

pub use evaluate::{Evaluation, TaskEvaluation};
pub use free_memory::free_memory;
pub use learn::{End, Event, Outcome, Progress, Tuning};
pub use memory::{check_memory, estimate_bytes};
pub use settings::TuneSettings;
