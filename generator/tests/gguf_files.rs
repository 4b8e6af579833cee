//! Loading GGUF files: a tiny model made here runs; each kind of broken file is a clear error and never a panic.

use std::{collections::BTreeMap, path::Path};

use candle_core::{
    Device, Tensor,
    quantized::{GgmlDType, QTensor, gguf_file, gguf_file::Value},
};
use domain::{
    ErrorKind, Language, PortError,
    ports::{GenerateRequest, Generated, LanguageModel, Message, Role, Sampling},
};
use generator::{GgufModel, GgufModelSettings};

mod common;

const WIDTH: usize = 32;
const VOCABULARY: usize = 258;

/// A `LLaMA` of one layer with weights that follow a fixed pattern.
struct Tiny {
    metadata: BTreeMap<String, Value>,
    tensors: BTreeMap<String, QTensor>,
}

impl Tiny {
    fn new() -> Self {
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

    fn set(mut self, key: &str, value: Value) -> Self {
        self.metadata.insert(key.to_owned(), value);
        self
    }

    fn write(&self, path: &Path) {
        let metadata: Vec<_> = self.metadata.iter().map(|(k, v)| (k.as_str(), v)).collect();
        let tensors: Vec<_> = self.tensors.iter().map(|(k, v)| (k.as_str(), v)).collect();
        let mut file = std::fs::File::create(path).unwrap();
        gguf_file::write(&mut file, &metadata, &tensors).unwrap();
    }

    fn load(&self, settings: &GgufModelSettings) -> Result<GgufModel, PortError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tiny.gguf");
        self.write(&path);
        Ok(GgufModel::load(&path, None, vec![Language::English], settings)?)
    }

    fn error(&self) -> PortError {
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

async fn write(model: &GgufModel, sampling: Sampling) -> String {
    let request = GenerateRequest {
        messages: vec![Message { role: Role::User, content: "What do plants release? 植物".repeat(3) }],
        max_tokens: 20,
        stop: Vec::new(),
        sampling,
    };
    let mut generation = model.generate(request).await.unwrap();
    let mut text = String::new();
    while let Some(event) = generation.next().await {
        if let Generated::Text(more) = event.unwrap() {
            text.push_str(&more);
        }
    }
    text
}

#[tokio::test]
async fn a_tiny_model_writes_the_same_whatever_the_chunks_and_after_other_requests() {
    let with = |prefill_chunk, threads| {
        let settings = GgufModelSettings { prefill_chunk, threads, ..GgufModelSettings::default() };
        Tiny::new().load(&settings).unwrap()
    };
    let model = with(64, 2);
    let first = write(&model, Sampling::default()).await;
    assert!(!first.is_empty());
    write(&model, Sampling { temperature: 1.0, seed: 3, ..Sampling::default() }).await;
    assert_eq!(write(&model, Sampling::default()).await, first, "no state is left from the request between");
    assert_eq!(write(&with(7, 1), Sampling::default()).await, first);
}

#[test]
fn an_unknown_architecture_and_bad_sizes_are_named() {
    let error = Tiny::new().set("general.architecture", Value::String("mamba".to_owned())).error();
    assert_eq!((error.kind, error.code), (ErrorKind::Unsupported, "model_architecture"));
    assert!(error.detail.contains("mamba"));
    for (key, value) in [
        ("llama.attention.head_count", Value::U32(0)),
        ("llama.attention.head_count", Value::U32(5)),
        ("llama.attention.head_count_kv", Value::U32(3)),
        ("llama.rope.dimension_count", Value::U32(7)),
        ("llama.block_count", Value::String("one".to_owned())),
        ("llama.embedding_length", Value::U32(0)),
    ] {
        let error = Tiny::new().set(key, value).error();
        assert_eq!(error.code, "model_metadata", "{key}: {error}");
    }
    let error = Tiny::new().set("llama.feed_forward_length", Value::U32(3)).error();
    assert_eq!(error.code, "model_tensor_shape");
}

#[test]
fn missing_tensors_are_counted_and_named() {
    let mut tiny = Tiny::new();
    tiny.tensors.remove("blk.0.ffn_up.weight");
    let error = tiny.error();
    assert_eq!(error.code, "model_tensors_missing");
    assert!(error.detail.contains("1 of its tensors") && error.detail.contains("blk.0.ffn_up.weight"));
    let error = Tiny::new().set("llama.block_count", Value::U32(2)).error();
    assert!(error.detail.contains("9 of its tensors"), "{error}");
}

#[test]
fn a_vocabulary_of_another_size_is_a_tokenizer_mismatch() {
    let few = Value::Array(vec![Value::String("a".to_owned())]);
    let error = Tiny::new().set("tokenizer.ggml.tokens", few).error();
    assert_eq!((error.kind, error.code), (ErrorKind::InvalidInput, "tokenizer_mismatch"));
    assert!(error.detail.contains("257"), "{error}");
}

#[test]
fn no_cut_and_no_changed_byte_makes_it_panic() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cut.gguf");
    Tiny::new().write(&path);
    let whole = std::fs::read(&path).unwrap();
    let load = || GgufModel::load(&path, None, Vec::new(), &GgufModelSettings::default());
    for at in (0..whole.len() - 32).step_by(whole.len() / 40) {
        std::fs::write(&path, &whole[..at]).unwrap();
        assert_eq!(load().err().map(|e| e.code()), Some("model_damaged"), "cut at {at}");
    }
    let mut state = 5u64;
    for _ in 0..200 {
        let mut changed = whole.clone();
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        // The header: where a changed byte means another structure, not another weight.
        changed[(state >> 33) as usize % 9000] ^= 1 << (state % 8);
        std::fs::write(&path, &changed).unwrap();
        let _ = load();
    }
    let error = GgufModel::load(&folder.path().join("none.gguf"), None, Vec::new(), &GgufModelSettings::default());
    assert_eq!(error.err().map(|e| e.code()), Some("model_unreadable"));
}

#[tokio::test]
async fn smollm2_counts_and_writes() {
    let Some(path) = common::model_file("smollm2-135m-instruct/model.gguf") else { return };
    let model = GgufModel::load(&path, None, vec![Language::English], &GgufModelSettings::default()).unwrap();
    assert_eq!(model.info().context_length, 4096);
    // Digits count one by one, and no space is put before: In, space, 1, 9, 1, 2, it, rain, ed, full stop.
    assert_eq!(model.count_tokens("In 1912 it rained."), 10);
    let request = GenerateRequest {
        messages: vec![Message { role: Role::User, content: "What is the capital of France?".to_owned() }],
        max_tokens: 12,
        stop: vec!["\n".to_owned()],
        sampling: Sampling::default(),
    };
    let mut generation = model.generate(request).await.unwrap();
    let mut text = String::new();
    while let Some(event) = generation.next().await {
        if let Generated::Text(more) = event.unwrap() {
            text.push_str(&more);
        }
    }
    assert!(text.contains("Paris"), "{text}");
}
