//! Tuning: training rows from question sets, and `LoRA` adapters for `LLaMA` and Qwen2 models, trained on the CPU.

mod adapter;
mod base;
mod error;
mod files;
mod merge;
mod network;
mod random;
mod rows;
mod text;
mod train;

pub use adapter::{Adapter, AdapterConfig, read_adapter, write_adapter};
pub use base::{Architecture, Base, Shape, Target};
pub use error::{TunerError, TunerResult};
pub use merge::merge;
pub use network::logits;
pub use rows::{
    PrepareReport, PrepareSettings, Prepared, QuestionItem, Row, prepare, read_passages, read_questions, read_rows,
    write_rows,
};
pub use text::TextCodec;
pub use train::{Evaluation, Event, Outcome, Progress, TaskEvaluation, TuneSettings, Tuning, estimate_bytes};
