//! Merges adapters into their base: a GGUF file in, a GGUF file out, tokenizer and all other metadata kept.

use std::{
    collections::HashMap,
    fs::File,
    io::BufReader,
    path::{Path, PathBuf},
};

use candle_core::{
    Device, Tensor,
    quantized::{
        QTensor,
        gguf_file::{Content, Value},
    },
};
use domain::{AdapterWeights, LowRankUpdate, task_prompts};
use gguf::{SortedMetadata, write_file};
use rayon::prelude::*;

use super::Mix;
use crate::{
    Architecture, TunerError, TunerResult,
    adapter::{Adapter, Module, read_adapter},
    base::{read_content, read_shape},
};

/// An adapter with the weight it gets.
type Weighted = (Adapter, f32);

/// Writes `base` with the adapters in these folders merged into it to `out`: the changes add up, each times its weight. The
/// changed weights are stored as `mix` says, all others stay as they are. A mix with fewer bits than `Q8_0` loses much of
/// what a small adapter changed.
///
/// Every sum has its fixed order, so that the same files give the same bytes on every machine.
pub fn merge(base: &Path, adapters: &[(PathBuf, f32)], mix: Mix, out: &Path) -> TunerResult<()> {
    let (content, mut reader) = read_content(base)?;
    let shape = read_shape(&content)?;
    let read = |(folder, weight): &(PathBuf, f32)| Ok((read_adapter(folder, &shape)?, *weight));
    let adapters = adapters.iter().map(read).collect::<TunerResult<Vec<Weighted>>>()?;
    let mut changes: HashMap<String, Vec<(&Weighted, &Module)>> = HashMap::new();
    for weighted in &adapters {
        for module in &weighted.0.modules {
            changes.entry(module.tensor_name()).or_default().push((weighted, module));
        }
    }
    let head = (shape.architecture == Architecture::Llama).then_some(shape.head);
    let merged = |(name, stored): (String, QTensor)| {
        let Some(changes) = changes.get(&name) else { return Ok((name, stored)) };
        let kind = mix.kind_of(&name, stored.shape().dims(), shape.layers, false);
        let sum = || -> candle_core::Result<QTensor> {
            let dims = stored.shape().clone();
            let mut values = stored.dequantize(&Device::Cpu)?.flatten_all()?.to_vec1::<f32>()?;
            for ((adapter, weight), module) in changes {
                add(&mut values, adapter, *weight, module, head);
            }
            QTensor::quantize(&Tensor::from_vec(values, dims, &Device::Cpu)?, kind)
        };
        let tensor = sum().map_err(|e| TunerError::BadModel { problem: format!("`{name}`: {e}") })?;
        Ok((name, tensor))
    };
    let tensors = read_tensors(&content, &mut reader)?;
    let tensors = tensors.into_par_iter().map(merged).collect::<TunerResult<Vec<_>>>()?;
    let mut metadata: SortedMetadata = content.metadata.into_iter().collect();
    name_mix(&mut metadata, mix);
    if let Some(version) = adapters.iter().find_map(|(adapter, _)| adapter.task_prompts) {
        metadata.insert(task_prompts::MODEL_KEY.to_owned(), Value::U32(version));
    }
    Ok(write_file(&metadata, &tensors, out)?)
}

/// Adds `weight · scale · B A` to the rows of a tensor.
fn add(values: &mut [f32], adapter: &Adapter, weight: f32, module: &Module, head: Option<usize>) {
    let (rank, inputs) = (adapter.config.rank, module.inputs);
    let (a, b) = (&adapter.values[module.a.clone()], &adapter.values[module.b.clone()]);
    let scale = weight * adapter.config.scale();
    for (row, factors) in b.chunks_exact(rank).enumerate() {
        let place = row_place(module, row, head);
        let Some(out) = values.get_mut(place * inputs..(place + 1) * inputs) else { return };
        for (factor, a) in factors.iter().zip(a.chunks_exact(inputs)) {
            let factor = factor * scale;
            out.iter_mut().zip(a).for_each(|(out, a)| *out += factor * a);
        }
    }
}

/// Reads the adapter in `folder` for use beside the weights of the GGUF file `base`, under `name`.
pub fn adapter_weights(base: &Path, folder: &Path, name: &str) -> TunerResult<AdapterWeights> {
    let (content, _) = read_content(base)?;
    let shape = read_shape(&content)?;
    let adapter = read_adapter(folder, &shape)?;
    let head = (shape.architecture == Architecture::Llama).then_some(shape.head);
    let updates = adapter.modules.iter().map(|module| update(&adapter, module, head)).collect();
    Ok(AdapterWeights { name: name.to_owned(), tuned: adapter.task_prompts == Some(task_prompts::VERSION), updates })
}

fn update(adapter: &Adapter, module: &Module, head: Option<usize>) -> LowRankUpdate {
    let (rank, scale) = (adapter.config.rank, adapter.config.scale());
    let from = &adapter.values[module.b.clone()];
    let mut b = vec![0.0; from.len()];
    for (row, factors) in from.chunks_exact(rank).enumerate() {
        let out = &mut b[row_place(module, row, head) * rank..][..rank];
        out.iter_mut().zip(factors).for_each(|(out, factor)| *out = factor * scale);
    }
    LowRankUpdate { tensor: module.tensor_name(), rank, a: adapter.values[module.a.clone()].to_vec(), b }
}

/// Where GGUF has a row of the module's matrix; `head` is given where the architecture keeps rows in pairs.
fn row_place(module: &Module, row: usize, head: Option<usize>) -> usize {
    head.filter(|_| module.target.is_rotated()).map_or(row, |head| pair_place(row, head))
}

/// GGUF keeps rows of `LLaMA`'s query and key in pairs `(j, j + head/2)`; adapters count them as Hugging Face does.
const fn pair_place(row: usize, head: usize) -> usize {
    let (first, within) = (row - row % head, row % head);
    first + 2 * (within % (head / 2)) + within / (head / 2)
}

/// All tensors as they are stored, by name.
pub(super) fn read_tensors(content: &Content, reader: &mut BufReader<File>) -> TunerResult<Vec<(String, QTensor)>> {
    let mut names: Vec<&String> = content.tensor_infos.keys().collect();
    names.sort();
    let mut read = |name: &String| {
        let tensor = content.tensor(reader, name, &Device::Cpu);
        let tensor = tensor.map_err(|e| TunerError::BadModel { problem: format!("`{name}`: {e}") })?;
        Ok((name.clone(), tensor))
    };
    names.into_iter().map(&mut read).collect()
}

/// Layers of the model.
pub(super) fn layers_of(content: &Content) -> usize {
    let layer = |name: &String| name.strip_prefix("blk.")?.split('.').next()?.parse::<usize>().ok();
    content.tensor_infos.keys().filter_map(layer).max().map_or(0, |last| last + 1)
}

/// Says which mix a file holds.
pub(super) fn name_mix(metadata: &mut SortedMetadata, mix: Mix) {
    metadata.insert("general.file_type".to_owned(), Value::U32(mix.file_type()));
    metadata.insert("general.quantization_version".to_owned(), Value::U32(2));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{AdapterConfig, Base, logits, random::Random, write_adapter};

    fn distance(a: &[f32], b: &[f32]) -> f32 {
        a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f32>().sqrt()
    }

    #[test]
    fn rows_go_where_gguf_has_them() {
        let places: Vec<usize> = (0..8).map(|row| pair_place(row, 4)).collect();
        assert_eq!(places, [0, 2, 1, 3, 4, 6, 5, 7]);
    }

    #[test]
    fn a_merged_model_is_its_base_with_the_adapter() {
        let models = std::env::var_os("LECTERN_MODELS").map_or_else(
            || Path::new(&std::env::var_os("HOME").unwrap_or_default()).join(".cache/lectern/models"),
            PathBuf::from,
        );
        let path = models.join("smollm2-135m-instruct/model.gguf");
        if !path.is_file() {
            println!("SKIPPED: {} is not installed", path.display());
            return;
        }
        let base = Base::open(&path).unwrap();
        let mut adapter = Adapter::new(base.shape(), AdapterConfig { rank: 4, ..AdapterConfig::default() }, 7).unwrap();
        adapter.task_prompts = Some(task_prompts::VERSION);
        let mut random = Random::new(3);
        for module in adapter.modules.clone() {
            adapter.values[module.b].iter_mut().for_each(|v| *v = (random.float() - 0.5) * 0.02);
        }
        let folder = tempfile::tempdir().unwrap();
        write_adapter(folder.path(), &adapter, "base", false).unwrap();
        let out = folder.path().join("merged.gguf");
        // Two halves make a whole.
        let halves = [(folder.path().to_owned(), 0.5), (folder.path().to_owned(), 0.5)];
        merge(&path, &halves, Mix::F32, &out).unwrap();

        let merged = Base::open(&out).unwrap();
        let tokens = [504, 3575, 282, 4649, 314, 7042, 30];
        let right = logits(&base, &adapter, &tokens).unwrap();
        let nothing = Adapter::zeros(base.shape(), AdapterConfig::default()).unwrap();
        let (plain, found) = (logits(&base, &nothing, &tokens).unwrap(), logits(&merged, &nothing, &tokens).unwrap());
        let (error, change) = (distance(&right, &found), distance(&right, &plain));
        println!("error {error:.2} of a change of {change:.2}");
        assert!(error < 1e-3 * change, "merging is off by {error}, the adapter changes {change}");
        let (content, _) = read_content(&out).unwrap();
        assert!(content.metadata.contains_key(task_prompts::MODEL_KEY));
        assert!(content.metadata.contains_key("tokenizer.chat_template"));
    }
}
