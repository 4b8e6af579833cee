//! Reads a base model's tokenizer: from GGUF metadata, or from `tokenizer.json`.

use std::path::Path;

use gguf::{SpecialTokens, text};
use serde_json::Value as Json;
use tokenizers::Tokenizer;

use super::hf_tokenizer::{hf_template, is_sentence_piece, prefixes_space, spelling};
use crate::{TunerError, TunerResult, base::read_content, files::read_json};

/// What a base model says about its texts.
pub(super) struct Parts {
    pub tokenizer: Tokenizer,
    pub template: Option<String>,
    pub special: SpecialTokens,
}

/// Reads a GGUF file or a Hugging Face folder.
pub(super) fn read(base: &Path) -> TunerResult<Parts> {
    if base.is_dir() { from_folder(base) } else { from_gguf(base) }
}

fn from_gguf(path: &Path) -> TunerResult<Parts> {
    let metadata = read_content(path)?.0.metadata;
    let file = gguf::read_tokenizer(&metadata)?;
    let template = text(&metadata, "tokenizer.chat_template").ok().map(str::to_owned);
    Ok(Parts { tokenizer: file.tokenizer, template, special: file.special })
}

fn from_folder(folder: &Path) -> TunerResult<Parts> {
    let tokenizer = Tokenizer::from_file(folder.join("tokenizer.json")).map_err(|e| failed(&e))?;
    let json = read_json(&folder.join("tokenizer.json"))?;
    let config = read_json(&folder.join("tokenizer_config.json"))?;
    let spelling = |key: &str| spelling(&config, key).unwrap_or_default().to_owned();
    let added = tokenizer.get_added_tokens_decoder();
    let controls = added.values().filter(|t| t.special && t.content.len() > 1).map(|t| t.content.clone()).collect();
    let (begin_text, end_text) = (spelling("bos_token"), spelling("eos_token"));
    let adds_begin = config.get("add_bos_token").and_then(Json::as_bool).unwrap_or(is_sentence_piece(&json));
    let special = SpecialTokens {
        controls,
        begin: tokenizer.token_to_id(&begin_text).filter(|_| adds_begin),
        end: tokenizer.token_to_id(&end_text),
        begin_text,
        end_text,
        space_prefix: prefixes_space(&json),
    };
    Ok(Parts { tokenizer, template: hf_template(folder, &config)?, special })
}

fn failed(reason: &dyn std::fmt::Display) -> TunerError {
    TunerError::Tokenizer { problem: reason.to_string() }
}
