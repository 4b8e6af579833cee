//! A stack of frozen linear layers with an adapter on top, forward and backward.
//!
//! Without dropout the adapter is added to a passing copy of the weights (`W + scale · B A`), which costs less than
//! carrying two thin products along with each wide one. The frozen weights need no gradient; the adapter's come from
//! `u = x Aᵀ` and `v = dy B`: `dB = scale · dyᵀ u`, `dA = scale · vᵀ x`.

use std::borrow::Cow;

use rayon::prelude::*;

use super::matmul::{Mat, MatMut, Write, multiply};
use crate::{
    adapter::{Adapter, Module, StackKind},
    base::Stack,
    random::Random,
};

/// Which inputs of `A` are dropped: the same ones in both passes over a sequence.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dropout {
    /// Share of dropped values.
    pub share: f32,
    pub seed: u64,
    /// Number of the sequence in the run.
    pub sequence: u64,
}

/// A stack with what sits on it.
pub(crate) struct Linear<'a> {
    stack: &'a Stack,
    adapter: &'a Adapter,
    modules: &'a [Module],
    dropout: Option<Dropout>,
}

impl<'a> Linear<'a> {
    pub(crate) fn new(
        stack: &'a Stack,
        adapter: &'a Adapter,
        layer: usize,
        kind: StackKind,
        dropout: Option<Dropout>,
    ) -> Self {
        let dropout = dropout.filter(|d| d.share > 0.0);
        Self { stack, adapter, modules: adapter.on(layer, kind), dropout }
    }

    /// `to = x Wᵀ + bias`, or added to it; rows are tokens.
    pub(crate) fn forward(&self, to: &mut [f32], write: Write, x: &[f32]) {
        let Stack { inputs, outputs, .. } = *self.stack;
        let tokens = x.len() / inputs;
        let weight = self.effective_weight();
        let (x_mat, weight) = (Mat::new(x, tokens, inputs), Mat::new(&weight, outputs, inputs));
        multiply(MatMut::new(to, tokens, outputs), write, 1.0, x_mat, weight.t());
        if let Some(bias) = &self.stack.bias {
            to.par_chunks_mut(outputs).for_each(|row| row.iter_mut().zip(bias).for_each(|(y, b)| *y += b));
        }
        if let Some(dropout) = self.dropout {
            for module in self.modules {
                self.forward_beside(to, module, &dropped(x, module, dropout));
            }
        }
    }

    /// Writes the gradient of `x` to `dx` (or adds it) and adds the adapter's to `gradient`.
    pub(crate) fn backward(&self, dx: &mut [f32], write: Write, x: &[f32], dy: &[f32], gradient: &mut [f32]) {
        let Stack { inputs, outputs, .. } = *self.stack;
        let tokens = x.len() / inputs;
        let weight = self.effective_weight();
        let to = MatMut::new(dx, tokens, inputs);
        multiply(to, write, 1.0, Mat::new(dy, tokens, outputs), Mat::new(&weight, outputs, inputs));
        match self.dropout {
            Some(dropout) => {
                for module in self.modules {
                    self.backward_beside(dx, x, dy, module, dropout, gradient);
                }
            }
            None => self.add_gradients(x, dy, self.modules, gradient),
        }
    }

    /// The weights with the adapter added; as they are where nothing sits on them or dropout keeps the two apart.
    fn effective_weight(&self) -> Cow<'a, [f32]> {
        if self.modules.is_empty() || self.dropout.is_some() {
            return Cow::Borrowed(&self.stack.weight);
        }
        let mut weight = self.stack.weight.clone();
        let (rank, scale) = (self.rank(), self.adapter.config.scale());
        for module in self.modules {
            let to = MatMut::new(&mut weight[module.row * module.inputs..], module.outputs, module.inputs);
            let (a, b) = (self.values(&module.a), self.values(&module.b));
            let (a, b) = (Mat::new(a, rank, module.inputs), Mat::new(b, module.outputs, rank));
            multiply(to, Write::Add, scale, b, a);
        }
        Cow::Owned(weight)
    }

    const fn rank(&self) -> usize {
        self.adapter.config.rank
    }

    fn values(&self, range: &std::ops::Range<usize>) -> &'a [f32] {
        &self.adapter.values[range.clone()]
    }

    /// The gradients of modules that read the same `x`. Their `A` lie next to each other, so one product serves all.
    fn add_gradients(&self, x: &[f32], dy: &[f32], modules: &[Module], gradient: &mut [f32]) {
        let (Some(first), Some(last)) = (modules.first(), modules.last()) else { return };
        let (inputs, outputs, rank) = (first.inputs, self.stack.outputs, self.rank());
        let (tokens, wide) = (x.len() / inputs, rank * modules.len());
        let scale = self.adapter.config.scale();
        let all_a = first.a.start..last.a.end;
        let x = Mat::new(x, tokens, inputs);
        let (mut u, mut v) = (vec![0.0; tokens * wide], vec![0.0; tokens * wide]);
        let matrix = Mat::new(self.values(&all_a), wide, inputs);
        multiply(MatMut::new(&mut u, tokens, wide), Write::Replace, 1.0, x, matrix.t());
        for (n, module) in modules.iter().enumerate() {
            let dy = Mat::strided(&dy[module.row..], tokens, module.outputs, outputs);
            let own_b = Mat::new(self.values(&module.b), module.outputs, rank);
            let own_u = Mat::strided(&u[n * rank..], tokens, rank, wide);
            let d_b = MatMut::new(&mut gradient[module.b.clone()], module.outputs, rank);
            multiply(d_b, Write::Add, scale, dy.t(), own_u);
            multiply(MatMut::strided(&mut v[n * rank..], tokens, rank, wide), Write::Replace, 1.0, dy, own_b);
        }
        let d_a = MatMut::new(&mut gradient[all_a], wide, inputs);
        multiply(d_a, Write::Add, scale, Mat::new(&v, tokens, wide).t(), x);
    }

    /// `to += scale · x Aᵀ Bᵀ`, beside the frozen product.
    fn forward_beside(&self, to: &mut [f32], module: &Module, x: &[f32]) {
        let (rank, outputs, tokens) = (self.rank(), self.stack.outputs, x.len() / module.inputs);
        let mut u = vec![0.0; tokens * rank];
        let a = Mat::new(self.values(&module.a), rank, module.inputs);
        multiply(MatMut::new(&mut u, tokens, rank), Write::Replace, 1.0, Mat::new(x, tokens, module.inputs), a.t());
        let b = Mat::new(self.values(&module.b), module.outputs, rank);
        let to = MatMut::strided(&mut to[module.row..], tokens, module.outputs, outputs);
        multiply(to, Write::Add, self.adapter.config.scale(), Mat::new(&u, tokens, rank), b.t());
    }

    fn backward_beside(
        &self,
        dx: &mut [f32],
        x: &[f32],
        dy: &[f32],
        module: &Module,
        dropout: Dropout,
        gradient: &mut [f32],
    ) {
        let (rank, tokens, inputs) = (self.rank(), x.len() / module.inputs, module.inputs);
        self.add_gradients(&dropped(x, module, dropout), dy, std::slice::from_ref(module), gradient);
        let mut v = vec![0.0; tokens * rank];
        let dy = Mat::strided(&dy[module.row..], tokens, module.outputs, self.stack.outputs);
        let b = Mat::new(self.values(&module.b), module.outputs, rank);
        multiply(MatMut::new(&mut v, tokens, rank), Write::Replace, 1.0, dy, b);
        let mut through = vec![0.0; x.len()];
        let a = Mat::new(self.values(&module.a), rank, inputs);
        let scale = self.adapter.config.scale();
        multiply(MatMut::new(&mut through, tokens, inputs), Write::Replace, scale, Mat::new(&v, tokens, rank), a);
        let kept = dropped(&through, module, dropout);
        dx.iter_mut().zip(&kept).for_each(|(d, k)| *d += k);
    }
}

/// `x` with some values zero and the others enlarged to keep the mean.
pub(super) fn dropped(x: &[f32], module: &Module, dropout: Dropout) -> Vec<f32> {
    let enlarged = 1.0 / (1.0 - dropout.share);
    let mut out = x.to_vec();
    out.par_chunks_mut(module.inputs).enumerate().for_each(|(row, values)| {
        let purpose = [dropout.sequence, module.layer as u64, module.target as u64, row as u64];
        let mut random = Random::derived(dropout.seed, &purpose);
        for value in values {
            *value *= if random.float() < dropout.share { 0.0 } else { enlarged };
        }
    });
    out
}
