//! Checks a folder with safetensors, as Hugging Face writes it.

use std::path::Path;

use serde_json::Value as Json;

use super::{Finding, checksums, compare_vocabulary};
use crate::{TunerResult, error::unreadable};

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
    findings.extend(weights(folder, json("model.safetensors.index.json").as_ref())?);
    if let (Some(config), Some(tokenizer)) = (json("config.json"), json("tokenizer.json")) {
        let rows = config["vocab_size"].as_u64().unwrap_or_default() as usize;
        findings.push(compare_vocabulary(tokens(&tokenizer), rows));
        let settings = json("tokenizer_config.json").unwrap_or_default();
        findings.push(ends(&config, &json("generation_config.json").unwrap_or_default(), &settings, &tokenizer));
    }
    Ok(findings)
}

/// Whether all parts of the weights are there.
fn weights(folder: &Path, index: Option<&Json>) -> TunerResult<Vec<Finding>> {
    let entries = std::fs::read_dir(folder).map_err(|e| unreadable(folder, e))?;
    let names: Vec<String> = entries.flatten().map(|e| e.file_name().to_string_lossy().into_owned()).collect();
    if let Some(map) = index.and_then(|index| index["weight_map"].as_object()) {
        let mut parts: Vec<&str> = map.values().filter_map(Json::as_str).collect();
        parts.sort_unstable();
        parts.dedup();
        return Ok(parts
            .into_iter()
            .map(|part| {
                if names.iter().any(|n| n == part) {
                    Finding::good(format!("{part} is there"))
                } else {
                    Finding::wrong(format!(
                        "{part} is named in the index but not there: a part of the model is missing"
                    ))
                }
            })
            .collect());
    }
    let found = names.iter().filter(|n| Path::new(n).extension().is_some_and(|e| e == "safetensors")).count();
    let pickled = names.iter().any(|n| n.starts_with("pytorch_model") || n.starts_with("consolidated"));
    Ok(vec![match (found, pickled) {
        (0, true) => Finding::wrong(
            "the weights are pickled (.bin, .pth), which can hold programs and is not read: get safetensors",
        ),
        (0, false) => Finding::wrong("there are no weights (*.safetensors)"),
        (n, _) => Finding::good(format!("{n} file{} with weights", if n == 1 { "" } else { "s" })),
    }])
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
