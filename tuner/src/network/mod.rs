//! The network on the CPU: forward, and backward to the adapter's parameters.
//!
//! Written out by hand instead of through an autograd, because most of what an autograd computes and keeps here is not
//! needed: no gradient of frozen weights, no logits but the answers', no masked squares of attention. It is tested
//! against finite differences and against logits that PEFT computed.

mod attention;
mod elementwise;
mod linear;
mod loss;
mod matmul;
mod on_device;
#[cfg(test)]
pub(crate) mod tests;

use attention::{Backward, Heads};
use elementwise::{Rotations, gated, gated_backward, rms_norm, rms_norm_backward};
use linear::Linear;
use matmul::{Mat, MatMut, Write, multiply};

pub(crate) use attention::Span;
pub(crate) use linear::Dropout;
pub(crate) use loss::{Goal, Prediction};
pub(crate) use on_device::DeviceNetwork;

use crate::{
    TunerError, TunerResult,
    adapter::{Adapter, StackKind},
    base::{Base, LayerWeights},
};

/// Rows packed one after the other.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Sequence {
    pub tokens: Vec<u32>,
    /// Place of each token in its own row.
    pub positions: Vec<u32>,
    /// Which tokens see which; in order, without gaps.
    pub spans: Vec<Span>,
    /// What is to be predicted, in order of position.
    pub goals: Vec<Goal>,
}

/// A base with an adapter.
#[derive(Clone, Copy)]
pub(crate) struct Network<'a> {
    pub base: &'a Base,
    pub adapter: &'a Adapter,
    /// Keep only each layer's input, and compute the rest again on the way back.
    pub recompute: bool,
}

/// Logits of every position of a text, `[tokens, vocabulary]`, by the base with the adapter.
pub fn logits(base: &Base, adapter: &Adapter, tokens: &[u32]) -> TunerResult<Vec<f32>> {
    if let Some(token) = tokens.iter().find(|t| **t as usize >= base.shape.vocabulary) {
        let problem = format!("the token {token} is outside the vocabulary of {}", base.shape.vocabulary);
        return Err(TunerError::BadModel { problem });
    }
    Ok(Network { base, adapter, recompute: false }.logits(tokens))
}

/// What a layer keeps for its way back.
struct Kept {
    input: Vec<f32>,
    inner: Option<Inner>,
}

struct Inner {
    /// Rotated queries and keys, and values.
    qkv: Vec<f32>,
    mixed: Vec<f32>,
    logs: Vec<f32>,
    /// After attention.
    middle: Vec<f32>,
    gate_up: Vec<f32>,
}

/// One sequence's way through one layer.
struct Pass<'a> {
    network: Network<'a>,
    rotations: &'a Rotations,
    spans: &'a [Span],
    dropout: Option<Dropout>,
}

impl Network<'_> {
    /// How the goals are predicted.
    pub(crate) fn predict(self, sequence: &Sequence) -> Vec<Prediction> {
        let shape = &self.base.shape;
        let rotations = Rotations::new(&sequence.positions, &self.base.frequencies);
        let pass = Pass { network: self, rotations: &rotations, spans: &sequence.spans, dropout: None };
        let mut x = self.embed(&sequence.tokens);
        for layer in 0..shape.layers {
            x = pass.forward(layer, &x).0;
        }
        let states = self.answer_states(&x, &sequence.goals);
        let normed = rms_norm(&states, &self.base.final_norm, shape.norm_eps);
        loss::cross_entropy(&normed, shape.width, &sequence.goals, self.base.output_matrix(), None)
    }

    /// The same, and adds the gradient of the weighted sum of losses to `gradient`.
    pub(crate) fn train(self, sequence: &Sequence, dropout: Option<Dropout>, gradient: &mut [f32]) -> Vec<Prediction> {
        let shape = &self.base.shape;
        let rotations = Rotations::new(&sequence.positions, &self.base.frequencies);
        let pass = Pass { network: self, rotations: &rotations, spans: &sequence.spans, dropout };
        let first = self.adapter.first_layer();
        let mut x = self.embed(&sequence.tokens);
        let mut kept = Vec::with_capacity(shape.layers);
        for layer in 0..shape.layers {
            let (next, inner) = pass.forward(layer, &x);
            let input = std::mem::replace(&mut x, next);
            if layer >= first {
                kept.push(Kept { input, inner: (!self.recompute).then_some(inner) });
            }
        }
        let (predictions, mut d_x) = self.loss_and_gradient(&x, &sequence.goals);
        drop(x);
        for layer in (first..shape.layers).rev() {
            let Some(kept) = kept.pop() else { break };
            d_x = pass.backward(layer, kept, d_x, gradient);
        }
        predictions
    }

    /// Logits of every position of a text, `[tokens, vocabulary]`.
    pub(crate) fn logits(self, tokens: &[u32]) -> Vec<f32> {
        let shape = &self.base.shape;
        let positions: Vec<u32> = (0..tokens.len() as u32).collect();
        let rotations = Rotations::new(&positions, &self.base.frequencies);
        let spans = [Span { own: 0..tokens.len(), prefix: 0..0 }];
        let pass = Pass { network: self, rotations: &rotations, spans: &spans, dropout: None };
        let mut x = self.embed(tokens);
        for layer in 0..shape.layers {
            x = pass.forward(layer, &x).0;
        }
        let normed = rms_norm(&x, &self.base.final_norm, shape.norm_eps);
        let mut logits = vec![0.0; tokens.len() * shape.vocabulary];
        let matrix = Mat::new(self.base.output_matrix(), shape.vocabulary, shape.width);
        let to = MatMut::new(&mut logits, tokens.len(), shape.vocabulary);
        multiply(to, Write::Replace, 1.0, Mat::new(&normed, tokens.len(), shape.width), matrix.t());
        logits
    }

    fn embed(self, tokens: &[u32]) -> Vec<f32> {
        let width = self.base.shape.width;
        let row = |token: &u32| &self.base.embedding[*token as usize * width..][..width];
        tokens.iter().flat_map(row).copied().collect()
    }

    fn answer_states(self, x: &[f32], goals: &[Goal]) -> Vec<f32> {
        let width = self.base.shape.width;
        goals.iter().flat_map(|goal| &x[goal.position * width..][..width]).copied().collect()
    }

    fn loss_and_gradient(self, x: &[f32], goals: &[Goal]) -> (Vec<Prediction>, Vec<f32>) {
        let (width, eps) = (self.base.shape.width, self.base.shape.norm_eps);
        let states = self.answer_states(x, goals);
        let normed = rms_norm(&states, &self.base.final_norm, eps);
        let mut d_normed = vec![0.0; normed.len()];
        let matrix = self.base.output_matrix();
        let predictions = loss::cross_entropy(&normed, width, goals, matrix, Some(&mut d_normed));
        let mut d_states = vec![0.0; states.len()];
        rms_norm_backward(&mut d_states, &d_normed, &states, &self.base.final_norm, eps);
        let mut d_x = vec![0.0; x.len()];
        for (goal, d) in goals.iter().zip(d_states.chunks_exact(width)) {
            d_x[goal.position * width..][..width].iter_mut().zip(d).for_each(|(t, d)| *t += d);
        }
        (predictions, d_x)
    }
}

impl<'a> Pass<'a> {
    fn weights(&self, layer: usize) -> &'a LayerWeights {
        &self.network.base.layers[layer]
    }

    fn linear(&self, layer: usize, kind: StackKind) -> Linear<'a> {
        let weights = self.weights(layer);
        let stack = match kind {
            StackKind::Qkv => &weights.qkv,
            StackKind::Output => &weights.output,
            StackKind::GateUp => &weights.gate_up,
            StackKind::Down => &weights.down,
        };
        Linear::new(stack, self.network.adapter, layer, kind, self.dropout)
    }

    fn norm(&self, x: &[f32], weight: &[f32]) -> Vec<f32> {
        rms_norm(x, weight, self.network.base.shape.norm_eps)
    }

    /// One layer; returns its output and what its way back needs.
    fn forward(&self, layer: usize, x: &[f32]) -> (Vec<f32>, Inner) {
        let (shape, weights) = (&self.network.base.shape, self.weights(layer));
        let tokens = x.len() / shape.width;
        let normed = self.norm(x, &weights.attention_norm);
        let row = weights.qkv.outputs;
        let mut qkv = vec![0.0; tokens * row];
        self.linear(layer, StackKind::Qkv).forward(&mut qkv, Write::Replace, &normed);
        self.rotations.forward(&mut qkv, row, shape.heads + shape.kv_heads);
        let (mixed, logs) = attention::forward(&qkv, self.spans, Heads::of(shape));
        let mut middle = x.to_vec();
        self.linear(layer, StackKind::Output).forward(&mut middle, Write::Add, &mixed);
        let normed = self.norm(&middle, &weights.feed_norm);
        let mut gate_up = vec![0.0; tokens * weights.gate_up.outputs];
        self.linear(layer, StackKind::GateUp).forward(&mut gate_up, Write::Replace, &normed);
        let mut out = middle.clone();
        self.linear(layer, StackKind::Down).forward(&mut out, Write::Add, &gated(&gate_up, shape.hidden));
        (out, Inner { qkv, mixed, logs, middle, gate_up })
    }

    /// From the gradient of the layer's output to that of its input.
    fn backward(&self, layer: usize, kept: Kept, d_out: Vec<f32>, gradient: &mut [f32]) -> Vec<f32> {
        let (shape, weights) = (&self.network.base.shape, self.weights(layer));
        let Kept { input, inner } = kept;
        let Inner { qkv, mixed, logs, middle, mut gate_up } = match inner {
            Some(inner) => inner,
            None => self.forward(layer, &input).1,
        };
        let tokens = input.len() / shape.width;
        let mut d_gated = vec![0.0; tokens * shape.hidden];
        let gated = gated(&gate_up, shape.hidden);
        self.linear(layer, StackKind::Down).backward(&mut d_gated, Write::Replace, &gated, &d_out, gradient);
        drop(gated);
        gated_backward(&mut gate_up, &d_gated, shape.hidden);
        let normed = self.norm(&middle, &weights.feed_norm);
        let mut d_normed = vec![0.0; normed.len()];
        let linear = self.linear(layer, StackKind::GateUp);
        linear.backward(&mut d_normed, Write::Replace, &normed, &gate_up, gradient);
        let mut d_middle = d_out;
        rms_norm_backward(&mut d_middle, &d_normed, &middle, &weights.feed_norm, shape.norm_eps);

        let mut d_mixed = vec![0.0; mixed.len()];
        self.linear(layer, StackKind::Output).backward(&mut d_mixed, Write::Replace, &mixed, &d_middle, gradient);
        let saved = Backward { qkv: &qkv, out: &mixed, logs: &logs, d_out: &d_mixed };
        let mut d_qkv = attention::backward(&saved, self.spans, Heads::of(shape));
        self.rotations.backward(&mut d_qkv, weights.qkv.outputs, shape.heads + shape.kv_heads);
        let normed = self.norm(&input, &weights.attention_norm);
        self.linear(layer, StackKind::Qkv).backward(&mut d_normed, Write::Replace, &normed, &d_qkv, gradient);
        let mut d_input = d_middle;
        rms_norm_backward(&mut d_input, &d_normed, &input, &weights.attention_norm, shape.norm_eps);
        d_input
    }
}
