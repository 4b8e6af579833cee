//! Numbers that tell runs apart.

use super::{TuneSettings, pack::TokenRows};
use crate::{adapter::Adapter, base::Base};

/// FNV-1a, 64 bits.
struct Hash(u64);

impl Hash {
    const fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    fn add(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    fn add_rows(&mut self, rows: &TokenRows) {
        for row in &rows.rows {
            self.add(&row.prompt.to_le_bytes());
            row.tokens.iter().for_each(|t| self.add(&t.to_le_bytes()));
        }
    }

    fn text(&self) -> String {
        format!("{:016x}", self.0)
    }
}

/// Changes with anything that changes what a step does. How many there are, how often and on how much they are evaluated
/// and kept, and how they are computed and written, may change: a run goes on then.
pub(super) fn of_run(base: &Base, adapter: &Adapter, rows: &TokenRows, settings: &TuneSettings) -> String {
    let free = TuneSettings::default();
    let steps = TuneSettings {
        epochs: free.epochs,
        max_tokens: free.max_tokens,
        evaluate_every: free.evaluate_every,
        evaluate_rows: free.evaluate_rows,
        patience: free.patience,
        checkpoint_every: free.checkpoint_every,
        recompute: free.recompute,
        half: free.half,
        ..settings.clone()
    };
    let mut hash = Hash::new();
    hash.add(format!("{steps:?} {:?} {:?}", adapter.config, base.shape).as_bytes());
    base.final_norm.iter().for_each(|v| hash.add(&v.to_le_bytes()));
    hash.add_rows(rows);
    hash.text()
}

/// Changes with the rows: losses on other rows can't be compared.
pub(super) fn of_rows(rows: &TokenRows) -> String {
    let mut hash = Hash::new();
    hash.add_rows(rows);
    hash.text()
}
