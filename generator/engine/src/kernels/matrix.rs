//! Weights as the kernels read them: tiles of as many rows as a vector has lanes.
//!
//! A tile holds, for 32 columns after the other: a scale per row (half float), then a minimum per row (half float) and
//! two part scales per row (signed bytes) where the kind has them, then the values. The four values of columns
//! 4q to 4q + 3 of a row fill one lane: so one load brings the same four columns of all rows of the tile.
//! - four bits: vector p holds quad p in the low and quad p + 4 in the high halves of its bytes;
//! - six bits: the same for the low four, then two vectors with the high two of quads h, h + 2, h + 4, h + 6;
//! - eight bits: vector q holds quad q;
//! - floats: per column, one number of each row.

use candle_core::quantized::GgmlDType;
use half::{bf16, f16};

use super::{
    Isa,
    aligned::Aligned,
    blocks::{UnpackedBlock, unpack_row},
};

/// How a matrix's numbers are stored, by GGUF's names. `Q4_K` and `Q5_K` share the tiles of the types that they unpack to.
#[allow(non_camel_case_types)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WeightKind {
    Q4_0,
    /// And `Q4_K`: with a minimum.
    Q4_1,
    Q5_0,
    /// And `Q5_K`: with a minimum.
    Q5_1,
    Q6_K,
    Q8_0,
    F16,
    BF16,
    F32,
}

impl WeightKind {
    const fn of(kind: GgmlDType) -> Option<Self> {
        Some(match kind {
            GgmlDType::Q4_0 => Self::Q4_0,
            GgmlDType::Q4_1 | GgmlDType::Q4K => Self::Q4_1,
            GgmlDType::Q5_0 => Self::Q5_0,
            GgmlDType::Q5_1 | GgmlDType::Q5K => Self::Q5_1,
            GgmlDType::Q6K => Self::Q6_K,
            GgmlDType::Q8_0 => Self::Q8_0,
            GgmlDType::F16 => Self::F16,
            GgmlDType::BF16 => Self::BF16,
            GgmlDType::F32 => Self::F32,
            _ => return None,
        })
    }

    /// Whether rows are multiplied as floats.
    pub(super) const fn is_float(self) -> bool {
        matches!(self, Self::F16 | Self::BF16 | Self::F32)
    }

    const fn has_minimum(self) -> bool {
        matches!(self, Self::Q4_1 | Self::Q5_1)
    }

    const fn has_parts(self) -> bool {
        matches!(self, Self::Q6_K)
    }

    const fn bits(self) -> usize {
        match self {
            Self::Q4_0 | Self::Q4_1 => 4,
            Self::Q5_0 | Self::Q5_1 | Self::Q6_K => 6,
            Self::Q8_0 => 8,
            Self::F16 | Self::BF16 => 16,
            Self::F32 => 32,
        }
    }

    /// What the kernel takes from every value.
    pub(super) const fn offset(self) -> i16 {
        match self {
            Self::Q4_0 => 8,
            Self::Q5_0 | Self::Q5_1 => 16,
            Self::Q6_K => 32,
            Self::Q8_0 => 128,
            _ => 0,
        }
    }

    /// Bytes per row and step before the values.
    pub(super) const fn header(self) -> usize {
        if self.is_float() { 0 } else { 2 + 2 * self.has_minimum() as usize + 2 * self.has_parts() as usize }
    }

    /// Bytes per row and step: 32 columns, or one of floats.
    pub(super) const fn step(self) -> usize {
        if self.is_float() { self.bits() / 8 } else { self.header() + self.bits() * 4 }
    }

    /// Columns per step.
    const fn columns(self) -> usize {
        if self.is_float() { 1 } else { 32 }
    }
}

/// A matrix of weights, rows by columns, in tiles.
pub(crate) struct Matrix {
    pub(super) kind: WeightKind,
    pub(super) isa: Isa,
    pub(super) rows: usize,
    pub(super) columns: usize,
    pub(super) tiles: Aligned<u8>,
}

/// Whether matrices of `kind` can be multiplied.
pub(crate) const fn is_supported(kind: GgmlDType) -> bool {
    WeightKind::of(kind).is_some()
}

impl Matrix {
    /// Packs a matrix that is stored in GGUF's order, `rows` by `columns`, of a supported kind; `read` fills a buffer
    /// with the bytes from the stated one on. `None` where kind and columns do not go together.
    pub(crate) fn pack<E>(
        isa: Isa,
        kind: GgmlDType,
        rows: usize,
        columns: usize,
        mut read: impl FnMut(usize, &mut [u8]) -> Result<(), E>,
    ) -> Result<Option<Self>, E> {
        let Some(own) = WeightKind::of(kind).filter(|_| columns.is_multiple_of(kind.block_size())) else {
            return Ok(None);
        };
        let lanes = isa.lanes();
        let row_bytes = columns / kind.block_size() * kind.type_size();
        let tile_bytes = columns / own.columns() * own.step() * lanes;
        let mut tiles = Aligned::<u8>::zeros(rows.div_ceil(lanes) * tile_bytes);
        let mut stored = vec![0; lanes * row_bytes];
        for (n, tile) in tiles.get_mut().chunks_exact_mut(tile_bytes.max(1)).enumerate() {
            let count = lanes.min(rows - n * lanes);
            let stored = &mut stored[..count * row_bytes];
            read(n * lanes * row_bytes, stored)?;
            for (row, bytes) in stored.chunks_exact(row_bytes).enumerate() {
                if own.is_float() {
                    write_floats(bytes, own.step(), tile, row, lanes);
                } else {
                    let step = own.step() * lanes;
                    unpack_row(kind, bytes, |b, block| {
                        write_block(own, &block, &mut tile[b * step..][..step], row, lanes);
                    });
                }
            }
        }
        Ok(Some(Self { kind: own, isa, rows, columns, tiles }))
    }

    /// Number of rows: the width of what a product gives.
    pub(crate) const fn rows(&self) -> usize {
        self.rows
    }

    /// Number of columns: the width of what it is multiplied with.
    pub(crate) const fn columns(&self) -> usize {
        self.columns
    }

    /// Bytes in memory.
    pub(crate) fn bytes(&self) -> usize {
        self.tiles.get().len()
    }

    /// All numbers, row after row.
    pub(crate) fn to_floats(&self) -> Vec<f32> {
        let mut all = vec![0.0; self.rows * self.columns];
        for (row, out) in all.chunks_exact_mut(self.columns.max(1)).enumerate() {
            self.row(row, out);
        }
        all
    }

    /// Writes a row's numbers to `out`, of `columns` floats: an embedding.
    pub(crate) fn row(&self, row: usize, out: &mut [f32]) {
        let lanes = self.isa.lanes();
        let step = self.kind.step() * lanes;
        let tile = self.columns / self.kind.columns() * step;
        let tile = self.tiles.get().get(row / lanes * tile..).unwrap_or_default();
        let row = row % lanes;
        for (part, out) in tile.chunks_exact(step).zip(out.chunks_mut(self.kind.columns())) {
            read_block(self.kind, part, row, lanes, out);
        }
    }
}

fn write_floats(bytes: &[u8], size: usize, tile: &mut [u8], row: usize, lanes: usize) {
    for (number, column) in bytes.chunks_exact(size).zip(tile.chunks_exact_mut(size * lanes)) {
        column[row * size..][..size].copy_from_slice(number);
    }
}

/// Writes one row's 32 weights into a tile's step.
fn write_block(kind: WeightKind, block: &UnpackedBlock, out: &mut [u8], row: usize, lanes: usize) {
    out[2 * row..][..2].copy_from_slice(&f16::from_f32(block.scale).to_le_bytes());
    if kind.has_minimum() {
        out[2 * (lanes + row)..][..2].copy_from_slice(&f16::from_f32(block.minimum).to_le_bytes());
    }
    if kind.has_parts() {
        out[2 * lanes + row] = block.parts[0] as u8;
        out[3 * lanes + row] = block.parts[1] as u8;
    }
    // The four values of a quad at a time.
    let out = &mut out[kind.header() * lanes..];
    let mut add = |vector: usize, quad: u32| {
        if let Some(word) = out[(vector * lanes + row) * 4..].first_chunk_mut::<4>() {
            *word = (u32::from_le_bytes(*word) | quad).to_le_bytes();
        }
    };
    for (n, quad) in block.values.as_chunks::<4>().0.iter().enumerate() {
        let quad = u32::from_le_bytes(*quad);
        if kind.bits() == 8 {
            add(n, quad);
            continue;
        }
        add(n % 4, (quad & 0x0F0F_0F0F) << (n / 4 * 4));
        if kind.bits() == 6 {
            add(4 + n % 2, ((quad >> 4) & 0x0303_0303) << (n / 2 * 2));
        }
    }
}

/// The inverse, as floats: 32 of them, or one column of floats.
fn read_block(kind: WeightKind, step: &[u8], row: usize, lanes: usize, out: &mut [f32]) {
    let pair = |n: usize| [step[2 * n], step[2 * n + 1]];
    match kind {
        WeightKind::F16 => out[0] = f16::from_le_bytes(pair(row)).to_f32(),
        WeightKind::BF16 => out[0] = bf16::from_le_bytes(pair(row)).to_f32(),
        WeightKind::F32 => {
            let [a, b] = pair(2 * row);
            let [c, d] = pair(2 * row + 1);
            out[0] = f32::from_le_bytes([a, b, c, d]);
        }
        _ => {
            let scale = f16::from_le_bytes(pair(row)).to_f32();
            let minimum = if kind.has_minimum() { f16::from_le_bytes(pair(lanes + row)).to_f32() } else { 0.0 };
            let values = &step[kind.header() * lanes..];
            for (i, out) in out.iter_mut().enumerate() {
                let part = if kind.has_parts() { step[(2 + i / 16) * lanes + row] as i8 } else { 1 };
                let value = i16::from(read_value(kind, values, i, row, lanes)) - kind.offset();
                *out = (f32::from(value) * f32::from(part)).mul_add(scale, minimum);
            }
        }
    }
}

fn read_value(kind: WeightKind, values: &[u8], i: usize, row: usize, lanes: usize) -> u8 {
    let (quad, byte) = (i / 4, i % 4);
    let at = |vector: usize| values[(vector * lanes + row) * 4 + byte];
    if kind.bits() == 8 {
        return at(quad);
    }
    let low = (at(quad % 4) >> (quad / 4 * 4)) & 15;
    if kind.bits() == 6 { low | ((at(4 + quad % 2) >> (quad / 2 * 2)) & 3) << 4 } else { low }
}
