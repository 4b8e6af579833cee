//! The memory of keys and values: pages of 32 positions, each head's page in the order that attention reads.
//!
//! Numbers are 16-bit fixed point with a scale per position and head. A key is scaled by its length (Euclidean norm), so
//! that its product with a query, scaled likewise, always fits 32 bits, and is exact; a value by its largest number, to
//! 13 bits, as are the weights it meets, so that 32 products fit 32 bits. Both are finer than half floats where it
//! counts: half floats keep 11 bits of each number.

use super::{aligned::Aligned, simd::Simd};

/// Positions per page.
pub(crate) const PAGE: usize = 32;

/// The length of a key or query in fixed point; the square is below 2^30, and rounding adds little to it.
const LENGTH: f32 = 32_000.0;

/// The largest value, and the largest weight of a value: 32 products of both are below 2^31.
pub(super) const LARGEST: f32 = 8191.0;

/// Keys and values of all pages. The operating system provides the memory as it is first written.
pub(crate) struct KvMemory {
    layers: usize,
    heads: usize,
    pub(super) head: usize,
    /// `[page][layer][head][pair of numbers][position][2]`.
    keys: Aligned<i16>,
    /// `[page][layer][head][pair of positions][number, padded][2]`.
    values: Aligned<i16>,
    /// `[page][layer][head][position]`.
    key_scales: Vec<f32>,
    value_scales: Vec<f32>,
}

/// One head's part of a page.
#[derive(Clone, Copy)]
pub(super) struct HeadPage<'a> {
    pub keys: &'a [i16],
    pub values: &'a [i16],
    pub key_scales: &'a [f32],
    pub value_scales: &'a [f32],
}

/// A head's numbers, padded so that values come in whole vectors.
pub(super) const fn padded(head: usize) -> usize {
    head.next_multiple_of(32)
}

impl KvMemory {
    /// Bytes of one page.
    pub(crate) const fn page_bytes(layers: usize, heads: usize, head: usize) -> usize {
        layers * heads * PAGE * (2 * head + 2 * padded(head) + 8)
    }

    /// Memory for `pages` pages.
    pub(crate) fn new(layers: usize, heads: usize, head: usize, pages: usize) -> Self {
        let units = pages * layers * heads * PAGE;
        Self {
            layers,
            heads,
            head,
            keys: Aligned::<i16>::zeros(units * head),
            values: Aligned::<i16>::zeros(units * padded(head)),
            key_scales: vec![0.0; units],
            value_scales: vec![0.0; units],
        }
    }

    fn unit(&self, page: u32, layer: usize, head: usize) -> usize {
        (page as usize * self.layers + layer) * self.heads + head
    }

    /// One head's part of a page.
    pub(super) fn page(&self, page: u32, layer: usize, head: usize) -> HeadPage<'_> {
        let unit = self.unit(page, layer, head);
        let (keys, values) = (self.head * PAGE, padded(self.head) * PAGE);
        HeadPage {
            keys: &self.keys.get()[unit * keys..][..keys],
            values: &self.values.get()[unit * values..][..values],
            key_scales: &self.key_scales[unit * PAGE..][..PAGE],
            value_scales: &self.value_scales[unit * PAGE..][..PAGE],
        }
    }

    /// Writes the keys and values of all heads at one position of a page.
    pub(crate) fn write(&mut self, page: u32, layer: usize, slot: usize, keys: &[f32], values: &[f32]) {
        let head = self.head;
        for (n, (key, value)) in keys.chunks_exact(head).zip(values.chunks_exact(head)).enumerate() {
            let unit = self.unit(page, layer, n);
            let factor = factor(length(key), LENGTH);
            self.key_scales[unit * PAGE + slot] = inverse(factor);
            let to = &mut self.keys.get_mut()[unit * head * PAGE..][..head * PAGE];
            for (pair, to) in key.chunks_exact(2).zip(to.chunks_exact_mut(2 * PAGE)) {
                to[2 * slot] = nearest(pair[0] * factor);
                to[2 * slot + 1] = nearest(pair[1] * factor);
            }
            let largest = value.iter().fold(0.0f32, |most, v| most.max(v.abs()));
            let factor = self::factor(largest, LARGEST);
            self.value_scales[unit * PAGE + slot] = inverse(factor);
            let row = 2 * padded(head);
            let to = &mut self.values.get_mut()[unit * padded(head) * PAGE + slot / 2 * row..][..row];
            for (v, to) in value.iter().zip(to.chunks_exact_mut(2)) {
                to[slot % 2] = nearest(v * factor);
            }
        }
    }
}

/// Writes a query in fixed point, two numbers to a word, and returns its scale.
pub(super) fn write_query(query: &[f32], out: &mut [i32]) -> f32 {
    let factor = factor(length(query), LENGTH);
    for (pair, out) in query.chunks_exact(2).zip(out) {
        let [a, b] = [nearest(pair[0] * factor), nearest(pair[1] * factor)];
        *out = (i32::from(a) & 0xFFFF) | (i32::from(b) << 16);
    }
    inverse(factor)
}

/// A vector's length, summed in eight lanes: the same on every processor.
fn length(v: &[f32]) -> f32 {
    let mut sums = [0.0f32; 8];
    let (whole, rest) = v.as_chunks::<8>();
    for v in whole {
        for (sum, v) in sums.iter_mut().zip(v) {
            *sum += v * v;
        }
    }
    (sums.iter().sum::<f32>() + rest.iter().map(|v| v * v).sum::<f32>()).sqrt()
}

fn factor(size: f32, to: f32) -> f32 {
    if size > 0.0 { to / size } else { 0.0 }
}

fn inverse(factor: f32) -> f32 {
    if factor > 0.0 { 1.0 / factor } else { 0.0 }
}

/// The nearest whole number of a small float: adding 1.5 * 2^23 leaves it in the lowest bits.
fn nearest(v: f32) -> i16 {
    const MAGIC: f32 = 12_582_912.0;
    ((v + MAGIC).to_bits() as i32).wrapping_sub(MAGIC.to_bits() as i32) as i16
}

/// Up to `T` rows of words times the columns of `b`: per step and row one word, against `32 / LANES` vectors of pairs,
/// `stride` numbers further on for each step.
///
/// # Safety
/// `a` must have `steps` words behind each pointer, and `b` that many steps of 64 numbers.
#[inline(always)]
pub(super) unsafe fn multiply_words<S: Simd, const T: usize>(
    a: [*const i32; T],
    b: *const i16,
    stride: usize,
    steps: usize,
) -> [[S::I; 4]; T] {
    // SAFETY: the caller's promise; at most 32 / LANES vectors are read per step.
    unsafe {
        let mut sums = [[S::splat(0); 4]; T];
        for step in 0..steps {
            let words = a.map(|a| S::splat(a.add(step).read_unaligned()));
            for v in 0..32 / S::LANES {
                let column = S::load(b.add(step * stride + v * 2 * S::LANES).cast());
                for t in 0..T {
                    sums[t][v] = S::add(sums[t][v], S::multiply_pairs(column, words[t]));
                }
            }
        }
        sums
    }
}
