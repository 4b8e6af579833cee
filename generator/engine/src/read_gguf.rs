//! Opens a GGUF file and checks it: whole, a known architecture, every tensor there and of the announced shape.
//!
//! Everything that building a network would trip over is refused here, with a clear error.
//! Format: <https://github.com/ggml-org/ggml/blob/master/docs/gguf.md>.

use std::path::{Path, PathBuf};

use candle_core::quantized::gguf_file::{Content, Value};
use gguf::{GgufError, Header, Metadata, bad_value, read_header, text, texts};

use crate::{EngineError, EngineResult};

/// Architectures that an engine here runs, for error messages.
const SUPPORTED: &str = "llama, qwen2, qwen3";

/// A network's family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Architecture {
    Llama,
    Qwen2,
    Qwen3,
}

/// The sizes of a network.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Shape {
    pub architecture: Architecture,
    pub context: usize,
    pub vocabulary: usize,
    pub layers: usize,
    pub width: usize,
    /// Width of the feed-forward network.
    pub hidden: usize,
    /// Query heads, and the fewer heads of keys and values that they share.
    pub heads: usize,
    pub kv_heads: usize,
    /// Width of a head: even.
    pub head: usize,
    /// Added to the mean square in normalisation.
    pub epsilon: f32,
    /// Base of the rotation's frequencies, and what positions are divided by.
    pub rope_base: f32,
    pub rope_factor: f32,
}

/// An open, checked GGUF file.
pub(crate) struct GgufFile {
    pub path: PathBuf,
    pub content: Content,
    pub shape: Shape,
}

impl GgufFile {
    /// Opens and checks `path`.
    pub(crate) fn open(path: &Path) -> EngineResult<Self> {
        let Header { content, file_bytes, .. } = read_header(path)?;
        check_length(path, &content, file_bytes)?;
        let shape = check_shape(&content)?;
        Ok(Self { path: path.to_owned(), content, shape })
    }
}

/// Every tensor must lie within the file.
fn check_length(path: &Path, content: &Content, length: u64) -> EngineResult<()> {
    let end_of = |(name, info): (&String, &candle_core::quantized::gguf_file::TensorInfo)| {
        let elements = info.shape.dims().iter().try_fold(1usize, |n, d| n.checked_mul(*d))?;
        let bytes = elements.div_ceil(info.ggml_dtype.block_size()).checked_mul(info.ggml_dtype.type_size())?;
        let end = content.tensor_data_offset.checked_add(info.offset)?.checked_add(bytes as u64)?;
        Some((end, name.clone()))
    };
    for tensor in &content.tensor_infos {
        match end_of(tensor) {
            Some((end, _)) if end <= length => {}
            Some((end, name)) => {
                let reason = format!("it ends at byte {length}, its tensor `{name}` at byte {end}");
                return Err(GgufError::damaged(path, &reason).into());
            }
            None => {
                let reason = format!("the size of its tensor `{}` overflows", tensor.0);
                return Err(GgufError::damaged(path, &reason).into());
            }
        }
    }
    Ok(())
}

/// Reads the sizes and checks the tensors against them.
fn check_shape(content: &Content) -> EngineResult<Shape> {
    let metadata = &content.metadata;
    let name = text(metadata, "general.architecture")?;
    let architecture = match name {
        "llama" => Architecture::Llama,
        "qwen2" => Architecture::Qwen2,
        "qwen3" => Architecture::Qwen3,
        found => {
            return Err(EngineError::UnknownArchitecture { found: found.to_owned(), supported: SUPPORTED });
        }
    };
    let size = |key: &str| positive(metadata, &format!("{name}.{key}"));
    let (width, hidden, layers) = (size("embedding_length")?, size("feed_forward_length")?, size("block_count")?);
    let (heads, kv_heads) = (size("attention.head_count")?, size("attention.head_count_kv")?);
    if width % heads != 0 || heads % kv_heads != 0 || layers > 1024 {
        let problem = format!("does not fit: width {width}, {heads} heads, {kv_heads} KV heads, {layers} layers");
        return Err(GgufError::BadMetadata { key: format!("{name}.attention.head_count"), problem }.into());
    }
    let head = match metadata.get(&format!("{name}.attention.key_length")) {
        None if architecture != Architecture::Qwen3 => width / heads,
        _ => size("attention.key_length")?,
    };
    if head % 2 != 0 || head > 1024 {
        let problem = format!("makes heads {head} wide; an even number up to 1024 is needed");
        return Err(GgufError::BadMetadata { key: format!("{name}.attention.head_count"), problem }.into());
    }
    if architecture == Architecture::Llama && size("rope.dimension_count")? != head {
        let problem = format!("is not the head's width, {head}");
        return Err(GgufError::BadMetadata { key: "llama.rope.dimension_count".to_owned(), problem }.into());
    }
    let vocabulary = texts(metadata, "tokenizer.ggml.tokens")?.len();
    let float = |key: &str, default: Option<f32>| number(metadata, &format!("{name}.{key}"), default);
    let shape = Shape {
        architecture,
        context: size("context_length")?,
        vocabulary,
        layers,
        width,
        hidden,
        heads,
        kv_heads,
        head,
        epsilon: float("attention.layer_norm_rms_epsilon", None)?,
        rope_base: float("rope.freq_base", Some(10_000.0))?,
        rope_factor: rope_factor(metadata, name)?,
    };
    check_tensors(content, &shape.tensors())?;
    Ok(shape)
}

/// What positions are divided by before they are turned into angles: 1, or the factor of linear scaling. Other kinds of
/// scaling would give wrong answers in silence. (Llama 3's is no kind: its factors are a tensor.)
fn rope_factor(metadata: &Metadata, name: &str) -> EngineResult<f32> {
    let key = format!("{name}.rope.scaling.type");
    match metadata.get(&key).map(|_| text(metadata, &key)).transpose()? {
        None | Some("none") => Ok(1.0),
        Some("linear") => number(metadata, &format!("{name}.rope.scaling.factor"), Some(1.0)),
        Some(other) => {
            Err(GgufError::BadMetadata { key, problem: format!("is `{other}`; only linear is known") }.into())
        }
    }
}

impl Shape {
    /// Name and shape (rows first) of every tensor the architecture needs.
    fn tensors(&self) -> Vec<(String, Vec<usize>)> {
        let Self { architecture, width, hidden, head, vocabulary, .. } = *self;
        let (q, kv) = (self.heads * head, self.kv_heads * head);
        let mut all = vec![
            ("token_embd.weight".to_owned(), vec![vocabulary, width]),
            ("output_norm.weight".to_owned(), vec![width]),
        ];
        for layer in 0..self.layers {
            let mut tensor = |name: &str, shape: &[usize]| all.push((format!("blk.{layer}.{name}"), shape.to_vec()));
            tensor("attn_norm.weight", &[width]);
            tensor("ffn_norm.weight", &[width]);
            tensor("attn_q.weight", &[q, width]);
            tensor("attn_k.weight", &[kv, width]);
            tensor("attn_v.weight", &[kv, width]);
            tensor("attn_output.weight", &[width, q]);
            tensor("ffn_gate.weight", &[hidden, width]);
            tensor("ffn_up.weight", &[hidden, width]);
            tensor("ffn_down.weight", &[width, hidden]);
            match architecture {
                Architecture::Llama => {}
                Architecture::Qwen2 => {
                    tensor("attn_q.bias", &[q]);
                    tensor("attn_k.bias", &[kv]);
                    tensor("attn_v.bias", &[kv]);
                }
                Architecture::Qwen3 => {
                    tensor("attn_q_norm.weight", &[head]);
                    tensor("attn_k_norm.weight", &[head]);
                }
            }
        }
        all
    }
}

fn check_tensors(content: &Content, needed: &[(String, Vec<usize>)]) -> EngineResult<()> {
    let infos = &content.tensor_infos;
    let missing: Vec<&String> = needed.iter().map(|(name, _)| name).filter(|n| !infos.contains_key(*n)).collect();
    if let Some(first) = missing.first() {
        return Err(EngineError::MissingTensors { count: missing.len(), first: (*first).clone() });
    }
    let output = infos.contains_key("output.weight").then(|| {
        let rows = needed.first().map(|(_, shape)| shape.clone()).unwrap_or_default();
        ("output.weight".to_owned(), rows)
    });
    for (name, expected) in needed.iter().chain(&output) {
        if let Some(info) = infos.get(name)
            && info.shape.dims() != expected.as_slice()
        {
            let found = info.shape.dims().to_vec();
            return Err(shape_error(name, found, expected));
        }
    }
    Ok(())
}

/// More or fewer rows in the embedding than tokens is the tokenizer's fault, and worth its own error.
fn shape_error(name: &str, found: Vec<usize>, expected: &[usize]) -> EngineError {
    match (name, found.as_slice(), expected) {
        ("token_embd.weight", [rows, a], [tokens, b]) if a == b => GgufError::TokenizerMismatch {
            what: "rows or tokens too many",
            count: rows.abs_diff(*tokens),
            example: format!("{tokens} tokens, {rows} rows"),
        }
        .into(),
        _ => EngineError::WrongShape { name: name.to_owned(), found, expected: expected.to_vec() },
    }
}

/// A positive, finite number.
fn number(metadata: &Metadata, key: &str, default: Option<f32>) -> EngineResult<f32> {
    match (metadata.get(key), default) {
        (Some(Value::F32(v)), _) if v.is_finite() && *v > 0.0 => Ok(*v),
        (None, Some(default)) => Ok(default),
        (other, _) => Err(bad_value(key, other).into()),
    }
}

/// A size: GGUF writes these as `u32`.
fn positive(metadata: &Metadata, key: &str) -> EngineResult<usize> {
    match metadata.get(key) {
        Some(Value::U32(v)) if *v > 0 => Ok(*v as usize),
        other => Err(bad_value(key, other).into()),
    }
}

/// The model's name in its own file, else the file's.
pub(crate) fn name_of(content: &Content, path: &Path) -> String {
    let own = text(&content.metadata, "general.name").ok().map(str::to_owned);
    own.unwrap_or_else(|| path.file_stem().unwrap_or_default().to_string_lossy().into_owned())
}
