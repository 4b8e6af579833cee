//! Rules about what may be written next: a grammar, or the words of some passages.

use crate::EngineResult;

/// Rules that follow one answer token by token.
pub(crate) trait TokenRules: Send {
    /// Takes tokens that may not come next out of the choice: their logits become minus infinity. An error where none is
    /// left.
    fn mask(&mut self, logits: &mut [f32]) -> EngineResult<()>;

    /// Says that `token`, one that the mask had left, was written.
    fn accept(&mut self, token: u32) -> EngineResult<()>;

    /// The tokens that must come next where the rules leave no choice; they are computed in one step instead of being
    /// sampled. The rules count them as accepted.
    fn forced(&mut self) -> EngineResult<Vec<u32>>;

    /// Whether nothing more may be written.
    fn is_done(&self) -> bool;
}
