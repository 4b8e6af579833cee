//! Products of activations with weights: register tiles of one or two weight tiles by one, two or four rows.
//!
//! What one output number is made of does not depend on what else is in the batch: the same operations in the same
//! order, whichever tile computes it.

use super::{
    Activations, Isa, Matrix, Pool, activations::GROUP, isa::for_each_isa, matrix::WeightKind, pool::MOST_TASKS,
    simd::Simd,
};

/// One product: `out[row][n] = sum over k of activations[row][k] * matrix[n][k]`. `out` has as many rows as the
/// activations and as many columns as the matrix has rows.
pub(crate) struct Product<'a> {
    pub matrix: &'a Matrix,
    pub out: &'a mut [f32],
}

/// Bytes of a cache line.
const LINE: usize = 64;

/// How far ahead the first rows ask for the weights, in bytes; for the others they are near by then.
const AHEAD: usize = 4096;

/// What a task needs to know of a product.
struct SharedProduct<'a> {
    matrix: &'a Matrix,
    out: *mut f32,
    /// The number of its first task.
    first: usize,
}

// SAFETY: tasks write to `out` at disjoint columns, and nobody reads it meanwhile.
unsafe impl Sync for SharedProduct<'_> {}

/// Computes products of the same activations, all at once.
///
/// # Panics
/// Where the sizes do not go together.
pub(crate) fn products(pool: &Pool, isa: Isa, activations: &Activations, list: Vec<Product<'_>>) {
    let mut tasks = 0;
    let tiles: usize = list.iter().map(|p| p.matrix.rows.div_ceil(isa.lanes())).sum();
    // Pairs of tiles per task: enough tasks that a thread that was held up does not hold up the others.
    let pairs = (tiles / (16 * pool.threads())).max(tiles / (2 * MOST_TASKS)).clamp(1, 64);
    let shared: Vec<SharedProduct> = list
        .into_iter()
        .map(|Product { matrix, out }| {
            assert!(matrix.columns == activations.columns() && matrix.isa == isa, "another matrix than announced");
            assert_eq!(out.len(), activations.rows() * matrix.rows, "the output's length");
            let first = tasks;
            tasks += matrix.rows.div_ceil(isa.lanes() * 2 * pairs);
            SharedProduct { matrix, out: out.as_mut_ptr(), first }
        })
        .collect();
    let shared = shared.as_slice();
    pool.run(tasks, &|task| {
        let at = shared.partition_point(|s| s.first <= task).saturating_sub(1);
        let Some(product) = shared.get(at) else { return };
        let first = (task - product.first) * 2 * pairs;
        // SAFETY: sizes are checked above; this task alone writes the columns of these tiles.
        unsafe { tiles_of(isa, product.matrix, activations, product.out, first, first + 2 * pairs) };
    });
}

for_each_isa! {
    /// Computes the columns of `out` that belong to the tiles from `first` to before `end` (or to the last). Matrix and
    /// activations must have the same columns, `out` room for all rows; nobody else may use those columns.
    fn tiles_of = tiles_generic(
        matrix: &Matrix, activations: &Activations, out: *mut f32, first: usize, end: usize,
    )
}

#[inline(always)]
unsafe fn tiles_generic<S: Simd>(matrix: &Matrix, activations: &Activations, out: *mut f32, first: usize, end: usize) {
    // SAFETY: the caller's promise, handed on.
    unsafe {
        match matrix.kind {
            WeightKind::Q4_0 => strip::<S, Q4_0>(matrix, activations, out, first, end),
            WeightKind::Q4_1 => strip::<S, Q4_1>(matrix, activations, out, first, end),
            WeightKind::Q5_0 => strip::<S, Q5_0>(matrix, activations, out, first, end),
            WeightKind::Q5_1 => strip::<S, Q5_1>(matrix, activations, out, first, end),
            WeightKind::Q6_K => strip::<S, Q6_K>(matrix, activations, out, first, end),
            WeightKind::Q8_0 => strip::<S, Q8_0>(matrix, activations, out, first, end),
            WeightKind::F16 => strip::<S, F16>(matrix, activations, out, first, end),
            WeightKind::BF16 => strip::<S, BF16>(matrix, activations, out, first, end),
            WeightKind::F32 => strip::<S, F32>(matrix, activations, out, first, end),
        }
    }
}

/// All rows of the activations with some tiles, two at a time.
#[inline(always)]
unsafe fn strip<S: Simd, W: Weights>(
    matrix: &Matrix,
    activations: &Activations,
    out: *mut f32,
    first: usize,
    end: usize,
) {
    let steps = if W::KIND.is_float() { matrix.columns } else { matrix.columns / 32 };
    let bytes = steps * W::KIND.step() * S::LANES;
    let end = end.min(matrix.rows.div_ceil(S::LANES));
    let mut tile = first;
    while tile < end {
        // One row waits for memory alone, which is quickest from end to end.
        let count = if activations.rows() == 1 { 1 } else { (end - tile).min(2) };
        let at = TileOutput { out, stride: matrix.rows, row: tile * S::LANES, rows: matrix.rows };
        // SAFETY: the tiles from `tile` to before `end` are in the matrix; the rest is the caller's promise.
        unsafe {
            let weights = matrix.tiles.get().as_ptr().add(tile * bytes);
            if count == 2 {
                groups::<S, W, 2>([weights, weights.add(bytes)], steps, activations, &at);
            } else {
                groups::<S, W, 1>([weights], steps, activations, &at);
            }
        }
        tile += count;
    }
}

/// Where a tile's results go.
struct TileOutput {
    out: *mut f32,
    /// Floats from one row of activations to the next.
    stride: usize,
    /// The first of the tile's rows: its column of the output.
    row: usize,
    /// Rows of the matrix.
    rows: usize,
}

#[inline(always)]
unsafe fn groups<S: Simd, W: Weights, const R: usize>(
    weights: [*const u8; R],
    steps: usize,
    activations: &Activations,
    at: &TileOutput,
) {
    for first in (0..activations.rows()).step_by(GROUP) {
        let count = (activations.rows() - first).min(GROUP);
        // SAFETY: the group is there, whole, even where its last rows are not in use.
        unsafe {
            let input = ActivationGroup::<S>::of(activations, first / GROUP, steps);
            match count {
                1 => multiply::<S, W, R, 1>(weights, steps, &input, at, first, 1),
                2 => multiply::<S, W, R, 2>(weights, steps, &input, at, first, 2),
                _ => multiply::<S, W, R, GROUP>(weights, steps, &input, at, first, count),
            }
        }
    }
}

/// One group of activations.
struct ActivationGroup<S> {
    quads: *const i32,
    scales: *const f32,
    sums: *const f32,
    pairs: *const i32,
    floats: *const f32,
    columns: usize,
    simd: std::marker::PhantomData<S>,
}

impl<S: Simd> ActivationGroup<S> {
    #[inline(always)]
    unsafe fn of(a: &Activations, group: usize, steps: usize) -> Self {
        let start = |list: usize, per_step: usize| (group * steps * per_step * GROUP).min(list);
        // SAFETY: the offsets are within the lists.
        unsafe {
            Self {
                quads: a.quads.as_ptr().add(start(a.quads.len(), 8)),
                scales: a.scales.as_ptr().add(start(a.scales.len(), 1)),
                sums: a.sums.as_ptr().add(start(a.sums.len(), 1)),
                pairs: a.pairs.as_ptr().add(start(a.pairs.len(), 3)),
                floats: a.floats.as_ptr().add(group * GROUP * a.columns()),
                columns: a.columns(),
                simd: std::marker::PhantomData,
            }
        }
    }

    /// Four columns of one row, in every lane.
    #[inline(always)]
    unsafe fn quad(&self, step: usize, quad: usize, row: usize) -> S::I {
        // SAFETY: `step`, `quad` below 8 and `row` below 4 are in the group.
        unsafe { S::splat(*self.quads.add((step * 8 + quad) * GROUP + row)) }
    }

    /// The sums of the first 16 columns (0), the last (1) or all (2).
    #[inline(always)]
    unsafe fn pair(&self, step: usize, which: usize, row: usize) -> S::I {
        // SAFETY: as above.
        unsafe { S::splat(*self.pairs.add((step * 3 + which) * GROUP + row)) }
    }
}

/// `R` tiles of weights by `T` rows of activations, of which the first `count` are stored.
#[inline(always)]
unsafe fn multiply<S: Simd, W: Weights, const R: usize, const T: usize>(
    weights: [*const u8; R],
    steps: usize,
    input: &ActivationGroup<S>,
    at: &TileOutput,
    first: usize,
    count: usize,
) {
    // SAFETY: the caller's promise: `steps` steps of each tile and of the group are there, and `out` has the place.
    unsafe {
        let mut sums = [[S::zero(); T]; R];
        for step in 0..steps {
            let mut here = weights;
            for p in &mut here {
                *p = p.add(step * W::KIND.step() * S::LANES);
                if first == 0 {
                    for line in 0..(W::KIND.step() * S::LANES).div_ceil(LINE) {
                        S::prefetch(p.wrapping_add(AHEAD + line * LINE));
                    }
                }
            }
            W::step::<S, R, T>(here, step, input, &mut sums);
        }
        for (r, sums) in sums.iter().enumerate() {
            let row = at.row + r * S::LANES;
            for (t, sum) in sums.iter().enumerate().take(count) {
                let to = at.out.add((first + t) * at.stride + row);
                if row + S::LANES <= at.rows {
                    S::store_f(to, *sum);
                } else {
                    let mut last = [0.0; 16];
                    S::store_f(last.as_mut_ptr(), *sum);
                    to.copy_from_nonoverlapping(last.as_ptr(), at.rows - row);
                }
            }
        }
    }
}

/// A kind of weights, as the kernel sees it.
///
/// # Safety
/// `step` needs whole steps of weights and activations behind its pointers, and the instructions of `S`.
trait Weights {
    const KIND: WeightKind;
    /// Adds the products of one step.
    unsafe fn step<S: Simd, const R: usize, const T: usize>(
        weights: [*const u8; R],
        step: usize,
        input: &ActivationGroup<S>,
        sums: &mut [[S::F; T]; R],
    );
}

macro_rules! weights {
    ($($name:ident => $step:ident),*) => {$(
        #[allow(non_camel_case_types)]
        struct $name;
        impl Weights for $name {
            const KIND: WeightKind = WeightKind::$name;
            #[inline(always)]
            unsafe fn step<S: Simd, const R: usize, const T: usize>(
                weights: [*const u8; R],
                step: usize,
                input: &ActivationGroup<S>,
                sums: &mut [[S::F; T]; R],
            ) {
                // SAFETY: the caller's promise, handed on.
                unsafe { $step::<S, Self, R, T>(weights, step, input, sums) }
            }
        }
    )*};
}
weights!(
    Q4_0 => step_small, Q4_1 => step_small, Q5_0 => step_small, Q5_1 => step_small, Q6_K => step_small,
    Q8_0 => step_eight, F16 => step_float, BF16 => step_float, F32 => step_float
);

/// The values of quad `quad` of four- or six-bit weights.
#[inline(always)]
unsafe fn values<S: Simd, W: Weights>(body: *const u8, quad: usize) -> S::I {
    // SAFETY: the caller's promise: `body` is a whole step's values.
    unsafe {
        let vector = 4 * S::LANES;
        let low = S::load(body.add(quad % 4 * vector));
        let low = if quad < 4 { low } else { S::shift_right::<4>(low) };
        let low = S::and(low, S::splat(0x0F0F_0F0F));
        if matches!(W::KIND, WeightKind::Q4_0 | WeightKind::Q4_1) {
            return low;
        }
        let high = S::load(body.add((4 + quad % 2) * vector));
        let high = match quad / 2 {
            0 => S::shift_left::<4>(high),
            1 => S::shift_left::<2>(high),
            2 => high,
            _ => S::shift_right::<2>(high),
        };
        S::or(low, S::and(high, S::splat(0x3030_3030)))
    }
}

/// Weights of up to six bits: 16-bit sums of a whole step, or of 16 columns where each has a scale of its own.
#[inline(always)]
unsafe fn step_small<S: Simd, W: Weights, const R: usize, const T: usize>(
    weights: [*const u8; R],
    step: usize,
    input: &ActivationGroup<S>,
    sums: &mut [[S::F; T]; R],
) {
    // SAFETY: the caller's promise.
    unsafe {
        let parts = matches!(W::KIND, WeightKind::Q6_K);
        let mut wholes = [[S::splat(0); T]; R];
        let mut running = [[S::splat(0); T]; R];
        for quad in 0..8 {
            if quad == 0 || (parts && quad == 4) {
                let which = if parts { quad / 4 } else { 2 };
                for t in 0..T {
                    let start = if W::KIND.offset() == 0 {
                        S::splat(0)
                    } else {
                        S::dot_start(input.pair(step, which, t), W::KIND.offset())
                    };
                    for running in &mut running {
                        running[t] = start;
                    }
                }
            }
            let mut quads = [S::splat(0); R];
            for (values_of, weights) in quads.iter_mut().zip(weights) {
                *values_of = values::<S, W>(weights.add(W::KIND.header() * S::LANES), quad);
            }
            for t in 0..T {
                let activations = input.quad(step, quad, t);
                for r in 0..R {
                    running[r][t] = S::dot(running[r][t], quads[r], activations);
                }
            }
            if parts && quad % 4 == 3 {
                for r in 0..R {
                    let scale = S::load_i8(weights[r].add((2 + quad / 4) * S::LANES));
                    for t in 0..T {
                        wholes[r][t] = S::add(wholes[r][t], S::dot_end_scaled(running[r][t], scale));
                    }
                }
            }
        }
        for r in 0..R {
            let scale = S::load_f16(weights[r]);
            for t in 0..T {
                let whole = if parts { wholes[r][t] } else { S::dot_end(running[r][t]) };
                sums[r][t] = scaled::<S>(whole, scale, input, step, t, sums[r][t]);
            }
            if matches!(W::KIND, WeightKind::Q4_1 | WeightKind::Q5_1) {
                let minimum = S::load_f16(weights[r].add(2 * S::LANES));
                for t in 0..T {
                    let sum = S::splat_f(*input.sums.add(step * GROUP + t));
                    sums[r][t] = S::fma(minimum, sum, sums[r][t]);
                }
            }
        }
    }
}

/// Adds a step's whole-number sum, scaled by weights and activations.
#[inline(always)]
unsafe fn scaled<S: Simd>(
    whole: S::I,
    scale: S::F,
    input: &ActivationGroup<S>,
    step: usize,
    t: usize,
    sum: S::F,
) -> S::F {
    // SAFETY: the caller's promise.
    unsafe {
        let scale = S::mul_f(scale, S::splat_f(*input.scales.add(step * GROUP + t)));
        S::fma(S::to_f(whole), scale, sum)
    }
}

/// Weights of eight bits.
#[inline(always)]
unsafe fn step_eight<S: Simd, W: Weights, const R: usize, const T: usize>(
    weights: [*const u8; R],
    step: usize,
    input: &ActivationGroup<S>,
    sums: &mut [[S::F; T]; R],
) {
    // SAFETY: the caller's promise.
    unsafe {
        for r in 0..R {
            let mut running = [S::wide_start(S::splat(0)); T];
            for (t, running) in running.iter_mut().enumerate() {
                *running = S::wide_start(input.pair(step, 2, t));
            }
            for quad in 0..8 {
                let values = S::load(weights[r].add((W::KIND.header() + 4 * quad) * S::LANES));
                for (t, running) in running.iter_mut().enumerate() {
                    *running = S::wide_dot(*running, values, input.quad(step, quad, t));
                }
            }
            let scale = S::load_f16(weights[r]);
            for (t, running) in running.into_iter().enumerate() {
                sums[r][t] = scaled::<S>(S::wide_end(running), scale, input, step, t, sums[r][t]);
            }
        }
    }
}

/// Weights that are floats: a step is one column.
#[inline(always)]
unsafe fn step_float<S: Simd, W: Weights, const R: usize, const T: usize>(
    weights: [*const u8; R],
    step: usize,
    input: &ActivationGroup<S>,
    sums: &mut [[S::F; T]; R],
) {
    // SAFETY: the caller's promise.
    unsafe {
        for r in 0..R {
            let column = match W::KIND {
                WeightKind::F16 => S::load_f16(weights[r]),
                WeightKind::BF16 => S::load_bf16(weights[r]),
                _ => S::load_f(weights[r].cast()),
            };
            for (t, sum) in sums[r].iter_mut().enumerate() {
                *sum = S::fma(column, S::splat_f(*input.floats.add(t * input.columns + step)), *sum);
            }
        }
    }
}
