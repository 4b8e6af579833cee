//! Causal attention over packed rows that do not see each other, with its backward pass.
//!
//! Rows with the same beginning share it: the shared tokens are computed once, and each row's own tokens see them and
//! themselves. Scores exist for one block of queries at a time; the backward pass makes them again from the saved log
//! sums, as in `FlashAttention` (Dao et al. 2022, arXiv 2205.14135).

use std::ops::Range;

use rayon::prelude::*;

use super::{
    elementwise::{dot, exp},
    matmul::{Mat, MatMut, Write, multiply_here},
};
use crate::base::Shape;

/// Queries of one block.
const BLOCK: usize = 64;

/// A run of tokens in a packed sequence, which sees itself and `prefix`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    /// Its own tokens.
    pub own: Range<usize>,
    /// The tokens it shares with others; empty where it begins by itself.
    pub prefix: Range<usize>,
}

/// Sizes that attention needs.
#[derive(Clone, Copy)]
pub(crate) struct Heads {
    kv: usize,
    /// Query heads for each key head.
    group: usize,
    head: usize,
}

impl Heads {
    pub(crate) const fn of(shape: &Shape) -> Self {
        Self { kv: shape.kv_heads, group: shape.heads / shape.kv_heads, head: shape.head }
    }

    const fn queries(self) -> usize {
        self.kv * self.group * self.head
    }

    /// Values of one token: all queries, all keys, all values.
    const fn row(self) -> usize {
        self.queries() + 2 * self.kv * self.head
    }

    fn scale(self) -> f32 {
        1.0 / (self.head as f32).sqrt()
    }

    fn key(self, qkv: &[f32], tokens: Range<usize>, kv: usize) -> Mat<'_> {
        self.part(qkv, tokens, self.queries() + kv * self.head)
    }

    fn value(self, qkv: &[f32], tokens: Range<usize>, kv: usize) -> Mat<'_> {
        self.part(qkv, tokens, self.queries() + (self.kv + kv) * self.head)
    }

    fn part(self, qkv: &[f32], tokens: Range<usize>, column: usize) -> Mat<'_> {
        let from = if tokens.is_empty() { 0 } else { tokens.start * self.row() + column };
        Mat::strided(&qkv[from..], tokens.len(), self.head, self.row())
    }

    /// The queries (or what has their form) of a block for one key head, one head after the other.
    fn gather(self, from: &[f32], row: usize, tokens: Range<usize>, kv: usize, factor: f32) -> Vec<f32> {
        let mut out = Vec::with_capacity(tokens.len() * self.group * self.head);
        for g in 0..self.group {
            let column = (kv * self.group + g) * self.head;
            for token in tokens.clone() {
                out.extend(from[token * row + column..][..self.head].iter().map(|x| x * factor));
            }
        }
        out
    }
}

/// A block of queries of one span.
struct Block<'a> {
    span: &'a Span,
    tokens: Range<usize>,
}

impl Block<'_> {
    /// Own tokens that the block's last query sees.
    fn own(&self) -> Range<usize> {
        self.span.own.start..self.tokens.end
    }

    fn keys(&self) -> usize {
        self.span.prefix.len() + self.own().len()
    }

    /// How many keys the query sees.
    fn seen(&self, query: usize) -> usize {
        self.span.prefix.len() + self.tokens.start + query + 1 - self.span.own.start
    }
}

fn blocks(spans: &[Span]) -> impl Iterator<Item = Block<'_>> {
    spans.iter().flat_map(|span| {
        span.own.clone().step_by(BLOCK).map(move |at| Block { span, tokens: at..(at + BLOCK).min(span.own.end) })
    })
}

/// Attention of rows `[queries | keys | values]`. Returns the mixed values `[tokens, heads · head]` and the log of each
/// softmax's sum, `[tokens, heads]`.
pub(crate) fn forward(qkv: &[f32], spans: &[Span], heads: Heads) -> (Vec<f32>, Vec<f32>) {
    let tokens = qkv.len() / heads.row();
    let count = heads.kv * heads.group;
    let (mut out, mut logs) = (vec![0.0; tokens * heads.queries()], vec![0.0; tokens * count]);
    let mut tasks = Vec::new();
    let (mut out_left, mut logs_left) = (out.as_mut_slice(), logs.as_mut_slice());
    for block in blocks(spans) {
        let (out, rest) = out_left.split_at_mut(block.tokens.len() * heads.queries());
        let (logs, rest_logs) = logs_left.split_at_mut(block.tokens.len() * count);
        (out_left, logs_left) = (rest, rest_logs);
        tasks.push((block, out, logs));
    }
    tasks.into_par_iter().for_each(|(block, out, logs)| {
        for kv in 0..heads.kv {
            forward_block(qkv, &block, kv, heads, out, logs);
        }
    });
    (out, logs)
}

fn forward_block(qkv: &[f32], block: &Block<'_>, kv: usize, heads: Heads, out: &mut [f32], logs: &mut [f32]) {
    let queries = block.tokens.len();
    let (rows, keys) = (queries * heads.group, block.keys());
    let q = heads.gather(qkv, heads.row(), block.tokens.clone(), kv, heads.scale());
    let mut scores = vec![0.0; rows * keys];
    multiply_keys(&mut scores, &q, qkv, block, kv, heads, Heads::key);
    for (r, row) in scores.chunks_exact_mut(keys).enumerate() {
        let (seen, hidden) = row.split_at_mut(block.seen(r % queries));
        hidden.fill(0.0);
        let log = softmax(seen);
        logs[(r % queries) * heads.kv * heads.group + kv * heads.group + r / queries] = log;
    }
    let mut mixed = vec![0.0; rows * heads.head];
    multiply_by_keys(&mut mixed, &scores, qkv, block, kv, heads, Heads::value);
    for (r, row) in mixed.chunks_exact(heads.head).enumerate() {
        let column = (kv * heads.group + r / queries) * heads.head;
        out[(r % queries) * heads.queries() + column..][..heads.head].copy_from_slice(row);
    }
}

/// Softmax in place; returns the log of the sum.
fn softmax(row: &mut [f32]) -> f32 {
    let max = row.iter().fold(f32::MIN, |m, x| if *x > m { *x } else { m });
    for x in row.iter_mut() {
        *x = exp(*x - max);
    }
    let sum = lane_sum(row);
    let inverse = 1.0 / sum;
    for x in row.iter_mut() {
        *x *= inverse;
    }
    max + sum.ln()
}

fn lane_sum(row: &[f32]) -> f32 {
    let mut lanes = [0.0f32; 16];
    let chunks = row.chunks_exact(16);
    let rest: f32 = chunks.remainder().iter().sum();
    for chunk in chunks {
        for (lane, x) in lanes.iter_mut().zip(chunk) {
            *lane += x;
        }
    }
    lanes.iter().sum::<f32>() + rest
}

type Pick = for<'a> fn(Heads, &'a [f32], Range<usize>, usize) -> Mat<'a>;

/// `scores[rows, keys] = x[rows, head] · pick^T`, prefix first.
fn multiply_keys(scores: &mut [f32], x: &[f32], qkv: &[f32], block: &Block<'_>, kv: usize, heads: Heads, pick: Pick) {
    let rows = block.tokens.len() * heads.group;
    let (keys, shared) = (block.keys(), block.span.prefix.len());
    let x = Mat::new(x, rows, heads.head);
    if shared > 0 {
        let to = MatMut::strided(scores, rows, shared, keys);
        multiply_here(to, Write::Replace, 1.0, x, pick(heads, qkv, block.span.prefix.clone(), kv).t());
    }
    let to = MatMut::strided(&mut scores[shared..], rows, keys - shared, keys);
    multiply_here(to, Write::Replace, 1.0, x, pick(heads, qkv, block.own(), kv).t());
}

/// `out[rows, head] = scores[rows, keys] · pick`.
fn multiply_by_keys(
    out: &mut [f32],
    scores: &[f32],
    qkv: &[f32],
    block: &Block<'_>,
    kv: usize,
    heads: Heads,
    pick: Pick,
) {
    let rows = block.tokens.len() * heads.group;
    let (keys, shared) = (block.keys(), block.span.prefix.len());
    let own = Mat::strided(&scores[shared..], rows, keys - shared, keys);
    let to = MatMut::new(out, rows, heads.head);
    multiply_here(to, Write::Replace, 1.0, own, pick(heads, qkv, block.own(), kv));
    if shared > 0 {
        let left = Mat::strided(scores, rows, shared, keys);
        let to = MatMut::new(out, rows, heads.head);
        multiply_here(to, Write::Add, 1.0, left, pick(heads, qkv, block.span.prefix.clone(), kv));
    }
}

/// What the forward pass saved, and the gradient that came back.
pub(crate) struct Backward<'a> {
    pub qkv: &'a [f32],
    pub out: &'a [f32],
    pub logs: &'a [f32],
    pub d_out: &'a [f32],
}

/// One task: some blocks of a group of spans, for one key head.
struct Task<'a> {
    /// All tokens of the spans that share a prefix.
    group: Range<usize>,
    blocks: Vec<Block<'a>>,
    kv: usize,
}

/// A task's gradients: of its queries, block by block, and of the group's keys and values.
struct Gradients {
    queries: Vec<(Range<usize>, Vec<f32>)>,
    keys: Vec<f32>,
    values: Vec<f32>,
}

/// The gradient of the rows `[queries | keys | values]`.
pub(crate) fn backward(saved: &Backward<'_>, spans: &[Span], heads: Heads) -> Vec<f32> {
    let mut tasks = Vec::new();
    for group in groups(spans) {
        let tokens = group.first().map_or(0, |s| s.own.start)..group.last().map_or(0, |s| s.own.end);
        for kv in 0..heads.kv {
            // Every other block: halves of equal work, whose keys' gradients are added up below in a fixed order.
            for half in 0..2 {
                let blocks = blocks(group).skip(half).step_by(2).collect();
                tasks.push(Task { group: tokens.clone(), blocks, kv });
            }
        }
    }
    let results: Vec<Gradients> = tasks.par_iter().map(|task| backward_task(saved, task, heads)).collect();
    let mut d_qkv = vec![0.0; saved.qkv.len()];
    for (task, gradients) in tasks.iter().zip(&results) {
        scatter(&mut d_qkv, task, gradients, heads);
    }
    d_qkv
}

/// Spans that share a prefix follow the one that is the prefix.
fn groups(spans: &[Span]) -> impl Iterator<Item = &[Span]> {
    spans.chunk_by(|_, next| !next.prefix.is_empty())
}

fn backward_task(saved: &Backward<'_>, task: &Task<'_>, heads: Heads) -> Gradients {
    let size = task.group.len() * heads.head;
    let mut gradients = Gradients { queries: Vec::new(), keys: vec![0.0; size], values: vec![0.0; size] };
    for block in &task.blocks {
        backward_block(saved, task, block, heads, &mut gradients);
    }
    gradients
}

fn backward_block(saved: &Backward<'_>, task: &Task<'_>, block: &Block<'_>, heads: Heads, to: &mut Gradients) {
    let (queries, kv) = (block.tokens.len(), task.kv);
    let (rows, keys, count) = (queries * heads.group, block.keys(), heads.kv * heads.group);
    let gather = |from, row, factor| heads.gather(from, row, block.tokens.clone(), kv, factor);
    let q = gather(saved.qkv, heads.row(), heads.scale());
    let out = gather(saved.out, heads.queries(), 1.0);
    let d_out = gather(saved.d_out, heads.queries(), 1.0);
    let mut shares = vec![0.0; rows * keys];
    multiply_keys(&mut shares, &q, saved.qkv, block, kv, heads, Heads::key);
    for (r, row) in shares.chunks_exact_mut(keys).enumerate() {
        let log = saved.logs[(block.tokens.start + r % queries) * count + kv * heads.group + r / queries];
        let (seen, hidden) = row.split_at_mut(block.seen(r % queries));
        hidden.fill(0.0);
        for x in seen {
            *x = exp(*x - log);
        }
    }
    add_by_keys(&mut to.values, &shares, &d_out, task, block, heads);
    let mut d_scores = vec![0.0; rows * keys];
    multiply_keys(&mut d_scores, &d_out, saved.qkv, block, kv, heads, Heads::value);
    let each = d_scores.chunks_exact_mut(keys).zip(shares.chunks_exact(keys));
    for (r, (d, share)) in each.enumerate() {
        let at = r * heads.head;
        let mean = dot(&out[at..][..heads.head], &d_out[at..][..heads.head]);
        for (d, p) in d.iter_mut().zip(share) {
            *d = p * (*d - mean);
        }
    }
    add_by_keys(&mut to.keys, &d_scores, &q, task, block, heads);
    let mut d_q = vec![0.0; rows * heads.head];
    multiply_by_keys(&mut d_q, &d_scores, saved.qkv, block, kv, heads, Heads::key);
    to.queries.push((block.tokens.clone(), d_q));
}

/// `to[keys, head] += scores[rows, keys]^T · x[rows, head]`, for the prefix and for the own tokens.
fn add_by_keys(to: &mut [f32], scores: &[f32], x: &[f32], task: &Task<'_>, block: &Block<'_>, heads: Heads) {
    let rows = block.tokens.len() * heads.group;
    let (keys, shared) = (block.keys(), block.span.prefix.len());
    let x = Mat::new(x, rows, heads.head);
    let mut add = |tokens: Range<usize>, scores: Mat<'_>| {
        let from = (tokens.start - task.group.start) * heads.head;
        let to = MatMut::new(&mut to[from..], tokens.len(), heads.head);
        multiply_here(to, Write::Add, 1.0, scores.t(), x);
    };
    if shared > 0 {
        add(block.span.prefix.clone(), Mat::strided(scores, rows, shared, keys));
    }
    add(block.own(), Mat::strided(&scores[shared..], rows, keys - shared, keys));
}

fn scatter(d_qkv: &mut [f32], task: &Task<'_>, gradients: &Gradients, heads: Heads) {
    let (row, head, scale) = (heads.row(), heads.head, heads.scale());
    for (tokens, values) in &gradients.queries {
        for (r, values) in values.chunks_exact(head).enumerate() {
            let (token, g) = (tokens.start + r % tokens.len(), r / tokens.len());
            let to = &mut d_qkv[token * row + (task.kv * heads.group + g) * head..][..head];
            to.iter_mut().zip(values).for_each(|(t, v)| *t = v * scale);
        }
    }
    for (source, place) in [(&gradients.keys, task.kv), (&gradients.values, heads.kv + task.kv)] {
        for (token, values) in task.group.clone().zip(source.chunks_exact(head)) {
            let to = &mut d_qkv[token * row + heads.queries() + place * head..][..head];
            to.iter_mut().zip(values).for_each(|(t, v)| *t += v);
        }
    }
}
