//! Makes the cross-encoder's ONNX graph of the embedder's: its 4-bit weights and what tuning changed in them added up,
//! rounded to 8 bits, with heads for the passage and for each token on top.
//!
//! Inputs `input_ids` and `attention_mask` [batch, length]; outputs `pair` [batch, 4] (log-odds that the passage holds
//! the answer; supported, contradicted, not said) and `token` [batch, length, 3] (answers, begins, ends).
//! Activations are rounded to 8 bits as they come, by the range of a whole batch: pairs are therefore run one by one. The
//! second matrix of each feed-forward layer stays in 32 bits: single activations before it are a hundred times the others,
//! and rounding by them would lose those.

#![expect(clippy::cast_possible_wrap, reason = "the sizes are far below i64::MAX")]

use std::{
    fs::File,
    io::{BufWriter, Write},
    path::Path,
};

use half::f16;
use safetensors::{Dtype, SafeTensors};

use crate::{
    ProvisionError, Result,
    read_e5_container::{BLOCK, dequantize_q4_0},
    read_onnx::Initializers,
    write_onnx::{Dim, Element, Graph, ModelHead, Tensorlike, Value},
};

/// Operators of ONNX Runtime's own.
const MS: &str = "com.microsoft";
/// The sizes of multilingual-e5-small.
const HIDDEN: usize = 384;
const FEED_FORWARD: usize = 1536;
const HEADS: i64 = 12;
const LAYERS: usize = 12;
const EPSILON: f32 = 1e-12;
/// Outputs of the two heads.
const PAIR: usize = 4;
const TOKEN: usize = 3;
/// Weights go from -64 to 64: processors without VNNI add two products in 16 bits, which 127 would overflow.
const LEVELS: f32 = 64.0;

/// Reads the embedder's graph at `base` and writes the cross-encoder to `out`; `tuned` is the adapter's safetensors file.
/// The bytes written are the same on every machine.
///
/// # Errors
/// [`ProvisionError::Container`] where either file is malformed.
pub fn make_cross_encoder(base: &Path, tuned: &[u8], out: &Path) -> Result<()> {
    let bytes = std::fs::read(base).map_err(ProvisionError::io(base))?;
    let base = Initializers::parse(&bytes)?;
    let tuned = SafeTensors::deserialize(tuned).map_err(|e| malformed(&e.to_string()))?;
    let graph = Builder { base, tuned, graph: Graph::default() }.build()?;
    let mut file = BufWriter::new(File::create(out).map_err(ProvisionError::io(out))?);
    write_model(graph, &mut file).and_then(|()| file.get_ref().sync_all()).map_err(ProvisionError::io(out))
}

fn write_model(graph: Graph, out: &mut dyn Write) -> std::io::Result<()> {
    let (batch, seq) = (Dim::Named("batch"), Dim::Named("seq"));
    let tokens = [batch, seq];
    let ids = |name| Tensorlike { name, element: Element::Int64, shape: &tokens };
    let float = |name, shape| Tensorlike { name, element: Element::Float, shape };
    let (pair, token) = ([batch, Dim::Fixed(PAIR)], [batch, seq, Dim::Fixed(TOKEN)]);
    let model = ModelHead {
        graph_name: "cross-encoder",
        producer: "lectern",
        ir_version: 9,
        opsets: &[("", 18), (MS, 1)],
        inputs: &[ids("input_ids"), ids("attention_mask")],
        outputs: &[float("pair", &pair), float("token", &token)],
    };
    graph.write(&model, out)?;
    out.flush()
}

struct Builder<'a> {
    base: Initializers<'a>,
    tuned: SafeTensors<'a>,
    graph: Graph,
}

impl Builder<'_> {
    fn build(mut self) -> Result<Graph> {
        self.graph.tensor("i0", Element::Int64, &[1], 0_i64.to_le_bytes().to_vec());
        let mut x = self.embeddings()?;
        let mask = self.graph.node("Cast", "", &["attention_mask"], &[("to", Value::Int(Element::Int32 as i64))]);
        for layer in 0..LAYERS {
            x = self.attention(layer, &x, &mask)?;
            x = self.feed_forward(layer, &x)?;
        }
        let first = self.graph.tensor("first", Element::Int64, &[], 0_i64.to_le_bytes().to_vec());
        let first = self.graph.node("Gather", "", &[&x, &first], &[("axis", Value::Int(1))]);
        self.head("pair", &first, PAIR)?;
        self.head("token", &x, TOKEN)?;
        Ok(self.graph)
    }

    fn embeddings(&mut self) -> Result<String> {
        let [nibbles, scales] = ["emb.word.q4", "emb.word.scales"].map(|name| self.base.get(name));
        let (nibbles, scales) = (nibbles?, scales?);
        let vocabulary = scales.len() / 2 / (HIDDEN / BLOCK);
        let nibbles = self.graph.tensor("emb.word.q4", Element::Uint8, &[vocabulary, HIDDEN / 2], nibbles.to_vec());
        let shape = [vocabulary, HIDDEN / BLOCK];
        let scales = self.graph.tensor("emb.word.scales", Element::Float16, &shape, scales.to_vec());
        let attributes = [
            ("bits", Value::Int(4)),
            ("block_size", Value::Int(BLOCK as i64)),
            ("gather_axis", Value::Int(0)),
            ("quantize_axis", Value::Int(1)),
        ];
        let rows = self.graph.node("GatherBlockQuantized", MS, &[&nibbles, "input_ids", &scales], &attributes);
        let words = self.graph.node("Cast", "", &[&rows], &[("to", Value::Int(Element::Float as i64))]);
        let span = [("end", Value::Int(2)), ("start", Value::Int(1))];
        let length = self.graph.node("Shape", "", &["input_ids"], &span);
        let positions = self.floats("emb.pos", None)?;
        let positions = self.tensor("emb.pos", &[positions.len() / HIDDEN, HIDDEN], &positions);
        let positions = self.graph.node("Slice", "", &[&positions, "i0", &length, "i0"], &[]);
        let x = self.graph.node("Add", "", &[&words, &positions], &[]);
        let [weight, bias] = ["emb.ln.w", "emb.ln.b"].map(|name| self.vector(name, HIDDEN));
        let attributes = [("axis", Value::Int(-1)), ("epsilon", Value::Float(EPSILON))];
        Ok(self.graph.node("LayerNormalization", "", &[&x, &weight?, &bias?], &attributes))
    }

    fn attention(&mut self, layer: usize, x: &str, mask: &str) -> Result<String> {
        let [q, k, v] = ["q", "k", "v"].map(|part| self.linear(&format!("l{layer}.{part}"), x, HIDDEN, HIDDEN));
        let biases = ["q", "k", "v"].map(|part| self.floats(&format!("l{layer}.{part}.b"), Some(HIDDEN)));
        let biases: Result<Vec<Vec<f32>>> = biases.into_iter().collect();
        let bias = self.tensor(&format!("l{layer}.qkv.b"), &[3 * HIDDEN], &biases?.concat());
        let heads = [("num_heads", Value::Int(HEADS))];
        let new = self.graph.node("MultiHeadAttention", MS, &[&q?, &k?, &v?, &bias, mask], &heads);
        let new = self.linear(&format!("l{layer}.ao"), &new, HIDDEN, HIDDEN)?;
        self.add_and_norm(&format!("l{layer}.aln"), &format!("l{layer}.ao.b"), &new, x)
    }

    fn feed_forward(&mut self, layer: usize, x: &str) -> Result<String> {
        let h = self.linear(&format!("l{layer}.fi"), x, HIDDEN, FEED_FORWARD)?;
        let bias = self.vector(&format!("l{layer}.fi.b"), FEED_FORWARD)?;
        let h = self.graph.node("BiasGelu", MS, &[&h, &bias], &[]);
        let weights = self.merged(&format!("l{layer}.fo"), FEED_FORWARD, HIDDEN)?;
        let weights = transposed(&weights, FEED_FORWARD);
        let weights = self.tensor(&format!("l{layer}.fo.w"), &[FEED_FORWARD, HIDDEN], &weights);
        let h = self.graph.node("MatMul", "", &[&h, &weights], &[]);
        self.add_and_norm(&format!("l{layer}.oln"), &format!("l{layer}.fo.b"), &h, x)
    }

    fn add_and_norm(&mut self, norm: &str, bias: &str, new: &str, old: &str) -> Result<String> {
        let names = [format!("{norm}.w"), format!("{norm}.b"), bias.to_owned()];
        let [weight, beta, bias] = names.map(|name| self.vector(&name, HIDDEN));
        let attributes = [("epsilon", Value::Float(EPSILON))];
        Ok(self.graph.node("SkipLayerNormalization", MS, &[new, old, &weight?, &beta?, &bias?], &attributes))
    }

    /// The last node becomes the output of this name.
    fn head(&mut self, name: &str, x: &str, outputs: usize) -> Result<()> {
        let weights = self.floats(&format!("{name}.w"), Some(outputs * HIDDEN))?;
        let weights = self.tensor(&format!("{name}.w"), &[HIDDEN, outputs], &transposed(&weights, HIDDEN));
        let bias = self.vector(&format!("{name}.b"), outputs)?;
        let product = self.graph.node("MatMul", "", &[x, &weights], &[]);
        self.graph.node("Add", "", &[&product, &bias], &[]);
        self.graph.name_last_output(name);
        Ok(())
    }

    /// A matrix [outputs, inputs], base and change added, as 8-bit integers with a scale for each output.
    fn linear(&mut self, name: &str, x: &str, inputs: usize, outputs: usize) -> Result<String> {
        let weights = self.merged(name, inputs, outputs)?;
        let mut scales = Vec::with_capacity(outputs);
        let mut rounded = Vec::with_capacity(weights.len());
        for row in weights.chunks_exact(inputs) {
            let scale = row.iter().fold(f32::MIN_POSITIVE, |most, w| most.max(w.abs())) / LEVELS;
            scales.push(scale);
            rounded.extend(row.iter().map(|w| (w / scale).round_ties_even().clamp(-LEVELS, LEVELS)));
        }
        let bytes = transposed(&rounded, inputs).into_iter().flat_map(|w| (w as i8).to_le_bytes()).collect();
        let weights = self.graph.tensor(&format!("{name}.i8"), Element::Int8, &[inputs, outputs], bytes);
        let scales = self.tensor(&format!("{name}.scales"), &[outputs], &scales);
        Ok(self.graph.node("DynamicQuantizeMatMul", MS, &[x, &weights, &scales], &[]))
    }

    fn merged(&self, name: &str, inputs: usize, outputs: usize) -> Result<Vec<f32>> {
        let (nibbles, scales) = (self.base.get(&format!("{name}.q4"))?, self.base.get(&format!("{name}.scales16"))?);
        if nibbles.len() != inputs * outputs / 2 || scales.len() != inputs * outputs / BLOCK * 2 {
            return Err(malformed(&format!("{name} has another shape")));
        }
        let scales = scales.as_chunks().0.iter().map(|s| f16::from_le_bytes(*s).to_f32());
        let base = nibbles.chunks_exact(BLOCK / 2).zip(scales).flat_map(|(block, scale)| {
            let halves = block.iter().flat_map(|byte| [byte & 15, byte >> 4]);
            halves.map(move |q| (f32::from(q) - 8.0) * scale)
        });
        let change = self.tuned.tensor(&format!("{name}.w")).map_err(|e| malformed(&e.to_string()))?;
        let change = dequantize_q4_0(change.data());
        if change.len() != inputs * outputs {
            return Err(malformed(&format!("{name}.w of the adapter has another shape")));
        }
        Ok(base.zip(change).map(|(base, change)| base + change).collect())
    }

    fn vector(&mut self, name: &str, length: usize) -> Result<String> {
        let values = self.floats(name, Some(length))?;
        Ok(self.tensor(name, &[length], &values))
    }

    fn tensor(&mut self, name: &str, shape: &[usize], values: &[f32]) -> String {
        self.graph.tensor(name, Element::Float, shape, values.iter().flat_map(|v| v.to_le_bytes()).collect())
    }

    /// Floats of the adapter; as many as `length` where that is given.
    fn floats(&self, name: &str, length: Option<usize>) -> Result<Vec<f32>> {
        let tensor = self.tuned.tensor(name).map_err(|e| malformed(&e.to_string()))?;
        let values: Vec<f32> = tensor.data().as_chunks().0.iter().map(|v| f32::from_le_bytes(*v)).collect();
        let fits = tensor.dtype() == Dtype::F32 && length.is_none_or(|length| length == values.len());
        if fits { Ok(values) } else { Err(malformed(&format!("{name} of the adapter has another shape"))) }
    }
}

/// The rows of a matrix with `columns` columns as columns.
fn transposed(matrix: &[f32], columns: usize) -> Vec<f32> {
    (0..columns).flat_map(|column| matrix.iter().skip(column).step_by(columns).copied()).collect()
}

fn malformed(detail: &str) -> ProvisionError {
    ProvisionError::Container { detail: detail.to_owned() }
}
