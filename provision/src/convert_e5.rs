//! Turns the E5S1 container into an ONNX graph that ONNX Runtime runs on its 4-bit kernels.
//!
//! The weights stay 4-bit: `MatMulNBits` for matrices, a 4-bit gather for the word table. Only the order of the nibbles
//! changes, from halves of a block to neighbours. The bytes written are the same on every machine.

#![expect(clippy::cast_possible_wrap, reason = "the container's sizes are far below i64::MAX")]

use std::{
    fs::{self, File},
    io::{BufWriter, Write},
    path::Path,
};

use crate::{
    ProvisionError, Result,
    read_e5_container::{BLOCK, Container, Sizes},
    write_onnx::{Dim, Element, Graph, ModelHead, Tensorlike, Value},
};

/// Operators of ONNX Runtime's own.
const MS: &str = "com.microsoft";
/// No container of this form is larger; one that claims to be is not read.
const MOST_BYTES: u64 = 1 << 30;

/// Reads the container at `from` and writes the graph to `to`; the file is on the disk afterwards.
///
/// # Errors
/// [`ProvisionError::Container`] where the container is malformed, however it is.
pub fn convert_e5_to_onnx(from: &Path, to: &Path) -> Result<()> {
    let bytes = fs::metadata(from).map_err(ProvisionError::io(from))?.len();
    if bytes > MOST_BYTES {
        return Err(ProvisionError::Container { detail: format!("{bytes} bytes are too many") });
    }
    let bytes = fs::read(from).map_err(ProvisionError::io(from))?;
    let container = Container::parse(&bytes)?;
    let hidden = container.sizes.hidden;
    let graph = Builder { container, graph: Graph::default() }.build()?;
    let mut out = BufWriter::new(File::create(to).map_err(ProvisionError::io(to))?);
    write_model(graph, hidden, &mut out).and_then(|()| out.get_ref().sync_all()).map_err(ProvisionError::io(to))
}

fn write_model(graph: Graph, hidden: usize, out: &mut dyn Write) -> std::io::Result<()> {
    let (batch, seq) = (Dim::Named("batch"), Dim::Named("seq"));
    let tokens = [batch, seq];
    let ids = |name| Tensorlike { name, element: Element::Int64, shape: &tokens };
    let model = ModelHead {
        graph_name: "multilingual-e5-small",
        producer: "e5s1-convert",
        ir_version: 9,
        opsets: &[("", 18), (MS, 1)],
        inputs: &[ids("input_ids"), ids("attention_mask")],
        outputs: &[Tensorlike {
            name: "last_hidden_state",
            element: Element::Float,
            shape: &[batch, seq, Dim::Fixed(hidden)],
        }],
    };
    graph.write(&model, out)?;
    out.flush()
}

struct Builder<'a> {
    container: Container<'a>,
    graph: Graph,
}

impl Builder<'_> {
    fn build(mut self) -> Result<Graph> {
        self.graph.tensor("i0", Element::Int64, &[1], 0_i64.to_le_bytes().to_vec());
        let mut x = self.embeddings()?;
        let to = [("to", Value::Int(Element::Int32 as i64))];
        let mask = self.graph.node("Cast", "", &["attention_mask"], &to);
        for layer in 0..self.container.sizes.layers {
            x = self.attention(layer, &x, &mask)?;
            x = self.feed_forward(layer, &x)?;
        }
        self.graph.name_last_output("last_hidden_state");
        Ok(self.graph)
    }

    /// Words, positions and the one token type, added and normalised.
    fn embeddings(&mut self) -> Result<String> {
        let Sizes { hidden, epsilon, .. } = self.container.sizes;
        let words = self.word_rows()?;
        let (start, end) = (("start", Value::Int(1)), ("end", Value::Int(2)));
        let length = self.graph.node("Shape", "", &["input_ids"], &[end, start]);
        let positions = self.positions()?;
        let positions = self.graph.node("Slice", "", &[&positions, "i0", &length, "i0"], &[]);
        let x = self.graph.node("Add", "", &[&words, &positions], &[]);
        let weight = self.vector("emb.ln.w", hidden)?;
        let bias = self.vector("emb.ln.b", hidden)?;
        let attributes = [("axis", Value::Int(-1)), ("epsilon", Value::Float(epsilon))];
        Ok(self.graph.node("LayerNormalization", "", &[&x, &weight, &bias], &attributes))
    }

    fn word_rows(&mut self) -> Result<String> {
        let Sizes { hidden, vocabulary, .. } = self.container.sizes;
        let (nibbles, scales) = split_blocks(self.container.blocks("emb.word", vocabulary, hidden)?);
        let nibbles = self.graph.tensor("emb.word.q4", Element::Uint8, &[vocabulary, hidden / 2], nibbles);
        let scales = self.graph.tensor("emb.word.scales", Element::Float16, &[vocabulary, hidden / BLOCK], scales);
        let attributes = [
            ("bits", Value::Int(4)),
            ("block_size", Value::Int(BLOCK as i64)),
            ("gather_axis", Value::Int(0)),
            ("quantize_axis", Value::Int(1)),
        ];
        let rows = self.graph.node("GatherBlockQuantized", MS, &[&nibbles, "input_ids", &scales], &attributes);
        Ok(self.cast_to_float(&rows))
    }

    /// The position table with the first token type, the only one in use, added to each row.
    fn positions(&mut self) -> Result<String> {
        let Sizes { hidden, positions, types, .. } = self.container.sizes;
        let table = floats(self.container.f32s("emb.pos", positions * hidden)?);
        let kind: Vec<f32> = floats(self.container.f32s("emb.type", types * hidden)?).take(hidden).collect();
        let sums = table.zip(kind.iter().cycle()).flat_map(|(p, t)| (p + t).to_le_bytes()).collect();
        Ok(self.graph.tensor("emb.pos", Element::Float, &[positions, hidden], sums))
    }

    fn attention(&mut self, layer: usize, x: &str, mask: &str) -> Result<String> {
        let Sizes { hidden, heads, .. } = self.container.sizes;
        let [q, k, v] = ["q", "k", "v"].map(|part| self.linear(&format!("l{layer}.{part}"), x, hidden, hidden));
        let (q, k, v) = (q?, k?, v?);
        let mut bias = Vec::with_capacity(3 * hidden * 4);
        for part in ["q", "k", "v"] {
            bias.extend_from_slice(self.container.f32s(&format!("l{layer}.{part}.b"), hidden)?);
        }
        let bias = self.graph.tensor(&format!("l{layer}.qkv.b"), Element::Float, &[3 * hidden], bias);
        let heads = [("num_heads", Value::Int(heads as i64))];
        let new = self.graph.node("MultiHeadAttention", MS, &[&q, &k, &v, &bias, mask], &heads);
        let new = self.linear(&format!("l{layer}.ao"), &new, hidden, hidden)?;
        self.add_and_norm(&format!("l{layer}.aln"), &format!("l{layer}.ao.b"), &new, x)
    }

    fn feed_forward(&mut self, layer: usize, x: &str) -> Result<String> {
        let Sizes { hidden, feed_forward, .. } = self.container.sizes;
        let h = self.linear(&format!("l{layer}.fi"), x, hidden, feed_forward)?;
        let bias = self.vector(&format!("l{layer}.fi.b"), feed_forward)?;
        let h = self.graph.node("BiasGelu", MS, &[&h, &bias], &[]);
        let h = self.linear(&format!("l{layer}.fo"), &h, feed_forward, hidden)?;
        self.add_and_norm(&format!("l{layer}.oln"), &format!("l{layer}.fo.b"), &h, x)
    }

    fn add_and_norm(&mut self, norm: &str, bias: &str, new: &str, old: &str) -> Result<String> {
        let Sizes { hidden, epsilon, .. } = self.container.sizes;
        let weight = self.vector(&format!("{norm}.w"), hidden)?;
        let beta = self.vector(&format!("{norm}.b"), hidden)?;
        let bias = self.vector(bias, hidden)?;
        let attributes = [("epsilon", Value::Float(epsilon))];
        Ok(self.graph.node("SkipLayerNormalization", MS, &[new, old, &weight, &beta, &bias], &attributes))
    }

    /// A matrix [outputs, inputs] in 4 bits, without its bias.
    fn linear(&mut self, name: &str, x: &str, inputs: usize, outputs: usize) -> Result<String> {
        let (nibbles, scales) = split_blocks(self.container.blocks(&format!("{name}.w"), outputs, inputs)?);
        let blocks = inputs / BLOCK;
        let shape = [outputs, blocks, BLOCK / 2];
        let weights = self.graph.tensor(&format!("{name}.q4"), Element::Uint8, &shape, nibbles);
        let scales = self.graph.tensor(&format!("{name}.scales16"), Element::Float16, &[outputs, blocks], scales);
        let scales = self.cast_to_float(&scales);
        let attributes = [
            ("K", Value::Int(inputs as i64)),
            ("N", Value::Int(outputs as i64)),
            // 0: the kernel computes in f32, the fastest here where there is no VNNI.
            ("accuracy_level", Value::Int(0)),
            ("bits", Value::Int(4)),
            ("block_size", Value::Int(BLOCK as i64)),
        ];
        Ok(self.graph.node("MatMulNBits", MS, &[x, &weights, &scales], &attributes))
    }

    fn vector(&mut self, name: &str, length: usize) -> Result<String> {
        let raw = self.container.f32s(name, length)?.to_vec();
        Ok(self.graph.tensor(name, Element::Float, &[length], raw))
    }

    fn cast_to_float(&mut self, x: &str) -> String {
        self.graph.node("Cast", "", &[x], &[("to", Value::Int(Element::Float as i64))])
    }
}

/// Weights with neighbours sharing a byte, the even one in its low half; and the f16 scales, one per block.
fn split_blocks(blocks: &[[u8; 18]]) -> (Vec<u8>, Vec<u8>) {
    let mut nibbles = Vec::with_capacity(blocks.len() * BLOCK / 2);
    let mut scales = Vec::with_capacity(blocks.len() * 2);
    for [low, high, packed @ ..] in blocks {
        scales.extend([low, high]);
        let pairs = packed.as_chunks::<2>().0;
        nibbles.extend(pairs.iter().map(|[a, b]| a & 15 | b << 4));
        nibbles.extend(pairs.iter().map(|[a, b]| a >> 4 | b & 0xf0));
    }
    (nibbles, scales)
}

fn floats(bytes: &[u8]) -> impl Iterator<Item = f32> {
    bytes.as_chunks().0.iter().map(|c| f32::from_le_bytes(*c))
}
