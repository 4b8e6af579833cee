//! Reads a base model from a Hugging Face folder: `config.json` and one or more safetensors files.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use candle_core::{DType, Device};
use serde::Deserialize;

use super::{Architecture, Part, Shape, Source};
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
    rope_parameters: Option<RopeParameters>,
    #[serde(default)]
    tie_word_embeddings: bool,
    rope_scaling: Option<RopeScaling>,
}

#[derive(Clone, Deserialize)]
struct RopeScaling {
    rope_type: Option<String>,
    #[serde(rename = "type")]
    old_type: Option<String>,
    #[serde(default = "one")]
    factor: f32,
    #[serde(default = "one")]
    low_freq_factor: f32,
    #[serde(default = "four")]
    high_freq_factor: f32,
    #[serde(default = "eight_k")]
    original_max_position_embeddings: f32,
}

impl RopeScaling {
    fn kind(&self) -> &str {
        self.rope_type.as_deref().or(self.old_type.as_deref()).unwrap_or("default")
    }
}

const fn one() -> f32 {
    1.0
}

const fn four() -> f32 {
    4.0
}

const fn eight_k() -> f32 {
    8192.0
}

#[derive(Deserialize)]
struct RopeParameters {
    rope_theta: Option<f32>,
}

const fn default_eps() -> f32 {
    1e-6
}

/// A model in a folder, as Hugging Face writes it.
pub(crate) struct HfFolder {
    files: Vec<HashMap<String, candle_core::Tensor>>,
    pub shape: Shape,
    tied: bool,
    scaling: Option<RopeScaling>,
}

impl HfFolder {
    /// Opens the folder and reads its sizes.
    pub(crate) fn open(folder: &Path) -> TunerResult<Self> {
        let path = folder.join("config.json");
        let text = std::fs::read_to_string(&path).map_err(|e| unreadable(&path, e))?;
        let bad = |problem: String| TunerError::BadModel { problem: format!("{}: {problem}", path.display()) };
        let config: Config = serde_json::from_str(&text).map_err(|e| bad(e.to_string()))?;
        let scaling = config.rope_scaling.clone().filter(|s| s.kind() != "default");
        if let Some(other) = scaling.as_ref().map(RopeScaling::kind).filter(|kind| *kind != "llama3") {
            return Err(bad(format!("the rotary scaling `{other}` is not supported; llama3 is")));
        }
        let shape = to_shape(&config)?;
        let files = tensor_files(folder)?.iter().map(|p| load(p)).collect::<TunerResult<_>>()?;
        Ok(Self { files, shape, tied: config.tie_word_embeddings, scaling })
    }

    /// The same, unless its positions are scaled.
    pub(super) fn unscaled(self) -> TunerResult<Self> {
        if self.scaling.is_some() { Err(super::scaled_positions()) } else { Ok(self) }
    }

    /// What each pair's angle is divided by, where positions are scaled as in Llama 3.1: slow waves by the whole factor,
    /// quick ones not at all, between them in between.
    pub(crate) fn rope_factors(&self) -> Option<Vec<f32>> {
        let scaling = self.scaling.as_ref()?;
        let half = self.shape.head / 2;
        let (low, high) = (scaling.low_freq_factor, scaling.high_freq_factor);
        let factor = |pair: usize| {
            let angle = self.shape.rope_base.powf(-(pair as f32) / half as f32);
            let turns = scaling.original_max_position_embeddings * angle / (2.0 * std::f32::consts::PI);
            let smooth = ((turns - low) / (high - low)).clamp(0.0, 1.0);
            1.0 / ((1.0 - smooth) / scaling.factor + smooth)
        };
        Some((0..half).map(factor).collect())
    }
}

fn to_shape(config: &Config) -> TunerResult<Shape> {
    let architecture = match config.model_type.as_str() {
        "llama" | "mistral" => Architecture::Llama,
        "qwen2" => Architecture::Qwen2,
        other => return Err(TunerError::UnknownArchitecture { found: other.to_owned() }),
    };
    let heads = config.num_attention_heads.max(1);
    let nested = config.rope_parameters.as_ref().and_then(|r| r.rope_theta);
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
        rope_base: config.rope_theta.or(nested).unwrap_or(10_000.0),
    })
}

/// All safetensors files of the folder: a model may lie in several.
fn tensor_files(folder: &Path) -> TunerResult<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder).map_err(|e| unreadable(folder, e))?;
    let mut paths: Vec<PathBuf> = entries.flatten().map(|e| e.path()).collect();
    paths.retain(|p| p.extension().is_some_and(|e| e == "safetensors"));
    paths.retain(|p| p.file_name().is_some_and(|n| n.to_string_lossy().starts_with("model")));
    paths.sort();
    if paths.is_empty() {
        let problem = format!("{} holds no model*.safetensors", folder.display());
        return Err(TunerError::BadModel { problem });
    }
    Ok(paths)
}

fn load(path: &Path) -> TunerResult<HashMap<String, candle_core::Tensor>> {
    candle_core::safetensors::load(path, &Device::Cpu)
        .map_err(|e| TunerError::BadModel { problem: format!("{}: {e}", path.display()) })
}

impl Source for HfFolder {
    fn shape(&self) -> TunerResult<Shape> {
        Ok(self.shape.clone())
    }

    fn has_head(&self) -> bool {
        !self.tied && self.files.iter().any(|f| f.contains_key("lm_head.weight"))
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

fn tensor_name(part: Part) -> String {
    match part {
        Part::Embedding => "model.embed_tokens.weight".to_owned(),
        Part::FinalNorm => "model.norm.weight".to_owned(),
        Part::Head => "lm_head.weight".to_owned(),
        Part::AttentionNorm(l) => format!("model.layers.{l}.input_layernorm.weight"),
        Part::FeedNorm(l) => format!("model.layers.{l}.post_attention_layernorm.weight"),
        Part::Weight(l, target) => format!("model.layers.{l}.{}.weight", target.path()),
        Part::Bias(l, target) => format!("model.layers.{l}.{}.bias", target.path()),
    }
}
