//! AVX-512 (F, BW, VL): sixteen lanes; with VNNI where the processor has it.
// SAFETY of every block here: the trait's promise, that is, a processor with these instructions and valid pointers;
// all loads and stores are unaligned.
#![allow(clippy::undocumented_unsafe_blocks)]

use std::arch::x86_64::*;

use super::simd::Simd;

/// Sixteen lanes. `VNNI` multiplies four bytes and adds them up in one instruction, without 16-bit sums between.
#[derive(Clone, Copy)]
pub(super) struct Avx512<const VNNI: bool>;

impl<const VNNI: bool> Simd for Avx512<VNNI> {
    type I = __m512i;
    type F = __m512;
    /// Products with the low and with the high four bits of the weights; all in the first under VNNI.
    type Wide = (__m512i, __m512i);
    const LANES: usize = 16;

    #[inline(always)]
    unsafe fn load(p: *const u8) -> Self::I {
        unsafe { _mm512_loadu_si512(p.cast()) }
    }
    #[inline(always)]
    unsafe fn prefetch(p: *const u8) {
        unsafe { _mm_prefetch::<_MM_HINT_T0>(p.cast()) }
    }
    #[inline(always)]
    unsafe fn splat(v: i32) -> Self::I {
        unsafe { _mm512_set1_epi32(v) }
    }
    #[inline(always)]
    unsafe fn and(a: Self::I, b: Self::I) -> Self::I {
        unsafe { _mm512_and_si512(a, b) }
    }
    #[inline(always)]
    unsafe fn or(a: Self::I, b: Self::I) -> Self::I {
        unsafe { _mm512_or_si512(a, b) }
    }
    #[inline(always)]
    unsafe fn shift_right<const N: i32>(a: Self::I) -> Self::I {
        unsafe { _mm512_srl_epi16(a, _mm_cvtsi32_si128(N)) }
    }
    #[inline(always)]
    unsafe fn shift_left<const N: i32>(a: Self::I) -> Self::I {
        unsafe { _mm512_sll_epi16(a, _mm_cvtsi32_si128(N)) }
    }
    #[inline(always)]
    unsafe fn add(a: Self::I, b: Self::I) -> Self::I {
        unsafe { _mm512_add_epi32(a, b) }
    }
    #[inline(always)]
    unsafe fn multiply_pairs(a: Self::I, b: Self::I) -> Self::I {
        unsafe { _mm512_madd_epi16(a, b) }
    }
    #[inline(always)]
    unsafe fn load_i8(p: *const u8) -> Self::I {
        unsafe { _mm512_cvtepi8_epi32(_mm_loadu_si128(p.cast())) }
    }
    #[inline(always)]
    unsafe fn store_i16(p: *mut i16, a: Self::I) {
        unsafe { _mm256_storeu_si256(p.cast(), _mm512_cvtsepi32_epi16(a)) }
    }
    #[inline(always)]
    unsafe fn store_i8(p: *mut i8, a: Self::I) {
        unsafe { _mm_storeu_si128(p.cast(), _mm512_cvtsepi32_epi8(a)) }
    }

    #[inline(always)]
    unsafe fn dot_start(pair: Self::I, offset: i16) -> Self::I {
        unsafe {
            let factor = _mm512_set1_epi16(-offset);
            if VNNI { _mm512_madd_epi16(pair, factor) } else { _mm512_mullo_epi16(pair, factor) }
        }
    }
    #[inline(always)]
    unsafe fn dot(sum: Self::I, weights: Self::I, activations: Self::I) -> Self::I {
        unsafe {
            if VNNI {
                _mm512_dpbusd_epi32(sum, weights, activations)
            } else {
                _mm512_add_epi16(sum, _mm512_maddubs_epi16(weights, activations))
            }
        }
    }
    #[inline(always)]
    unsafe fn dot_end(sum: Self::I) -> Self::I {
        unsafe { if VNNI { sum } else { _mm512_madd_epi16(sum, _mm512_set1_epi16(1)) } }
    }
    #[inline(always)]
    unsafe fn dot_end_scaled(sum: Self::I, scale: Self::I) -> Self::I {
        unsafe {
            if VNNI {
                return _mm512_mullo_epi32(sum, scale);
            }
            let low = _mm512_and_si512(scale, _mm512_set1_epi32(0xFFFF));
            _mm512_madd_epi16(sum, _mm512_or_si512(low, _mm512_slli_epi32::<16>(scale)))
        }
    }
    #[inline(always)]
    unsafe fn wide_start(pair: Self::I) -> Self::Wide {
        unsafe {
            let zero = _mm512_setzero_si512();
            if VNNI { (Self::dot_start(pair, 128), zero) } else { (zero, Self::dot_start(pair, 8)) }
        }
    }
    #[inline(always)]
    unsafe fn wide_dot(sum: Self::Wide, weights: Self::I, activations: Self::I) -> Self::Wide {
        unsafe {
            if VNNI {
                return (_mm512_dpbusd_epi32(sum.0, weights, activations), sum.1);
            }
            let mask = _mm512_set1_epi8(15);
            let low = _mm512_and_si512(weights, mask);
            let high = _mm512_and_si512(_mm512_srli_epi16::<4>(weights), mask);
            (Self::dot(sum.0, low, activations), Self::dot(sum.1, high, activations))
        }
    }
    #[inline(always)]
    unsafe fn wide_end(sum: Self::Wide) -> Self::I {
        unsafe {
            if VNNI {
                return sum.0;
            }
            _mm512_add_epi32(Self::dot_end(sum.0), _mm512_madd_epi16(sum.1, _mm512_set1_epi16(16)))
        }
    }

    #[inline(always)]
    unsafe fn zero() -> Self::F {
        unsafe { _mm512_setzero_ps() }
    }
    #[inline(always)]
    unsafe fn splat_f(v: f32) -> Self::F {
        unsafe { _mm512_set1_ps(v) }
    }
    #[inline(always)]
    unsafe fn load_f(p: *const f32) -> Self::F {
        unsafe { _mm512_loadu_ps(p) }
    }
    #[inline(always)]
    unsafe fn store_f(p: *mut f32, v: Self::F) {
        unsafe { _mm512_storeu_ps(p, v) }
    }
    #[inline(always)]
    unsafe fn load_f16(p: *const u8) -> Self::F {
        unsafe { _mm512_cvtph_ps(_mm256_loadu_si256(p.cast())) }
    }
    #[inline(always)]
    unsafe fn load_bf16(p: *const u8) -> Self::F {
        unsafe { _mm512_castsi512_ps(_mm512_slli_epi32::<16>(_mm512_cvtepu16_epi32(_mm256_loadu_si256(p.cast())))) }
    }
    #[inline(always)]
    unsafe fn add_f(a: Self::F, b: Self::F) -> Self::F {
        unsafe { _mm512_add_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn sub_f(a: Self::F, b: Self::F) -> Self::F {
        unsafe { _mm512_sub_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn mul_f(a: Self::F, b: Self::F) -> Self::F {
        unsafe { _mm512_mul_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn div_f(a: Self::F, b: Self::F) -> Self::F {
        unsafe { _mm512_div_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn fma(a: Self::F, b: Self::F, c: Self::F) -> Self::F {
        unsafe { _mm512_fmadd_ps(a, b, c) }
    }
    #[inline(always)]
    unsafe fn max_f(a: Self::F, b: Self::F) -> Self::F {
        unsafe { _mm512_max_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn abs_f(a: Self::F) -> Self::F {
        unsafe { _mm512_abs_ps(a) }
    }
    #[inline(always)]
    unsafe fn to_f(a: Self::I) -> Self::F {
        unsafe { _mm512_cvtepi32_ps(a) }
    }
    #[inline(always)]
    unsafe fn round(a: Self::F) -> Self::I {
        unsafe { _mm512_cvtps_epi32(a) }
    }
    #[inline(always)]
    unsafe fn where_at_least(x: Self::F, least: Self::F, v: Self::F) -> Self::F {
        unsafe { _mm512_maskz_mov_ps(_mm512_cmp_ps_mask::<_CMP_GE_OQ>(x, least), v) }
    }
    #[inline(always)]
    unsafe fn first_lanes(v: Self::F, n: i32, other: Self::F) -> Self::F {
        let mask = if n >= 16 { u16::MAX } else { (1u16 << n.max(0)) - 1 };
        unsafe { _mm512_mask_mov_ps(other, mask, v) }
    }
    #[inline(always)]
    unsafe fn power_of_two(a: Self::I) -> Self::F {
        unsafe { _mm512_castsi512_ps(_mm512_slli_epi32::<23>(_mm512_add_epi32(a, _mm512_set1_epi32(127)))) }
    }
    #[inline(always)]
    unsafe fn largest(a: Self::F) -> f32 {
        unsafe {
            let x = _mm512_max_ps(a, _mm512_shuffle_f32x4::<0b01_00_11_10>(a, a));
            let x = _mm512_castps512_ps256(x);
            let x = _mm_max_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps::<1>(x));
            let x = _mm_max_ps(x, _mm_movehl_ps(x, x));
            _mm_cvtss_f32(_mm_max_ss(x, _mm_movehdup_ps(x)))
        }
    }
    #[inline(always)]
    unsafe fn total(a: Self::F) -> f32 {
        unsafe { _mm512_reduce_add_ps(a) }
    }
    #[inline(always)]
    unsafe fn exp2(x: Self::F) -> Self::F {
        unsafe {
            let power = _mm512_roundscale_ps::<0>(x);
            let r = _mm512_sub_ps(x, power);
            _mm512_scalef_ps(Self::exp2_part(r), power)
        }
    }
}
