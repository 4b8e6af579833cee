//! Tuning: training rows from question sets, and `LoRA` adapters for `LLaMA` and Qwen2 models, trained on the CPU.

mod adapter;
mod base;
mod error;
mod files;
mod network;
mod random;
mod rows;
mod text;
mod train;

pub use adapter::{Adapter, AdapterConfig, read_adapter, write_adapter};
pub use base::{Architecture, Base, Shape, Target};
pub use error::{TunerError, TunerResult};
pub use network::logits;
pub use rows::{
    PrepareReport, PrepareSettings, Prepared, QuestionItem, Row, answer_prompt, answer_text, distractor_prompt,
    prepare, read_passages, read_questions, read_rows, refusal, stem_prompt, write_rows,
};
pub use text::{Message, Role, TextCodec};
pub use train::{Evaluation, Event, Outcome, Progress, TaskEvaluation, TuneSettings, Tuning, estimate_bytes};
