//! Merges an adapter into its base: a GGUF file in, a GGUF file out, tokenizer and all other metadata kept.

use std::{collections::HashMap, io::Cursor, path::Path};

use candle_core::{
    Device, Tensor,
    quantized::{
        GgmlDType, QTensor,
        gguf_file::{self, Value},
    },
};
use domain::task_prompts;

use crate::{
    Architecture, Base, TunerError, TunerResult,
    adapter::{Adapter, Module, read_adapter},
    base::read_content,
    files::write_whole,
};

/// Writes `base` with the adapter in the folder `adapter` merged into it to `out`. The changed weights are stored as
/// `kind`; a type with fewer bits than `Q8_0` loses much of what a small adapter changed.
pub fn merge(base: &Path, adapter: &Path, kind: GgmlDType, out: &Path) -> TunerResult<()> {
    let shape = Base::open(base)?.shape().clone();
    let adapter = read_adapter(adapter, &shape)?;
    let changed: HashMap<String, &Module> = adapter.modules.iter().map(|m| (m.tensor_name(), m)).collect();
    let head = (shape.architecture == Architecture::Llama).then_some(shape.head);
    let (content, mut reader) = read_content(base)?;
    let mut names: Vec<&String> = content.tensor_infos.keys().collect();
    names.sort();
    let mut tensors = Vec::with_capacity(names.len());
    for name in names {
        let merged = content.tensor(&mut reader, name, &Device::Cpu).and_then(|stored| match changed.get(name) {
            None => Ok(stored),
            Some(module) => add(&stored, &adapter, module, head, kind),
        });
        tensors.push((name.as_str(), merged.map_err(|e| bad(name, &e))?));
    }
    write(&content, &tensors, out)
}

fn bad(what: &str, error: &candle_core::Error) -> TunerError {
    TunerError::BadModel { problem: format!("`{what}`: {error}") }
}

fn add(
    stored: &QTensor,
    adapter: &Adapter,
    module: &Module,
    head: Option<usize>,
    kind: GgmlDType,
) -> candle_core::Result<QTensor> {
    let (outputs, inputs) = (module.outputs, module.inputs);
    let device = &Device::Cpu;
    let part = |range: &std::ops::Range<usize>| adapter.values.get(range.clone()).unwrap_or_default().to_vec();
    let rank = adapter.config.rank;
    let a = Tensor::from_vec(part(&module.a), (rank, inputs), device)?;
    let b = Tensor::from_vec(part(&module.b), (outputs, rank), device)?;
    let mut change = (b.matmul(&a)? * f64::from(adapter.config.scale()))?;
    if let Some(head) = head.filter(|_| module.target.is_rotated()) {
        // GGUF keeps these rows in pairs (j, j + head/2), see `read_gguf`.
        change = change.reshape((outputs / head, 2, head / 2, inputs))?.transpose(1, 2)?.reshape((outputs, inputs))?;
    }
    QTensor::quantize(&(stored.dequantize(device)? + change)?, kind)
}

fn write(content: &gguf_file::Content, tensors: &[(&str, QTensor)], out: &Path) -> TunerResult<()> {
    let version = Value::U32(task_prompts::VERSION);
    let mut metadata: Vec<(&str, &Value)> = content.metadata.iter().map(|(k, v)| (k.as_str(), v)).collect();
    metadata.retain(|(key, _)| *key != task_prompts::MODEL_KEY);
    metadata.push((task_prompts::MODEL_KEY, &version));
    metadata.sort_by_key(|(key, _)| *key);
    let tensors: Vec<(&str, &QTensor)> = tensors.iter().map(|(name, tensor)| (*name, tensor)).collect();
    let mut bytes = Cursor::new(Vec::new());
    gguf_file::write(&mut bytes, &metadata, &tensors).map_err(|e| bad("writing", &e))?;
    write_whole(out, &bytes.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{AdapterConfig, logits, random::Random, write_adapter};

    fn distance(a: &[f32], b: &[f32]) -> f32 {
        a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f32>().sqrt()
    }

    #[test]
    fn a_merged_model_is_its_base_with_the_adapter() {
        let models = std::env::var_os("LECTERN_MODELS").map_or_else(
            || Path::new(&std::env::var_os("HOME").unwrap_or_default()).join(".cache/lectern/models"),
            std::path::PathBuf::from,
        );
        let path = models.join("smollm2-135m-instruct/model.gguf");
        if !path.is_file() {
            println!("SKIPPED: {} is not installed", path.display());
            return;
        }
        let base = Base::open(&path).unwrap();
        let mut adapter = Adapter::new(base.shape(), AdapterConfig { rank: 4, ..AdapterConfig::default() }, 7).unwrap();
        let mut random = Random::new(3);
        for module in adapter.modules.clone() {
            adapter.values[module.b].iter_mut().for_each(|v| *v = (random.float() - 0.5) * 0.02);
        }
        let folder = tempfile::tempdir().unwrap();
        write_adapter(folder.path(), &adapter, "base").unwrap();
        let out = folder.path().join("merged.gguf");
        // As floats, to see the arithmetic; what fewer bits lose is the type's own affair.
        merge(&path, folder.path(), GgmlDType::F32, &out).unwrap();

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
