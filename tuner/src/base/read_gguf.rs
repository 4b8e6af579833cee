//! Reads a base model from a GGUF file, dequantized.
//!
//! GGUF keeps the rows of `LLaMA`'s query and key in pairs `(j, j + head/2)`, for rotations of neighbours; here they go
//! back to Hugging Face's order, in which adapters are written. Format: <https://github.com/ggml-org/ggml/blob/master/docs/gguf.md>.

use std::{fs::File, io::BufReader, path::Path};

use candle_core::{
    Device,
    quantized::gguf_file::{Content, Value},
};
use gguf::{Header, Metadata, read_header, text, texts};

use super::{Architecture, Part, Shape, Source, Target, rope::frequencies};
use crate::{TunerError, TunerResult};

pub(super) struct GgufSource {
    content: Content,
    reader: BufReader<File>,
    shape: Shape,
}

/// Opens `path` and reads its sizes.
pub(super) fn open(path: &Path) -> TunerResult<GgufSource> {
    let (content, reader) = read_content(path)?;
    let shape = read_shape(&content)?;
    Ok(GgufSource { content, reader, shape })
}

/// Llama 3's divisors of the angles, one for each pair.
const DIVISORS: &str = "rope_freqs.weight";

/// What positions are divided by: 1, or the factor of linear scaling. The engine runs no other kind, so none is tuned.
fn linear_factor(metadata: &Metadata) -> TunerResult<f32> {
    let name = text(metadata, "general.architecture").unwrap_or_default();
    let key = format!("{name}.rope.scaling.type");
    let bad = |problem: String| TunerError::BadModel { problem };
    match metadata.get(&key).map(|_| text(metadata, &key)).transpose()? {
        None | Some("none") => Ok(1.0),
        Some("linear") => {
            let key = format!("{name}.rope.scaling.factor");
            let factor = metadata.get(&key).and_then(|value| value.to_f32().ok());
            let usable = factor.filter(|factor| factor.is_finite() && *factor > 0.0);
            usable.ok_or_else(|| bad(format!("the rotary scaling needs `{key}`, a number above 0")))
        }
        Some(other) => Err(bad(format!("the rotary scaling `{other}` is not supported; linear and llama3 are"))),
    }
}

/// Reads a GGUF file's head.
pub(crate) fn read_content(path: &Path) -> TunerResult<(Content, BufReader<File>)> {
    let Header { content, reader, .. } = read_header(path)?;
    Ok((content, reader))
}

/// Reads the network's sizes.
pub(crate) fn read_shape(content: &Content) -> TunerResult<Shape> {
    let metadata = &content.metadata;
    let name = text(metadata, "general.architecture")?;
    let architecture = match name {
        "llama" => Architecture::Llama,
        "qwen2" => Architecture::Qwen2,
        other => return Err(TunerError::UnknownArchitecture { found: other.to_owned() }),
    };
    let value = |key: &str| -> TunerResult<&Value> {
        let key = format!("{name}.{key}");
        metadata.get(&key).ok_or_else(|| TunerError::BadModel { problem: format!("the metadata `{key}` is missing") })
    };
    let size = |key: &str| -> TunerResult<usize> {
        value(key)?.to_u64().map(|v| v as usize).map_err(|e| TunerError::BadModel { problem: format!("`{key}`: {e}") })
    };
    let (width, heads) = (size("embedding_length")?, size("attention.head_count")?);
    if heads == 0 || width % heads != 0 {
        return Err(TunerError::BadModel { problem: format!("width {width} does not divide into {heads} heads") });
    }
    let float = |key: &str| value(key).ok().and_then(|v| v.to_f32().ok());
    Ok(Shape {
        architecture,
        layers: size("block_count")?,
        width,
        hidden: size("feed_forward_length")?,
        heads,
        kv_heads: size("attention.head_count_kv")?,
        head: width / heads,
        vocabulary: texts(metadata, "tokenizer.ggml.tokens")?.len(),
        context: size("context_length")?,
        norm_eps: float("attention.layer_norm_rms_epsilon").unwrap_or(1e-5),
        rope_base: float("rope.freq_base").unwrap_or(10_000.0),
    })
}

impl GgufSource {
    pub(super) fn sizes(self) -> (Shape, bool) {
        let own_head = self.has_head();
        (self.shape, own_head)
    }
}

impl Source for GgufSource {
    fn shape(&self) -> TunerResult<Shape> {
        Ok(self.shape.clone())
    }

    fn has_head(&self) -> bool {
        self.content.tensor_infos.contains_key("output.weight")
    }

    fn frequencies(&mut self) -> TunerResult<Vec<f64>> {
        let factor = linear_factor(&self.content.metadata)?;
        let scaled = self.content.tensor_infos.contains_key(DIVISORS);
        let divisors = scaled.then(|| self.values(DIVISORS, &[self.shape.head / 2])).transpose()?;
        if divisors.iter().flatten().any(|d| !d.is_finite() || *d <= 0.0) {
            return Err(TunerError::BadModel { problem: format!("tensor `{DIVISORS}`: its values must be above 0") });
        }
        Ok(frequencies(&self.shape, factor, divisors.as_deref()))
    }

    fn tensor(&mut self, part: Part, shape: &[usize]) -> TunerResult<Vec<f32>> {
        let values = self.values(&tensor_name(part), shape)?;
        let permuted = self.shape.architecture == Architecture::Llama
            && matches!(part, Part::Weight(_, Target::Query | Target::Key));
        Ok(if permuted { to_halves(&values, shape, self.shape.head) } else { values })
    }
}

impl GgufSource {
    /// A tensor's values as the file has them.
    fn values(&mut self, name: &str, shape: &[usize]) -> TunerResult<Vec<f32>> {
        let Some(info) = self.content.tensor_infos.get(name) else {
            return Err(TunerError::MissingTensor { name: name.to_owned() });
        };
        if info.shape.dims() != shape {
            let name = name.to_owned();
            return Err(TunerError::WrongShape { name, found: info.shape.dims().to_vec(), expected: shape.to_vec() });
        }
        let mut read = || -> candle_core::Result<Vec<f32>> {
            let tensor = self.content.tensor(&mut self.reader, name, &Device::Cpu)?;
            tensor.dequantize(&Device::Cpu)?.flatten_all()?.to_vec1()
        };
        read().map_err(|e| TunerError::BadModel { problem: format!("tensor `{name}`: {e}") })
    }
}

/// A tensor's name in GGUF.
pub(crate) fn tensor_name(part: Part) -> String {
    match part {
        Part::Embedding => "token_embd.weight".to_owned(),
        Part::FinalNorm => "output_norm.weight".to_owned(),
        Part::Head => "output.weight".to_owned(),
        Part::AttentionNorm(l) => format!("blk.{l}.attn_norm.weight"),
        Part::FeedNorm(l) => format!("blk.{l}.ffn_norm.weight"),
        Part::Weight(l, target) => format!("blk.{l}.{}.weight", target.gguf()),
        Part::Bias(l, target) => format!("blk.{l}.{}.bias", target.gguf()),
    }
}

/// From rows in pairs (GGUF) to rows in halves (Hugging Face), within each head.
fn to_halves(values: &[f32], shape: &[usize], head: usize) -> Vec<f32> {
    let width = shape.last().copied().unwrap_or(1);
    let mut out = vec![0.0; values.len()];
    for (from, to) in values.chunks_exact(head * width).zip(out.chunks_exact_mut(head * width)) {
        for (row, values) in from.chunks_exact(width).enumerate() {
            let target = (row % 2) * (head / 2) + row / 2;
            to[target * width..][..width].copy_from_slice(values);
        }
    }
    out
}
