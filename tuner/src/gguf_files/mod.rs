//! Writes GGUF files: a base with adapters merged into it, a model in fewer bits, a model that came as safetensors.

mod convert;
#[cfg(test)]
mod convert_tests;
mod hf_metadata;
mod merge;
mod mix;
mod quantize;

pub use convert::convert;
pub use merge::{adapter_weights, merge};
pub use mix::Mix;
pub use quantize::quantize;
