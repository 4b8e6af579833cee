//! Tuning: training rows from question sets, and LoRA adapters for `LLaMA` and Qwen2 models, trained on the CPU.

mod adapter;
mod base;
mod error;
mod files;
mod network;
mod random;

pub use adapter::{Adapter, AdapterConfig, read_adapter, write_adapter};
pub use base::{Architecture, Base, Shape, Target};
pub use error::{TunerError, TunerResult};
