//! Rules about what may be written next: a grammar, or the words of some passages.

/// Rules that follow one answer token by token.
pub(crate) trait TokenRules: Send {
    /// Takes tokens that may not come next out of the choice: their logits become minus infinity.
    fn mask(&mut self, logits: &mut [f32]);

    /// Says that `token` was written.
    fn accept(&mut self, token: u32);

    /// The tokens that must come next where the rules leave no choice; they are fed in one step instead of being
    /// sampled. The rules count them as accepted.
    fn forced(&mut self) -> Vec<u32>;
}
