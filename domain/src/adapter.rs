//! A low-rank adapter as the crate that reads it hands it to the engine that applies it.

/// An adapter for a model, ready to be used beside its weights.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AdapterWeights {
    /// What requests call it.
    pub name: String,
    /// Whether it was tuned on [`crate::task_prompts`].
    pub tuned: bool,
    /// What it changes.
    pub updates: Vec<LowRankUpdate>,
}

/// The change of one matrix: `W x` becomes `W x + B (A x)` (Hu et al., 2021).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LowRankUpdate {
    /// The matrix's name in the GGUF file: `blk.0.attn_q.weight`.
    pub tensor: String,
    /// Rows of `A`, columns of `B`.
    pub rank: usize,
    /// `A`, row after row.
    pub a: Vec<f32>,
    /// `B`, row after row in the file's order, with the adapter's scale.
    pub b: Vec<f32>,
}
