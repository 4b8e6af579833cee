//! How much memory a run needs, before its model is loaded.

use std::path::Path;

use super::TuneSettings;
use crate::{
    AdapterConfig, TunerError, TunerResult,
    base::{Shape, read_sizes},
};

const MIB: u64 = 1 << 20;

/// Bytes that training takes: weights as floats, four copies of the adapter's numbers, what the layers keep for their
/// way back, and logits.
pub fn estimate_bytes(shape: &Shape, parameters: usize, own_head: bool, settings: &TuneSettings) -> u64 {
    let weights = weights(shape, own_head);
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

fn weights(shape: &Shape, own_head: bool) -> usize {
    shape.linear_weights() + shape.vocabulary * shape.width * if own_head { 2 } else { 1 }
}

/// Refuses a run on the model at `base` that would need more than `free` bytes, and says what would fit. Reads the
/// model's sizes alone, so that it can be asked before the model is loaded.
pub fn check_memory(base: &Path, adapter: &AdapterConfig, settings: &TuneSettings, free: u64) -> TunerResult<()> {
    let (shape, own_head) = read_sizes(base)?;
    settings.check(shape.context)?;
    adapter.check(&shape)?;
    let run = Run { shape: &shape, own_head, adapter, settings };
    let needed = run.bytes(settings.sequence, adapter.rank, settings.recompute);
    if needed <= free {
        return Ok(());
    }
    Err(TunerError::TooLittleMemory { needed_mib: needed / MIB, free_mib: free / MIB, advice: run.advice(free) })
}

struct Run<'a> {
    shape: &'a Shape,
    own_head: bool,
    adapter: &'a AdapterConfig,
    settings: &'a TuneSettings,
}

impl Run<'_> {
    /// The estimate with another length, rank or way to compute.
    fn bytes(&self, sequence: usize, rank: usize, recompute: bool) -> u64 {
        let adapter = AdapterConfig { rank, ..self.adapter.clone() };
        let settings = TuneSettings { sequence, recompute, ..self.settings.clone() };
        estimate_bytes(self.shape, adapter.parameters(self.shape), self.own_head, &settings)
    }

    fn advice(&self, free: u64) -> String {
        let (sequence, rank) = (self.settings.sequence, self.adapter.rank);
        let recomputed = self.bytes(sequence, rank, true);
        let mut would = self.lower(free, self.settings.recompute);
        if recomputed <= free {
            would.push("all of it with recompute".to_owned());
        } else if recomputed < self.bytes(sequence, rank, self.settings.recompute) {
            would.extend(self.lower(free, true));
        }
        if would.is_empty() {
            let alone = 4 * weights(self.shape, self.own_head) as u64 / MIB;
            return format!("no length or rank would fit, the weights alone take {alone} MiB: choose a smaller base");
        }
        format!("what would fit: {}", would.join(", or "))
    }

    /// The greatest length, and the greatest rank, with which the rest fits.
    fn lower(&self, free: u64, recompute: bool) -> Vec<String> {
        let (sequence, rank) = (self.settings.sequence, self.adapter.rank);
        let how = if recompute && !self.settings.recompute { " with recompute" } else { "" };
        let length = greatest(TuneSettings::SHORTEST, sequence, |n| self.bytes(n, rank, recompute) <= free);
        let lower = greatest(1, rank, |n| self.bytes(sequence, n, recompute) <= free);
        let length = length.map(|n| format!("a sequence of {n} tokens{how}"));
        length.into_iter().chain(lower.map(|n| format!("a rank of {n}{how}"))).collect()
    }
}

/// The greatest number from `low` to `high` that fits, where each below one that fits also does.
fn greatest(low: usize, high: usize, fits: impl Fn(usize) -> bool) -> Option<usize> {
    if low > high || !fits(low) {
        return None;
    }
    let (mut good, mut beyond) = (low, high + 1);
    while beyond - good > 1 {
        let middle = usize::midpoint(good, beyond);
        if fits(middle) {
            good = middle;
        } else {
            beyond = middle;
        }
    }
    Some(good)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Adapter, test_folder::tiny_folder};

    fn settings() -> TuneSettings {
        TuneSettings { sequence: 64, ..TuneSettings::default() }
    }

    fn advice(adapter: &AdapterConfig, settings: &TuneSettings, free: u64) -> String {
        let folder = tiny_folder("llama");
        let error = check_memory(folder.path(), adapter, settings, free);
        let Err(TunerError::TooLittleMemory { advice, .. }) = error else { panic!("{error:?}") };
        advice
    }

    #[test]
    fn the_greatest_that_fits_is_found() {
        assert_eq!(greatest(16, 100, |n| n <= 37), Some(37));
        assert_eq!(greatest(16, 100, |_| true), Some(100));
        assert_eq!(greatest(16, 100, |n| n <= 15), None);
    }

    #[test]
    fn what_would_fit_is_said_and_then_fits() {
        let folder = tiny_folder("llama");
        let (shape, own_head) = read_sizes(folder.path()).unwrap();
        let (adapter, settings) = (AdapterConfig { rank: 8, ..AdapterConfig::default() }, settings());
        let parameters = adapter.parameters(&shape);
        assert_eq!(parameters, Adapter::zeros(&shape, adapter.clone()).unwrap().parameters());
        let needed = estimate_bytes(&shape, parameters, own_head, &settings);
        check_memory(folder.path(), &adapter, &settings, needed).unwrap();

        let said = advice(&adapter, &settings, needed - 1);
        assert_eq!(said, "what would fit: a sequence of 63 tokens, or a rank of 7, or all of it with recompute");
        let shorter = TuneSettings { sequence: 63, ..settings.clone() };
        check_memory(folder.path(), &adapter, &shorter, needed - 1).unwrap();
        let lower = AdapterConfig { rank: 7, ..adapter.clone() };
        check_memory(folder.path(), &lower, &settings, needed - 1).unwrap();
        let recompute = TuneSettings { recompute: true, ..settings.clone() };
        check_memory(folder.path(), &adapter, &recompute, needed - 1).unwrap();

        let least = estimate_bytes(&shape, parameters, own_head, &recompute);
        let said = advice(&adapter, &settings, least - 1);
        assert!(said.contains("tokens with recompute") && !said.contains("all of it"), "{said}");
    }

    #[test]
    fn a_base_that_never_fits_is_said() {
        let said = advice(&AdapterConfig { rank: 1, ..AdapterConfig::default() }, &settings(), 1000);
        assert!(said.contains("the weights alone take 0 MiB: choose a smaller base"), "{said}");
    }
}
