//! Every kernel of every instruction set that this processor has, against plain arithmetic in double precision.

use candle_core::{
    Device, Tensor,
    quantized::{GgmlDType, QTensor},
};
use proptest::prelude::*;

use super::*;

const KINDS: [GgmlDType; 11] = [
    GgmlDType::Q4_0,
    GgmlDType::Q4_1,
    GgmlDType::Q5_0,
    GgmlDType::Q5_1,
    GgmlDType::Q8_0,
    GgmlDType::Q4K,
    GgmlDType::Q5K,
    GgmlDType::Q6K,
    GgmlDType::F16,
    GgmlDType::BF16,
    GgmlDType::F32,
];

/// Numbers with a few much larger than the rest, as activations have.
fn numbers(count: usize, seed: u64) -> Vec<f32> {
    let mut state = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1u64 << 24) as f32 * 2.0 - 1.0
    };
    (0..count).map(|i| next() * if i % 61 == 0 { 20.0 } else { 1.0 }).collect()
}

/// A matrix as stored, and its numbers as candle reads them.
fn stored(kind: GgmlDType, rows: usize, columns: usize, seed: u64) -> (Vec<u8>, Vec<f32>) {
    let tensor = Tensor::from_vec(numbers(rows * columns, seed), (rows, columns), &Device::Cpu).unwrap();
    let stored = QTensor::quantize(&tensor, kind).unwrap();
    let floats = stored.dequantize(&Device::Cpu).unwrap().flatten_all().unwrap().to_vec1().unwrap();
    (stored.data().unwrap().to_vec(), floats)
}

fn pack(isa: Isa, kind: GgmlDType, rows: usize, columns: usize, bytes: &[u8]) -> Matrix {
    let read = |from: usize, to: &mut [u8]| -> Result<(), ()> {
        to.copy_from_slice(&bytes[from..][..to.len()]);
        Ok(())
    };
    Matrix::pack(isa, kind, rows, columns, read).unwrap().unwrap()
}

fn activations(pool: &Pool, isa: Isa, rows: usize, columns: usize, input: &[f32]) -> Activations {
    let mut made = Activations::default();
    made.fill(pool, isa, (rows, columns), |row, out| out.copy_from_slice(&input[row * columns..][..columns]));
    made
}

fn product(pool: &Pool, isa: Isa, matrix: &Matrix, rows: usize, input: &[f32]) -> Vec<f32> {
    let made = activations(pool, isa, rows, input.len() / rows, input);
    let mut out = vec![f32::NAN; rows * matrix.rows()];
    products(pool, isa, &made, vec![Product { matrix, out: &mut out }]);
    out
}

/// What eight-bit activations are: each 32 scaled by their largest.
fn eight_bits(input: &[f32]) -> Vec<f64> {
    let block = |block: &[f32]| {
        let scale = block.iter().fold(0.0f32, |most, v| most.max(v.abs())) / 127.0;
        let inverse = if scale > 0.0 { 1.0 / scale } else { 0.0 };
        block.iter().map(|v| f64::from((v * inverse).round_ties_even() * scale)).collect::<Vec<_>>()
    };
    input.chunks(32).flat_map(block).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn products_are_those_of_the_dequantized_weights(
        rows in 1usize..70, blocks in 1usize..4, inputs in 1usize..11, seed in any::<u64>(),
    ) {
        let pool = Pool::new(2).unwrap();
        for kind in KINDS {
            let columns = blocks * kind.block_size().max(32);
            let (bytes, weights) = stored(kind, rows, columns, seed);
            let input = numbers(inputs * columns, seed ^ 1);
            let exact = matches!(kind, GgmlDType::F16 | GgmlDType::BF16 | GgmlDType::F32);
            let read: Vec<f64> =
                if exact { input.iter().map(|v| f64::from(*v)).collect() } else { eight_bits(&input) };
            for isa in Isa::available() {
                let matrix = pack(isa, kind, rows, columns, &bytes);
                let out = product(&pool, isa, &matrix, inputs, &input);
                for (n, got) in out.iter().enumerate() {
                    let (i, row) = (n / rows, n % rows);
                    let (weights, read) = (&weights[row * columns..][..columns], &read[i * columns..][..columns]);
                    let sum: f64 = weights.iter().zip(read).map(|(w, a)| f64::from(*w) * a).sum();
                    // Scales and minima of K kinds are rounded to half floats: 2^-11 of a block's largest weight.
                    let blocks = weights.chunks(32).zip(read.chunks(32)).map(|(w, a)| {
                        let largest = w.iter().fold(0.0f32, |most, w| most.max(w.abs()));
                        f64::from(largest) * a.iter().map(|a| a.abs()).sum::<f64>()
                    });
                    let bound = blocks.sum::<f64>() * 2.0 / 2048.0 + 1e-6;
                    prop_assert!((f64::from(*got) - sum).abs() <= bound, "{kind:?} {isa:?}: {got} {sum}");
                }
            }
        }
    }

    #[test]
    fn a_row_gives_the_same_bits_alone_and_among_others(inputs in 2usize..12, rows in 1usize..50, seed in any::<u64>()) {
        let pool = Pool::new(2).unwrap();
        for kind in KINDS {
            let columns = kind.block_size().max(32) * 2;
            let (bytes, _) = stored(kind, rows, columns, seed);
            let input = numbers(inputs * columns, seed ^ 1);
            for isa in Isa::available() {
                let matrix = pack(isa, kind, rows, columns, &bytes);
                let together = product(&pool, isa, &matrix, inputs, &input);
                for i in 0..inputs {
                    let alone = product(&pool, isa, &matrix, 1, &input[i * columns..][..columns]);
                    prop_assert_eq!(&together[i * rows..][..rows], &alone[..], "{:?} {:?}", kind, isa);
                }
            }
        }
    }

    #[test]
    fn attention_is_a_softmax_over_what_came_before(
        (group, kv_heads, half) in (1usize..8, 1usize..4, 1usize..40),
        (length, cut) in (1usize..700, 0usize..700),
        seed in any::<u64>(),
    ) {
        let cut = cut % length;
        let case = Case::new(group, kv_heads, 2 * half, length, seed);
        for isa in Isa::available() {
            let out = case.run(isa, &[length]);
            let width = group * kv_heads * 2 * half;
            for row in [0, length / 2, length - 1] {
                let expected = case.expected(row);
                // 2^-11 of the largest value, which is 20.
                for (got, expected) in out[row * width..][..width].iter().zip(expected) {
                    prop_assert!((f64::from(*got) - expected).abs() < 0.01, "{isa:?} row {row}: {got} {expected}");
                }
            }
            // In two pieces, the second token by token from some place on: the same bits.
            let mut pieces = vec![cut];
            pieces.extend(std::iter::repeat_n(1, (length - cut).min(3)));
            pieces.push(length - pieces.iter().sum::<usize>());
            prop_assert_eq!(case.run(isa, &pieces), out, "{:?} {:?}", isa, pieces);
        }
    }
}

/// One layer of attention with random queries, keys and values.
struct Case {
    heads: usize,
    kv_heads: usize,
    head: usize,
    queries: Vec<f32>,
    keys: Vec<f32>,
    values: Vec<f32>,
}

impl Case {
    fn new(group: usize, kv_heads: usize, head: usize, length: usize, seed: u64) -> Self {
        let heads = group * kv_heads;
        let queries = numbers(length * heads * head, seed);
        let [keys, values] = [2, 3].map(|n| numbers(length * kv_heads * head, seed ^ n));
        Self { heads, kv_heads, head, queries, keys, values }
    }

    /// Attention of all rows, fed in pieces of these lengths.
    fn run(&self, isa: Isa, pieces: &[usize]) -> Vec<f32> {
        let pool = Pool::new(2).unwrap();
        let (width, kv_width) = (self.heads * self.head, self.kv_heads * self.head);
        let length = self.queries.len() / width;
        let mut memory = KvMemory::new(2, self.kv_heads, self.head, length.div_ceil(PAGE) + 1);
        // Not in order, as pages that were used before are not.
        let pages: Vec<u32> = (0..length.div_ceil(PAGE) as u32).rev().collect();
        let mut all = Vec::new();
        for rows in pieces.iter().filter(|n| **n > 0) {
            let position = all.len() / width;
            for p in position..position + rows {
                let [key, value] = [&self.keys, &self.values].map(|v| &v[p * kv_width..][..kv_width]);
                memory.write(pages[p / PAGE], 1, p % PAGE, key, value);
            }
            let mut queries = Queries::default();
            queries.resize(*rows, self.heads, self.head);
            for (mut row, query) in queries.rows_mut().zip(self.queries.chunks_exact(width).skip(position)) {
                row.write(query, self.head);
            }
            let list = [Attend { pages: &pages, row: 0, rows: *rows, position }];
            let mut out = vec![f32::NAN; rows * width];
            attention((&pool, isa), &memory, (1, self.kv_heads), &mut queries, &list, &mut out);
            all.extend(out);
        }
        all
    }

    /// One row in double precision.
    fn expected(&self, row: usize) -> Vec<f64> {
        let (width, kv_width, head) = (self.heads * self.head, self.kv_heads * self.head, self.head);
        let one_head = |h: usize| {
            let kv = h / (self.heads / self.kv_heads) * head;
            let dot = |p: usize| -> f64 {
                let pairs = self.queries[row * width + h * head..][..head].iter().zip(&self.keys[p * kv_width + kv..]);
                pairs.map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>() / (head as f64).sqrt()
            };
            let scores: Vec<f64> = (0..=row).map(dot).collect();
            let most = scores.iter().copied().fold(f64::MIN, f64::max);
            let sum: f64 = scores.iter().map(|s| (s - most).exp()).sum();
            let weights: Vec<f64> = scores.iter().map(|s| (s - most).exp() / sum).collect();
            let value = move |d: usize| -> f64 {
                weights.iter().enumerate().map(|(p, w)| w * f64::from(self.values[p * kv_width + kv + d])).sum()
            };
            (0..head).map(value).collect::<Vec<_>>()
        };
        (0..self.heads).flat_map(one_head).collect()
    }
}

#[test]
fn rows_are_those_of_plain_arithmetic() {
    let (x, y) = (numbers(77, 5), numbers(77, 6));
    let mean = x.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>() / 77.0;
    for isa in Isa::available() {
        let (mut normal, mut gated) = ([0.0; 77], [0.0; 77]);
        rms_norm(isa, &x, &y, 1e-5, &mut normal);
        swiglu(isa, &x, &y, &mut gated);
        for i in 0..77 {
            let (a, b) = (f64::from(x[i]), f64::from(y[i]));
            assert!((f64::from(normal[i]) - a / (mean + 1e-5).sqrt() * b).abs() < 1e-4, "{isa:?}");
            assert!((f64::from(gated[i]) - a / (1.0 + (-a).exp()) * b).abs() < 1e-4 * (1.0 + a.abs()), "{isa:?}");
        }
        let extremes = [-200.0, -88.0, 0.0, 200.0, f32::MIN, -1.0, 1.0, 60.0];
        let mut out = [f32::NAN; 8];
        swiglu(isa, &extremes, &[1.0; 8], &mut out);
        assert!(out.iter().all(|v| v.is_finite()) && (out[3] - 200.0).abs() < 1e-3, "{isa:?} {out:?}");
    }
}

#[test]
fn a_matrix_gives_its_rows_back() {
    for kind in KINDS {
        let (bytes, weights) = stored(kind, 19, 256, 9);
        for isa in Isa::available() {
            let floats = pack(isa, kind, 19, 256, &bytes).to_floats();
            // 2^-11 of the largest weight, which is 20.
            let near = |(a, b): (&f32, &f32)| (a - b).abs() <= 0.01;
            assert!(floats.iter().zip(&weights).all(near), "{kind:?} {isa:?}");
        }
    }
    let read = |_: usize, _: &mut [u8]| -> Result<(), ()> { Ok(()) };
    assert!(Matrix::pack(Isa::best(), GgmlDType::Q4K, 2, 100, read).unwrap().is_none(), "no whole blocks");
    assert!(!is_supported(GgmlDType::Q2K));
}
