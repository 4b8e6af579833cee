//! Makes a GGUF file of a Hugging Face folder: weights, tokenizer, chat template.

use std::path::Path;

use candle_core::{Device, Tensor, quantized::QTensor};
use gguf::write_file;
use rayon::prelude::*;

use super::{
    Mix,
    hf_metadata::{name_scaling, read_metadata},
    merge::name_mix,
};
use crate::{
    Architecture, TunerError, TunerResult,
    base::{HfFolder, Part, Shape, Source as _, Target, gguf_name},
};

/// Writes the model in `folder` (`config.json`, safetensors in one or more files, `tokenizer.json`,
/// `tokenizer_config.json`) to `out` in this mix.
pub fn convert(folder: &Path, mix: Mix, out: &Path) -> TunerResult<()> {
    let mut source = HfFolder::open(folder)?;
    let shape = source.config.shape.clone();
    let mut metadata = read_metadata(folder, &shape)?;
    if let Some(scaling) = &source.config.scaling {
        name_scaling(&mut metadata, scaling);
    }
    name_mix(&mut metadata, mix);
    let tied = !source.has_head();
    let mut tensors: Vec<(String, Vec<usize>, Vec<f32>)> = Vec::new();
    for (part, dims) in parts(&shape, tied) {
        let values = source.tensor(part, &dims)?;
        let rotated = matches!(part, Part::Weight(_, target) | Part::Bias(_, target) if target.is_rotated());
        let paired = shape.architecture == Architecture::Llama && rotated;
        let values = if paired { to_pairs(&values, &dims, shape.head) } else { values };
        tensors.push((gguf_name(part), dims, values));
    }
    if let Some(divisors) = source.config.scaling.as_ref().and_then(|s| s.divisors(shape.rope_base, shape.head)) {
        tensors.push(("rope_freqs.weight".to_owned(), vec![divisors.len()], divisors));
    }
    let stored = |(name, dims, values): (String, Vec<usize>, Vec<f32>)| {
        let kind = mix.kind_of(&name, &dims, shape.layers, tied);
        let tensor = Tensor::from_vec(values, dims, &Device::Cpu).and_then(|t| QTensor::quantize(&t, kind));
        let tensor = tensor.map_err(|e| TunerError::BadModel { problem: format!("`{name}`: {e}") })?;
        Ok((name, tensor))
    };
    let tensors = tensors.into_par_iter().map(stored).collect::<TunerResult<Vec<_>>>()?;
    Ok(write_file(&metadata, &tensors, out)?)
}

/// Every tensor of a model, with its dimensions.
fn parts(shape: &Shape, tied: bool) -> Vec<(Part, Vec<usize>)> {
    let (vocabulary, width) = (shape.vocabulary, shape.width);
    let mut parts = vec![(Part::Embedding, vec![vocabulary, width]), (Part::FinalNorm, vec![width])];
    if !tied {
        parts.push((Part::Head, vec![vocabulary, width]));
    }
    for layer in 0..shape.layers {
        parts.push((Part::AttentionNorm(layer), vec![width]));
        parts.push((Part::FeedNorm(layer), vec![width]));
        for target in Target::ALL {
            let (outputs, inputs) = shape.linear(target);
            parts.push((Part::Weight(layer, target), vec![outputs, inputs]));
            if shape.architecture == Architecture::Qwen2 && target < Target::Output {
                parts.push((Part::Bias(layer, target), vec![outputs]));
            }
        }
    }
    parts
}

/// From rows in halves (Hugging Face) to rows in pairs (GGUF), within each head.
fn to_pairs(values: &[f32], dims: &[usize], head: usize) -> Vec<f32> {
    let width = if dims.len() > 1 { dims[1] } else { 1 };
    let mut out = vec![0.0; values.len()];
    for (from, to) in values.chunks_exact(head * width).zip(out.chunks_exact_mut(head * width)) {
        for (row, values) in from.chunks_exact(width).enumerate() {
            let target = 2 * (row % (head / 2)) + row / (head / 2);
            to[target * width..][..width].copy_from_slice(values);
        }
    }
    out
}
