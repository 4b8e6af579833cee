//! Reads the E5S1 container that carries the 4-bit weights of multilingual-e5-small.
//!
//! Little-endian: a header, a tokenizer (skipped: Lectern uses the `tokenizers` file), and a directory of tensors by
//! name, of type f32 or `Q4_0` (blocks of 32 weights: an f16 scale, then 16 bytes; byte j holds weight j in its low half
//! and weight j + 16 in its high half; a value is (q - 8) times the scale). Nothing of it is trusted.

use std::{collections::HashMap, ops::Range};

use half::f16;

use crate::{ProvisionError, Result};

/// Weights per `Q4_0` block.
pub(crate) const BLOCK: usize = 32;
/// Bytes per `Q4_0` block.
const BLOCK_BYTES: usize = 18;
/// More layers, or more elements along a side, than any model that comes in this form.
const MOST_LAYERS: usize = 256;
const MOST_SIDE: usize = 1 << 22;

/// The weights of `Q4_0` blocks that lie one after another; what does not fill a block is left out.
pub(crate) fn dequantize_q4_0(bytes: &[u8]) -> Vec<f32> {
    let blocks = bytes.as_chunks::<BLOCK_BYTES>().0.iter();
    let weights = blocks.flat_map(|[low, high, packed @ ..]| {
        let scale = f16::from_le_bytes([*low, *high]).to_f32();
        let halves = packed.iter().map(|byte| byte & 15).chain(packed.iter().map(|byte| byte >> 4));
        halves.map(move |q| (f32::from(q) - 8.0) * scale).collect::<Vec<_>>()
    });
    weights.collect()
}

/// The model's sizes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Sizes {
    pub(crate) hidden: usize,
    pub(crate) layers: usize,
    pub(crate) heads: usize,
    pub(crate) feed_forward: usize,
    pub(crate) vocabulary: usize,
    pub(crate) positions: usize,
    pub(crate) types: usize,
    pub(crate) epsilon: f32,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    F32,
    Q4,
}

struct Slot {
    kind: Kind,
    elements: usize,
    bytes: Range<usize>,
}

/// A container: its sizes, and tensors that borrow from its bytes.
pub(crate) struct Container<'a> {
    bytes: &'a [u8],
    pub(crate) sizes: Sizes,
    slots: HashMap<String, Slot>,
}

impl<'a> Container<'a> {
    /// Reads header and directory. Allocates for the directory only.
    pub(crate) fn parse(bytes: &'a [u8]) -> Result<Self> {
        let mut at = Cursor { bytes, at: 0 };
        if at.take(4)? != b"E5S1" {
            return Err(malformed("it does not begin with E5S1"));
        }
        match at.u32()? {
            1 => {}
            version => return Err(malformed(&format!("version {version} is not known"))),
        }
        let sizes = read_sizes(&mut at)?;
        skip_tokenizer(&mut at)?;
        let slots = read_directory(&mut at, bytes.len())?;
        Ok(Self { bytes, sizes, slots })
    }

    /// A tensor of 32-bit floats with this many elements, as its bytes.
    pub(crate) fn f32s(&self, name: &str, elements: usize) -> Result<&'a [u8]> {
        self.tensor(name, &Kind::F32, elements)
    }

    /// A `Q4_0` matrix of `rows` × `columns`, as its blocks.
    pub(crate) fn blocks(&self, name: &str, rows: usize, columns: usize) -> Result<&'a [[u8; BLOCK_BYTES]]> {
        let elements = rows.checked_mul(columns).filter(|_| columns.is_multiple_of(BLOCK));
        let elements = elements.ok_or_else(|| malformed(&format!("{name}: impossible shape {rows} × {columns}")))?;
        Ok(self.tensor(name, &Kind::Q4, elements)?.as_chunks().0)
    }

    fn tensor(&self, name: &str, kind: &Kind, elements: usize) -> Result<&'a [u8]> {
        let slot = self.slots.get(name).ok_or_else(|| malformed(&format!("{name} is not in the directory")))?;
        if slot.kind != *kind || slot.elements != elements {
            let found = (&slot.kind, slot.elements);
            return Err(malformed(&format!("{name}: {found:?} where {:?} is needed", (kind, elements))));
        }
        self.bytes.get(slot.bytes.clone()).ok_or_else(|| malformed(&format!("{name} lies outside of the file")))
    }
}

fn read_sizes(at: &mut Cursor<'_>) -> Result<Sizes> {
    let hidden = at.size("hidden size", MOST_SIDE)?;
    let layers = at.size("number of layers", MOST_LAYERS)?;
    let heads = at.size("number of heads", hidden)?;
    let feed_forward = at.size("feed-forward size", MOST_SIDE)?;
    let vocabulary = at.size("vocabulary", MOST_SIDE)?;
    let positions = at.size("number of positions", MOST_SIDE)?;
    let types = at.size("number of types", MOST_SIDE)?;
    let epsilon = f32::from_le_bytes(at.array()?);
    if at.size("block", BLOCK)? != BLOCK || hidden % BLOCK != 0 || feed_forward % BLOCK != 0 || hidden % heads != 0 {
        return Err(malformed("its sizes are no multiples of the block and the heads"));
    }
    Ok(Sizes { hidden, layers, heads, feed_forward, vocabulary, positions, types, epsilon })
}

fn skip_tokenizer(at: &mut Cursor<'_>) -> Result<()> {
    let pieces = at.size("number of pieces", MOST_SIDE)?;
    at.take(4 * 4)?;
    let blob = at.long()?;
    at.take(4 * (pieces + 1))?;
    at.take(4 * pieces)?;
    at.take(blob)?;
    at.take(4)?;
    let normalizer = at.u32()? as usize;
    at.take(normalizer)?;
    Ok(())
}

fn read_directory(at: &mut Cursor<'_>, file_bytes: usize) -> Result<HashMap<String, Slot>> {
    let entries = at.size("number of tensors", 1 << 16)?;
    let mut slots = HashMap::new();
    for _ in 0..entries {
        let length = u16::from_le_bytes(at.array()?) as usize;
        let name = std::str::from_utf8(at.take(length)?).map_err(|_| malformed("a name is not UTF-8"))?;
        let slot = read_slot(at, name, file_bytes)?;
        if slots.insert(name.to_owned(), slot).is_some() {
            return Err(malformed(&format!("{name} is listed twice")));
        }
    }
    Ok(slots)
}

fn read_slot(at: &mut Cursor<'_>, name: &str, file_bytes: usize) -> Result<Slot> {
    let [kind] = at.array()?;
    let elements = at.u32()? as usize;
    let (start, length) = (at.long()?, at.long()?);
    let (kind, needed) = match kind {
        0 => (Kind::F32, elements * 4),
        1 => (Kind::Q4, elements / BLOCK * BLOCK_BYTES),
        other => return Err(malformed(&format!("{name}: type {other} is not known"))),
    };
    let end = start.checked_add(length).filter(|&end| end <= file_bytes && length == needed);
    let end = end.ok_or_else(|| malformed(&format!("{name}: {length} bytes at {start} are not what it needs")))?;
    Ok(Slot { kind, elements, bytes: start..end })
}

fn malformed(detail: &str) -> ProvisionError {
    ProvisionError::Container { detail: detail.to_owned() }
}

/// Walks through bytes that may end anywhere.
struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8]> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let taken = rest.get(..length).ok_or_else(|| malformed("it ends too early"))?;
        self.at += length;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        self.take(N)?.try_into().map_err(|_| malformed("it ends too early"))
    }

    fn u32(&mut self) -> Result<u32> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    fn long(&mut self) -> Result<usize> {
        usize::try_from(u64::from_le_bytes(self.array()?)).map_err(|_| malformed("a length is too large"))
    }

    /// A count from 1 to `most`, stored as i32.
    fn size(&mut self, what: &str, most: usize) -> Result<usize> {
        let value = i32::from_le_bytes(self.array()?);
        let size = usize::try_from(value).ok().filter(|n| (1..=most).contains(n));
        size.ok_or_else(|| malformed(&format!("{what}: {value} is out of range")))
    }
}
