//! Low-rank adapters (Hu et al., 2021) beside quantized weights: `W x + B (A x)`, for the rows of a step that ask for one.
//! Requests with different adapters, and with none, share every other product.

use std::{collections::HashMap, mem};

use candle_core::quantized::GgmlDType;
use domain::{AdapterWeights, LowRankUpdate};

use super::kernels::{Activations, Isa, Matrix, Pool, Product, add_scaled_row, products};
use crate::{EngineError, EngineResult};

/// Rows from which work on single rows is shared among threads.
const SHARED_ROWS: usize = 8;

/// One adapter's change of one matrix.
pub(crate) struct LowRank {
    a: Matrix,
    /// Column after column: what one number of `A x` is multiplied with lies together.
    b: Vec<f32>,
}

/// Changes by tensor and adapter (from 0); each is taken out once.
pub(crate) struct LowRanks<'a> {
    isa: Isa,
    adapters: &'a [AdapterWeights],
    by_tensor: HashMap<&'a str, Vec<(usize, &'a LowRankUpdate)>>,
}

/// The rows of a step that one adapter, from 1, is used for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Adapted {
    pub adapter: usize,
    pub rows: Vec<usize>,
}

/// Room for numbers in progress, kept from step to step.
#[derive(Default)]
pub(crate) struct LowRankWork {
    gathered: Activations,
    low: Vec<f32>,
}

impl<'a> LowRanks<'a> {
    pub(crate) fn new(isa: Isa, adapters: &'a [AdapterWeights]) -> Self {
        let mut by_tensor: HashMap<&str, Vec<_>> = HashMap::new();
        for (n, adapter) in adapters.iter().enumerate() {
            for update in &adapter.updates {
                by_tensor.entry(&update.tensor).or_default().push((n, update));
            }
        }
        Self { isa, adapters, by_tensor }
    }

    /// Each adapter's change of this tensor; empty where none changes it.
    pub(crate) fn take(&mut self, tensor: &str, rows: usize, columns: usize) -> EngineResult<Vec<Option<LowRank>>> {
        let Some(updates) = self.by_tensor.remove(tensor) else { return Ok(Vec::new()) };
        let mut list: Vec<Option<LowRank>> = self.adapters.iter().map(|_| None).collect();
        for (n, update) in updates {
            let made = LowRank::pack(self.isa, update, rows, columns);
            let problem =
                || format!("its matrices for `{tensor}` do not fit that one's {rows} rows and {columns} columns");
            let made = made.ok_or_else(|| self.mismatch(n, problem()))?;
            if let Some(place) = list.get_mut(n) {
                *place = Some(made);
            }
        }
        Ok(list)
    }

    /// Fails where an adapter changes what the model does not have.
    pub(crate) fn finish(self) -> EngineResult<()> {
        match self.by_tensor.iter().min_by_key(|(tensor, _)| **tensor) {
            None => Ok(()),
            Some((tensor, updates)) => {
                let n = updates.first().map_or(0, |(n, _)| *n);
                Err(self.mismatch(n, format!("it changes `{tensor}`, which the model does not have")))
            }
        }
    }

    fn mismatch(&self, n: usize, problem: String) -> EngineError {
        let adapter = self.adapters.get(n).map(|a| a.name.clone()).unwrap_or_default();
        EngineError::AdapterMismatch { adapter, problem }
    }
}

impl LowRank {
    fn pack(isa: Isa, update: &LowRankUpdate, rows: usize, columns: usize) -> Option<Self> {
        let LowRankUpdate { rank, a, b, .. } = update;
        if *rank == 0 || a.len() != rank * columns || b.len() != rows * rank {
            return None;
        }
        let bytes: Vec<u8> = a.iter().flat_map(|v| v.to_le_bytes()).collect();
        let read = |from: usize, buffer: &mut [u8]| -> Option<()> {
            buffer.copy_from_slice(bytes.get(from..from + buffer.len())?);
            Some(())
        };
        let matrix = Matrix::pack(isa, GgmlDType::F32, *rank, columns, |from, buffer| read(from, buffer).ok_or(()));
        let columns_of_b = (0..*rank).flat_map(|r| b.iter().skip(r).step_by(*rank).copied()).collect();
        Some(Self { a: matrix.ok()??, b: columns_of_b })
    }

    /// Adds `B low` to each of the chosen rows of `out`; `low` holds `A x` of these rows.
    fn add(&self, pool: &Pool, isa: Isa, chosen: &[usize], low: &[f32], out: &mut [f32]) {
        let rank = self.a.rows();
        let outputs = self.b.len() / rank;
        let mut rows = out.chunks_exact_mut(outputs).enumerate();
        let pairs = chosen.iter().zip(low.chunks_exact(rank));
        let items: Vec<_> = pairs.filter_map(|(n, low)| Some((rows.find(|(row, _)| row == n)?.1, low))).collect();
        let work = |(out, low): (&mut [f32], &[f32])| {
            for (factor, column) in low.iter().zip(self.b.chunks_exact(outputs)) {
                add_scaled_row(isa, out, *factor, column);
            }
        };
        if items.len() < SHARED_ROWS { items.into_iter().for_each(work) } else { pool.for_each(items, work) }
    }
}

/// Adds the adapters' parts to finished products of the same activations: each with the changes of its matrix.
pub(crate) fn add_low_rank(
    (pool, isa): (&Pool, Isa),
    activations: &Activations,
    list: &mut [(&[Option<LowRank>], &mut [f32])],
    adapted: &[Adapted],
    work: &mut LowRankWork,
) {
    for Adapted { adapter, rows } in adapted {
        let find = |changes: &&[Option<LowRank>]| changes.get(adapter - 1).and_then(Option::as_ref).map(|c| c.a.rows());
        let width: usize = list.iter().filter_map(|(changes, _)| find(changes)).sum();
        if width == 0 {
            continue;
        }
        let LowRankWork { gathered, low } = work;
        let source = if rows.len() == activations.rows() {
            activations
        } else {
            let size = (rows.len(), activations.columns());
            gathered.fill(pool, isa, size, |row, out| out.copy_from_slice(activations.row(rows[row])));
            gathered
        };
        low.resize(width * rows.len(), 0.0);
        let (mut rest, mut parts, mut changed) = (low.as_mut_slice(), Vec::new(), Vec::new());
        for (changes, out) in list.iter_mut() {
            let Some(change) = changes.get(adapter - 1).and_then(Option::as_ref) else { continue };
            let (part, after) = mem::take(&mut rest).split_at_mut(change.a.rows() * rows.len());
            rest = after;
            parts.push(Product { matrix: &change.a, out: part });
            changed.push((change, &mut **out));
        }
        products(pool, isa, source, parts);
        let mut rest = low.as_slice();
        for (change, out) in changed {
            let (part, after) = rest.split_at(change.a.rows() * rows.len());
            rest = after;
            change.add(pool, isa, rows, part, out);
        }
    }
}
