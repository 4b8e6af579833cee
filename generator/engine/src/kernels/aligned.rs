//! Numbers that begin at a cache line, so that no vector lies across two, in large pages of memory where there are many:
//! weights are read from end to end for every token, and processors fetch ahead within a page only.

use std::marker::PhantomData;

use bytemuck::{Pod, Zeroable};
use memmap2::MmapMut;

/// A cache line, and the widest vector.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C, align(64))]
struct Line([u8; 64]);

/// Bytes from which a memory mapping is worth while: a large page of most processors.
const LARGE: usize = 2 << 20;

/// A fixed number of numbers.
pub(super) struct Aligned<T> {
    memory: Memory,
    length: usize,
    of: PhantomData<T>,
}

enum Memory {
    Small(Vec<Line>),
    Large(MmapMut),
}

impl<T: Pod> Aligned<T> {
    /// Zeros; the operating system provides large ones as they are first written.
    pub(super) fn zeros(length: usize) -> Self {
        let bytes = length * size_of::<T>();
        let small = || Memory::Small(vec![Line::zeroed(); bytes.div_ceil(size_of::<Line>())]);
        let memory = large(bytes).map_or_else(small, Memory::Large);
        Self { memory, length, of: PhantomData }
    }

    /// The numbers.
    pub(super) fn get(&self) -> &[T] {
        let bytes = match &self.memory {
            Memory::Small(lines) => bytemuck::cast_slice(lines),
            Memory::Large(map) => &map[..],
        };
        bytemuck::cast_slice(&bytes[..self.length * size_of::<T>()])
    }

    /// The numbers.
    pub(super) fn get_mut(&mut self) -> &mut [T] {
        let bytes = match &mut self.memory {
            Memory::Small(lines) => bytemuck::cast_slice_mut(lines),
            Memory::Large(map) => &mut map[..],
        };
        bytemuck::cast_slice_mut(&mut bytes[..self.length * size_of::<T>()])
    }
}

/// Memory of its own for this many bytes, if they are many and the system has it.
fn large(bytes: usize) -> Option<MmapMut> {
    let map = (bytes >= LARGE).then(|| MmapMut::map_anon(bytes).ok())??;
    // Where the system has no large pages to give, small ones do.
    #[cfg(target_os = "linux")]
    map.advise(memmap2::Advice::HugePage).ok();
    Some(map)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_and_large_ones_begin_at_a_line_and_keep_what_is_written() {
        for length in [0, 1, 33, LARGE / 2, LARGE] {
            let mut all = Aligned::<i16>::zeros(length);
            assert!(all.get().len() == length && all.get().iter().all(|v| *v == 0));
            assert_eq!(all.get().as_ptr().align_offset(64), 0);
            if let Some(last) = all.get_mut().last_mut() {
                *last = -5;
                assert_eq!(all.get().last(), Some(&-5));
            }
        }
    }
}
