//! Adapters in PEFT's form, against logits that PEFT computed (`reference/peft_adapters.py` made the fixtures).

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use safetensors::SafeTensors;
use serde::Deserialize;
use tuner::{Adapter, AdapterConfig, Base, TunerError, logits, read_adapter, write_adapter};

#[derive(Deserialize)]
struct Expected {
    tokens: Vec<u32>,
    logits: Vec<f32>,
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

fn open(name: &str) -> (Base, Adapter) {
    let base = Base::open(&fixture(name)).expect("the base is whole");
    let adapter = read_adapter(&fixture(name).join("adapter"), base.shape()).expect("the adapter fits");
    (base, adapter)
}

#[test]
fn gives_the_logits_that_peft_gives() {
    for name in ["llama", "qwen2"] {
        let (base, adapter) = open(name);
        let text = std::fs::read_to_string(fixture(name).join("logits.json")).expect("the fixture is there");
        let expected: Expected = serde_json::from_str(&text).expect("the fixture is JSON");
        let all = logits(&base, &adapter, &expected.tokens).expect("tokens of the vocabulary");
        let last = &all[all.len() - expected.logits.len()..];
        for (ours, theirs) in last.iter().zip(&expected.logits) {
            assert!((ours - theirs).abs() < 2e-4, "{name}: {ours}, PEFT {theirs}");
        }
        let plain = Adapter::new(base.shape(), AdapterConfig::default(), 1).expect("the default fits");
        let without = logits(&base, &plain, &expected.tokens).expect("tokens of the vocabulary");
        let moved = without[all.len() - expected.logits.len()..].iter().zip(last).any(|(a, b)| (a - b).abs() > 0.1);
        assert!(moved, "{name}: the adapter must matter, or this test shows nothing");
    }
}

/// Names, shapes and bytes of all tensors.
fn tensors(folder: &Path) -> BTreeMap<String, (Vec<usize>, Vec<u8>)> {
    let bytes = std::fs::read(folder.join("adapter_model.safetensors")).expect("the file is there");
    let all = SafeTensors::deserialize(&bytes).expect("the file is whole");
    all.tensors().into_iter().map(|(name, t)| (name, (t.shape().to_vec(), t.data().to_vec()))).collect()
}

#[test]
fn writes_what_peft_wrote() {
    for name in ["llama", "qwen2"] {
        let (_, adapter) = open(name);
        let folder = tempfile::tempdir().expect("a folder");
        write_adapter(folder.path(), &adapter, name, false).expect("the folder can be written");
        assert_eq!(tensors(folder.path()), tensors(&fixture(name).join("adapter")));
        let again = read_adapter(folder.path(), open(name).0.shape()).expect("it can be read back");
        assert_eq!(again.config(), adapter.config());
    }
}

#[test]
fn names_the_tensor_that_does_not_fit() {
    let (base, _) = open("llama");
    let error = read_adapter(&fixture("qwen2").join("adapter"), &tuner::Shape { layers: 1, ..base.shape().clone() });
    assert!(matches!(error, Err(TunerError::BadSetting { setting: "layers", .. })), "{error:?}");
    let error = read_adapter(&fixture("llama").join("adapter"), &tuner::Shape { hidden: 32, ..base.shape().clone() });
    let Err(TunerError::WrongShape { name, found, expected }) = error else { panic!("{error:?}") };
    assert_eq!(name, "base_model.model.model.layers.0.mlp.gate_proj.lora_B.weight");
    assert_eq!((found, expected), (vec![24, 3], vec![32, 3]));
}
