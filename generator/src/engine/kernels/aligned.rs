//! Numbers that begin at a cache line, so that no vector lies across two.

/// Bytes of a cache line, and of the widest vector.
const LINE: usize = 64;

/// A fixed number of numbers.
pub(super) struct Aligned<T> {
    /// Some more than needed, never moved.
    all: Vec<T>,
    start: usize,
    length: usize,
}

macro_rules! zeros {
    ($($type:ty),*) => {$(
        impl Aligned<$type> {
            /// Zeros; the operating system provides large ones as they are first written.
            pub(super) fn zeros(length: usize) -> Self {
                let all = vec![0; length + LINE];
                let start = all.as_ptr().align_offset(LINE).min(LINE);
                Self { all, start, length }
            }
        }
    )*};
}
zeros!(u8, i16);

impl<T> Aligned<T> {
    /// The numbers.
    pub(super) fn get(&self) -> &[T] {
        &self.all[self.start..self.start + self.length]
    }

    /// The numbers.
    pub(super) fn get_mut(&mut self) -> &mut [T] {
        &mut self.all[self.start..self.start + self.length]
    }
}
