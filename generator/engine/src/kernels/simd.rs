//! What the kernels need from a vector unit, so that each is written once for every instruction set.
//!
//! A vector has `LANES` lanes of 32 bits. An integer lane holds four bytes, two 16-bit numbers or one 32-bit number, as
//! the operation says.

/// The instruction set that kernels are compiled for.
///
/// # Safety
/// Every function needs a processor with the implementation's instructions, and pointers valid for the stated length.
/// Callers are generic functions inlined into one that enables those instructions.
pub(super) trait Simd: Copy + 'static {
    /// Integers.
    type I: Copy;
    /// 32-bit floats.
    type F: Copy;
    /// Sums of products with eight-bit weights.
    type Wide: Copy;
    /// Lanes of a vector: also the rows of a weight tile.
    const LANES: usize;

    /// Loads `4 * LANES` bytes.
    unsafe fn load(p: *const u8) -> Self::I;
    /// Asks for the cache line at `p`, which need not be memory of ours, to be brought near.
    unsafe fn prefetch(p: *const u8);
    /// The same 32 bits in every lane.
    unsafe fn splat(v: i32) -> Self::I;
    unsafe fn and(a: Self::I, b: Self::I) -> Self::I;
    unsafe fn or(a: Self::I, b: Self::I) -> Self::I;
    /// Shifts right within 16 bits or more; the caller masks what comes from the neighbour.
    unsafe fn shift_right<const N: i32>(a: Self::I) -> Self::I;
    /// Shifts left, likewise.
    unsafe fn shift_left<const N: i32>(a: Self::I) -> Self::I;
    /// 32-bit sums.
    unsafe fn add(a: Self::I, b: Self::I) -> Self::I;
    /// Sum of two 16-bit products per lane.
    unsafe fn multiply_pairs(a: Self::I, b: Self::I) -> Self::I;
    /// `LANES` signed bytes as 32-bit numbers.
    unsafe fn load_i8(p: *const u8) -> Self::I;
    /// Saturating, the low 16 bits of every lane, in order: writes `2 * LANES` bytes.
    unsafe fn store_i16(p: *mut i16, a: Self::I);
    /// Saturating, the low 8 bits of every lane, in order: writes `LANES` bytes.
    unsafe fn store_i8(p: *mut i8, a: Self::I);

    /// Begins a sum of products whose weights are `offset` too large: `pair` holds the two 16-bit sums of the
    /// activations that meet the even and the odd half of each lane.
    unsafe fn dot_start(pair: Self::I, offset: i16) -> Self::I;
    /// Adds, per lane, the four products of unsigned `weights` below 64 and signed `activations`. Sums may wrap at 16
    /// bits; they are right again where the true sum fits.
    unsafe fn dot(sum: Self::I, weights: Self::I, activations: Self::I) -> Self::I;
    /// The sum as a 32-bit number.
    unsafe fn dot_end(sum: Self::I) -> Self::I;
    /// The sum times a signed byte per lane.
    unsafe fn dot_end_scaled(sum: Self::I, scale: Self::I) -> Self::I;
    /// As `dot_start`, for eight-bit weights, whose offset is 128.
    unsafe fn wide_start(pair: Self::I) -> Self::Wide;
    /// As `dot`, for weights of eight bits.
    unsafe fn wide_dot(sum: Self::Wide, weights: Self::I, activations: Self::I) -> Self::Wide;
    /// The sum as a 32-bit number.
    unsafe fn wide_end(sum: Self::Wide) -> Self::I;

    unsafe fn zero() -> Self::F;
    unsafe fn splat_f(v: f32) -> Self::F;
    /// Loads `LANES` floats.
    unsafe fn load_f(p: *const f32) -> Self::F;
    /// Stores `LANES` floats.
    unsafe fn store_f(p: *mut f32, v: Self::F);
    /// Loads `LANES` IEEE half floats.
    unsafe fn load_f16(p: *const u8) -> Self::F;
    /// Loads `LANES` bfloat16.
    unsafe fn load_bf16(p: *const u8) -> Self::F;
    unsafe fn add_f(a: Self::F, b: Self::F) -> Self::F;
    unsafe fn sub_f(a: Self::F, b: Self::F) -> Self::F;
    unsafe fn mul_f(a: Self::F, b: Self::F) -> Self::F;
    unsafe fn div_f(a: Self::F, b: Self::F) -> Self::F;
    /// `a * b + c`.
    unsafe fn fma(a: Self::F, b: Self::F, c: Self::F) -> Self::F;
    unsafe fn max_f(a: Self::F, b: Self::F) -> Self::F;
    unsafe fn abs_f(a: Self::F) -> Self::F;
    unsafe fn to_f(a: Self::I) -> Self::F;
    /// To the nearest integer.
    unsafe fn round(a: Self::F) -> Self::I;
    /// `v` where `x >= least`, else 0.
    unsafe fn where_at_least(x: Self::F, least: Self::F, v: Self::F) -> Self::F;
    /// `v` in the lanes below `n`, `other` in the rest.
    unsafe fn first_lanes(v: Self::F, n: i32, other: Self::F) -> Self::F;
    /// Two to the power of each lane, from -126 to 127.
    unsafe fn power_of_two(a: Self::I) -> Self::F;
    /// The largest lane.
    unsafe fn largest(a: Self::F) -> f32;
    /// The sum of the lanes, in one fixed order.
    unsafe fn total(a: Self::F) -> f32;

    /// `e` to the power of each lane (none above 88), to 2 units in the last place; 0 below -87.
    #[inline(always)]
    unsafe fn exp(x: Self::F) -> Self::F {
        // SAFETY: the caller's promise. Cephes' expf: reduce by log 2 in two parts, then a polynomial of degree 6.
        unsafe {
            let least = Self::splat_f(-87.0);
            let bounded = Self::max_f(x, least);
            let power = Self::round(Self::mul_f(bounded, Self::splat_f(std::f32::consts::LOG2_E)));
            let whole = Self::to_f(power);
            let r = Self::fma(whole, Self::splat_f(-0.693_359_4), bounded);
            let r = Self::fma(whole, Self::splat_f(2.121_944_4e-4), r);
            let mut p = Self::splat_f(1.987_569_1e-4);
            for c in [1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 0.166_666_66, 0.5, 1.0, 1.0] {
                p = Self::fma(p, r, Self::splat_f(c));
            }
            Self::where_at_least(x, least, Self::mul_f(p, Self::power_of_two(power)))
        }
    }

    /// Two to the power of each lane, none above 127, to a unit in the last place or two; below -126 as for -126, or less.
    #[inline(always)]
    unsafe fn exp2(x: Self::F) -> Self::F {
        // SAFETY: the caller's promise.
        unsafe {
            let bounded = Self::max_f(x, Self::splat_f(-126.0));
            let power = Self::round(bounded);
            let part = Self::exp2_part(Self::sub_f(bounded, Self::to_f(power)));
            Self::mul_f(part, Self::power_of_two(power))
        }
    }
    /// The same from -1/2 to 1/2: of the polynomials of degree 5 with its value and slope at 0, the one with the smallest
    /// relative error (2^-23).
    #[inline(always)]
    unsafe fn exp2_part(r: Self::F) -> Self::F {
        // SAFETY: the caller's promise.
        unsafe {
            let mut p = Self::splat_f(1.330_060_6e-3);
            for c in [9.669_691e-3, 5.550_558e-2, 0.240_222_82, std::f32::consts::LN_2, 1.0] {
                p = Self::fma(p, r, Self::splat_f(c));
            }
            p
        }
    }
}
