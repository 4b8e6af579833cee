//! Matrix products of 32-bit floats.

use gemm::Parallelism;

/// A matrix in a slice, read.
#[derive(Clone, Copy)]
pub(crate) struct Mat<'a> {
    data: &'a [f32],
    rows: usize,
    cols: usize,
    row_step: usize,
    col_step: usize,
}

impl<'a> Mat<'a> {
    /// Rows one after the other.
    pub(crate) fn new(data: &'a [f32], rows: usize, cols: usize) -> Self {
        Self::strided(data, rows, cols, cols)
    }

    /// Rows that begin `row_step` values after each other.
    pub(crate) fn strided(data: &'a [f32], rows: usize, cols: usize, row_step: usize) -> Self {
        check(data.len(), rows, cols, row_step);
        Self { data, rows, cols, row_step, col_step: 1 }
    }

    /// Rows as columns.
    pub(crate) const fn t(self) -> Self {
        let Self { data, rows, cols, row_step, col_step } = self;
        Self { data, rows: cols, cols: rows, row_step: col_step, col_step: row_step }
    }
}

/// A matrix in a slice, written.
pub(crate) struct MatMut<'a> {
    data: &'a mut [f32],
    rows: usize,
    cols: usize,
    row_step: usize,
}

impl<'a> MatMut<'a> {
    /// Rows one after the other.
    pub(crate) fn new(data: &'a mut [f32], rows: usize, cols: usize) -> Self {
        Self::strided(data, rows, cols, cols)
    }

    /// Rows that begin `row_step` values after each other.
    pub(crate) fn strided(data: &'a mut [f32], rows: usize, cols: usize, row_step: usize) -> Self {
        check(data.len(), rows, cols, row_step);
        Self { data, rows, cols, row_step }
    }
}

fn check(len: usize, rows: usize, cols: usize, row_step: usize) {
    let end = if rows == 0 || cols == 0 { 0 } else { (rows - 1) * row_step + cols };
    assert!(end <= len && row_step >= cols.min(row_step.max(1)), "a {rows} x {cols} matrix in {len} values");
}

/// What happens to the values that are there already.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Write {
    Replace,
    Add,
}

/// `to = factor · a · b`, or added to it, on all threads of the current pool.
pub(crate) fn multiply(to: MatMut<'_>, write: Write, factor: f32, a: Mat<'_>, b: Mat<'_>) {
    product(to, write, factor, a, b, Parallelism::Rayon(rayon::current_num_threads()));
}

/// The same on this thread alone.
pub(crate) fn multiply_here(to: MatMut<'_>, write: Write, factor: f32, a: Mat<'_>, b: Mat<'_>) {
    product(to, write, factor, a, b, Parallelism::None);
}

#[allow(clippy::needless_pass_by_value, reason = "the exclusive borrow is used up")]
fn product(to: MatMut<'_>, write: Write, factor: f32, a: Mat<'_>, b: Mat<'_>, threads: Parallelism) {
    assert!(
        a.cols == b.rows && to.rows == a.rows && to.cols == b.cols,
        "{} x {} times {} x {} into {} x {}",
        a.rows,
        a.cols,
        b.rows,
        b.cols,
        to.rows,
        to.cols
    );
    let step = usize::cast_signed;
    // SAFETY: every matrix was checked to lie within its slice when it was made, the shapes fit each other (asserted
    // above), and `to` is borrowed mutably, so it overlaps neither factor.
    #[allow(unsafe_code, reason = "gemm takes pointers and strides")]
    unsafe {
        gemm::gemm(
            to.rows,
            to.cols,
            a.cols,
            to.data.as_mut_ptr(),
            1,
            step(to.row_step),
            write == Write::Add,
            a.data.as_ptr(),
            step(a.col_step),
            step(a.row_step),
            b.data.as_ptr(),
            step(b.col_step),
            step(b.row_step),
            1.0,
            factor,
            false,
            false,
            false,
            threads,
        );
    }
}
