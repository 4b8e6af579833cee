//! The decoder against candle-transformers' networks: tiny random models of all three families, and the real ones where
//! they are installed. The largest difference of any logit is printed and bounded.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use candle_core::{
    Device, Tensor,
    quantized::{
        GgmlDType, QTensor,
        gguf_file::{self, Value},
    },
};
use candle_transformers::models::{quantized_llama, quantized_qwen2, quantized_qwen3};

use super::{
    decoder::Decoder,
    kernels::{Isa, PAGE, Pool},
    network::{BatchEntry, Network, WantedLogits},
    read_gguf::GgufFile,
};

pub(super) const VOCABULARY: usize = 300;
const WIDTH: usize = 256;

/// Numbers in a triangle around 0, as weights are spread.
fn numbers(count: usize, mut state: u64, size: f32) -> Vec<f32> {
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1u64 << 24) as f32
    };
    (0..count).map(|_| (next() + next() - 1.0) * size).collect()
}

/// Writes a random model of two layers.
pub(super) fn write_model(path: &Path, family: &str, kind: GgmlDType, tied: bool) {
    let (heads, kv_heads) = (4, 2);
    let head = if family == "qwen3" { 96 } else { WIDTH / heads };
    let hidden = 2 * WIDTH;
    let mut shapes: Vec<(String, Vec<usize>)> =
        vec![("token_embd.weight".into(), vec![VOCABULARY, WIDTH]), ("output_norm.weight".into(), vec![WIDTH])];
    if !tied {
        shapes.push(("output.weight".into(), vec![VOCABULARY, WIDTH]));
    }
    for layer in 0..2 {
        let mut add = |name: &str, shape: &[usize]| shapes.push((format!("blk.{layer}.{name}"), shape.to_vec()));
        add("attn_norm.weight", &[WIDTH]);
        add("ffn_norm.weight", &[WIDTH]);
        add("attn_q.weight", &[heads * head, WIDTH]);
        add("attn_k.weight", &[kv_heads * head, WIDTH]);
        add("attn_v.weight", &[kv_heads * head, WIDTH]);
        add("attn_output.weight", &[WIDTH, heads * head]);
        add("ffn_gate.weight", &[hidden, WIDTH]);
        add("ffn_up.weight", &[hidden, WIDTH]);
        add("ffn_down.weight", &[WIDTH, hidden]);
        if family == "qwen2" {
            add("attn_q.bias", &[heads * head]);
            add("attn_k.bias", &[kv_heads * head]);
            add("attn_v.bias", &[kv_heads * head]);
        }
        if family == "qwen3" {
            add("attn_q_norm.weight", &[head]);
            add("attn_k_norm.weight", &[head]);
        }
    }
    let tensor = |(n, (name, shape)): (usize, &(String, Vec<usize>))| {
        let count = shape.iter().product();
        let mut values = numbers(count, n as u64 + 1, if shape.len() == 2 { 0.15 } else { 0.5 });
        if name.contains("norm") {
            for v in &mut values {
                *v += 1.0;
            }
        }
        let tensor = Tensor::from_vec(values, shape.clone(), &Device::Cpu).unwrap();
        // Rows of 384 numbers make no block of 256.
        let fits = shape.last().unwrap().is_multiple_of(kind.block_size());
        let kind = if shape.len() == 2 && fits { kind } else { GgmlDType::F32 };
        (name.clone(), QTensor::quantize(&tensor, kind).unwrap())
    };
    let tensors: BTreeMap<String, QTensor> = shapes.iter().enumerate().map(tensor).collect();
    let own = |key: &str, value| (format!("{family}.{key}"), value);
    let metadata = BTreeMap::from([
        ("general.architecture".to_owned(), Value::String(family.to_owned())),
        // Else candle rounds the rotation's angles of qwen3 to half floats.
        ("general.dtype".to_owned(), Value::U32(0)),
        own("block_count", Value::U32(2)),
        own("context_length", Value::U32(512)),
        own("embedding_length", Value::U32(WIDTH as u32)),
        own("feed_forward_length", Value::U32(hidden as u32)),
        own("attention.head_count", Value::U32(heads as u32)),
        own("attention.head_count_kv", Value::U32(kv_heads as u32)),
        own("attention.key_length", Value::U32(head as u32)),
        own("attention.layer_norm_rms_epsilon", Value::F32(1e-5)),
        own("rope.dimension_count", Value::U32(head as u32)),
        own("rope.freq_base", Value::F32(5000.0)),
        (
            "tokenizer.ggml.tokens".to_owned(),
            Value::Array((0..VOCABULARY).map(|i| Value::String(i.to_string())).collect()),
        ),
    ]);
    let metadata: Vec<_> = metadata.iter().map(|(k, v)| (k.as_str(), v)).collect();
    let tensors: Vec<_> = tensors.iter().map(|(k, v)| (k.as_str(), v)).collect();
    gguf_file::write(&mut std::fs::File::create(path).unwrap(), &metadata, &tensors).unwrap();
}

/// candle's logits after the last token.
fn candles(path: &Path, tokens: &[u32]) -> Vec<f32> {
    let device = Device::Cpu;
    let mut file = std::fs::File::open(path).unwrap();
    let content = gguf_file::Content::read(&mut file).unwrap();
    let input = Tensor::new(tokens, &device).unwrap().unsqueeze(0).unwrap();
    let family = content.metadata["general.architecture"].to_string().unwrap().clone();
    let logits = match family.as_str() {
        "llama" => quantized_llama::ModelWeights::from_gguf(content, &mut file, &device).unwrap().forward(&input, 0),
        "qwen2" => quantized_qwen2::ModelWeights::from_gguf(content, &mut file, &device).unwrap().forward(&input, 0),
        _ => quantized_qwen3::ModelWeights::from_gguf(content, &mut file, &device).unwrap().forward(&input, 0),
    };
    logits.unwrap().flatten_all().unwrap().to_vec1().unwrap()
}

fn load(path: &Path, isa: Isa) -> Decoder {
    Decoder::load(&GgufFile::open(path).unwrap(), &[], isa, Arc::new(Pool::new(2).unwrap()), 40).unwrap()
}

/// Our logits after the last token, computed in chunks of `chunk`.
fn ours(decoder: &mut Decoder, tokens: &[u32], chunk: usize, first_page: u32) -> Vec<f32> {
    let pages: Vec<u32> = (first_page..first_page + tokens.len().div_ceil(PAGE) as u32).collect();
    let mut logits = Vec::new();
    for (n, part) in tokens.chunks(chunk).enumerate() {
        let entry =
            BatchEntry { tokens: part, position: n * chunk, pages: &pages, wanted: WantedLogits::Last, adapter: 0 };
        logits = decoder.forward(&[entry]).unwrap().pop().unwrap();
    }
    logits
}

/// Largest difference, and the spread of candle's logits to measure it by.
fn compare(ours: &[f32], candles: &[f32]) -> (f32, f32) {
    assert_eq!(ours.len(), candles.len());
    let difference = ours.iter().zip(candles).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    let mean = candles.iter().sum::<f32>() / candles.len() as f32;
    let spread = (candles.iter().map(|v| (v - mean).powi(2)).sum::<f32>() / candles.len() as f32).sqrt();
    (difference, spread)
}

/// How far logits lie from what the weights mean: root of the mean square, as a share of the spread.
pub(super) fn distance(logits: &[f32], meant: &[f32]) -> f32 {
    let square = logits.iter().zip(meant).map(|(a, b)| (a - b).powi(2)).sum::<f32>() / meant.len() as f32;
    square.sqrt() / compare(meant, meant).1
}

/// Both engines round activations to eight bits, each in its own way and on each processor in another: so quantized
/// weights are held against what they mean exactly, and ours must come as near to it as candle's.
#[test]
fn tiny_models_of_all_families_give_candles_logits() {
    let folder = tempfile::tempdir().unwrap();
    let (path, floats) = (folder.path().join("tiny.gguf"), folder.path().join("floats.gguf"));
    let tokens: Vec<u32> = (0..150u32).map(|i| i * 7919 % VOCABULARY as u32).collect();
    for family in ["llama", "qwen2", "qwen3"] {
        for kind in [GgmlDType::F32, GgmlDType::Q8_0, GgmlDType::Q4_1, GgmlDType::Q5_0, GgmlDType::Q4K, GgmlDType::Q6K]
        {
            write_model(&path, family, kind, kind != GgmlDType::Q8_0);
            write_floats(&path, &floats);
            let meant = candles(&floats, &tokens);
            let theirs = distance(&candles(&path, &tokens), &meant);
            for isa in Isa::available() {
                let mut decoder = load(&path, isa);
                let logits = ours(&mut decoder, &tokens, 64, 3);
                let own = distance(&logits, &meant);
                println!("{family} {kind:?} {isa:?}: {own:.5} from the weights' meaning, candle {theirs:.5}");
                assert!(own < 1.25 * theirs + 0.0005, "{family} {kind:?} {isa:?}: {own}, candle {theirs}");
                assert_eq!(ours(&mut decoder, &tokens, 150, 20), logits, "the same bits whatever the chunks");
                assert_eq!(ours(&mut decoder, &tokens, 1, 10), logits, "and token by token");
            }
        }
    }
}

#[test]
fn what_a_sequence_gives_does_not_depend_on_the_others_in_its_step() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tiny.gguf");
    write_model(&path, "llama", GgmlDType::Q4_1, true);
    let text = |seed: u32, n: u32| -> Vec<u32> { (0..n).map(|i| (i * 31 + seed * 17) % VOCABULARY as u32).collect() };
    let mut decoder = load(&path, Isa::best());
    let texts = [text(1, 70), text(2, 33), text(3, 5)];
    let alone: Vec<Vec<f32>> = texts.iter().map(|t| ours(&mut decoder, t, 100, 0)).collect();
    // The first two are read but for their last token; then all three in one step.
    let pages: [Vec<u32>; 3] = [vec![0, 1, 2], vec![7, 5], vec![9]];
    for n in 0..2 {
        let tokens = &texts[n][..texts[n].len() - 1];
        let entry = BatchEntry { tokens, position: 0, pages: &pages[n], wanted: WantedLogits::Nothing, adapter: 0 };
        assert!(decoder.forward(&[entry]).unwrap().is_empty());
    }
    let batch = [
        BatchEntry { tokens: &texts[0][69..], position: 69, pages: &pages[0], wanted: WantedLogits::Last, adapter: 0 },
        BatchEntry { tokens: &texts[2], position: 0, pages: &pages[2], wanted: WantedLogits::Each, adapter: 0 },
        BatchEntry { tokens: &texts[1][32..], position: 32, pages: &pages[1], wanted: WantedLogits::Last, adapter: 0 },
    ];
    let logits = decoder.forward(&batch).unwrap();
    assert_eq!(logits.len(), 7, "one, five, one");
    assert_eq!((&logits[0], &logits[5], &logits[6]), (&alone[0], &alone[2], &alone[1]));
    let short = BatchEntry { tokens: &texts[0], position: 0, pages: &[1], wanted: WantedLogits::Last, adapter: 0 };
    assert!(decoder.forward(&[short]).is_err(), "a sequence longer than its pages");
    let unknown = BatchEntry { tokens: &[300], position: 0, pages: &[1], wanted: WantedLogits::Last, adapter: 0 };
    assert!(decoder.forward(&[unknown]).is_err(), "a token outside the vocabulary");
}

/// Writes the model at `from` anew with all weights as floats: what its quantized weights mean, exactly.
fn write_floats(from: &Path, to: &Path) {
    let mut file = std::fs::File::open(from).unwrap();
    let content = gguf_file::Content::read(&mut file).unwrap();
    let floats = |name: &String| {
        let tensor = content.tensor(&mut file, name, &Device::Cpu).unwrap().dequantize(&Device::Cpu).unwrap();
        (name.clone(), QTensor::quantize(&tensor, GgmlDType::F32).unwrap())
    };
    let tensors: Vec<(String, QTensor)> = content.tensor_infos.keys().map(floats).collect();
    let metadata: Vec<_> = content.metadata.iter().map(|(k, v)| (k.as_str(), v)).collect();
    let tensors: Vec<_> = tensors.iter().map(|(k, v)| (k.as_str(), v)).collect();
    gguf_file::write(&mut std::fs::File::create(to).unwrap(), &metadata, &tensors).unwrap();
}

#[test]
fn the_real_models_are_as_near_to_their_weights_meaning_as_candle_is() {
    let folder = std::env::var_os("LECTERN_MODELS").map_or_else(
        || PathBuf::from(std::env::var_os("HOME").unwrap_or_default()).join(".cache/lectern/models"),
        PathBuf::from,
    );
    let scratch = tempfile::tempdir().unwrap();
    for (name, count, exact) in [("smollm2-135m-instruct", 200, true), ("qwen2.5-coder-1.5b-instruct", 40, false)] {
        let path = folder.join(name).join("model.gguf");
        if !path.is_file() {
            println!("SKIPPED: {} is not installed", path.display());
            continue;
        }
        let tokens: Vec<u32> = (0..count).map(|i| 1000 + i * 7919 % 40_000).collect();
        let (candle, own) = (candles(&path, &tokens), ours(&mut load(&path, Isa::best()), &tokens, 128, 0));
        let (difference, spread) = compare(&own, &candle);
        println!("{name}: largest difference from candle {difference:.4}, spread {spread:.3}");
        assert!(difference < 0.35 * spread, "{name}: {difference} of {spread}");
        // The larger one as floats would take 6 GB.
        if exact {
            let floats = scratch.path().join("floats.gguf");
            write_floats(&path, &floats);
            let meant = candles(&floats, &tokens);
            let ((ours, _), (theirs, _)) = (compare(&own, &meant), compare(&candle, &meant));
            println!("{name}: from the exact weights, ours {ours:.4}, candle {theirs:.4}");
            assert!(ours < 1.25 * theirs, "{name}: {ours} {theirs}");
            let floats = self::ours(&mut load(&floats, Isa::best()), &tokens, 128, 0);
            let (difference, _) = compare(&floats, &meant);
            println!("{name}: with exact weights, largest difference {difference:.5}");
            assert!(difference < 0.02 * spread, "{name}: {difference}");
        }
    }
}
