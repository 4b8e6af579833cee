//! GGUF's quantized blocks, each unpacked to one common form: 32 unsigned numbers, a scale and a minimum.
//!
//! Layouts: `ggml-common.h` and `ggml-quants.c` of <https://github.com/ggml-org/ggml>.

use candle_core::quantized::GgmlDType;
use half::f16;

/// 32 weights: `(values[i] - offset) * scale * part[i / 16] + minimum`, where the offset belongs to the kind.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct UnpackedBlock {
    pub values: [u8; 32],
    pub scale: f32,
    pub minimum: f32,
    pub parts: [i8; 2],
}

impl UnpackedBlock {
    pub(super) const EMPTY: Self = Self { values: [0; 32], scale: 0.0, minimum: 0.0, parts: [0; 2] };
}

/// Unpacks `row`, a row of blocks of `kind`, and hands each 32 weights to `take` with their number. Bytes that make no
/// whole block are left out.
pub(super) fn unpack_row(kind: GgmlDType, row: &[u8], mut take: impl FnMut(usize, UnpackedBlock)) {
    let size = kind.type_size();
    let per_block = kind.block_size() / 32;
    for (n, bytes) in row.chunks_exact(size).enumerate() {
        for part in 0..per_block {
            take(n * per_block + part, unpack(kind, bytes, part));
        }
    }
}

/// The `part`th 32 weights of a block. `bytes` is a whole block of `kind`.
fn unpack(kind: GgmlDType, bytes: &[u8], part: usize) -> UnpackedBlock {
    let half = |at: usize| f16::from_le_bytes([bytes[at], bytes[at + 1]]).to_f32();
    let plain = |scale, minimum, values| UnpackedBlock { values, scale, minimum, parts: [1; 2] };
    match kind {
        GgmlDType::Q4_0 => plain(half(0), 0.0, nibbles(&bytes[2..])),
        GgmlDType::Q4_1 => plain(half(0), half(2), nibbles(&bytes[4..])),
        GgmlDType::Q5_0 => plain(half(0), 0.0, five_bits(&bytes[2..])),
        // The kernel takes 16 from every value, so the minimum is that of 16.
        GgmlDType::Q5_1 => plain(half(0), half(2) + 16.0 * half(0), five_bits(&bytes[4..])),
        GgmlDType::Q8_0 => plain(half(0), 0.0, std::array::from_fn(|i| bytes[2 + i] ^ 0x80)),
        GgmlDType::Q4K => {
            let (scale, minimum) = k_scale(bytes, part);
            let (from, shift) = (16 + part / 2 * 32, part % 2 * 4);
            plain(half(0) * scale, -half(2) * minimum, std::array::from_fn(|i| (bytes[from + i] >> shift) & 15))
        }
        GgmlDType::Q5K => {
            let (scale, minimum) = k_scale(bytes, part);
            let (from, shift) = (48 + part / 2 * 32, part % 2 * 4);
            let scale = half(0) * scale;
            let values = |i| ((bytes[from + i] >> shift) & 15) | (((bytes[16 + i] >> part) & 1) << 4);
            plain(scale, 16.0 * scale - half(2) * minimum, std::array::from_fn(values))
        }
        GgmlDType::Q6K => six_bits(bytes, part, half(208)),
        // The loader lets no other kind through.
        _ => UnpackedBlock::EMPTY,
    }
}

fn nibbles(packed: &[u8]) -> [u8; 32] {
    std::array::from_fn(|i| (packed[i % 16] >> (i / 16 * 4)) & 15)
}

/// Four bits after a word that holds the fifth of each.
fn five_bits(packed: &[u8]) -> [u8; 32] {
    let high = u32::from_le_bytes([packed[0], packed[1], packed[2], packed[3]]);
    let low = nibbles(&packed[4..]);
    std::array::from_fn(|i| low[i] | (((high >> i) & 1) as u8) << 4)
}

/// Scale and minimum of one of the eight parts of a `Q4_K` or `Q5_K` block: six bits each, packed in 12 bytes.
fn k_scale(bytes: &[u8], part: usize) -> (f32, f32) {
    let packed = &bytes[4..16];
    let (scale, minimum) = if part < 4 {
        (packed[part] & 63, packed[part + 4] & 63)
    } else {
        let (low, high) = (packed[part + 4], (packed[part - 4] >> 6, packed[part] >> 6));
        ((low & 15) | (high.0 << 4), (low >> 4) | (high.1 << 4))
    };
    (f32::from(scale), f32::from(minimum))
}

fn six_bits(bytes: &[u8], part: usize, scale: f32) -> UnpackedBlock {
    let (half, quarter) = (part / 4, part % 4);
    let low = &bytes[half * 64 + quarter % 2 * 32..][..32];
    let high = &bytes[128 + half * 32..][..32];
    let value = |i: usize| ((low[i] >> (quarter / 2 * 4)) & 15) | (((high[i] >> (2 * quarter)) & 3) << 4);
    let part_scale = |i: usize| bytes[192 + half * 8 + quarter * 2 + i] as i8;
    UnpackedBlock { values: std::array::from_fn(value), scale, minimum: 0.0, parts: [part_scale(0), part_scale(1)] }
}
