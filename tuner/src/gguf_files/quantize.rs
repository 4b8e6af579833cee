//! Stores a model in another mix of types.

use std::path::Path;

use candle_core::{Device, quantized::QTensor};
use gguf::{SortedMetadata, write_file};
use rayon::prelude::*;

use super::{
    Mix,
    merge::{layers_of, read_tensors},
};
use crate::{TunerError, TunerResult, base::read_content};

/// Writes the GGUF file `model` to `out` in this mix. Weights that are quantized already are dequantized first, and so lose
/// twice.
pub fn quantize(model: &Path, mix: Mix, out: &Path) -> TunerResult<()> {
    let (content, mut reader) = read_content(model)?;
    let layers = layers_of(&content);
    let tied = !content.tensor_infos.contains_key("output.weight");
    let tensors = read_tensors(&content, &mut reader)?;
    let stored = |(name, tensor): (String, QTensor)| {
        let kind = mix.kind_of(&name, tensor.shape().dims(), layers, tied);
        let change = || QTensor::quantize(&tensor.dequantize(&Device::Cpu)?, kind);
        let bad = |e: candle_core::Error| TunerError::BadModel { problem: format!("`{name}`: {e}") };
        let tensor = if kind == tensor.dtype() { tensor } else { change().map_err(bad)? };
        Ok((name, tensor))
    };
    let tensors = tensors.into_par_iter().map(stored).collect::<TunerResult<Vec<_>>>()?;
    let mut metadata: SortedMetadata = content.metadata.into_iter().collect();
    super::merge::name_mix(&mut metadata, mix);
    Ok(write_file(&metadata, &tensors, out)?)
}

#[cfg(test)]
mod tests {
    use candle_core::{Tensor, quantized::GgmlDType};

    use super::*;
    use crate::{Adapter, AdapterConfig, Base, convert, logits, test_folder::random_folder};

    #[test]
    fn fewer_bits_are_smaller_and_farther_off() {
        let folder = random_folder(64, 96);
        let whole = folder.path().join("f16.gguf");
        convert(folder.path(), Mix::F16, &whole).unwrap();
        let read = |path: &Path| {
            let base = Base::open(path).unwrap();
            let nothing = Adapter::zeros(base.shape(), AdapterConfig { rank: 1, ..AdapterConfig::default() }).unwrap();
            logits(&base, &nothing, &[1, 5, 9, 2]).unwrap()
        };
        let right = read(&whole);
        let mut before = (std::fs::metadata(&whole).unwrap().len(), 0.0);
        for mix in [Mix::Q8_0, Mix::Q4_0] {
            let out = folder.path().join(mix.name());
            quantize(&whole, mix, &out).unwrap();
            let off: f32 = right.iter().zip(read(&out)).map(|(a, b)| (a - b).powi(2)).sum();
            let now = (std::fs::metadata(&out).unwrap().len(), off);
            assert!(now.0 < before.0 && now.1 > before.1, "{}: {now:?} after {before:?}", mix.name());
            before = now;
        }
    }

    /// The mean error of a weight that is stored in this type, as a share of the weights' own mean square, for numbers
    /// that are all equally likely.
    fn tolerance(kind: GgmlDType) -> f32 {
        match kind {
            GgmlDType::Q8_0 => 0.005,
            GgmlDType::Q6K => 0.02,
            GgmlDType::Q5K => 0.035,
            GgmlDType::Q4K => 0.07,
            GgmlDType::Q4_0 => 0.09,
            _ => 0.001,
        }
    }

    #[test]
    fn every_mix_opens_again_and_is_as_near_as_its_types_are() {
        let folder = random_folder(256, 512);
        let whole = folder.path().join("f32.gguf");
        convert(folder.path(), Mix::F32, &whole).unwrap();
        let read = |path: &Path| {
            let (content, mut reader) = read_content(path).unwrap();
            read_tensors(&content, &mut reader).unwrap()
        };
        let numbers = |tensor: &QTensor| -> Vec<f32> {
            tensor.dequantize(&Device::Cpu).and_then(|t: Tensor| t.flatten_all()?.to_vec1()).unwrap()
        };
        let right = read(&whole);
        for (mix, expected) in [
            (Mix::Q8_0, &[GgmlDType::Q8_0][..]),
            (Mix::Q6K, &[GgmlDType::Q6K]),
            (Mix::Q5KM, &[GgmlDType::Q5K, GgmlDType::Q6K]),
            (Mix::Q4KM, &[GgmlDType::Q4K, GgmlDType::Q6K]),
            (Mix::Q4_0, &[GgmlDType::Q4_0, GgmlDType::Q6K]),
        ] {
            let out = folder.path().join(mix.name());
            quantize(&whole, mix, &out).unwrap();
            let stored = read(&out);
            assert_eq!(stored.len(), right.len());
            for ((name, before), (same, after)) in right.iter().zip(&stored) {
                assert!(name == same && before.shape() == after.shape(), "{name}, {same}");
                let (before, values) = (numbers(before), numbers(after));
                let square = |values: &mut dyn Iterator<Item = f32>| values.map(|v| v * v).sum::<f32>();
                let off = square(&mut before.iter().zip(&values).map(|(a, b)| a - b));
                let off = (off / square(&mut before.iter().copied())).sqrt();
                println!("{} {name} {:?}: off by {off}", mix.name(), after.dtype());
                assert!(off <= tolerance(after.dtype()), "{} {name}: off by {off}", mix.name());
            }
            let matrices = stored.iter().map(|(_, tensor)| tensor.dtype()).filter(|kind| *kind != GgmlDType::F32);
            let kinds: Vec<GgmlDType> = matrices.collect();
            assert!(
                kinds.iter().all(|k| expected.contains(k)) && expected.iter().all(|k| kinds.contains(k)),
                "{kinds:?}"
            );
        }
    }
}
