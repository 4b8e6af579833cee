//! Reads a base model from a Hugging Face folder: `config.json` and one or more safetensors files.

use std::{collections::HashMap, path::Path};

use candle_core::{DType, Device};
use serde::Deserialize;

use super::{
    Architecture, Part, Shape, Source, WeightFiles, read_header,
    rope::{RopeConfig, RopeScaling, frequencies},
};
use crate::{TunerError, TunerResult, error::unreadable};

#[derive(Deserialize)]
struct Config {
    model_type: String,
    num_hidden_layers: usize,
    hidden_size: usize,
    intermediate_size: usize,
    num_attention_heads: usize,
    num_key_value_heads: Option<usize>,
    head_dim: Option<usize>,
    vocab_size: usize,
    max_position_embeddings: usize,
    #[serde(default = "default_eps")]
    rms_norm_eps: f32,
    rope_theta: Option<f32>,
    rope_parameters: Option<RopeConfig>,
    #[serde(default)]
    tie_word_embeddings: bool,
    rope_scaling: Option<RopeConfig>,
    #[serde(default)]
    attention_bias: bool,
    #[serde(default)]
    mlp_bias: bool,
}

/// The output matrix, where it is another than the embedding.
const HEAD: &str = "lm_head.weight";

const fn default_eps() -> f32 {
    1e-6
}

/// What `config.json` says about the network.
pub(crate) struct HfConfig {
    pub shape: Shape,
    /// Whether the embedding also is the output.
    pub tied: bool,
    /// How positions are scaled, if they are.
    pub scaling: Option<RopeScaling>,
}

impl HfConfig {
    /// Reads the folder's `config.json`; what can't be represented is refused.
    pub(crate) fn read(folder: &Path) -> TunerResult<Self> {
        let path = folder.join("config.json");
        let text = std::fs::read_to_string(&path).map_err(|e| unreadable(&path, e))?;
        let bad = |problem: String| TunerError::BadModel { problem: format!("{}: {problem}", path.display()) };
        let config: Config = serde_json::from_str(&text).map_err(|e| bad(e.to_string()))?;
        if config.attention_bias || config.mlp_bias {
            return Err(bad("biases (attention_bias, mlp_bias) are not supported in this architecture".to_owned()));
        }
        let rope = config.rope_scaling.as_ref().or(config.rope_parameters.as_ref());
        let scaling = rope.map(RopeConfig::scaling).transpose().map_err(bad)?.flatten();
        Ok(Self { shape: to_shape(&config)?, tied: config.tie_word_embeddings, scaling })
    }
}

/// The sizes of the model in `folder`, and whether its output is another matrix than its embedding.
pub(super) fn read_sizes(folder: &Path) -> TunerResult<(Shape, bool)> {
    let config = HfConfig::read(folder)?;
    let mut own_head = false;
    for path in WeightFiles::find(folder)?.present {
        own_head |= !config.tied && read_header(&path)?.tensors.contains_key(HEAD);
    }
    Ok((config.shape, own_head))
}

/// A model in a folder, as Hugging Face writes it.
pub(crate) struct HfFolder {
    files: Vec<HashMap<String, candle_core::Tensor>>,
    pub config: HfConfig,
}

impl HfFolder {
    /// Reads the folder's settings and weights.
    pub(crate) fn open(folder: &Path) -> TunerResult<Self> {
        let config = HfConfig::read(folder)?;
        let WeightFiles { present, missing } = WeightFiles::find(folder)?;
        let bad = |problem: String| Err(TunerError::BadModel { problem });
        if !missing.is_empty() {
            return bad(format!("{} lacks {}: a part of the model is missing", folder.display(), missing.join(", ")));
        }
        if present.is_empty() {
            return bad(format!("{} holds no model*.safetensors", folder.display()));
        }
        let files = present.iter().map(|path| load(path)).collect::<TunerResult<_>>()?;
        Ok(Self { files, config })
    }
}

fn to_shape(config: &Config) -> TunerResult<Shape> {
    let architecture = match config.model_type.as_str() {
        "llama" | "mistral" => Architecture::Llama,
        "qwen2" => Architecture::Qwen2,
        other => return Err(TunerError::UnknownArchitecture { found: other.to_owned() }),
    };
    let heads = config.num_attention_heads.max(1);
    // Where both are there, transformers takes the inner one.
    let ropes = [config.rope_scaling.as_ref(), config.rope_parameters.as_ref()];
    let inner = ropes.into_iter().flatten().find_map(|rope| rope.rope_theta);
    Ok(Shape {
        architecture,
        layers: config.num_hidden_layers,
        width: config.hidden_size,
        hidden: config.intermediate_size,
        heads,
        kv_heads: config.num_key_value_heads.unwrap_or(heads).max(1),
        head: config.head_dim.unwrap_or(config.hidden_size / heads),
        vocabulary: config.vocab_size,
        context: config.max_position_embeddings,
        norm_eps: config.rms_norm_eps,
        rope_base: inner.or(config.rope_theta).unwrap_or(10_000.0),
    })
}

fn load(path: &Path) -> TunerResult<HashMap<String, candle_core::Tensor>> {
    candle_core::safetensors::load(path, &Device::Cpu)
        .map_err(|e| TunerError::BadModel { problem: format!("{}: {e}", path.display()) })
}

impl Source for HfFolder {
    fn shape(&self) -> TunerResult<Shape> {
        Ok(self.config.shape.clone())
    }

    fn has_head(&self) -> bool {
        !self.config.tied && self.files.iter().any(|f| f.contains_key(HEAD))
    }

    fn frequencies(&mut self) -> TunerResult<Vec<f64>> {
        let HfConfig { shape, scaling, .. } = &self.config;
        Ok(scaling.as_ref().map_or_else(|| frequencies(shape, 1.0, None), |scaling| scaling.frequencies(shape)))
    }

    fn tensor(&mut self, part: Part, shape: &[usize]) -> TunerResult<Vec<f32>> {
        let name = tensor_name(part);
        // Taken out, so that a tensor and its copy as floats never both stay in memory.
        let Some(tensor) = self.files.iter_mut().find_map(|f| f.remove(&name)) else {
            return Err(TunerError::MissingTensor { name });
        };
        if tensor.dims() != shape {
            return Err(TunerError::WrongShape { name, found: tensor.dims().to_vec(), expected: shape.to_vec() });
        }
        let read = || tensor.to_dtype(DType::F32)?.flatten_all()?.to_vec1();
        read().map_err(|e: candle_core::Error| TunerError::BadModel { problem: format!("tensor `{name}`: {e}") })
    }
}

/// A tensor's name in Hugging Face's files.
pub(crate) fn tensor_name(part: Part) -> String {
    match part {
        Part::Embedding => "model.embed_tokens.weight".to_owned(),
        Part::FinalNorm => "model.norm.weight".to_owned(),
        Part::Head => HEAD.to_owned(),
        Part::AttentionNorm(l) => format!("model.layers.{l}.input_layernorm.weight"),
        Part::FeedNorm(l) => format!("model.layers.{l}.post_attention_layernorm.weight"),
        Part::Weight(l, target) => format!("model.layers.{l}.{}.weight", target.path()),
        Part::Bias(l, target) => format!("model.layers.{l}.{}.bias", target.path()),
    }
}
