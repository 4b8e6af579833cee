//! What is said about models that are not as they should be.

use std::{fs, path::Path};

use serde_json::json;

use super::*;
use crate::{
    Mix, convert,
    test_folder::{edit_json, shard, tiny_folder},
};

fn wrong(findings: &[Finding]) -> Vec<&str> {
    findings.iter().filter(|f| !f.good).map(|f| f.found.as_str()).collect()
}

#[test]
fn a_sound_folder_has_nothing_wrong() {
    let folder = tiny_folder("llama");
    assert_eq!(wrong(&check_model(folder.path()).unwrap()), Vec::<&str>::new());
}

#[test]
fn a_checksum_that_does_not_match_names_the_file() {
    let folder = tiny_folder("llama");
    let list = format!("{}  config.json\n{}  gone.safetensors\n", "0".repeat(64), "1".repeat(64));
    fs::write(folder.path().join("SHA256SUMS"), list).unwrap();
    let findings = check_model(folder.path()).unwrap();
    let wrong = wrong(&findings).join("\n");
    assert!(wrong.contains("config.json") && wrong.contains("gone.safetensors"), "{wrong}");
}

#[test]
fn a_missing_config_and_a_larger_vocabulary_are_said() {
    let folder = tiny_folder("llama");
    fs::remove_file(folder.path().join("config.json")).unwrap();
    assert!(wrong(&check_model(folder.path()).unwrap())[0].contains("config.json"));
    assert!(compare_vocabulary(50, 49).found.contains("1 tokens have no weights"));
    assert!(compare_vocabulary(48, 49).good);
}

/// What is wrong with a tiny folder after a change.
fn after(change: impl FnOnce(&Path)) -> String {
    let folder = tiny_folder("llama");
    change(folder.path());
    wrong(&check_model(folder.path()).unwrap()).join("\n")
}

#[test]
fn a_missing_part_is_named_with_and_without_an_index() {
    let lacking = |indexed: bool| {
        after(|folder| {
            let [_, second] = shard(folder);
            fs::remove_file(folder.join(second)).unwrap();
            if !indexed {
                fs::remove_file(folder.join("model.safetensors.index.json")).unwrap();
            }
        })
    };
    for said in [lacking(true), lacking(false)] {
        assert!(said.contains("model-00002-of-00002.safetensors is not there"), "{said}");
        assert!(said.contains("tensors are missing, the first is `model."), "{said}");
    }
    let whole = after(|folder| {
        shard(folder);
    });
    assert_eq!(whole, "");
}

#[test]
fn weights_that_are_cut_off_or_not_there_are_said() {
    let weights = |folder: &Path| folder.join("model.safetensors");
    let cut = |keep: fn(usize) -> usize| {
        after(|folder| {
            let bytes = fs::read(weights(folder)).unwrap();
            fs::write(weights(folder), &bytes[..keep(bytes.len())]).unwrap();
        })
    };
    let said = cut(|length| length - 100);
    assert!(said.contains("model.safetensors ends early") && said.contains("download it again"), "{said}");
    let said = cut(|_| 50);
    assert!(said.contains("ends within its header"), "{said}");
    let said = after(|folder| fs::write(weights(folder), [b"\x04\0\0\0\0\0\0\0", &b"oops"[..]].concat()).unwrap());
    assert!(said.contains("does not begin with a safetensors header"), "{said}");
    let said = after(|folder| fs::remove_file(weights(folder)).unwrap());
    assert!(said.contains("there are no weights"), "{said}");
    let said = after(|folder| fs::rename(weights(folder), folder.join("pytorch_model.bin")).unwrap());
    assert!(said.contains("pickled"), "{said}");
}

#[test]
fn vocabularies_that_differ_are_said() {
    let said = after(|folder| edit_json(&folder.join("config.json"), |config| config["vocab_size"] = json!(50)));
    assert!(said.contains("config.json says vocab_size 50, the embedding has 48 rows"), "{said}");
    let said = after(|folder| {
        edit_json(&folder.join("tokenizer.json"), |tokenizer| tokenizer["added_tokens"][0]["id"] = json!(50));
    });
    assert!(said.contains("the tokenizer has 51 tokens, the embedding 48 rows: 3 tokens have no weights"), "{said}");
}

#[test]
fn a_network_that_is_not_known_is_said() {
    let said = after(|folder| edit_json(&folder.join("config.json"), |config| config["model_type"] = json!("gpt2")));
    assert!(said.contains("architecture is `gpt2`"), "{said}");
    let yarn = json!({"rope_type": "yarn", "factor": 4.0});
    let said = after(|folder| edit_json(&folder.join("config.json"), |config| config["rope_parameters"] = yarn));
    assert!(said.contains("`yarn`"), "{said}");
}

#[test]
fn ends_of_text_that_differ_are_said() {
    let said = after(|folder| edit_json(&folder.join("config.json"), |config| config["eos_token_id"] = json!(3)));
    assert!(said.contains("config.json ends answers with token [3], the tokenizer with 47"), "{said}");
    let generation = |ids: &str| {
        after(|folder| {
            fs::write(folder.join("generation_config.json"), format!(r#"{{"eos_token_id": {ids}}}"#)).unwrap();
        })
    };
    let said = generation("[3, 5]");
    assert!(said.contains("generation_config.json ends answers with token [3, 5]"), "{said}");
    assert_eq!(generation("[3, 47]"), "");
    let said = after(|folder| {
        edit_json(&folder.join("tokenizer_config.json"), |settings| settings["eos_token"] = json!("<gone>"));
    });
    assert!(said.contains("names no end-of-sequence token"), "{said}");
}

#[test]
fn a_gguf_file_without_an_end_or_a_template_is_said() {
    let folder = tiny_folder("llama");
    edit_json(&folder.path().join("tokenizer_config.json"), |settings| *settings = json!({}));
    let out = folder.path().join("out.gguf");
    convert(folder.path(), Mix::F16, &out).unwrap();
    let said = wrong(&check_model(&out).unwrap()).join("\n");
    assert!(said.contains("no end-of-sequence token") && said.contains("no chat template"), "{said}");
    let bytes = fs::read(&out).unwrap();
    fs::write(&out, &bytes[..bytes.len() - 100]).unwrap();
    let said = wrong(&check_model(&out).unwrap()).join("\n");
    assert!(said.contains("the file ends early"), "{said}");
}
