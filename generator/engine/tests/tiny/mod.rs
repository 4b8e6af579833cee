//! A `LLaMA` of one layer, as a GGUF file made here.
#![allow(dead_code, unreachable_pub, missing_docs)]

use std::{collections::BTreeMap, path::Path};

use candle_core::{
    Device, Tensor,
    quantized::{GgmlDType, QTensor, gguf_file, gguf_file::Value},
};
use domain::{Language, PortError};
use engine::{GgufModel, GgufModelSettings};

const WIDTH: usize = 32;
const VOCABULARY: usize = 258;

/// A `LLaMA` of one layer with weights that follow a fixed pattern.
pub struct Tiny {
    pub metadata: BTreeMap<String, Value>,
    pub tensors: BTreeMap<String, QTensor>,
}

impl Tiny {
    pub fn new() -> Self {
        let mut tiny = Self { metadata: metadata(), tensors: BTreeMap::new() };
        let (kv, hidden) = (WIDTH / 2, 2 * WIDTH);
        for (name, shape) in [
            ("token_embd.weight", vec![VOCABULARY, WIDTH]),
            ("output_norm.weight", vec![WIDTH]),
            ("blk.0.attn_norm.weight", vec![WIDTH]),
            ("blk.0.ffn_norm.weight", vec![WIDTH]),
            ("blk.0.attn_q.weight", vec![WIDTH, WIDTH]),
            ("blk.0.attn_k.weight", vec![kv, WIDTH]),
            ("blk.0.attn_v.weight", vec![kv, WIDTH]),
            ("blk.0.attn_output.weight", vec![WIDTH, WIDTH]),
            ("blk.0.ffn_gate.weight", vec![hidden, WIDTH]),
            ("blk.0.ffn_up.weight", vec![hidden, WIDTH]),
            ("blk.0.ffn_down.weight", vec![WIDTH, hidden]),
        ] {
            let weights: Vec<f32> = (0..shape.iter().product::<usize>())
                .map(|i| ((i * 7919 + name.len() * 104_729) % 1009) as f32 / 1009.0 - 0.45)
                .collect();
            let tensor = Tensor::from_vec(weights, shape.clone(), &Device::Cpu).unwrap();
            let kind = if shape.len() == 2 { GgmlDType::Q4_1 } else { GgmlDType::F32 };
            tiny.tensors.insert(name.to_owned(), QTensor::quantize(&tensor, kind).unwrap());
        }
        tiny
    }

    pub fn set(mut self, key: &str, value: Value) -> Self {
        self.metadata.insert(key.to_owned(), value);
        self
    }

    pub fn write(&self, path: &Path) {
        let metadata: Vec<_> = self.metadata.iter().map(|(k, v)| (k.as_str(), v)).collect();
        let tensors: Vec<_> = self.tensors.iter().map(|(k, v)| (k.as_str(), v)).collect();
        let mut file = std::fs::File::create(path).unwrap();
        gguf_file::write(&mut file, &metadata, &tensors).unwrap();
    }

    pub fn load(&self, settings: &GgufModelSettings) -> Result<GgufModel, PortError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tiny.gguf");
        self.write(&path);
        Ok(GgufModel::load(&path, None, vec![Language::English], settings)?)
    }

    pub fn error(&self) -> PortError {
        self.load(&GgufModelSettings::default()).err().expect("it must not load")
    }
}

fn metadata() -> BTreeMap<String, Value> {
    let mut next = 0x100;
    let spelling = (0u32..256).map(|byte| {
        let printable = matches!(byte, 0x21..=0x7E | 0xA1..=0xAC | 0xAE..=0xFF);
        let code = if printable {
            byte
        } else {
            next += 1;
            next - 1
        };
        char::from_u32(code).unwrap().to_string()
    });
    let mut tokens: Vec<Value> = spelling.map(Value::String).collect();
    tokens.extend(["<|im_start|>", "<|im_end|>"].map(|t| Value::String(t.to_owned())));
    let kinds = (0..VOCABULARY).map(|id| Value::I32(if id < 256 { 1 } else { 3 })).collect();
    let text = |t: &str| Value::String(t.to_owned());
    BTreeMap::from(
        [
            ("general.architecture", text("llama")),
            ("llama.block_count", Value::U32(1)),
            ("llama.context_length", Value::U32(512)),
            ("llama.embedding_length", Value::U32(WIDTH as u32)),
            ("llama.feed_forward_length", Value::U32(2 * WIDTH as u32)),
            ("llama.attention.head_count", Value::U32(2)),
            ("llama.attention.head_count_kv", Value::U32(1)),
            ("llama.attention.layer_norm_rms_epsilon", Value::F32(1e-5)),
            ("llama.rope.dimension_count", Value::U32(WIDTH as u32 / 2)),
            ("tokenizer.ggml.model", text("gpt2")),
            ("tokenizer.ggml.pre", text("smollm")),
            ("tokenizer.ggml.tokens", Value::Array(tokens)),
            ("tokenizer.ggml.token_type", Value::Array(kinds)),
            ("tokenizer.ggml.merges", Value::Array(Vec::new())),
            ("tokenizer.ggml.eos_token_id", Value::U32(257)),
        ]
        .map(|(k, v)| (k.to_owned(), v)),
    )
}
