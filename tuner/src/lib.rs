//! Tuning: training rows from question sets, and `LoRA` adapters for `LLaMA` and Qwen2 models, trained on the CPU.

mod adapter;
mod base;
mod check_model;
mod error;
mod files;
mod gguf_files;
mod network;
mod random;
mod rows;
#[cfg(test)]
mod test_folder;
mod text;
mod train;

pub use adapter::{Adapter, AdapterConfig, read_adapter, write_adapter};
pub use base::{Architecture, Base, Shape, Target};
pub use check_model::{Finding, check_model};
pub use error::{TunerError, TunerResult};
pub use gguf_files::{Mix, adapter_weights, convert, merge, quantize};
pub use network::logits;
pub use rows::{
    AskedItem, FollowUp, Material, PrepareReport, PrepareSettings, Prepared, QuestionItem, QuestionSet, Row, RowCount,
    SourceText, SplitSentences, Told, hold_out_rows, prepare, prepare_pointing, read_material, read_passages,
    read_questions, read_rows, write_question_set, write_rows,
};
pub use text::{Encoded, TextCodec};
pub use train::{
    End, Evaluation, Event, Outcome, Progress, TaskEvaluation, TuneSettings, Tuning, check_memory, estimate_bytes,
    free_memory,
};
