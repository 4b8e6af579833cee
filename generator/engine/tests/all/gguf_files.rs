//! Loading GGUF files: a tiny model made here runs; each kind of broken file is a clear error and never a panic.

use candle_core::quantized::gguf_file::Value;
use domain::{
    ErrorKind, Language,
    ports::{GenerateRequest, Generated, LanguageModel, Message, Role, Sampling},
};
use engine::{GgufModel, GgufModelSettings};

use crate::{common, tiny::Tiny};

async fn write(model: &GgufModel, sampling: Sampling) -> String {
    let request = GenerateRequest {
        messages: vec![Message { role: Role::User, content: "What do plants release? 植物".repeat(3) }],
        max_tokens: 20,
        sampling,
        ..GenerateRequest::default()
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
        messages: vec![Message { role: Role::User, content: "What is the capital of Germany?".to_owned() }],
        max_tokens: 12,
        stop: vec!["\n".to_owned()],
        ..GenerateRequest::default()
    };
    let mut generation = model.generate(request).await.unwrap();
    let mut text = String::new();
    while let Some(event) = generation.next().await {
        if let Generated::Text(more) = event.unwrap() {
            text.push_str(&more);
        }
    }
    assert!(text.contains("Berlin"), "{text}");
}
