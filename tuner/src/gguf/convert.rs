//! Makes a GGUF file of a Hugging Face folder: weights, tokenizer, chat template.

use std::path::Path;

use candle_core::{Device, Tensor, quantized::QTensor};
use rayon::prelude::*;

use super::{Mix, hf_metadata::read_metadata, merge::name_mix, write_file::write_file};
use crate::{
    Architecture, TunerError, TunerResult,
    base::{HfFolder, Part, Shape, Source as _, Target, gguf_name},
};

/// Writes the model in `folder` (`config.json`, safetensors in one or more files, `tokenizer.json`,
/// `tokenizer_config.json`) to `out` in this mix.
pub fn convert(folder: &Path, mix: Mix, out: &Path) -> TunerResult<()> {
    let mut source = HfFolder::open(folder)?;
    let shape = source.shape.clone();
    let mut metadata = read_metadata(folder, &shape)?;
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
    if let Some(factors) = source.rope_factors() {
        tensors.push(("rope_freqs.weight".to_owned(), vec![factors.len()], factors));
    }
    let stored = |(name, dims, values): (String, Vec<usize>, Vec<f32>)| {
        let kind = mix.kind_of(&name, &dims, shape.layers, tied);
        let tensor = Tensor::from_vec(values, dims, &Device::Cpu).and_then(|t| QTensor::quantize(&t, kind));
        let tensor = tensor.map_err(|e| TunerError::BadModel { problem: format!("`{name}`: {e}") })?;
        Ok((name, tensor))
    };
    let tensors = tensors.into_par_iter().map(stored).collect::<TunerResult<Vec<_>>>()?;
    write_file(&metadata, &tensors, out)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Adapter, AdapterConfig, Base, TextCodec, check_model, logits, test_folder::tiny_folder};

    #[test]
    fn a_converted_model_says_the_same() {
        for name in ["llama", "qwen2"] {
            let folder = tiny_folder(name);
            let out = folder.path().join("converted.gguf");
            convert(folder.path(), Mix::F16, &out).unwrap();
            let bases = [folder.path(), &out].map(|path| Base::open(path).unwrap());
            let [right, found] = bases.map(|base| {
                let nothing =
                    Adapter::zeros(base.shape(), AdapterConfig { rank: 1, ..AdapterConfig::default() }).unwrap();
                logits(&base, &nothing, &[1, 5, 9, 2]).unwrap()
            });
            let off = right.iter().zip(&found).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            let spread = right.iter().copied().fold(0.0, f32::max);
            println!("{name}: off by {off} of {spread}");
            assert!(off < 5e-3 * spread.max(1.0), "{name}: off by {off}");
            let codecs = [folder.path(), &out].map(|path| TextCodec::open(path).unwrap());
            let [a, b] = codecs.map(|codec| codec.encode("bad face<end>").unwrap());
            assert_eq!(a, b);
            let wrong: Vec<_> = check_model(&out).unwrap().into_iter().filter(|f| !f.good).collect();
            assert!(wrong.is_empty(), "{wrong:?}");
        }
    }

    #[test]
    fn a_vocabulary_larger_than_the_embedding_is_refused() {
        let folder = tiny_folder("llama");
        let path = folder.path().join("tokenizer.json");
        let text = std::fs::read_to_string(&path).unwrap();
        let rows = Base::open(folder.path()).unwrap().shape().vocabulary;
        std::fs::write(&path, text.replace(&format!("\"id\":{}", rows - 1), "\"id\":999999")).unwrap();
        let error = convert(folder.path(), Mix::F16, &folder.path().join("out.gguf")).unwrap_err().to_string();
        assert!(error.contains("1 of its tokens have no row"), "{error}");
    }
}
