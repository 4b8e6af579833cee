//! The `LLaMA` engine: a GGUF file in, streamed text out.
//!
//! `read_gguf` checks a file, `load_network` packs its weights for `kernels`, `decoder` is the network, `device_decoder` the
//! same for a GPU, `scheduler` the thread that feeds it the tokens of all running requests, in pages that `kv_pages` hands out.

#[cfg(test)]
mod against_candle;
mod cited_rules;
mod constrain;
#[cfg(test)]
mod constrain_tests;
mod decoder;
mod device_decoder;
#[cfg(test)]
mod device_decoder_tests;
mod error;
mod gguf_model;
mod grammar_rules;
mod kernels;
mod kv_pages;
mod load_network;
mod look_up_prompt;
mod low_rank;
mod network;
mod read_gguf;
mod sample_token;
mod scheduler;
#[cfg(test)]
mod scheduler_tests;
mod score_task;
mod sequence;
pub mod server_model;
mod stream_text;
#[cfg(test)]
mod tests;
mod token_model;
mod token_rules;
mod vocabulary;
mod write_task;

pub use error::{EngineError, EngineResult};
pub use gguf_model::GgufModel;
pub use scheduler::EngineCounts;
pub use token_model::TokenModel;

/// What a model runs on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ComputeDevice {
    /// The engine's own kernels.
    #[default]
    Cpu,
    /// candle's kernels on the first NVIDIA GPU, where the program was built with the feature `cuda`.
    Gpu,
}

/// How a GGUF model is run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GgufModelSettings {
    /// Requests that may wait; one more is told `generator_busy`.
    pub queue: usize,
    /// Requests that run at once.
    pub parallel: usize,
    /// Most tokens of prompt and answer together, if the model itself holds as many.
    pub context_limit: usize,
    /// Tokens of a prompt read in one step: a request that goes away is noticed after each, and the streams of others go
    /// on after each.
    pub prefill_chunk: usize,
    /// Threads that compute. More than there are free cores make it slower, not faster.
    pub threads: usize,
    /// Most tokens guessed from the prompt and read together with the last one, where the likeliest are wanted; what is
    /// written stays the same. 0 is none.
    pub lookup: usize,
    /// Most bytes for keys and values, of running requests and of texts read before; with less than one context's worth,
    /// the context becomes as short as fits.
    pub cache_bytes: usize,
    /// Where it is computed.
    pub device: ComputeDevice,
}

impl Default for GgufModelSettings {
    fn default() -> Self {
        let usable = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self {
            queue: 8,
            parallel: 8,
            context_limit: 4096,
            prefill_chunk: 128,
            threads: usable.min(num_cpus::get_physical()),
            // Off until `bench_answers` shows on a quiet machine that it pays.
            lookup: 0,
            cache_bytes: 512 << 20,
            device: ComputeDevice::Cpu,
        }
    }
}
