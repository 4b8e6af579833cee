//! The network: a decoder of the `LLaMA` family (Touvron et al., 2023) with grouped queries, rotary positions and a gated
//! feed-forward network; with biases (Qwen2) or normalised queries and keys (Qwen3) where the file has them.

use std::sync::Arc;

use domain::AdapterWeights;

use super::{
    kernels::{
        Activations, Attend, Isa, KvMemory, Matrix, PAGE, Pool, Product, Queries, QueryRow, RopePairs, add_row,
        attention, peak, products, rms_norm, rope, swiglu,
    },
    load_network::Tensors,
    low_rank::{Adapted, LowRank, LowRankWork, LowRanks, add_low_rank},
    network::{BatchEntry, Network},
    read_gguf::{Architecture, GgufFile, Shape},
};
use crate::{EngineError, EngineResult};

/// Rows from which work on single rows is shared among threads.
const SHARED_ROWS: usize = 8;

/// A loaded network with the memory of its keys and values.
pub(crate) struct Decoder {
    shape: Shape,
    isa: Isa,
    pool: Arc<Pool>,
    embedding: Matrix,
    /// The embedding serves where it is missing.
    output: Option<Matrix>,
    output_norm: Vec<f32>,
    layers: Vec<Layer>,
    /// Angle per position, one for each pair of numbers of a head.
    frequencies: Vec<f32>,
    memory: KvMemory,
    work: Work,
}

struct Layer {
    attention_norm: Vec<f32>,
    query: Linear,
    key: Linear,
    value: Linear,
    query_norm: Option<Vec<f32>>,
    key_norm: Option<Vec<f32>>,
    attention_output: Linear,
    feed_norm: Vec<f32>,
    gate: Linear,
    up: Linear,
    down: Linear,
}

/// A matrix and what is added to its product.
struct Linear {
    matrix: Matrix,
    bias: Option<Vec<f32>>,
    /// Each adapter's change; empty where none changes it.
    changes: Vec<Option<LowRank>>,
}

/// A step's rows in one stage of it: all, or those whose logits are wanted.
struct Stage<'a> {
    /// Numbers of the rows that go on, in the stage before.
    kept: &'a [usize],
    attends: &'a [Attend<'a>],
    adapted: &'a [Adapted],
}

/// Room for numbers in progress, kept from step to step.
#[derive(Default)]
struct Work {
    /// What goes from layer to layer: `[row][width]`.
    stream: Vec<f32>,
    activations: Activations,
    query: Vec<f32>,
    key: Vec<f32>,
    value: Vec<f32>,
    queries: Queries,
    attended: Vec<f32>,
    gate: Vec<f32>,
    up: Vec<f32>,
    added: Vec<f32>,
    cos: Vec<f32>,
    sin: Vec<f32>,
    low_rank: LowRankWork,
}

/// One token of a step.
#[derive(Clone, Copy)]
struct Row {
    token: u32,
    position: usize,
    page: u32,
}

impl Decoder {
    /// Reads the weights; `pages` pages of keys and values are set aside.
    pub(crate) fn load(
        file: &GgufFile,
        adapters: &[AdapterWeights],
        isa: Isa,
        pool: Arc<Pool>,
        pages: usize,
    ) -> EngineResult<Self> {
        let shape = file.shape;
        let mut tensors = Tensors::read(file, isa, pool.threads())?;
        let mut changes = LowRanks::new(isa, adapters);
        let layer = |n| Layer::take(&mut tensors, &mut changes, n, &shape);
        let layers = (0..shape.layers).map(layer).collect::<EngineResult<_>>()?;
        changes.finish()?;
        let factors = tensors.optional_vector("rope_freqs.weight", shape.head / 2)?;
        Ok(Self {
            shape,
            isa,
            pool,
            embedding: tensors.matrix("token_embd.weight")?,
            output: tensors.optional_matrix("output.weight"),
            output_norm: tensors.vector("output_norm.weight")?,
            layers,
            frequencies: frequencies(&shape, factors.as_deref()),
            memory: KvMemory::new(shape.layers, shape.kv_heads, shape.head, pages),
            work: Work::default(),
        })
    }

    /// Bytes of one page of keys and values.
    pub(crate) const fn page_bytes(shape: &Shape) -> usize {
        KvMemory::page_bytes(shape.layers, shape.kv_heads, shape.head)
    }

    /// The layers' matrices.
    fn matrices(&self) -> impl Iterator<Item = &Matrix> {
        self.layers
            .iter()
            .flat_map(|l| [&l.query, &l.key, &l.value, &l.attention_output, &l.gate, &l.up, &l.down].map(|l| &l.matrix))
    }

    /// The matrix that gives the logits.
    fn output(&self) -> &Matrix {
        self.output.as_ref().unwrap_or(&self.embedding)
    }

    /// Bytes of weights that one token reads.
    pub(crate) fn bytes(&self) -> usize {
        self.matrices().map(Matrix::bytes).sum::<usize>() + self.output().bytes()
    }

    /// Multiplications with addition that a text of `tokens` tokens takes: with the weights, of queries with keys and of
    /// weights with values.
    pub(crate) fn multiplications(&self, tokens: usize) -> usize {
        let Shape { layers, heads, head, .. } = self.shape;
        let weights: usize = self.matrices().map(|m| m.rows() * m.columns()).sum();
        let output = self.output().rows() * self.output().columns();
        weights * tokens + output + layers * heads * head * tokens * (tokens + 1)
    }

    /// 8-bit multiplications with addition per second that its threads could do.
    pub(crate) fn peak(&self) -> f64 {
        peak(&self.pool, self.isa)
    }

    /// Embeds the rows and computes their angles.
    fn begin(&mut self, rows: &[Row]) {
        let (width, half) = (self.shape.width, self.shape.head / 2);
        self.work.stream.resize(rows.len() * width, 0.0);
        for (row, out) in rows.iter().zip(self.work.stream.chunks_exact_mut(width)) {
            self.embedding.row(row.token as usize, out);
        }
        self.work.cos.resize(rows.len() * half, 0.0);
        self.work.sin.resize(rows.len() * half, 0.0);
        let angles = rows.iter().flat_map(|row| self.frequencies.iter().map(|f| row.position as f32 * f));
        for ((angle, cos), sin) in angles.zip(&mut self.work.cos).zip(&mut self.work.sin) {
            (*sin, *cos) = angle.sin_cos();
        }
    }

    /// One layer. Of the stream only the rows that the stage keeps remain, in their order; `before` are the adapters of
    /// all rows.
    fn layer(&mut self, n: usize, rows: &[Row], before: &[Adapted], stage: &Stage<'_>) {
        let Stage { kept, attends, adapted } = *stage;
        let Self { shape, isa, pool, layers, memory, work, .. } = self;
        let (pool, isa, Some(layer)) = (&**pool, *isa, layers.get(n)) else { return };
        let (width, hidden) = (shape.width, shape.hidden);
        let (q, kv) = (shape.heads * shape.head, shape.kv_heads * shape.head);

        normalise(
            pool,
            isa,
            (rows.len(), width),
            &work.stream,
            &layer.attention_norm,
            shape.epsilon,
            &mut work.activations,
        );
        let outs = [(&layer.query, &mut work.query), (&layer.key, &mut work.key), (&layer.value, &mut work.value)];
        multiply((pool, isa), &work.activations, outs, before, &mut work.low_rank);
        norm_and_rope(pool, isa, shape, layer, rows.len(), work, kept);
        for (row, (key, value)) in rows.iter().zip(work.key.chunks_exact(kv).zip(work.value.chunks_exact(kv))) {
            memory.write(row.page, n, row.position % PAGE, key, value);
        }
        if kept.len() < rows.len() {
            for (to, from) in kept.iter().enumerate() {
                work.stream.copy_within(from * width..(from + 1) * width, to * width);
            }
            work.stream.truncate(kept.len() * width);
        }
        if kept.is_empty() {
            return;
        }
        work.attended.resize(kept.len() * q, 0.0);
        attention((pool, isa), memory, (n, shape.kv_heads), &mut work.queries, attends, &mut work.attended);
        let attended = &work.attended;
        work.activations.fill(pool, isa, (kept.len(), q), |row, out| out.copy_from_slice(&attended[row * q..][..q]));
        let outs = [(&layer.attention_output, &mut work.added)];
        multiply((pool, isa), &work.activations, outs, adapted, &mut work.low_rank);
        add_row(&mut work.stream, &work.added);

        normalise(pool, isa, (kept.len(), width), &work.stream, &layer.feed_norm, shape.epsilon, &mut work.activations);
        let outs = [(&layer.gate, &mut work.gate), (&layer.up, &mut work.up)];
        multiply((pool, isa), &work.activations, outs, adapted, &mut work.low_rank);
        let (gate, up) = (&work.gate, &work.up);
        work.activations.fill(pool, isa, (kept.len(), hidden), |row, out| {
            swiglu(isa, &gate[row * hidden..][..hidden], &up[row * hidden..][..hidden], out);
        });
        let outs = [(&layer.down, &mut work.added)];
        multiply((pool, isa), &work.activations, outs, adapted, &mut work.low_rank);
        add_row(&mut work.stream, &work.added);
    }

    /// The logits of the stream's rows.
    fn logits(&mut self, rows: usize) -> Vec<Vec<f32>> {
        if rows == 0 {
            return Vec::new();
        }
        let Self { shape, isa, pool, work, output, embedding, .. } = self;
        let size = (rows, shape.width);
        normalise(pool, *isa, size, &work.stream, &self.output_norm, shape.epsilon, &mut work.activations);
        let matrix = output.as_ref().unwrap_or(embedding);
        let mut out = vec![0.0; rows * matrix.rows()];
        products(pool, *isa, &work.activations, vec![Product { matrix, out: &mut out }]);
        if rows == 1 {
            return vec![out];
        }
        out.chunks_exact(matrix.rows()).map(<[f32]>::to_vec).collect()
    }
}

impl Network for Decoder {
    fn forward(&mut self, batch: &[BatchEntry<'_>]) -> EngineResult<Vec<Vec<f32>>> {
        check(&self.shape, batch)?;
        let rows: Vec<Row> = batch.iter().flat_map(rows_of).collect();
        self.begin(&rows);
        let (all, kept): (Vec<usize>, Vec<usize>) = ((0..rows.len()).collect(), kept_rows(batch));
        let (every, wanted) =
            (|f: &BatchEntry<'_>| f.tokens.len(), |f: &BatchEntry<'_>| f.wanted.count(f.tokens.len()));
        let adapted = adapted(batch, every);
        let full = Stage { kept: &all, attends: &attends(batch, every), adapted: &adapted };
        let last = Stage { kept: &kept, attends: &attends(batch, wanted), adapted: &self::adapted(batch, wanted) };
        for n in 0..self.layers.len() {
            let stage = if n + 1 == self.layers.len() { &last } else { &full };
            self.layer(n, &rows, &adapted, stage);
        }
        Ok(self.logits(kept.len()))
    }
}

/// Whether the network has these tokens, and the pages are enough for them.
pub(crate) fn check(shape: &Shape, batch: &[BatchEntry<'_>]) -> EngineResult<()> {
    let wrong = |reason: &str| Err(EngineError::Compute { stage: "starting a step", reason: reason.to_owned() });
    for entry in batch {
        if entry.tokens.is_empty() || entry.tokens.iter().any(|t| *t as usize >= shape.vocabulary) {
            return wrong("a token is outside the vocabulary");
        }
        if entry.position + entry.tokens.len() > entry.pages.len() * PAGE {
            return wrong("a sequence is longer than its pages");
        }
    }
    Ok(())
}

/// An entry's tokens with their places.
fn rows_of<'a>(entry: &'a BatchEntry<'_>) -> impl Iterator<Item = Row> + 'a {
    entry.tokens.iter().zip(entry.position..).map(|(token, position)| Row {
        token: *token,
        position,
        page: entry.pages.get(position / PAGE).copied().unwrap_or_default(),
    })
}

/// Numbers of the rows whose logits are wanted.
pub(crate) fn kept_rows(batch: &[BatchEntry<'_>]) -> Vec<usize> {
    let mut end = 0;
    let each = batch.iter().flat_map(|entry| {
        end += entry.tokens.len();
        end - entry.wanted.count(entry.tokens.len())..end
    });
    each.collect()
}

/// Each entry's last `count` rows, numbered without the others.
fn attends<'a>(batch: &[BatchEntry<'a>], count: impl Fn(&BatchEntry<'_>) -> usize) -> Vec<Attend<'a>> {
    let mut row = 0;
    let each = batch.iter().map(|entry| {
        let rows = count(entry);
        row += rows;
        Attend { pages: entry.pages, row: row - rows, rows, position: entry.position + entry.tokens.len() - rows }
    });
    each.filter(|a| a.rows > 0).collect()
}

/// Each entry's last `count` rows, numbered without the others, by their adapter.
fn adapted(batch: &[BatchEntry<'_>], count: impl Fn(&BatchEntry<'_>) -> usize) -> Vec<Adapted> {
    let (mut list, mut row) = (Vec::<Adapted>::new(), 0);
    for entry in batch {
        let rows = row..row + count(entry);
        row = rows.end;
        if entry.adapter == 0 || rows.is_empty() {
            continue;
        }
        match list.iter_mut().find(|a| a.adapter == entry.adapter) {
            Some(found) => found.rows.extend(rows),
            None => list.push(Adapted { adapter: entry.adapter, rows: rows.collect() }),
        }
    }
    list
}

fn normalise(
    pool: &Pool,
    isa: Isa,
    (rows, width): (usize, usize),
    stream: &[f32],
    weight: &[f32],
    epsilon: f32,
    out: &mut Activations,
) {
    out.fill(pool, isa, (rows, width), |row, out| {
        rms_norm(isa, &stream[row * width..][..width], weight, epsilon, out);
    });
}

/// Products of the same activations.
fn multiply<const N: usize>(
    (pool, isa): (&Pool, Isa),
    activations: &Activations,
    mut list: [(&Linear, &mut Vec<f32>); N],
    adapted: &[Adapted],
    work: &mut LowRankWork,
) {
    let each = list.iter_mut().map(|(linear, out)| {
        out.resize(activations.rows() * linear.matrix.rows(), 0.0);
        Product { matrix: &linear.matrix, out }
    });
    products(pool, isa, activations, each.collect());
    for (linear, out) in &mut list {
        if let Some(bias) = &linear.bias {
            out.chunks_exact_mut(bias.len()).for_each(|row| add_row(row, bias));
        }
    }
    if !adapted.is_empty() {
        let mut list = list.map(|(linear, out)| (linear.changes.as_slice(), out.as_mut_slice()));
        add_low_rank((pool, isa), activations, &mut list, adapted, work);
    }
}

/// Normalises (where the network does) and rotates keys and queries; queries of the rows `kept` go into fixed point.
fn norm_and_rope(pool: &Pool, isa: Isa, shape: &Shape, layer: &Layer, rows: usize, work: &mut Work, kept: &[usize]) {
    let (head, half) = (shape.head, shape.head / 2);
    let (q, kv) = (shape.heads * head, shape.kv_heads * head);
    let Work { query, key, queries, cos, sin, .. } = work;
    queries.resize(kept.len(), shape.heads, head);
    let mut places = queries.rows_mut();
    let mut kept = kept.iter().peekable();
    let each = query.chunks_exact_mut(q).zip(key.chunks_exact_mut(kv)).take(rows).enumerate();
    let items: Vec<_> = each
        .map(|(row, (query, key))| {
            let place = kept.next_if(|k| **k == row).and_then(|_| places.next());
            Turn { query: place.map(|place| (query, place)), key, row }
        })
        .collect();
    let work = |Turn { query, key, row }: Turn<'_>| {
        let (cos, sin) = (&cos[row * half..][..half], &sin[row * half..][..half]);
        let rotation =
            if shape.architecture == Architecture::Llama { RopePairs::Neighbours } else { RopePairs::Halves };
        let heads = |row: &mut [f32], norm: Option<&[f32]>| {
            for one in row.chunks_exact_mut(head) {
                if let Some(norm) = norm {
                    let before = one.to_vec();
                    rms_norm(isa, &before, norm, shape.epsilon, one);
                }
                rope(rotation, one, cos, sin);
            }
        };
        heads(key, layer.key_norm.as_deref());
        if let Some((query, mut place)) = query {
            heads(query, layer.query_norm.as_deref());
            place.write(query, head);
        }
    };
    if rows < SHARED_ROWS { items.into_iter().for_each(work) } else { pool.for_each(items, work) }
}

/// One row of queries and keys.
struct Turn<'a> {
    query: Option<(&'a mut [f32], QueryRow<'a>)>,
    key: &'a mut [f32],
    row: usize,
}

impl Layer {
    fn take(tensors: &mut Tensors, changes: &mut LowRanks<'_>, n: usize, shape: &Shape) -> EngineResult<Self> {
        let name = |part: &str| format!("blk.{n}.{part}");
        let mut linear = |tensors: &mut Tensors, part: &str| -> EngineResult<Linear> {
            let weight = name(&format!("{part}.weight"));
            let matrix = tensors.matrix(&weight)?;
            let bias = tensors.optional_vector(&name(&format!("{part}.bias")), matrix.rows())?;
            let changes = changes.take(&weight, matrix.rows(), matrix.columns())?;
            Ok(Linear { matrix, bias, changes })
        };
        Ok(Self {
            attention_norm: tensors.vector(&name("attn_norm.weight"))?,
            query: linear(tensors, "attn_q")?,
            key: linear(tensors, "attn_k")?,
            value: linear(tensors, "attn_v")?,
            query_norm: tensors.optional_vector(&name("attn_q_norm.weight"), shape.head)?,
            key_norm: tensors.optional_vector(&name("attn_k_norm.weight"), shape.head)?,
            attention_output: linear(tensors, "attn_output")?,
            feed_norm: tensors.vector(&name("ffn_norm.weight"))?,
            gate: linear(tensors, "ffn_gate")?,
            up: linear(tensors, "ffn_up")?,
            down: linear(tensors, "ffn_down")?,
        })
    }
}

/// The angle per position of each pair of a head's numbers. `factors` (Llama 3's scaling, from the file) divide them.
pub(crate) fn frequencies(shape: &Shape, factors: Option<&[f32]>) -> Vec<f32> {
    let angle = |i: usize| 1.0 / shape.rope_base.powf(2.0 * i as f32 / shape.head as f32) / shape.rope_factor;
    let divide = |i: usize| factors.and_then(|f| f.get(i)).copied().unwrap_or(1.0);
    (0..shape.head / 2).map(|i| angle(i) / divide(i)).collect()
}

#[cfg(test)]
mod tests {
    use super::{super::network::WantedLogits, *};

    fn shape(rope_factor: f32) -> Shape {
        Shape {
            architecture: Architecture::Llama,
            context: 64,
            vocabulary: 4,
            layers: 1,
            width: 8,
            hidden: 8,
            heads: 2,
            kv_heads: 1,
            head: 4,
            epsilon: 1e-5,
            rope_base: 100.0,
            rope_factor,
        }
    }

    #[test]
    fn frequencies_follow_base_factor_and_the_files_own_factors() {
        let close = |a: Vec<f32>, b: [f32; 2]| assert!(a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-6), "{a:?}");
        close(frequencies(&shape(1.0), None), [1.0, 0.1]);
        close(frequencies(&shape(4.0), None), [0.25, 0.025]);
        close(frequencies(&shape(1.0), Some(&[1.0, 8.0])), [1.0, 0.0125]);
    }

    #[test]
    fn kept_rows_and_attended_rows_follow_what_is_wanted() {
        let entry =
            |tokens, position, wanted| BatchEntry { tokens, position, pages: &[0], wanted, adapter: position % 3 };
        let batch = [
            entry(&[1, 2, 3][..], 4, WantedLogits::Last),
            entry(&[1][..], 0, WantedLogits::Nothing),
            entry(&[1, 2][..], 9, WantedLogits::Each),
        ];
        assert_eq!(kept_rows(&batch), [2, 4, 5]);
        let list = attends(&batch, |f| f.wanted.count(f.tokens.len()));
        let places: Vec<_> = list.iter().map(|a| (a.row, a.rows, a.position)).collect();
        assert_eq!(places, [(0, 1, 6), (1, 2, 9)]);
        // The third has none: its position is a multiple of 3.
        let all = adapted(&batch, |f| f.tokens.len());
        assert_eq!(all, [Adapted { adapter: 1, rows: vec![0, 1, 2] }]);
        let wanted = adapted(&batch, |f| f.wanted.count(f.tokens.len()));
        assert_eq!(wanted, [Adapted { adapter: 1, rows: vec![0] }]);
    }
}
