//! AVX2, FMA and F16C: eight lanes.
// SAFETY of every block here: the trait's promise, that is, a processor with these instructions and valid pointers;
// all loads and stores are unaligned.
#![allow(clippy::undocumented_unsafe_blocks)]

use std::arch::x86_64::*;

use super::simd::Simd;

/// Any x86-64 processor since 2013 (Intel) or 2015 (AMD).
#[derive(Clone, Copy)]
pub(super) struct Avx2;

impl Simd for Avx2 {
    type I = __m256i;
    type F = __m256;
    /// Products with the low and with the high four bits of the weights.
    type Wide = (__m256i, __m256i);
    const LANES: usize = 8;

    #[inline(always)]
    unsafe fn load(p: *const u8) -> Self::I {
        unsafe { _mm256_loadu_si256(p.cast()) }
    }
    #[inline(always)]
    unsafe fn prefetch(p: *const u8) {
        unsafe { _mm_prefetch::<_MM_HINT_T0>(p.cast()) }
    }
    #[inline(always)]
    unsafe fn splat(v: i32) -> Self::I {
        unsafe { _mm256_set1_epi32(v) }
    }
    #[inline(always)]
    unsafe fn and(a: Self::I, b: Self::I) -> Self::I {
        unsafe { _mm256_and_si256(a, b) }
    }
    #[inline(always)]
    unsafe fn or(a: Self::I, b: Self::I) -> Self::I {
        unsafe { _mm256_or_si256(a, b) }
    }
    #[inline(always)]
    unsafe fn shift_right<const N: i32>(a: Self::I) -> Self::I {
        unsafe { _mm256_srli_epi16::<N>(a) }
    }
    #[inline(always)]
    unsafe fn shift_left<const N: i32>(a: Self::I) -> Self::I {
        unsafe { _mm256_slli_epi16::<N>(a) }
    }
    #[inline(always)]
    unsafe fn add(a: Self::I, b: Self::I) -> Self::I {
        unsafe { _mm256_add_epi32(a, b) }
    }
    #[inline(always)]
    unsafe fn multiply_pairs(a: Self::I, b: Self::I) -> Self::I {
        unsafe { _mm256_madd_epi16(a, b) }
    }
    #[inline(always)]
    unsafe fn load_i8(p: *const u8) -> Self::I {
        unsafe { _mm256_cvtepi8_epi32(_mm_loadl_epi64(p.cast())) }
    }
    #[inline(always)]
    unsafe fn store_i16(p: *mut i16, a: Self::I) {
        unsafe {
            let packed = _mm_packs_epi32(_mm256_castsi256_si128(a), _mm256_extracti128_si256::<1>(a));
            _mm_storeu_si128(p.cast(), packed);
        }
    }
    #[inline(always)]
    unsafe fn store_i8(p: *mut i8, a: Self::I) {
        unsafe {
            let packed = _mm_packs_epi32(_mm256_castsi256_si128(a), _mm256_extracti128_si256::<1>(a));
            _mm_storel_epi64(p.cast(), _mm_packs_epi16(packed, packed));
        }
    }

    #[inline(always)]
    unsafe fn dot_start(pair: Self::I, offset: i16) -> Self::I {
        unsafe { _mm256_mullo_epi16(pair, _mm256_set1_epi16(-offset)) }
    }
    #[inline(always)]
    unsafe fn dot(sum: Self::I, weights: Self::I, activations: Self::I) -> Self::I {
        // 63 * 127 * 2 does not saturate.
        unsafe { _mm256_add_epi16(sum, _mm256_maddubs_epi16(weights, activations)) }
    }
    #[inline(always)]
    unsafe fn dot_end(sum: Self::I) -> Self::I {
        unsafe { _mm256_madd_epi16(sum, _mm256_set1_epi16(1)) }
    }
    #[inline(always)]
    unsafe fn dot_end_scaled(sum: Self::I, scale: Self::I) -> Self::I {
        unsafe {
            let low = _mm256_and_si256(scale, _mm256_set1_epi32(0xFFFF));
            _mm256_madd_epi16(sum, _mm256_or_si256(low, _mm256_slli_epi32::<16>(scale)))
        }
    }
    #[inline(always)]
    unsafe fn wide_start(pair: Self::I) -> Self::Wide {
        // 128 is 8 * 16: the whole offset goes to the high half, whose sums are below 8 * 127 * 16.
        unsafe { (_mm256_setzero_si256(), Self::dot_start(pair, 8)) }
    }
    #[inline(always)]
    unsafe fn wide_dot(sum: Self::Wide, weights: Self::I, activations: Self::I) -> Self::Wide {
        unsafe {
            let mask = _mm256_set1_epi8(15);
            let low = _mm256_and_si256(weights, mask);
            let high = _mm256_and_si256(_mm256_srli_epi16::<4>(weights), mask);
            (Self::dot(sum.0, low, activations), Self::dot(sum.1, high, activations))
        }
    }
    #[inline(always)]
    unsafe fn wide_end(sum: Self::Wide) -> Self::I {
        unsafe { _mm256_add_epi32(Self::dot_end(sum.0), _mm256_madd_epi16(sum.1, _mm256_set1_epi16(16))) }
    }

    #[inline(always)]
    unsafe fn zero() -> Self::F {
        unsafe { _mm256_setzero_ps() }
    }
    #[inline(always)]
    unsafe fn splat_f(v: f32) -> Self::F {
        unsafe { _mm256_set1_ps(v) }
    }
    #[inline(always)]
    unsafe fn load_f(p: *const f32) -> Self::F {
        unsafe { _mm256_loadu_ps(p) }
    }
    #[inline(always)]
    unsafe fn store_f(p: *mut f32, v: Self::F) {
        unsafe { _mm256_storeu_ps(p, v) }
    }
    #[inline(always)]
    unsafe fn load_f16(p: *const u8) -> Self::F {
        unsafe { _mm256_cvtph_ps(_mm_loadu_si128(p.cast())) }
    }
    #[inline(always)]
    unsafe fn load_bf16(p: *const u8) -> Self::F {
        unsafe { _mm256_castsi256_ps(_mm256_slli_epi32::<16>(_mm256_cvtepu16_epi32(_mm_loadu_si128(p.cast())))) }
    }
    #[inline(always)]
    unsafe fn add_f(a: Self::F, b: Self::F) -> Self::F {
        unsafe { _mm256_add_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn sub_f(a: Self::F, b: Self::F) -> Self::F {
        unsafe { _mm256_sub_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn mul_f(a: Self::F, b: Self::F) -> Self::F {
        unsafe { _mm256_mul_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn div_f(a: Self::F, b: Self::F) -> Self::F {
        unsafe { _mm256_div_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn fma(a: Self::F, b: Self::F, c: Self::F) -> Self::F {
        unsafe { _mm256_fmadd_ps(a, b, c) }
    }
    #[inline(always)]
    unsafe fn max_f(a: Self::F, b: Self::F) -> Self::F {
        unsafe { _mm256_max_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn abs_f(a: Self::F) -> Self::F {
        unsafe { _mm256_andnot_ps(_mm256_set1_ps(-0.0), a) }
    }
    #[inline(always)]
    unsafe fn to_f(a: Self::I) -> Self::F {
        unsafe { _mm256_cvtepi32_ps(a) }
    }
    #[inline(always)]
    unsafe fn round(a: Self::F) -> Self::I {
        unsafe { _mm256_cvtps_epi32(a) }
    }
    #[inline(always)]
    unsafe fn where_at_least(x: Self::F, least: Self::F, v: Self::F) -> Self::F {
        unsafe { _mm256_and_ps(_mm256_cmp_ps::<_CMP_GE_OQ>(x, least), v) }
    }
    #[inline(always)]
    unsafe fn first_lanes(v: Self::F, n: i32, other: Self::F) -> Self::F {
        unsafe {
            let lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
            let inside = _mm256_castsi256_ps(_mm256_cmpgt_epi32(_mm256_set1_epi32(n), lane));
            _mm256_blendv_ps(other, v, inside)
        }
    }
    #[inline(always)]
    unsafe fn power_of_two(a: Self::I) -> Self::F {
        unsafe { _mm256_castsi256_ps(_mm256_slli_epi32::<23>(_mm256_add_epi32(a, _mm256_set1_epi32(127)))) }
    }
    #[inline(always)]
    unsafe fn largest(a: Self::F) -> f32 {
        unsafe {
            let x = _mm_max_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps::<1>(a));
            let x = _mm_max_ps(x, _mm_movehl_ps(x, x));
            _mm_cvtss_f32(_mm_max_ss(x, _mm_movehdup_ps(x)))
        }
    }
    #[inline(always)]
    unsafe fn total(a: Self::F) -> f32 {
        unsafe {
            let x = _mm_add_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps::<1>(a));
            let x = _mm_add_ps(x, _mm_movehl_ps(x, x));
            _mm_cvtss_f32(_mm_add_ss(x, _mm_movehdup_ps(x)))
        }
    }
}
