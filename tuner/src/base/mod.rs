//! The frozen base model: its sizes and its weights as 32-bit floats, in Hugging Face's order.

mod read_gguf;
mod read_hf;
mod rope;
mod weight_files;

use std::path::Path;

pub(crate) use read_gguf::{read_content, read_shape, tensor_name as gguf_name};
pub(crate) use read_hf::{HfConfig, HfFolder, tensor_name as hf_name};
pub(crate) use rope::RopeScaling;
pub(crate) use weight_files::{WeightFiles, read_header};

use crate::{TunerError, TunerResult};

/// A linear layer that an adapter can sit on, by PEFT's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Target {
    /// `q_proj`
    Query,
    /// `k_proj`
    Key,
    /// `v_proj`
    Value,
    /// `o_proj`
    Output,
    /// `gate_proj`
    Gate,
    /// `up_proj`
    Up,
    /// `down_proj`
    Down,
}

impl Target {
    /// All of them, in the order in which a layer uses them.
    pub const ALL: [Self; 7] = [Self::Query, Self::Key, Self::Value, Self::Output, Self::Gate, Self::Up, Self::Down];

    /// Hugging Face's name of the module, as `target_modules` lists it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Query => "q_proj",
            Self::Key => "k_proj",
            Self::Value => "v_proj",
            Self::Output => "o_proj",
            Self::Gate => "gate_proj",
            Self::Up => "up_proj",
            Self::Down => "down_proj",
        }
    }

    /// The module that holds it: `self_attn.q_proj`.
    pub(crate) fn path(self) -> String {
        let parent = if self <= Self::Output { "self_attn" } else { "mlp" };
        format!("{parent}.{}", self.name())
    }

    /// Whether its outputs are rotated by their position.
    pub(crate) const fn is_rotated(self) -> bool {
        matches!(self, Self::Query | Self::Key)
    }

    /// Its tensor's name in GGUF: `attn_q`.
    pub(crate) const fn gguf(self) -> &'static str {
        match self {
            Self::Query => "attn_q",
            Self::Key => "attn_k",
            Self::Value => "attn_v",
            Self::Output => "attn_output",
            Self::Gate => "ffn_gate",
            Self::Up => "ffn_up",
            Self::Down => "ffn_down",
        }
    }
}

/// A network's family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Architecture {
    /// `LLaMA`, also in the shape of `SmolLM2`.
    Llama,
    /// Qwen2 and Qwen2.5: `LLaMA` with biases on query, key and value.
    Qwen2,
}

/// The sizes of a network.
#[derive(Clone, Debug, PartialEq)]
pub struct Shape {
    /// Its family.
    pub architecture: Architecture,
    /// Layers.
    pub layers: usize,
    /// Width of the residual stream.
    pub width: usize,
    /// Width inside the feed-forward part.
    pub hidden: usize,
    /// Heads of the query.
    pub heads: usize,
    /// Heads of key and value.
    pub kv_heads: usize,
    /// Width of a head.
    pub head: usize,
    /// Tokens of the vocabulary.
    pub vocabulary: usize,
    /// Most tokens of a text.
    pub context: usize,
    /// Added to the mean square in RMS norms.
    pub norm_eps: f32,
    /// Base of the rotary embedding's wavelengths.
    pub rope_base: f32,
}

impl Shape {
    /// Outputs and inputs of a linear layer.
    pub const fn linear(&self, target: Target) -> (usize, usize) {
        let (q, kv) = (self.heads * self.head, self.kv_heads * self.head);
        match target {
            Target::Query => (q, self.width),
            Target::Key | Target::Value => (kv, self.width),
            Target::Output => (self.width, q),
            Target::Gate | Target::Up => (self.hidden, self.width),
            Target::Down => (self.width, self.hidden),
        }
    }

    /// Weights of all linear layers, without the embedding.
    pub fn linear_weights(&self) -> usize {
        let layer: usize = Target::ALL.iter().map(|t| self.linear(*t)).map(|(out, inn)| out * inn).sum();
        layer * self.layers
    }

    fn check(&self) -> TunerResult<()> {
        let sizes = [self.layers, self.width, self.hidden, self.heads, self.kv_heads, self.head, self.vocabulary];
        let fits = sizes.iter().all(|n| (1..=1 << 20).contains(n)) && self.layers <= 1024;
        if !fits || !self.heads.is_multiple_of(self.kv_heads) || !self.head.is_multiple_of(2) {
            let problem = format!("sizes that do not fit each other: {self:?}");
            return Err(TunerError::BadModel { problem });
        }
        Ok(())
    }
}

/// Several linear layers that read the same input, one above the other: rows are outputs.
#[derive(Clone, Debug)]
pub(crate) struct Stack {
    /// `[outputs, inputs]`, row by row.
    pub weight: Vec<f32>,
    /// One for each output.
    pub bias: Option<Vec<f32>>,
    pub outputs: usize,
    pub inputs: usize,
}

/// The frozen weights of one layer.
#[derive(Clone, Debug)]
pub(crate) struct LayerWeights {
    pub attention_norm: Vec<f32>,
    /// Query, key, value.
    pub qkv: Stack,
    pub output: Stack,
    pub feed_norm: Vec<f32>,
    /// Gate, up.
    pub gate_up: Stack,
    pub down: Stack,
}

/// The sizes of the model at `path`, and whether its output is another matrix than its embedding, without its weights.
pub(crate) fn read_sizes(path: &Path) -> TunerResult<(Shape, bool)> {
    let (shape, own_head) = if path.is_dir() { read_hf::read_sizes(path)? } else { read_gguf::open(path)?.sizes() };
    shape.check()?;
    Ok((shape, own_head))
}

/// A whole base model in memory.
#[derive(Clone, Debug)]
pub struct Base {
    pub(crate) shape: Shape,
    /// `[vocabulary, width]`.
    pub(crate) embedding: Vec<f32>,
    pub(crate) layers: Vec<LayerWeights>,
    pub(crate) final_norm: Vec<f32>,
    /// `[vocabulary, width]`; the embedding where it is missing.
    pub(crate) head: Option<Vec<f32>>,
    /// The angle per position of each pair of a head's numbers, scaled as the model asks.
    pub(crate) frequencies: Vec<f64>,
}

impl Base {
    /// Reads a GGUF file (dequantized), or a folder with `config.json` and safetensors as Hugging Face writes them.
    pub fn open(path: &Path) -> TunerResult<Self> {
        let source: Box<dyn Source> =
            if path.is_dir() { Box::new(HfFolder::open(path)?) } else { Box::new(read_gguf::open(path)?) };
        Self::read(source)
    }

    /// The network's sizes.
    pub const fn shape(&self) -> &Shape {
        &self.shape
    }

    /// The output matrix, `[vocabulary, width]`.
    pub(crate) fn output_matrix(&self) -> &[f32] {
        self.head.as_deref().unwrap_or(&self.embedding)
    }

    fn read(mut source: Box<dyn Source>) -> TunerResult<Self> {
        let shape = source.shape()?;
        shape.check()?;
        let (vocabulary, width) = (shape.vocabulary, shape.width);
        let embedding = source.tensor(Part::Embedding, &[vocabulary, width])?;
        let layers = (0..shape.layers).map(|l| read_layer(&mut *source, &shape, l)).collect::<TunerResult<_>>()?;
        let final_norm = source.tensor(Part::FinalNorm, &[width])?;
        let head = source.has_head().then(|| source.tensor(Part::Head, &[vocabulary, width])).transpose()?;
        let frequencies = source.frequencies()?;
        Ok(Self { shape, embedding, layers, final_norm, head, frequencies })
    }
}

fn read_layer(source: &mut dyn Source, shape: &Shape, layer: usize) -> TunerResult<LayerWeights> {
    let width = shape.width;
    Ok(LayerWeights {
        attention_norm: source.tensor(Part::AttentionNorm(layer), &[width])?,
        qkv: read_stack(source, shape, layer, &[Target::Query, Target::Key, Target::Value])?,
        output: read_stack(source, shape, layer, &[Target::Output])?,
        feed_norm: source.tensor(Part::FeedNorm(layer), &[width])?,
        gate_up: read_stack(source, shape, layer, &[Target::Gate, Target::Up])?,
        down: read_stack(source, shape, layer, &[Target::Down])?,
    })
}

fn read_stack(source: &mut dyn Source, shape: &Shape, layer: usize, targets: &[Target]) -> TunerResult<Stack> {
    let (mut weight, mut outputs, mut inputs) = (Vec::new(), 0, 0);
    let mut bias = Vec::new();
    for target in targets {
        let (out, inn) = shape.linear(*target);
        weight.extend(source.tensor(Part::Weight(layer, *target), &[out, inn])?);
        if shape.architecture == Architecture::Qwen2 && *target < Target::Output {
            bias.extend(source.tensor(Part::Bias(layer, *target), &[out])?);
        }
        (outputs, inputs) = (outputs + out, inn);
    }
    Ok(Stack { weight, bias: (!bias.is_empty()).then_some(bias), outputs, inputs })
}

/// A tensor of a base model, whatever the file calls it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Part {
    Embedding,
    FinalNorm,
    Head,
    AttentionNorm(usize),
    FeedNorm(usize),
    Weight(usize, Target),
    Bias(usize, Target),
}

/// A file, or files, that hold a base model.
pub(crate) trait Source {
    fn shape(&self) -> TunerResult<Shape>;
    /// Whether the output matrix is another than the embedding.
    fn has_head(&self) -> bool;
    /// The angle per position of each pair of a head's numbers.
    fn frequencies(&mut self) -> TunerResult<Vec<f64>>;
    /// The tensor in Hugging Face's order; another shape is an error that names both.
    fn tensor(&mut self, part: Part, shape: &[usize]) -> TunerResult<Vec<f32>>;
}
