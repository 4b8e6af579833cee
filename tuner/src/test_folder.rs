//! For tests: a tiny model in a folder as Hugging Face writes it, complete with a tokenizer.

use std::{collections::HashMap, fs, path::Path};

use candle_core::{Device, Tensor};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::random::Random;

/// A copy of the fixture `name` (`llama` or `qwen2`), with a byte-level tokenizer as large as its embedding.
pub(crate) fn tiny_folder(name: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name);
    fs::copy(from.join("model.safetensors"), folder.path().join("model.safetensors")).unwrap();
    let mut config: Value = serde_json::from_slice(&fs::read(from.join("config.json")).unwrap()).unwrap();
    let rows = config["vocab_size"].as_u64().unwrap();
    config["eos_token_id"] = json!(rows - 1);
    fs::write(folder.path().join("config.json"), config.to_string()).unwrap();
    add_tokenizer(folder.path(), rows);
    folder
}

/// A model of random weights, `hidden` wide within its feed-forward part.
pub(crate) fn random_folder(width: usize, hidden: usize) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let rows = 64;
    let config = json!({
        "model_type": "llama", "num_hidden_layers": 1, "hidden_size": width, "intermediate_size": hidden,
        "num_attention_heads": 2, "vocab_size": rows, "max_position_embeddings": 64, "tie_word_embeddings": true,
    });
    fs::write(folder.path().join("config.json"), config.to_string()).unwrap();
    let mut random = Random::new(5);
    let mut tensor = |dims: &[usize]| {
        let values: Vec<f32> = (0..dims.iter().product()).map(|_| random.float() - 0.5).collect();
        Tensor::from_vec(values, dims, &Device::Cpu).unwrap()
    };
    let mut tensors = HashMap::new();
    for (name, dims) in [("embed_tokens", vec![rows, width]), ("norm", vec![width])] {
        tensors.insert(format!("model.{name}.weight"), tensor(&dims));
    }
    for (name, dims) in [
        ("input_layernorm", vec![width]),
        ("post_attention_layernorm", vec![width]),
        ("self_attn.q_proj", vec![width, width]),
        ("self_attn.k_proj", vec![width, width]),
        ("self_attn.v_proj", vec![width, width]),
        ("self_attn.o_proj", vec![width, width]),
        ("mlp.gate_proj", vec![hidden, width]),
        ("mlp.up_proj", vec![hidden, width]),
        ("mlp.down_proj", vec![width, hidden]),
    ] {
        tensors.insert(format!("model.layers.0.{name}.weight"), tensor(&dims));
    }
    candle_core::safetensors::save(&tensors, folder.path().join("model.safetensors")).unwrap();
    add_tokenizer(folder.path(), rows as u64);
    folder
}

/// Splits the folder's weights into two files with an index, and returns their names.
pub(crate) fn shard(folder: &Path) -> [String; 2] {
    let whole = folder.join("model.safetensors");
    let tensors = candle_core::safetensors::load(&whole, &Device::Cpu).unwrap();
    let names = [1, 2].map(|n| format!("model-0000{n}-of-00002.safetensors"));
    let mut parts = [HashMap::new(), HashMap::new()];
    let mut index = serde_json::Map::new();
    for (n, (name, tensor)) in tensors.into_iter().enumerate() {
        index.insert(name.clone(), json!(names[n % 2]));
        parts[n % 2].insert(name, tensor);
    }
    for (name, part) in names.iter().zip(&parts) {
        candle_core::safetensors::save(part, folder.join(name)).unwrap();
    }
    fs::write(folder.join("model.safetensors.index.json"), json!({ "weight_map": index }).to_string()).unwrap();
    fs::remove_file(whole).unwrap();
    names
}

/// Changes a JSON file.
pub(crate) fn edit_json(path: &Path, change: impl FnOnce(&mut Value)) {
    let mut value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    change(&mut value);
    fs::write(path, value.to_string()).unwrap();
}

/// Puts a tokenizer into the folder.
pub(crate) fn set_tokenizer(folder: &Path, tokenizer: &Value, settings: &Value) {
    for (file, value) in [("tokenizer.json", tokenizer), ("tokenizer_config.json", settings)] {
        fs::write(folder.join(file), value.to_string()).unwrap();
    }
}

fn add_tokenizer(folder: &Path, rows: u64) {
    let spelling = |id: u64| if id < 26 { char::from(b'a' + id as u8).to_string() } else { format!("t{id}") };
    let vocab: serde_json::Map<String, Value> = (0..rows - 1).map(|id| (spelling(id), json!(id))).collect();
    let tokenizer = json!({
        "version": "1.0",
        "added_tokens": [{
            "id": rows - 1, "content": "<end>", "special": true, "single_word": false, "lstrip": false, "rstrip": false,
            "normalized": false
        }],
        "normalizer": null,
        "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true},
        "post_processor": null,
        "decoder": {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true},
        "model": {"type": "BPE", "vocab": vocab, "merges": []},
    });
    let template = "{% for m in messages %}{{ m.content }}{% endfor %}";
    let settings = json!({ "eos_token": {"content": "<end>"}, "chat_template": template });
    set_tokenizer(folder, &tokenizer, &settings);
}
