//! Checks a folder with safetensors, as Hugging Face writes it.

use std::{collections::BTreeMap, path::Path};

use serde_json::Value as Json;

use super::{Finding, all_tensors, checksums, compare_vocabulary, whole};
use crate::{
    TunerResult,
    base::{HfConfig, Part, Shape, WeightFiles, hf_name, read_header},
    error::unreadable,
};

pub(super) fn check(folder: &Path) -> TunerResult<Vec<Finding>> {
    let mut findings = checksums::check(folder, |_| true)?;
    let json = |name: &str| -> Option<Json> { serde_json::from_slice(&std::fs::read(folder.join(name)).ok()?).ok() };
    for (name, why) in [
        ("config.json", "the network's sizes can't be known without it"),
        ("tokenizer.json", "text can't be turned into tokens without it"),
        ("tokenizer_config.json", "the special tokens and the chat template are named there"),
    ] {
        findings.push(match json(name) {
            Some(_) => Finding::good(format!("{name} is there")),
            None => Finding::wrong(format!("{name} is missing or no JSON: {why}; get it from where the weights came")),
        });
    }
    let (weights, tensors) = weights(folder)?;
    findings.extend(weights);
    let tokenizer = json("tokenizer.json");
    if json("config.json").is_some() {
        match HfConfig::read(folder) {
            Ok(config) => findings.extend(network(&config.shape, &tensors, tokenizer.as_ref())),
            Err(error) => findings.push(Finding::wrong(error.to_string())),
        }
    }
    if let (Some(config), Some(tokenizer)) = (json("config.json"), tokenizer) {
        let settings = json("tokenizer_config.json").unwrap_or_default();
        findings.push(ends(&config, &json("generation_config.json").unwrap_or_default(), &settings, &tokenizer));
    }
    Ok(findings)
}

/// Dimensions, by tensor.
type Tensors = BTreeMap<String, Vec<usize>>;

/// Whether all parts of the weights are there and whole, and the tensors that they hold.
fn weights(folder: &Path) -> TunerResult<(Vec<Finding>, Tensors)> {
    let WeightFiles { present, missing } = WeightFiles::find(folder)?;
    let lacking = |name: String| {
        Finding::wrong(format!(
            "{name} is not there, though the index or the other parts' numbers name it: a part of the model is missing"
        ))
    };
    let (mut findings, mut tensors): (Vec<Finding>, _) = (missing.into_iter().map(lacking).collect(), Tensors::new());
    if present.is_empty() && findings.is_empty() {
        findings.push(no_weights(folder)?);
    }
    for path in present {
        let length = std::fs::metadata(&path).map_err(|e| unreadable(&path, e))?.len();
        findings.push(match read_header(&path) {
            Ok(header) => {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                let finding = whole(&name, length, header.needed, header.tensors.len());
                tensors.extend(header.tensors);
                finding
            }
            Err(error) => Finding::wrong(error.to_string()),
        });
    }
    Ok((findings, tensors))
}

fn no_weights(folder: &Path) -> TunerResult<Finding> {
    let mut entries = std::fs::read_dir(folder).map_err(|e| unreadable(folder, e))?.flatten();
    let pickled = entries.any(|entry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        name.starts_with("pytorch_model") || name.starts_with("consolidated")
    });
    Ok(Finding::wrong(if pickled {
        "the weights are pickled (.bin, .pth), which can hold programs and is not read: get safetensors"
    } else {
        "there are no weights (model*.safetensors)"
    }))
}

/// Whether weights, config and tokenizer are of one model.
fn network(shape: &Shape, tensors: &Tensors, tokenizer: Option<&Json>) -> Vec<Finding> {
    if tensors.is_empty() {
        return Vec::new();
    }
    let mut findings = vec![all_tensors(shape, hf_name, |name| tensors.contains_key(name))];
    let Some(rows) = tensors.get(&hf_name(Part::Embedding)).and_then(|dims| dims.first().copied()) else {
        return findings;
    };
    if rows != shape.vocabulary {
        findings.push(Finding::wrong(format!(
            "config.json says vocab_size {}, the embedding has {rows} rows: config and weights are of different models, \
             or the vocabulary was enlarged in only one of them",
            shape.vocabulary
        )));
    }
    findings.extend(tokenizer.map(|tokenizer| compare_vocabulary(tokens(tokenizer), rows)));
    findings
}

/// One past the highest token.
fn tokens(tokenizer: &Json) -> usize {
    let listed = tokenizer["model"]["vocab"].as_object().into_iter().flatten().filter_map(|(_, id)| id.as_u64());
    let added = tokenizer["added_tokens"].as_array().into_iter().flatten().filter_map(|t| t["id"].as_u64());
    listed.chain(added).max().map_or(0, |last| last as usize + 1)
}

/// Whether all files mean the same end of an answer.
fn ends(config: &Json, generation: &Json, settings: &Json, tokenizer: &Json) -> Finding {
    let ids = |json: &Json| -> Vec<u64> {
        let value = &json["eos_token_id"];
        value
            .as_u64()
            .map_or_else(|| value.as_array().into_iter().flatten().filter_map(Json::as_u64).collect(), |id| vec![id])
    };
    let spelling = settings["eos_token"].as_str().or_else(|| settings["eos_token"]["content"].as_str());
    let added = || tokenizer["added_tokens"].as_array().into_iter().flatten();
    let named = spelling.and_then(|s| {
        let listed = tokenizer["model"]["vocab"][s].as_u64();
        listed.or_else(|| added().find(|t| t["content"] == s)?["id"].as_u64())
    });
    let Some(named) = named else {
        return Finding::wrong("tokenizer_config.json names no end-of-sequence token that the tokenizer knows");
    };
    for (file, ids) in [("config.json", ids(config)), ("generation_config.json", ids(generation))] {
        if !ids.is_empty() && !ids.contains(&named) {
            return Finding::wrong(format!(
                "{file} ends answers with token {ids:?}, the tokenizer with {named}: answers may not end; make them agree"
            ));
        }
    }
    Finding::good(format!("all files end answers with token {named}"))
}
