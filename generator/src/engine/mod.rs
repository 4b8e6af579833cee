//! The `LLaMA` engine: a GGUF file in, streamed text out.

mod chat_template;
mod gguf_model;
mod network;
mod read_gguf;
mod read_tokenizer;
mod run_request;
mod sample_token;
mod stream_text;
#[cfg(test)]
mod tests;
mod vocabulary;

pub use gguf_model::GgufModel;

/// In which type the weights are held and multiplied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Weights {
    /// Floats where that takes less than 1 GiB, else eight bits.
    #[default]
    Automatic,
    /// As the file stores them: least memory.
    AsStored,
    /// `Q4_1`, for which candle has no fast kernel, becomes `Q8_0` at load; other types stay.
    EightBit,
    /// 32-bit floats: prompts are read fastest, in eight times the memory of four-bit weights.
    Float,
}

/// How a GGUF model is run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GgufModelSettings {
    /// Requests that may wait; one more is told `generator_busy`.
    pub queue: usize,
    /// Most tokens of prompt and answer together, if the model itself holds as many.
    pub context_limit: usize,
    /// Tokens read in one step: a request that goes away is noticed after each.
    pub prefill_chunk: usize,
    /// The weights' type.
    pub weights: Weights,
}

impl Default for GgufModelSettings {
    fn default() -> Self {
        Self { queue: 8, context_limit: 4096, prefill_chunk: 64, weights: Weights::default() }
    }
}
