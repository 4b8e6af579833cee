//! The vector unit of any processor: arrays of eight lanes, in plain Rust.

use half::{bf16, f16};

use super::simd::Simd;

/// Plain Rust.
#[derive(Clone, Copy)]
pub(super) struct Portable;

const N: usize = 8;

#[inline(always)]
fn each(f: impl Fn(usize) -> i32) -> [i32; N] {
    std::array::from_fn(f)
}

#[inline(always)]
fn each_f(f: impl Fn(usize) -> f32) -> [f32; N] {
    std::array::from_fn(f)
}

#[inline(always)]
fn halves(v: i32) -> (i32, i32) {
    (i32::from(v as i16), v >> 16)
}

// SAFETY of the blocks below: the trait's promise about `p`; reads and writes are unaligned.
impl Simd for Portable {
    type I = [i32; N];
    type F = [f32; N];
    type Wide = [i32; N];
    const LANES: usize = N;

    #[inline(always)]
    unsafe fn load(p: *const u8) -> Self::I {
        // SAFETY: as above.
        unsafe { p.cast::<Self::I>().read_unaligned() }
    }
    #[inline(always)]
    unsafe fn prefetch(_: *const u8) {}
    #[inline(always)]
    unsafe fn splat(v: i32) -> Self::I {
        [v; N]
    }
    #[inline(always)]
    unsafe fn and(a: Self::I, b: Self::I) -> Self::I {
        each(|i| a[i] & b[i])
    }
    #[inline(always)]
    unsafe fn or(a: Self::I, b: Self::I) -> Self::I {
        each(|i| a[i] | b[i])
    }
    #[inline(always)]
    unsafe fn shift_right<const S: i32>(a: Self::I) -> Self::I {
        each(|i| (a[i] as u32 >> S) as i32)
    }
    #[inline(always)]
    unsafe fn shift_left<const S: i32>(a: Self::I) -> Self::I {
        each(|i| a[i] << S)
    }
    #[inline(always)]
    unsafe fn add(a: Self::I, b: Self::I) -> Self::I {
        each(|i| a[i].wrapping_add(b[i]))
    }
    #[inline(always)]
    unsafe fn multiply_pairs(a: Self::I, b: Self::I) -> Self::I {
        each(|i| {
            let ((a0, a1), (b0, b1)) = (halves(a[i]), halves(b[i]));
            (a0 * b0).wrapping_add(a1 * b1)
        })
    }
    #[inline(always)]
    unsafe fn load_i8(p: *const u8) -> Self::I {
        // SAFETY: as above.
        let bytes = unsafe { p.cast::<[i8; N]>().read_unaligned() };
        each(|i| i32::from(bytes[i]))
    }
    #[inline(always)]
    unsafe fn store_i16(p: *mut i16, a: Self::I) {
        let v: [i16; N] = std::array::from_fn(|i| a[i].clamp(-32768, 32767) as i16);
        // SAFETY: as above.
        unsafe { p.cast::<[i16; N]>().write_unaligned(v) };
    }
    #[inline(always)]
    unsafe fn store_i8(p: *mut i8, a: Self::I) {
        let v: [i8; N] = std::array::from_fn(|i| a[i].clamp(-128, 127) as i8);
        // SAFETY: as above.
        unsafe { p.cast::<[i8; N]>().write_unaligned(v) };
    }

    #[inline(always)]
    unsafe fn dot_start(pair: Self::I, offset: i16) -> Self::I {
        each(|i| {
            let (a, b) = halves(pair[i]);
            -i32::from(offset) * (a + b)
        })
    }
    #[inline(always)]
    unsafe fn dot(sum: Self::I, weights: Self::I, activations: Self::I) -> Self::I {
        each(|i| {
            let (w, a) = (weights[i].to_le_bytes(), activations[i].to_le_bytes());
            let product = |j: usize| i32::from(w[j]) * i32::from(a[j] as i8);
            sum[i] + product(0) + product(1) + product(2) + product(3)
        })
    }
    #[inline(always)]
    unsafe fn dot_end(sum: Self::I) -> Self::I {
        sum
    }
    #[inline(always)]
    unsafe fn dot_end_scaled(sum: Self::I, scale: Self::I) -> Self::I {
        each(|i| sum[i] * scale[i])
    }
    #[inline(always)]
    unsafe fn wide_start(pair: Self::I) -> Self::Wide {
        // SAFETY: no pointers.
        unsafe { Self::dot_start(pair, 128) }
    }
    #[inline(always)]
    unsafe fn wide_dot(sum: Self::Wide, weights: Self::I, activations: Self::I) -> Self::Wide {
        // SAFETY: no pointers.
        unsafe { Self::dot(sum, weights, activations) }
    }
    #[inline(always)]
    unsafe fn wide_end(sum: Self::Wide) -> Self::I {
        sum
    }

    #[inline(always)]
    unsafe fn zero() -> Self::F {
        [0.0; N]
    }
    #[inline(always)]
    unsafe fn splat_f(v: f32) -> Self::F {
        [v; N]
    }
    #[inline(always)]
    unsafe fn load_f(p: *const f32) -> Self::F {
        // SAFETY: as above.
        unsafe { p.cast::<Self::F>().read_unaligned() }
    }
    #[inline(always)]
    unsafe fn store_f(p: *mut f32, v: Self::F) {
        // SAFETY: as above.
        unsafe { p.cast::<Self::F>().write_unaligned(v) };
    }
    #[inline(always)]
    unsafe fn load_f16(p: *const u8) -> Self::F {
        // SAFETY: as above.
        let v = unsafe { p.cast::<[u16; N]>().read_unaligned() };
        each_f(|i| f16::from_bits(v[i]).to_f32())
    }
    #[inline(always)]
    unsafe fn load_bf16(p: *const u8) -> Self::F {
        // SAFETY: as above.
        let v = unsafe { p.cast::<[u16; N]>().read_unaligned() };
        each_f(|i| bf16::from_bits(v[i]).to_f32())
    }
    #[inline(always)]
    unsafe fn add_f(a: Self::F, b: Self::F) -> Self::F {
        each_f(|i| a[i] + b[i])
    }
    #[inline(always)]
    unsafe fn sub_f(a: Self::F, b: Self::F) -> Self::F {
        each_f(|i| a[i] - b[i])
    }
    #[inline(always)]
    unsafe fn mul_f(a: Self::F, b: Self::F) -> Self::F {
        each_f(|i| a[i] * b[i])
    }
    #[inline(always)]
    unsafe fn div_f(a: Self::F, b: Self::F) -> Self::F {
        each_f(|i| a[i] / b[i])
    }
    #[inline(always)]
    #[allow(clippy::suboptimal_flops)] // a fused product is a library call where the processor has none
    unsafe fn fma(a: Self::F, b: Self::F, c: Self::F) -> Self::F {
        each_f(|i| a[i] * b[i] + c[i])
    }
    #[inline(always)]
    unsafe fn max_f(a: Self::F, b: Self::F) -> Self::F {
        each_f(|i| if a[i] > b[i] { a[i] } else { b[i] })
    }
    #[inline(always)]
    unsafe fn abs_f(a: Self::F) -> Self::F {
        each_f(|i| a[i].abs())
    }
    #[inline(always)]
    unsafe fn to_f(a: Self::I) -> Self::F {
        each_f(|i| a[i] as f32)
    }
    #[inline(always)]
    unsafe fn round(a: Self::F) -> Self::I {
        each(|i| a[i].round_ties_even() as i32)
    }
    #[inline(always)]
    unsafe fn where_at_least(x: Self::F, least: Self::F, v: Self::F) -> Self::F {
        each_f(|i| if x[i] >= least[i] { v[i] } else { 0.0 })
    }
    #[inline(always)]
    unsafe fn first_lanes(v: Self::F, n: i32, other: Self::F) -> Self::F {
        each_f(|i| if (i as i32) < n { v[i] } else { other[i] })
    }
    #[inline(always)]
    unsafe fn power_of_two(a: Self::I) -> Self::F {
        each_f(|i| f32::from_bits((a[i].wrapping_add(127) as u32) << 23))
    }
    #[inline(always)]
    unsafe fn largest(a: Self::F) -> f32 {
        a.into_iter().fold(f32::NEG_INFINITY, f32::max)
    }
    #[inline(always)]
    unsafe fn total(a: Self::F) -> f32 {
        a.into_iter().sum()
    }
}
