//! What the processor could do if it did nothing but multiply: a measure for benchmarks.

use std::time::Instant;

use super::{Isa, Pool, isa::for_each_isa, simd::Simd};

/// Sums that are kept going at once: enough for the instruction's latency, few enough for the registers.
const SUMS: usize = 12;

/// Rounds of one task: some milliseconds.
const ROUNDS: usize = 1 << 20;

/// 8-bit multiplications with addition per second, of all threads together, on numbers that stay in registers: the best of
/// five runs.
pub(crate) fn peak(pool: &Pool, isa: Isa) -> f64 {
    let once = || {
        let started = Instant::now();
        // SAFETY: it has no arguments to promise anything of.
        pool.run(pool.threads(), &|_| unsafe { multiply(isa) });
        (pool.threads() * ROUNDS * SUMS * 4 * isa.lanes()) as f64 / started.elapsed().as_secs_f64()
    };
    (0..5).map(|_| once()).fold(0.0, f64::max)
}

for_each_isa! {
    /// Multiplies and adds in registers.
    fn multiply = multiply_generic()
}

#[inline(always)]
unsafe fn multiply_generic<S: Simd>() {
    // SAFETY: nothing is read or written.
    unsafe {
        let (weights, activations) = std::hint::black_box((S::splat(0x0102_0304), S::splat(0x0101_0101)));
        let mut sums = [S::splat(0); SUMS];
        for _ in 0..ROUNDS {
            for sum in &mut sums {
                *sum = S::dot(*sum, weights, activations);
            }
        }
        std::hint::black_box(sums);
    }
}
