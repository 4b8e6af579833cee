//! Reads a base model's tokenizer: byte-level BPE from GGUF metadata, or `tokenizer.json`.

use std::path::Path;

use candle_core::quantized::gguf_file::Value;
use serde_json::Value as Json;
use tokenizers::{
    AddedToken, PreTokenizerWrapper, SplitDelimiterBehavior, Tokenizer,
    models::bpe::{BPE, Merges, Vocab},
    normalizers::NFC,
    pre_tokenizers::{
        byte_level::ByteLevel,
        digits::Digits,
        sequence::Sequence,
        split::{Split, SplitPattern},
    },
};

use crate::{
    TunerError, TunerResult,
    base::{Metadata, metadata_text, metadata_texts, read_content},
    error::unreadable,
};

const QWEN2_SPLIT: &str =
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
/// GGUF's numbers for kinds of tokens.
const CONTROL: i32 = 3;
const USER_DEFINED: i32 = 4;

/// What a base model says about its texts.
pub(super) struct Parts {
    pub tokenizer: Tokenizer,
    pub template: Option<String>,
    /// Spellings of begin- and end-of-text.
    pub begin: String,
    pub end: String,
    /// Spellings of all control tokens.
    pub controls: Vec<String>,
}

/// Reads a GGUF file or a Hugging Face folder.
pub(super) fn read(base: &Path) -> TunerResult<Parts> {
    if base.is_dir() { from_folder(base) } else { from_gguf(&read_content(base)?.0.metadata) }
}

fn from_gguf(metadata: &Metadata) -> TunerResult<Parts> {
    let kind = metadata_text(metadata, "tokenizer.ggml.model")?;
    let pre = metadata_text(metadata, "tokenizer.ggml.pre").unwrap_or("default");
    if kind != "gpt2" {
        return Err(TunerError::Tokenizer { problem: format!("its kind is {kind}, supported is gpt2") });
    }
    let tokens = metadata_texts(metadata, "tokenizer.ggml.tokens")?;
    let vocab: Vocab = tokens.iter().zip(0u32..).map(|(token, id)| ((*token).to_owned(), id)).collect();
    let merges: Option<Merges> = metadata_texts(metadata, "tokenizer.ggml.merges")?
        .iter()
        .map(|m| m.split_once(' ').map(|(a, b)| (a.to_owned(), b.to_owned())))
        .collect();
    let merges = merges.ok_or_else(|| TunerError::Tokenizer { problem: "a merge without a space".to_owned() })?;
    let model = BPE::builder().vocab_and_merges(vocab, merges).build().map_err(|e| failed(&e))?;
    let mut tokenizer = Tokenizer::new(model);
    if pre == "qwen2" {
        tokenizer.with_normalizer(Some(NFC)).map_err(|e| failed(&e))?;
    }
    tokenizer.with_pre_tokenizer(Some(splitter(pre)?));
    let of = |wanted: i32| -> Vec<String> {
        let Some(Value::Array(kinds)) = metadata.get("tokenizer.ggml.token_type") else { return Vec::new() };
        let pairs = tokens.iter().zip(kinds).filter(|(t, k)| !t.is_empty() && k.to_i32().ok() == Some(wanted));
        pairs.map(|(t, _)| (*t).to_owned()).collect()
    };
    let added = |t: &String, special| AddedToken::from(t.clone(), special).normalized(false);
    let controls = of(CONTROL);
    tokenizer.add_special_tokens(controls.iter().map(|t| added(t, true))).map_err(|e| failed(&e))?;
    tokenizer.add_tokens(of(USER_DEFINED).iter().map(|t| added(t, false))).map_err(|e| failed(&e))?;
    let spelling = |key: &str| -> String {
        let id = metadata.get(key).and_then(|v| v.to_u64().ok());
        id.and_then(|id| tokens.get(id as usize)).map(|t| (*t).to_owned()).unwrap_or_default()
    };
    Ok(Parts {
        tokenizer,
        template: metadata_text(metadata, "tokenizer.chat_template").ok().map(str::to_owned),
        begin: spelling("tokenizer.ggml.bos_token_id"),
        end: spelling("tokenizer.ggml.eos_token_id"),
        controls,
    })
}

/// The split that comes before the merges. An unknown one is an error: another would give wrong tokens in silence.
fn splitter(pre: &str) -> TunerResult<Sequence> {
    let bytes = |use_regex| PreTokenizerWrapper::ByteLevel(ByteLevel::new(false, false, use_regex));
    let steps = match pre {
        "smollm" => vec![PreTokenizerWrapper::Digits(Digits::new(true)), bytes(true)],
        "default" | "gpt-2" | "gpt2" => vec![bytes(true)],
        "qwen2" => {
            let pattern = SplitPattern::Regex(QWEN2_SPLIT.to_owned());
            let split = Split::new(pattern, SplitDelimiterBehavior::Isolated, false).map_err(|e| failed(&e))?;
            vec![PreTokenizerWrapper::Split(split), bytes(false)]
        }
        other => return Err(TunerError::Tokenizer { problem: format!("its split `{other}` is not supported") }),
    };
    Ok(Sequence::new(steps))
}

fn from_folder(folder: &Path) -> TunerResult<Parts> {
    let tokenizer = Tokenizer::from_file(folder.join("tokenizer.json")).map_err(|e| failed(&e))?;
    let path = folder.join("tokenizer_config.json");
    let text = std::fs::read_to_string(&path).map_err(|e| unreadable(&path, e))?;
    let config: Json = serde_json::from_str(&text).map_err(|e| failed(&e))?;
    let spelling = |key: &str| -> String {
        let value = config.get(key).map(|v| v.get("content").unwrap_or(v));
        value.and_then(Json::as_str).unwrap_or_default().to_owned()
    };
    let own = config.get("chat_template").and_then(Json::as_str).map(str::to_owned);
    let template = own.or_else(|| std::fs::read_to_string(folder.join("chat_template.jinja")).ok());
    let added = tokenizer.get_added_tokens_decoder();
    let controls = added.values().filter(|t| t.special && t.content.len() > 1).map(|t| t.content.clone()).collect();
    let (begin, end) = (spelling("bos_token"), spelling("eos_token"));
    Ok(Parts { tokenizer, template, begin, end, controls })
}

fn failed(reason: &dyn std::fmt::Display) -> TunerError {
    TunerError::Tokenizer { problem: reason.to_string() }
}
