//! What the scheduler asks of a network: one step with tokens of several sequences.

use crate::EngineResult;

/// Consecutive tokens of one sequence.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BatchEntry<'a> {
    /// Not empty.
    pub tokens: &'a [u32],
    /// The first one's position. All earlier ones have been computed, and the pages hold them.
    pub position: usize,
    /// The sequence's pages, from its beginning to past its last token; see `kv_pages`.
    pub pages: &'a [u32],
    /// Which tokens' logits are wanted.
    pub wanted: WantedLogits,
    /// With which adapter, from 1; 0 is none. The same for all of a sequence.
    pub adapter: usize,
}

/// Which logits an entry gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WantedLogits {
    /// None: more of the prompt follows.
    Nothing,
    /// Those after the last token.
    Last,
    /// Those after each token: a text is scored, proposed tokens are verified in one step.
    Each,
}

impl WantedLogits {
    /// How many of `tokens` tokens, counted from the last.
    pub(crate) const fn count(self, tokens: usize) -> usize {
        match self {
            Self::Nothing => 0,
            Self::Last => 1,
            Self::Each => tokens,
        }
    }
}

/// Something that turns tokens into the logits of the next ones.
pub(crate) trait Network: Send {
    /// One step. Returns the wanted logits, in the order of the batch and their tokens, one number per vocabulary entry.
    /// What an entry gives does not depend on the others, nor on how its sequence was cut into entries.
    fn forward(&mut self, batch: &[BatchEntry<'_>]) -> EngineResult<Vec<Vec<f32>>>;
}
