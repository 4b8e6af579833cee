//! Checks a model that somebody put together: are its files whole, and do weights, tokenizer and settings belong to each
//! other? Says in words what people who did this by hand stumbled over.

mod checksums;
mod hf_folder;
#[cfg(test)]
mod tests;

use std::{collections::HashMap, path::Path};

use candle_core::quantized::gguf_file::{Content, Value};

use crate::{
    Architecture, TunerResult,
    base::{Part, Shape, Target, gguf_name, read_content, read_shape},
    error::unreadable,
};

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Finding {
    /// Whether it is as it should be.
    pub good: bool,
    /// What was found; where it is wrong, what to do.
    pub found: String,
}

impl Finding {
    fn good(found: impl Into<String>) -> Self {
        Self { good: true, found: found.into() }
    }

    fn wrong(found: impl Into<String>) -> Self {
        Self { good: false, found: found.into() }
    }
}

/// Checks a GGUF file, or a folder as Hugging Face writes it, with the checksum lists beside them. An error only where
/// nothing could be read at all.
pub fn check_model(path: &Path) -> TunerResult<Vec<Finding>> {
    if path.is_dir() {
        return hf_folder::check(path);
    }
    let mut findings = match path.parent() {
        Some(folder) => checksums::check(folder, |name| path.file_name().is_some_and(|own| own == name))?,
        None => Vec::new(),
    };
    let (content, _) = read_content(path)?;
    let length = std::fs::metadata(path).map_err(|e| unreadable(path, e))?.len();
    findings.push(whole("the file", length, needed(&content), content.tensor_infos.len()));
    match read_shape(&content) {
        Ok(shape) => {
            findings.push(all_tensors(&shape, gguf_name, |name| content.tensor_infos.contains_key(name)));
            findings.push(vocabulary(&content, &shape));
            findings.extend(special_tokens(&content.metadata, shape.vocabulary));
        }
        Err(error) => findings.push(Finding::wrong(error.to_string())),
    }
    let template = content.metadata.contains_key("tokenizer.chat_template");
    findings.push(if template {
        Finding::good("it has a chat template")
    } else {
        Finding::wrong("it has no chat template: instructions would reach the model in no form that it knows")
    });
    Ok(findings)
}

/// Whether a file is as long as what it says about itself.
fn whole(name: &str, length: u64, needed: u64, tensors: usize) -> Finding {
    if needed > length {
        return Finding::wrong(format!(
            "{name} ends early: it has {length} bytes, its {tensors} tensors need {needed}; download it again"
        ));
    }
    Finding::good(format!("{name} is whole: {length} bytes, {tensors} tensors"))
}

/// Bytes that a file with these tensors has.
fn needed(content: &Content) -> u64 {
    let end = content.tensor_infos.values().map(|info| {
        let blocks = info.shape.elem_count() / info.ggml_dtype.block_size();
        content.tensor_data_offset + info.offset + (blocks * info.ggml_dtype.type_size()) as u64
    });
    end.max().unwrap_or(content.tensor_data_offset)
}

/// Whether a network of this shape has all its tensors, by the names of its kind of file.
fn all_tensors(shape: &Shape, name: impl Fn(Part) -> String, has: impl Fn(&str) -> bool) -> Finding {
    let mut parts = vec![Part::Embedding, Part::FinalNorm];
    for layer in 0..shape.layers {
        parts.extend([Part::AttentionNorm(layer), Part::FeedNorm(layer)]);
        parts.extend(Target::ALL.map(|target| Part::Weight(layer, target)));
        if shape.architecture == Architecture::Qwen2 {
            parts.extend([Target::Query, Target::Key, Target::Value].map(|target| Part::Bias(layer, target)));
        }
    }
    let expected = parts.len();
    let missing: Vec<String> = parts.into_iter().map(name).filter(|name| !has(name)).collect();
    match missing.first() {
        None => Finding::good(format!("all {expected} tensors of {} layers are there", shape.layers)),
        Some(first) => Finding::wrong(format!("{} tensors are missing, the first is `{first}`", missing.len())),
    }
}

fn vocabulary(content: &Content, shape: &Shape) -> Finding {
    let rows = content.tensor_infos.get("token_embd.weight").and_then(|info| info.shape.dims().first().copied());
    compare_vocabulary(shape.vocabulary, rows.unwrap_or_default())
}

/// Tokens against rows of the embedding.
fn compare_vocabulary(tokens: usize, rows: usize) -> Finding {
    match tokens.cmp(&rows) {
        std::cmp::Ordering::Equal => Finding::good(format!("{tokens} tokens, as many as the embedding has rows")),
        std::cmp::Ordering::Less => Finding::good(format!(
            "{tokens} tokens and {rows} rows in the embedding: {} rows are padding, which does no harm",
            rows - tokens
        )),
        std::cmp::Ordering::Greater => Finding::wrong(format!(
            "the tokenizer has {tokens} tokens, the embedding {rows} rows: {} tokens have no weights. Weights and \
             tokenizer are of different models, or an adapter with a larger vocabulary was not merged",
            tokens - rows
        )),
    }
}

fn special_tokens(metadata: &HashMap<String, Value>, tokens: usize) -> Vec<Finding> {
    let id = |name: &str| metadata.get(&format!("tokenizer.ggml.{name}_token_id"))?.to_u64().ok();
    let mut findings = Vec::new();
    for name in ["bos", "eos", "unknown", "padding"] {
        if let Some(id) = id(name).filter(|id| *id >= tokens as u64) {
            findings
                .push(Finding::wrong(format!("the token {id} named as `{name}` is not in the vocabulary of {tokens}")));
        }
    }
    findings.push(match id("eos") {
        Some(id) => Finding::good(format!("it ends its answers with token {id}")),
        None => Finding::wrong("no end-of-sequence token is named: answers would only end at their greatest length"),
    });
    findings
}
