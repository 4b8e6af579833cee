//! RMS norm, rotary embedding and gated activation, each with its backward pass. All work row by row, in parallel.

use rayon::prelude::*;

/// Rows that one task works on: enough to outweigh the hand-over.
const ROWS: usize = 16;

/// Sum of the products, in lanes, so that it is vectorised and always added in the same order.
pub(crate) fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut lanes = [0.0f32; 16];
    let (xs, ys) = (a.chunks_exact(16), b.chunks_exact(16));
    let rest: f32 = xs.remainder().iter().zip(ys.remainder()).map(|(x, y)| x * y).sum();
    for (x, y) in xs.zip(ys) {
        for ((lane, x), y) in lanes.iter_mut().zip(x).zip(y) {
            *lane += x * y;
        }
    }
    lanes.iter().sum::<f32>() + rest
}

/// `e^x` to within 2 units in the last place, without branches; the polynomial is that of Cephes' `expf`.
#[inline]
pub(crate) fn exp(x: f32) -> f32 {
    const ROUND: f32 = 12_582_912.0;
    let x = x.clamp(-87.0, 88.0);
    let n = (x * std::f32::consts::LOG2_E + ROUND) - ROUND;
    let r = (x - n * 0.693_359_4) + n * 2.121_944_4e-4;
    let p =
        ((((1.987_569_2e-4 * r + 1.398_2e-3) * r + 8.333_452e-3) * r + 4.166_579_6e-2) * r + 1.666_666_5e-1) * r + 0.5;
    let scale = f32::from_bits((((n as i32) + 127) as u32) << 23);
    (p * r * r + r + 1.0) * scale
}

/// `x / rms(x) · weight` for each row of `width`. (Zhang and Sennrich 2019, arXiv 1910.07467.)
pub(crate) fn rms_norm(x: &[f32], weight: &[f32], eps: f32) -> Vec<f32> {
    let width = weight.len();
    let mut out = vec![0.0; x.len()];
    out.par_chunks_mut(ROWS * width).zip(x.par_chunks(ROWS * width)).for_each(|(out, x)| {
        for (out, x) in out.chunks_exact_mut(width).zip(x.chunks_exact(width)) {
            let inverse = inverse_rms(x, eps);
            for ((o, x), w) in out.iter_mut().zip(x).zip(weight) {
                *o = x * inverse * w;
            }
        }
    });
    out
}

fn inverse_rms(x: &[f32], eps: f32) -> f32 {
    1.0 / (dot(x, x) / x.len() as f32 + eps).sqrt()
}

/// Adds the gradient of the norm's input to `dx`, from that of its output.
pub(crate) fn rms_norm_backward(dx: &mut [f32], dy: &[f32], x: &[f32], weight: &[f32], eps: f32) {
    let width = weight.len();
    let rows = ROWS * width;
    dx.par_chunks_mut(rows).zip(dy.par_chunks(rows)).zip(x.par_chunks(rows)).for_each(|((dx, dy), x)| {
        let mut scaled = vec![0.0; width];
        let rows = dx.chunks_exact_mut(width).zip(dy.chunks_exact(width)).zip(x.chunks_exact(width));
        for ((dx, dy), x) in rows {
            for ((s, dy), w) in scaled.iter_mut().zip(dy).zip(weight) {
                *s = dy * w;
            }
            let inverse = inverse_rms(x, eps);
            let along = dot(&scaled, x) * inverse * inverse / width as f32;
            for ((dx, s), x) in dx.iter_mut().zip(&scaled).zip(x) {
                *dx += inverse * (s - along * x);
            }
        }
    });
}

/// `silu(gate) · up` for rows of `[gate | up]`, `hidden` each.
pub(crate) fn gated(gate_up: &[f32], hidden: usize) -> Vec<f32> {
    let mut out = vec![0.0; gate_up.len() / 2];
    out.par_chunks_mut(ROWS * hidden).zip(gate_up.par_chunks(2 * ROWS * hidden)).for_each(|(out, gate_up)| {
        for (out, row) in out.chunks_exact_mut(hidden).zip(gate_up.chunks_exact(2 * hidden)) {
            let (gate, up) = row.split_at(hidden);
            for ((o, g), u) in out.iter_mut().zip(gate).zip(up) {
                *o = g / (1.0 + exp(-g)) * u;
            }
        }
    });
    out
}

/// Turns `[gate | up]` into the gradient of both, from the gradient of the product.
pub(crate) fn gated_backward(gate_up: &mut [f32], d_out: &[f32], hidden: usize) {
    gate_up.par_chunks_mut(2 * ROWS * hidden).zip(d_out.par_chunks(ROWS * hidden)).for_each(|(gate_up, d_out)| {
        for (row, d) in gate_up.chunks_exact_mut(2 * hidden).zip(d_out.chunks_exact(hidden)) {
            let (gate, up) = row.split_at_mut(hidden);
            for ((g, u), d) in gate.iter_mut().zip(up).zip(d) {
                let sigmoid = 1.0 / (1.0 + exp(-*g));
                let silu = *g * sigmoid;
                let d_gate = d * *u * (sigmoid + silu * (1.0 - sigmoid));
                *u = d * silu;
                *g = d_gate;
            }
        }
    });
}

/// Rotations of the rotary embedding (Su et al. 2021, arXiv 2104.09864), in Hugging Face's halves.
pub(crate) struct Rotations {
    /// For each token `head / 2` cosines, then as many sines.
    table: Vec<f32>,
    head: usize,
}

impl Rotations {
    /// `frequencies` are the angles per position of each pair of a head's numbers.
    pub(crate) fn new(positions: &[u32], frequencies: &[f64]) -> Self {
        let head = 2 * frequencies.len();
        let mut table = Vec::with_capacity(positions.len() * head);
        for position in positions {
            let angles = || frequencies.iter().map(|f| f64::from(*position) * f);
            table.extend(angles().map(|a| a.cos() as f32));
            table.extend(angles().map(|a| a.sin() as f32));
        }
        Self { table, head }
    }

    /// Rotates the first `heads` heads of each row of `row` values.
    pub(crate) fn forward(&self, values: &mut [f32], row: usize, heads: usize) {
        self.rotate(values, row, heads, 1.0);
    }

    /// The gradient goes back by the opposite rotation.
    pub(crate) fn backward(&self, gradient: &mut [f32], row: usize, heads: usize) {
        self.rotate(gradient, row, heads, -1.0);
    }

    fn rotate(&self, values: &mut [f32], row: usize, heads: usize, sign: f32) {
        let (head, half) = (self.head, self.head / 2);
        values.par_chunks_mut(ROWS * row).zip(self.table.par_chunks(ROWS * head)).for_each(|(values, table)| {
            for (values, table) in values.chunks_exact_mut(row).zip(table.chunks_exact(head)) {
                let (cosines, sines) = table.split_at(half);
                for one in values.chunks_exact_mut(head).take(heads) {
                    let (low, high) = one.split_at_mut(half);
                    // Indices below a length known to all four: only so does the compiler use vectors here.
                    let (high, cosines, sines) = (&mut high[..half], &cosines[..half], &sines[..half]);
                    for j in 0..half {
                        let (x, y, s) = (low[j], high[j], sines[j] * sign);
                        low[j] = x * cosines[j] - y * s;
                        high[j] = y * cosines[j] + x * s;
                    }
                }
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::exp;

    #[test]
    fn exp_is_exact_to_a_few_units_in_the_last_place() {
        for n in -8600..=8700 {
            let x = n as f32 / 100.0;
            let (ours, right) = (exp(x), f64::from(x).exp());
            assert!((f64::from(ours) / right - 1.0).abs() < 4e-7, "exp({x}) = {ours}, not {right}");
        }
    }
}
