//! How much memory a run needs, before it starts.

use super::TuneSettings;
use crate::{TunerError, TunerResult, base::Shape};

const MIB: u64 = 1 << 20;

/// Bytes that training takes: weights as floats, four copies of the adapter's numbers, what the layers keep for their
/// way back, and logits.
pub fn estimate_bytes(shape: &Shape, parameters: usize, own_head: bool, settings: &TuneSettings) -> u64 {
    let embedding = shape.vocabulary * shape.width * if own_head { 2 } else { 1 };
    let weights = shape.linear_weights() + embedding;
    let qkv = (shape.heads + 2 * shape.kv_heads) * shape.head;
    let mixed = shape.heads * (shape.head + 1);
    let layer = qkv + mixed + shape.width + 2 * shape.hidden;
    let kept =
        if settings.recompute { shape.layers * shape.width + layer } else { shape.layers * (layer + shape.width) };
    // One layer's passing values: the copy of its weights, gradients, and normed inputs.
    let passing = 2 * layer + 4 * shape.width + shape.hidden;
    let largest = shape.width * shape.hidden * 2;
    let values = weights + 4 * parameters + settings.sequence * (kept + passing) + 128 * shape.vocabulary + largest;
    4 * values as u64
}

/// Refuses a run that would not fit into what is free.
pub(super) fn check(needed: u64, smaller: u64, settings: &TuneSettings) -> TunerResult<()> {
    let Some(free) = free_bytes() else { return Ok(()) };
    if needed <= free {
        return Ok(());
    }
    let advice = if settings.recompute || smaller > free {
        format!("choose a shorter sequence than {} or a smaller base", settings.sequence)
    } else {
        format!("with recompute it would need {} MiB", smaller / MIB)
    };
    Err(TunerError::TooLittleMemory { needed_mib: needed / MIB, free_mib: free / MIB, advice })
}

/// What the system says is available; none where it does not say.
fn free_bytes() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|l| l.strip_prefix("MemAvailable:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kib| kib * 1024)
}
