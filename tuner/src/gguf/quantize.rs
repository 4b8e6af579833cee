//! Stores a model in another mix of types.

use std::path::Path;

use candle_core::{Device, quantized::QTensor};
use rayon::prelude::*;

use super::{
    Mix,
    merge::{layers_of, read_tensors},
    write_file::write_file,
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
    let mut metadata: super::write_file::Metadata = content.metadata.into_iter().collect();
    super::merge::name_mix(&mut metadata, mix);
    write_file(&metadata, &tensors, out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Adapter, AdapterConfig, Base, convert, logits, test_folder::random_folder};

    #[test]
    fn fewer_bits_are_smaller_and_farther_off() {
        let folder = random_folder();
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
}
