//! A model without its text: tokens in, logits out, one sequence, no scheduler. For evaluations and benchmarks.

use std::{path::Path, sync::Arc};

use super::{
    GgufModelSettings,
    decoder::Decoder,
    kernels::{Isa, PAGE, Pool},
    network::{BatchEntry, Network, WantedLogits},
    read_gguf::GgufFile,
};
use crate::{EngineError, EngineResult};

/// A network with the memory of one sequence.
pub struct TokenModel {
    network: Decoder,
    pages: Vec<u32>,
    chunk: usize,
    length: usize,
    vocabulary: usize,
}

impl TokenModel {
    /// Loads the network of the file at `path`; of the settings, `context_limit`, `prefill_chunk` and `threads` count.
    pub fn load(path: &Path, settings: &GgufModelSettings) -> EngineResult<Self> {
        let file = GgufFile::open(path)?;
        let pool = Pool::new(settings.threads.max(1));
        let pool = pool.map_err(|e| EngineError::Compute { stage: "starting its threads", reason: e.to_string() })?;
        let pages = file.shape.context.min(settings.context_limit).div_ceil(PAGE);
        let network = Decoder::load(&file, &[], Isa::best(), Arc::new(pool), pages)?;
        let (chunk, vocabulary) = (settings.prefill_chunk.max(1), file.shape.vocabulary);
        Ok(Self { network, pages: (0..pages as u32).collect(), chunk, length: 0, vocabulary })
    }

    /// Reads `tokens` after those read before, and returns the logits after the last: one number per vocabulary entry,
    /// none where `tokens` is empty.
    pub fn read(&mut self, tokens: &[u32]) -> EngineResult<Vec<f32>> {
        let mut logits = Vec::new();
        let chunks = tokens.len().div_ceil(self.chunk);
        for (n, tokens) in tokens.chunks(self.chunk).enumerate() {
            let wanted = if n + 1 == chunks { WantedLogits::Last } else { WantedLogits::Nothing };
            let entry = BatchEntry { tokens, position: self.length, pages: &self.pages, wanted, adapter: 0 };
            logits = self.network.forward(&[entry])?.pop().unwrap_or_default();
            self.length += tokens.len();
        }
        Ok(logits)
    }

    /// Goes back to the first `length` tokens.
    pub fn truncate(&mut self, length: usize) {
        self.length = self.length.min(length);
    }

    /// Number of vocabulary entries.
    pub const fn vocabulary(&self) -> usize {
        self.vocabulary
    }

    /// Bytes of weights that writing one token reads.
    pub fn bytes_per_token(&self) -> usize {
        self.network.bytes()
    }

    /// Multiplications with addition that reading `tokens` tokens takes.
    pub fn multiplications(&self, tokens: usize) -> usize {
        self.network.multiplications(tokens)
    }

    /// 8-bit multiplications with addition per second that its threads could do with these instructions, on numbers that
    /// stay in registers.
    pub fn peak(&self) -> f64 {
        self.network.peak()
    }
}
