//! The network: candle's quantized `LLaMA`, Qwen2 or Qwen3, built from a checked GGUF file.
//!
//! candle keeps one attention mask per prompt length in a map that it never empties, and its KV cache can only be
//! cleared whole. Both live in the model value, whose weights are shared by reference; so the loaded model stays
//! pristine and each request runs on a clone that is dropped with its masks and its cache. Only `quantized_qwen2` cannot
//! be cloned: its one value is cleared for each request, and prompts go in by powers of two, which bounds its masks to
//! 8 MB for each power at 4,096 tokens.

use std::{
    collections::BTreeMap,
    io::Cursor,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use candle_core::{
    Device, Tensor,
    quantized::{GgmlDType, QTensor, gguf_file},
};
use candle_transformers::models::{quantized_llama, quantized_qwen2, quantized_qwen3};

use super::{
    GgufModelSettings, Weights,
    read_gguf::{Architecture, GgufFile, Shape, damaged},
};
use crate::{GeneratorError, GeneratorResult};

/// candle precomputes rotations for this many positions of a `LLaMA` model.
const LLAMA_CONTEXT: usize = quantized_llama::MAX_SEQ_LEN;

/// Most bytes that `Automatic` spends on weights as floats: a model of some 250 million weights.
const AUTOMATIC_FLOATS: usize = 1 << 30;

/// Something that turns tokens into the logits of the next one.
pub(crate) trait Network: Send {
    /// A run of its own, with an empty cache.
    fn begin(&self) -> Box<dyn Run>;
}

/// One request's pass through a network.
pub(crate) trait Run {
    /// Reads `tokens` at `position` (all earlier ones have been read) and returns one logit per vocabulary entry.
    fn forward(&mut self, tokens: &[u32], position: usize) -> GeneratorResult<Vec<f32>>;
}

/// candle's model of one of the families.
#[derive(Clone)]
enum CandleModel {
    Llama(quantized_llama::ModelWeights),
    Qwen2(Arc<Mutex<quantized_qwen2::ModelWeights>>),
    Qwen3(quantized_qwen3::ModelWeights),
}

/// A loaded network, never run itself.
pub(crate) struct CandleNetwork(CandleModel);

impl CandleNetwork {
    /// Reads the weights. Returns the network and the length of its context.
    pub(crate) fn load(file: GgufFile, settings: &GgufModelSettings) -> GeneratorResult<(Self, usize)> {
        let (path, shape) = (file.path.clone(), file.shape);
        // The file is checked already; should candle still panic over one, loading fails instead of the process.
        let built = catch_unwind(AssertUnwindSafe(|| build(file, settings.weights)));
        let model = match built {
            Ok(result) => result.map_err(|e| damaged(&path, &e))?,
            Err(_) => return Err(damaged(&path, &"candle gave up on it")),
        };
        Ok((Self(model), context_of(shape, settings)))
    }
}

fn context_of(shape: Shape, settings: &GgufModelSettings) -> usize {
    let context = shape.context.min(settings.context_limit);
    if shape.architecture == Architecture::Llama { context.min(LLAMA_CONTEXT) } else { context }
}

fn build(mut file: GgufFile, weights: Weights) -> candle_core::Result<CandleModel> {
    let architecture = file.shape.architecture;
    let weights = choose(&file.content, weights);
    if weights == Weights::AsStored {
        return from_gguf(architecture, file.content, &mut file.reader);
    }
    let image = convert_weights(&mut file, weights)?;
    drop(file);
    let mut reader = Cursor::new(image);
    let content = gguf_file::Content::read(&mut reader)?;
    from_gguf(architecture, content, &mut reader)
}

/// What `Automatic` means for this file. Without a `Q4_1` weight there is nothing to turn into eight bits.
fn choose(content: &gguf_file::Content, weights: Weights) -> Weights {
    let blocks = || content.tensor_infos.iter().filter(|(name, _)| name.starts_with("blk.")).map(|(_, info)| info);
    let floats: usize = blocks().map(|info| 4 * info.shape.elem_count()).sum();
    match weights {
        Weights::Automatic if floats < AUTOMATIC_FLOATS => Weights::Float,
        Weights::Automatic | Weights::EightBit if blocks().all(|info| info.ggml_dtype != GgmlDType::Q4_1) => {
            Weights::AsStored
        }
        Weights::Automatic => Weights::EightBit,
        chosen => chosen,
    }
}

fn from_gguf<R: std::io::Read + std::io::Seek>(
    architecture: Architecture,
    content: gguf_file::Content,
    reader: &mut R,
) -> candle_core::Result<CandleModel> {
    let device = Device::Cpu;
    Ok(match architecture {
        Architecture::Llama => CandleModel::Llama(quantized_llama::ModelWeights::from_gguf(content, reader, &device)?),
        Architecture::Qwen2 => {
            let model = quantized_qwen2::ModelWeights::from_gguf(content, reader, &device)?;
            CandleModel::Qwen2(Arc::new(Mutex::new(model)))
        }
        Architecture::Qwen3 => CandleModel::Qwen3(quantized_qwen3::ModelWeights::from_gguf(content, reader, &device)?),
    })
}

/// Writes the file anew, in memory, with its `Q4_1` weights in a type that candle multiplies faster: `Q4_1` is the one
/// common type for which it has no SIMD kernel.
fn convert_weights(file: &mut GgufFile, weights: Weights) -> candle_core::Result<Vec<u8>> {
    let device = Device::Cpu;
    let target = match weights {
        Weights::Float => GgmlDType::F32,
        Weights::Automatic | Weights::AsStored | Weights::EightBit => GgmlDType::Q8_0,
    };
    let mut tensors: BTreeMap<&str, QTensor> = BTreeMap::new();
    for name in file.content.tensor_infos.keys() {
        let stored = file.content.tensor(&mut file.reader, name, &device)?;
        let convert = stored.dtype() == GgmlDType::Q4_1 || (weights == Weights::Float && name.starts_with("blk."));
        let tensor = if convert { QTensor::quantize(&stored.dequantize(&device)?, target)? } else { stored };
        tensors.insert(name, tensor);
    }
    // The tokenizer's lists are read from the file itself; here they would only be copied.
    let kept = |key: &str| !key.starts_with("tokenizer.");
    let metadata: Vec<_> =
        file.content.metadata.iter().filter(|(k, _)| kept(k)).map(|(k, v)| (k.as_str(), v)).collect();
    let tensors: Vec<_> = tensors.iter().map(|(k, v)| (*k, v)).collect();
    let mut image = Cursor::new(Vec::new());
    gguf_file::write(&mut image, &metadata, &tensors)?;
    Ok(image.into_inner())
}

impl Network for CandleNetwork {
    fn begin(&self) -> Box<dyn Run> {
        if let CandleModel::Qwen2(model) = &self.0 {
            lock(model).clear_kv_cache();
        }
        Box::new(self.0.clone())
    }
}

impl Run for CandleModel {
    fn forward(&mut self, tokens: &[u32], position: usize) -> GeneratorResult<Vec<f32>> {
        let stage = if tokens.len() > 1 { "reading the prompt" } else { "writing" };
        let logits = Device::Cpu.with_context(|| self.logits(tokens, position));
        logits.map_err(|e| GeneratorError::Compute { stage, reason: e.to_string() })
    }
}

impl CandleModel {
    fn logits(&mut self, tokens: &[u32], position: usize) -> candle_core::Result<Vec<f32>> {
        let input = |tokens: &[u32]| Tensor::new(tokens, &Device::Cpu)?.unsqueeze(0);
        let logits = match self {
            Self::Llama(model) => model.forward(&input(tokens)?, position)?,
            Self::Qwen3(model) => model.forward(&input(tokens)?, position)?,
            Self::Qwen2(model) => {
                let mut model = lock(model);
                let (mut left, mut at) = (tokens, position);
                loop {
                    let (head, rest) = left.split_at(largest_power(left.len()));
                    let logits = model.forward(&input(head)?, at)?;
                    if rest.is_empty() {
                        break logits;
                    }
                    at += head.len();
                    left = rest;
                }
            }
        };
        logits.to_dtype(candle_core::DType::F32)?.flatten_all()?.to_vec1()
    }
}

/// The largest power of two that is not above `n`; 0 for 0.
const fn largest_power(n: usize) -> usize {
    if n == 0 { 0 } else { 1 << n.ilog2() }
}

/// A panic of an earlier request leaves at worst a cache that the next one clears.
fn lock<T>(model: &Mutex<T>) -> MutexGuard<'_, T> {
    model.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The model's name in its own file, else the file's.
pub(crate) fn name_of(content: &gguf_file::Content, path: &Path) -> String {
    let own = super::read_gguf::text(&content.metadata, "general.name").ok().map(str::to_owned);
    own.unwrap_or_else(|| path.file_stem().unwrap_or_default().to_string_lossy().into_owned())
}
