//! Conversion of tiny folders: what comes out says, splits and rotates as what went in.

use std::{fs, path::Path};

use candle_core::quantized::gguf_file::Content;
use domain::ports::{Message, Role};
use serde_json::{Value as Json, json};

use super::{Mix, convert};
use crate::{
    Adapter, AdapterConfig, Base, TextCodec, TunerResult,
    base::read_content,
    check_model, logits,
    test_folder::{edit_json, set_tokenizer, shard, tiny_folder},
};

#[test]
fn a_converted_model_says_the_same() {
    for name in ["llama", "qwen2"] {
        let folder = tiny_folder(name);
        let out = folder.path().join("converted.gguf");
        convert(folder.path(), Mix::F16, &out).unwrap();
        let bases = [folder.path(), &out].map(|path| Base::open(path).unwrap());
        let [right, found] = bases.map(|base| {
            let nothing = Adapter::zeros(base.shape(), AdapterConfig { rank: 1, ..AdapterConfig::default() }).unwrap();
            logits(&base, &nothing, &[1, 5, 9, 2]).unwrap()
        });
        let off = right.iter().zip(&found).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        let spread = right.iter().copied().fold(0.0, f32::max);
        println!("{name}: off by {off} of {spread}");
        assert!(off < 5e-3 * spread.max(1.0), "{name}: off by {off}");
        let codecs = [folder.path(), &out].map(|path| TextCodec::open(path).unwrap());
        let [a, b] = codecs.map(|codec| codec.encode("bad face<end>").unwrap());
        assert_eq!(a, b);
        let wrong: Vec<_> = check_model(&out).unwrap().into_iter().filter(|f| !f.good).collect();
        assert!(wrong.is_empty(), "{wrong:?}");
    }
}

#[test]
fn a_vocabulary_larger_than_the_embedding_is_refused() {
    let folder = tiny_folder("llama");
    let path = folder.path().join("tokenizer.json");
    let text = std::fs::read_to_string(&path).unwrap();
    let rows = Base::open(folder.path()).unwrap().shape().vocabulary;
    std::fs::write(&path, text.replace(&format!("\"id\":{}", rows - 1), "\"id\":999999")).unwrap();
    let error = convert(folder.path(), Mix::F16, &folder.path().join("out.gguf")).unwrap_err().to_string();
    assert!(error.contains("1 of its tokens have no row"), "{error}");
}

#[test]
fn a_model_in_two_files_is_the_same_and_a_missing_one_is_named() {
    let folder = tiny_folder("llama");
    let converted = || -> TunerResult<Vec<u8>> {
        let out = folder.path().join("out.gguf");
        convert(folder.path(), Mix::F16, &out)?;
        Ok(fs::read(out).unwrap())
    };
    let whole = converted().unwrap();
    let [_, second] = shard(folder.path());
    assert!(converted().unwrap() == whole);
    fs::remove_file(folder.path().join(&second)).unwrap();
    let error = converted().unwrap_err().to_string();
    assert!(error.contains(&second), "{error}");
}

#[test]
fn scaled_positions_are_kept_wherever_they_are_written() {
    let folder = tiny_folder("llama");
    let out = folder.path().join("out.gguf");
    let converted = |key: &str, rope: &Json| -> TunerResult<_> {
        edit_json(&folder.path().join("config.json"), |config| {
            config.as_object_mut().unwrap().retain(|key, _| !key.starts_with("rope"));
            config[key] = rope.clone();
        });
        convert(folder.path(), Mix::F32, &out)?;
        // Both are tuned with the same angles.
        let [of_folder, of_file] = [folder.path(), &out].map(|base| Base::open(base).unwrap().frequencies);
        assert!(of_folder.iter().zip(&of_file).all(|(a, b)| (a / b - 1.0).abs() < 1e-6), "{of_folder:?}, {of_file:?}");
        Ok((read_content(&out)?.0, of_file))
    };
    let llama3 = json!({
        "rope_type": "llama3", "rope_theta": 500_000.0, "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
        "original_max_position_embeddings": 64,
    });
    let number = |content: &Content, key: &str| content.metadata.get(key)?.to_f32().ok().map(|v| v as u32);
    for key in ["rope_scaling", "rope_parameters"] {
        // The second pair turns once in 1,414 * 2π positions: slower than 64 allow, so eight times slower still.
        let (content, frequencies) = converted(key, &llama3).unwrap();
        assert!((frequencies[0] - 1.0).abs() < 1e-6 && (frequencies[1] * 8.0 * 500_000f64.sqrt() - 1.0).abs() < 1e-5);
        assert_eq!(content.tensor_infos["rope_freqs.weight"].shape.dims(), [2]);
        assert_eq!(number(&content, "llama.rope.freq_base"), Some(500_000));
        let linear = json!({"rope_type": "linear", "factor": 2.0});
        let (content, frequencies) = converted(key, &linear).unwrap();
        assert!((frequencies[0] - 0.5).abs() < 1e-6, "{frequencies:?}");
        assert!(!content.tensor_infos.contains_key("rope_freqs.weight"));
        assert_eq!(number(&content, "llama.rope.scaling.factor"), Some(2));
        let error = converted(key, &json!({"rope_type": "yarn", "factor": 4.0})).unwrap_err().to_string();
        assert!(error.contains("`yarn`"), "{error}");
    }
}

/// Both read the folder and the file that is made of it in the same way; returns the tokens of the texts.
fn tokens_of(tokenizer: &Json, settings: &Json, texts: &[&str]) -> Vec<Vec<u32>> {
    let folder = tiny_folder("llama");
    set_tokenizer(folder.path(), tokenizer, settings);
    let out = folder.path().join("out.gguf");
    convert(folder.path(), Mix::F16, &out).unwrap();
    let tokens = |base: &Path| -> Vec<Vec<u32>> {
        let codec = TextCodec::open(base).unwrap();
        let said = |role, content: &str| Message { role, content: content.to_owned() };
        let talk = [said(Role::User, "abc"), said(Role::Assistant, "ab a")];
        let mut all: Vec<Vec<u32>> = texts.iter().map(|text| codec.encode(text).unwrap()).collect();
        all.push(codec.encode_conversation(&talk).unwrap().tokens);
        all
    };
    let found = tokens(&out);
    assert_eq!(found, tokens(folder.path()));
    found
}

/// Spellings by id, with what is left of the tiny model's 48 rows as padding.
fn vocabulary(pieces: &[&str]) -> Json {
    let padding = (pieces.len()..48).map(|id| format!("pad{id}"));
    let all = pieces.iter().map(|p| (*p).to_owned()).chain(padding);
    all.zip(0..).map(|(piece, id): (String, i32)| (piece, json!(id))).collect::<serde_json::Map<_, _>>().into()
}

fn special(id: usize, content: &str) -> Json {
    json!({"id": id, "content": content, "special": true, "single_word": false, "lstrip": false, "rstrip": false,
        "normalized": false})
}

const TEMPLATE: &str = "{{ bos_token }}{% for m in messages %}{{ m.content }}{% if m.role == 'assistant' %}{{ eos_token }}\
                        {% else %}:{% endif %}{% endfor %}";

#[test]
fn llama_3s_tokens_stay_the_same() {
    let split = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
    let pieces = ["<b>", "<e>", "a", "b", "c", ":", "1", "2", "3", "4", "Ġ", "12", "123", "cab"];
    let tokenizer = json!({
        "version": "1.0", "added_tokens": [special(0, "<b>"), special(1, "<e>")], "normalizer": null,
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
            {"type": "Split", "pattern": {"Regex": split}, "behavior": "Isolated", "invert": false},
            {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": false},
        ]},
        "post_processor": null, "decoder": null,
        "model": {"type": "BPE", "ignore_merges": true, "vocab": vocabulary(&pieces), "merges": [["1", "2"], ["12", "3"]]},
    });
    let settings = json!({"bos_token": "<b>", "eos_token": "<e>", "chat_template": TEMPLATE});
    let found = tokens_of(&tokenizer, &settings, &["cab bac", "1234"]);
    // `cab` is one token though no merge makes it; numbers are cut after three digits.
    assert_eq!(found, [vec![13, 10, 3, 2, 4], vec![12, 9], vec![0, 2, 3, 4, 5, 2, 3, 10, 2, 1]]);
}

#[test]
fn sentence_pieces_tokens_stay_the_same() {
    let pieces = ["<unk>", "<s>", "</s>", "▁", "a", "b", "c", ":", "<0x0A>", "ab", "▁ab", "▁a", "abc"];
    let merges = json!([["a", "b"], ["▁", "ab"], ["▁a", "b"], ["▁", "a"], ["ab", "c"]]);
    let tokenizer = |normalizer: Json, splitter: Json| {
        json!({
            "version": "1.0", "normalizer": normalizer, "pre_tokenizer": splitter, "post_processor": null, "decoder": null,
            "added_tokens": [special(0, "<unk>"), special(1, "<s>"), special(2, "</s>")],
            "model": {"type": "BPE", "unk_token": "<unk>", "fuse_unk": true, "byte_fallback": true,
                "vocab": vocabulary(&pieces), "merges": merges},
        })
    };
    let settings = json!({"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "chat_template": TEMPLATE});
    let replace = json!({"type": "Replace", "pattern": {"String": " "}, "content": "▁"});
    let prefixed = json!({"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "▁"}, replace]});
    let texts = ["abc ab a", "ab\nc"];
    let found = tokens_of(&tokenizer(prefixed, Json::Null), &settings, &texts);
    assert_eq!(found, [vec![10, 6, 10, 11], vec![10, 8, 6], vec![1, 10, 6, 7, 10, 11, 2]]);
    let found = tokens_of(&tokenizer(replace, Json::Null), &settings, &texts);
    assert_eq!(found, [vec![12, 10, 11], vec![9, 8, 6], vec![1, 12, 7, 9, 11, 2]]);
}

#[test]
fn the_chat_template_is_kept_in_each_of_its_forms() {
    let folder = tiny_folder("qwen2");
    let out = folder.path().join("out.gguf");
    let kept = || {
        convert(folder.path(), Mix::F16, &out).unwrap();
        read_content(&out).unwrap().0.metadata["tokenizer.chat_template"].to_string().unwrap().clone()
    };
    edit_json(&folder.path().join("tokenizer_config.json"), |settings| {
        settings["chat_template"] = json!([{"name": "rag", "template": "r"}, {"name": "default", "template": "d"}]);
    });
    assert_eq!(kept(), "d");
    fs::write(folder.path().join("chat_template.jinja"), "file").unwrap();
    assert_eq!(kept(), "file");
}
