//! What goes into a product: rows of floats, and the same quantized to eight bits by 32 columns.
//!
//! Quantized rows lie in groups of four, so that a kernel reads the same four columns of four rows side by side:
//! `[group][32 columns][quad][row]` words of four signed bytes. Besides, per group, 32 columns and row: the scale, the
//! scaled sum (for weights with a minimum), and the 16-bit sums that the even and the odd half of a lane meet, over the
//! first 16 columns, the last 16, and all (for weights with an offset).

use super::{Isa, Pool, isa::for_each_isa, simd::Simd};

/// Rows per group.
pub(super) const GROUP: usize = 4;

/// Rows of activations. The memory is kept from use to use.
#[derive(Default)]
pub(crate) struct Activations {
    rows: usize,
    columns: usize,
    pub(super) floats: Vec<f32>,
    pub(super) quads: Vec<i32>,
    pub(super) scales: Vec<f32>,
    pub(super) sums: Vec<f32>,
    pub(super) pairs: Vec<i32>,
}

/// One group's part of each list.
struct GroupMut<'a> {
    first: usize,
    floats: &'a mut [f32],
    quads: &'a mut [i32],
    scales: &'a mut [f32],
    sums: &'a mut [f32],
    pairs: &'a mut [i32],
}

impl Activations {
    /// Fills `rows` by `columns`: `write` gives each row, in any order and on any thread. They are quantized too where
    /// columns come in 32s.
    pub(crate) fn fill(
        &mut self,
        pool: &Pool,
        isa: Isa,
        (rows, columns): (usize, usize),
        write: impl Fn(usize, &mut [f32]) + Sync,
    ) {
        let groups = rows.div_ceil(GROUP);
        let steps = if columns.is_multiple_of(32) { columns / 32 } else { 0 };
        (self.rows, self.columns) = (rows, columns);
        self.floats.resize(groups * GROUP * columns, 0.0);
        self.quads.resize(groups * steps * 8 * GROUP, 0);
        self.scales.resize(groups * steps * GROUP, 0.0);
        self.sums.resize(groups * steps * GROUP, 0.0);
        self.pairs.resize(groups * steps * 3 * GROUP, 0);
        let work = |group: GroupMut| {
            let GroupMut { first, floats, quads, scales, sums, pairs } = group;
            for (slot, row) in floats.chunks_exact_mut(columns.max(1)).enumerate().take(rows - first) {
                write(first + slot, row);
                if steps > 0 {
                    // SAFETY: the lists have the lengths that this group's `steps` ask for.
                    unsafe { quantize(isa, row, slot, quads, scales, sums, pairs) };
                }
            }
        };
        let groups = self.groups_mut(steps);
        if rows < 2 * GROUP { groups.for_each(work) } else { pool.for_each(groups.collect(), work) }
    }

    fn groups_mut(&mut self, steps: usize) -> impl Iterator<Item = GroupMut<'_>> {
        let (columns, steps) = (self.columns.max(1), steps.max(1));
        let mut quads = self.quads.chunks_exact_mut(steps * 8 * GROUP);
        let mut scales = self.scales.chunks_exact_mut(steps * GROUP);
        let mut sums = self.sums.chunks_exact_mut(steps * GROUP);
        let mut pairs = self.pairs.chunks_exact_mut(steps * 3 * GROUP);
        self.floats.chunks_exact_mut(GROUP * columns).enumerate().map(move |(n, floats)| GroupMut {
            first: n * GROUP,
            floats,
            quads: quads.next().unwrap_or_default(),
            scales: scales.next().unwrap_or_default(),
            sums: sums.next().unwrap_or_default(),
            pairs: pairs.next().unwrap_or_default(),
        })
    }

    /// A row, as floats.
    pub(crate) fn row(&self, n: usize) -> &[f32] {
        &self.floats[n * self.columns..][..self.columns]
    }

    /// How many rows there are.
    pub(crate) const fn rows(&self) -> usize {
        self.rows
    }

    /// How many columns.
    pub(crate) const fn columns(&self) -> usize {
        self.columns
    }
}

for_each_isa! {
    /// Quantizes one row into its slot of a group. The lists must have the group's lengths.
    fn quantize = quantize_row(
        row: &[f32], slot: usize, quads: &mut [i32], scales: &mut [f32], sums: &mut [f32], pairs: &mut [i32],
    )
}

#[inline(always)]
unsafe fn quantize_row<S: Simd>(
    row: &[f32],
    slot: usize,
    quads: &mut [i32],
    scales: &mut [f32],
    sums: &mut [f32],
    pairs: &mut [i32],
) {
    for (step, columns) in row.chunks_exact(32).enumerate() {
        let mut bytes = [0i8; 32];
        // SAFETY: `columns` and `bytes` have 32 entries, a whole number of vectors.
        let scale = unsafe {
            let mut largest = S::zero();
            for i in (0..32).step_by(S::LANES) {
                largest = S::max_f(largest, S::abs_f(S::load_f(columns.as_ptr().add(i))));
            }
            let scale = S::largest(largest) / 127.0;
            let inverse = S::splat_f(if scale > 0.0 { 1.0 / scale } else { 0.0 });
            for i in (0..32).step_by(S::LANES) {
                let value = S::mul_f(S::load_f(columns.as_ptr().add(i)), inverse);
                S::store_i8(bytes.as_mut_ptr().add(i), S::round(value));
            }
            scale
        };
        let to = &mut quads[step * 8 * GROUP..][..8 * GROUP];
        for (quad, to) in bytes.as_chunks::<4>().0.iter().zip(to.chunks_exact_mut(GROUP)) {
            to[slot] = i32::from_le_bytes(quad.map(i8::cast_unsigned));
        }
        let wide = bytes.map(i16::from);
        let pairs_of: [i16; 16] = std::array::from_fn(|i| wide[2 * i] + wide[2 * i + 1]);
        let part = |from: usize| pairs_of[from] + pairs_of[from + 2] + pairs_of[from + 4] + pairs_of[from + 6];
        let halves = [[part(0), part(1)], [part(8), part(9)]];
        let all = [halves[0][0] + halves[1][0], halves[0][1] + halves[1][1]];
        let word = |pair: [i16; 2]| (i32::from(pair[0]) & 0xFFFF) | (i32::from(pair[1]) << 16);
        for (n, pair) in [halves[0], halves[1], all].into_iter().enumerate() {
            pairs[(step * 3 + n) * GROUP + slot] = word(pair);
        }
        scales[step * GROUP + slot] = scale;
        sums[step * GROUP + slot] = scale * f32::from(all[0] + all[1]);
    }
}
