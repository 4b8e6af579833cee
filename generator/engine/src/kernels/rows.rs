//! What happens to a row between products: RMS norm, `SwiGLU`, sums, rotary position embedding.

use super::{Isa, isa::for_each_isa, simd::Simd};

/// `out = x / rms(x) * weight` (Zhang and Sennrich, 2019). All three have the same length.
pub(crate) fn rms_norm(isa: Isa, x: &[f32], weight: &[f32], epsilon: f32, out: &mut [f32]) {
    assert!(x.len() == weight.len() && x.len() == out.len(), "rows of one length");
    // SAFETY: the lengths are equal.
    unsafe { rms_norm_isa(isa, x, weight, epsilon, out) };
}

/// `out = silu(gate) * up`, where `silu(x) = x / (1 + exp(-x))`. All three have the same length.
pub(crate) fn swiglu(isa: Isa, gate: &[f32], up: &[f32], out: &mut [f32]) {
    assert!(gate.len() == up.len() && gate.len() == out.len(), "rows of one length");
    // SAFETY: the lengths are equal.
    unsafe { swiglu_isa(isa, gate, up, out) };
}

/// `x += y`, as far as both go.
pub(crate) fn add_row(x: &mut [f32], y: &[f32]) {
    for (x, y) in x.iter_mut().zip(y) {
        *x += y;
    }
}

/// `x += factor * y`. Both have the same length.
pub(crate) fn add_scaled_row(isa: Isa, x: &mut [f32], factor: f32, y: &[f32]) {
    assert!(x.len() == y.len(), "rows of one length");
    // SAFETY: the lengths are equal.
    unsafe { scaled(isa, x, factor, y) };
}

for_each_isa! {
    /// See `rms_norm`; the lengths must be equal.
    fn rms_norm_isa = rms_norm_generic(x: &[f32], weight: &[f32], epsilon: f32, out: &mut [f32])
}
for_each_isa! {
    /// See `swiglu`; the lengths must be equal.
    fn swiglu_isa = swiglu_generic(gate: &[f32], up: &[f32], out: &mut [f32])
}

for_each_isa! {
    /// See `add_scaled_row`; the lengths must be equal.
    fn scaled = scaled_generic(x: &mut [f32], factor: f32, y: &[f32])
}

#[inline(always)]
unsafe fn scaled_generic<S: Simd>(x: &mut [f32], factor: f32, y: &[f32]) {
    let whole = x.len() / S::LANES * S::LANES;
    // SAFETY: vectors end at `whole`, within both slices.
    unsafe {
        let wide = S::splat_f(factor);
        for i in (0..whole).step_by(S::LANES) {
            let at = x.as_mut_ptr().add(i);
            S::store_f(at, S::fma(wide, S::load_f(y.as_ptr().add(i)), S::load_f(at)));
        }
    }
    for i in whole..x.len() {
        x[i] += factor * y[i];
    }
}

#[inline(always)]
unsafe fn rms_norm_generic<S: Simd>(x: &[f32], weight: &[f32], epsilon: f32, out: &mut [f32]) {
    let whole = x.len() / S::LANES * S::LANES;
    // SAFETY: vectors end at `whole`, within all three slices.
    unsafe {
        let mut squares = S::zero();
        for i in (0..whole).step_by(S::LANES) {
            let v = S::load_f(x.as_ptr().add(i));
            squares = S::fma(v, v, squares);
        }
        let rest: f32 = x[whole..].iter().map(|v| v * v).sum();
        let factor = 1.0 / ((S::total(squares) + rest) / x.len() as f32 + epsilon).sqrt();
        let wide = S::splat_f(factor);
        for i in (0..whole).step_by(S::LANES) {
            let v = S::mul_f(S::load_f(x.as_ptr().add(i)), wide);
            S::store_f(out.as_mut_ptr().add(i), S::mul_f(v, S::load_f(weight.as_ptr().add(i))));
        }
        for i in whole..x.len() {
            out[i] = x[i] * factor * weight[i];
        }
    }
}

#[inline(always)]
unsafe fn swiglu_generic<S: Simd>(gate: &[f32], up: &[f32], out: &mut [f32]) {
    let whole = gate.len() / S::LANES * S::LANES;
    // SAFETY: vectors end at `whole`, within all three slices.
    unsafe {
        let (one, most) = (S::splat_f(1.0), S::splat_f(-80.0));
        for i in (0..whole).step_by(S::LANES) {
            let g = S::load_f(gate.as_ptr().add(i));
            // Below -80 the result is 0 in any case, and exp(80) is finite.
            let bounded = S::max_f(g, most);
            let denominator = S::add_f(one, S::exp(S::sub_f(S::zero(), bounded)));
            let silu = S::div_f(bounded, denominator);
            S::store_f(out.as_mut_ptr().add(i), S::mul_f(silu, S::load_f(up.as_ptr().add(i))));
        }
    }
    for i in whole..gate.len() {
        out[i] = gate[i] / (1.0 + (-gate[i]).exp()) * up[i];
    }
}

/// Which two numbers of a head are turned together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RopePairs {
    /// 2i and 2i + 1, as GGUF stores the weights of `llama`.
    Neighbours,
    /// i and i + half, as GPT-NeoX does.
    Halves,
}

/// Rotary position embedding (Su et al., 2021) of one head, by the cosines and sines of its position.
pub(crate) fn rope(kind: RopePairs, head: &mut [f32], cos: &[f32], sin: &[f32]) {
    let turn = |a: f32, b: f32, c: f32, s: f32| (a * c - b * s, a * s + b * c);
    match kind {
        RopePairs::Neighbours => {
            for ((pair, c), s) in head.chunks_exact_mut(2).zip(cos).zip(sin) {
                (pair[0], pair[1]) = turn(pair[0], pair[1], *c, *s);
            }
        }
        RopePairs::Halves => {
            let (low, high) = head.split_at_mut(head.len() / 2);
            for (((a, b), c), s) in low.iter_mut().zip(high).zip(cos).zip(sin) {
                (*a, *b) = turn(*a, *b, *c, *s);
            }
        }
    }
}
