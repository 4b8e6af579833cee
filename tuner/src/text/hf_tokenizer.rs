//! What a Hugging Face folder says about its tokenizer, and where it keeps its chat template.

use std::{io::ErrorKind, path::Path};

use serde_json::Value as Json;

use crate::{TunerError, TunerResult, error::unreadable};

/// The folder's template: the file `chat_template.jinja`, which goes first in transformers too, else `chat_template` in
/// `tokenizer_config.json`: a text, or a list of `{name, template}` of which the one named `default` is meant.
pub(crate) fn hf_template(folder: &Path, settings: &Json) -> TunerResult<Option<String>> {
    let path = folder.join("chat_template.jinja");
    match std::fs::read_to_string(&path) {
        Ok(text) => return Ok(Some(text)),
        Err(e) if e.kind() == ErrorKind::NotFound => {}
        Err(e) => return Err(unreadable(&path, e)),
    }
    match &settings["chat_template"] {
        Json::Null => Ok(None),
        Json::String(text) => Ok(Some(text.clone())),
        Json::Array(templates) => choose(templates).map(Some),
        _ => Err(bad("its `chat_template` is neither a text nor a list".to_owned())),
    }
}

/// A special token's spelling in `tokenizer_config.json`: a text, or an object with its content.
pub(crate) fn spelling<'a>(settings: &'a Json, key: &str) -> Option<&'a str> {
    let value = settings.get(key)?;
    value.get("content").unwrap_or(value).as_str()
}

/// Whether `tokenizer.json` spells as `SentencePiece` does, bytes as `<0x0A>`, and not as GPT-2.
pub(crate) fn is_sentence_piece(tokenizer: &Json) -> bool {
    tokenizer["model"]["byte_fallback"].as_bool().unwrap_or(false)
}

/// Whether it puts a space in front of a text: by its normalizer, or by splitting with a `Metaspace`.
pub(crate) fn prefixes_space(tokenizer: &Json) -> bool {
    let steps = |at: &str, list: &str| -> Vec<Json> {
        let one = &tokenizer[at];
        one[list].as_array().cloned().unwrap_or_else(|| vec![one.clone()])
    };
    let metaspace = |step: &Json| step["type"] == "Metaspace" && step["prepend_scheme"] != "never";
    is_sentence_piece(tokenizer)
        && (steps("normalizer", "normalizers").iter().any(|step| step["type"] == "Prepend")
            || steps("pre_tokenizer", "pretokenizers").iter().any(metaspace))
}

fn choose(templates: &[Json]) -> TunerResult<String> {
    let names: Vec<&str> = templates.iter().filter_map(|entry| entry["name"].as_str()).collect();
    let chosen = templates.iter().find(|entry| entry["name"] == "default").and_then(|entry| entry["template"].as_str());
    chosen.map(str::to_owned).ok_or_else(|| {
        bad(format!(
            "of its chat templates ({}) none is named `default`; keep one as chat_template.jinja",
            names.join(", ")
        ))
    })
}

fn bad(problem: String) -> TunerError {
    TunerError::Tokenizer { problem }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_template_is_found_wherever_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let found = |settings: &Json| hf_template(folder.path(), settings);
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(found(&json!({})).unwrap(), None);
        assert_eq!(found(&json!({"chat_template": "a"})).unwrap(), text("a"));
        let named = |name: &str| {
            json!({"chat_template": [
                {"name": "tool_use", "template": "t"}, {"name": name, "template": "d"},
            ]})
        };
        assert_eq!(found(&named("default")).unwrap(), text("d"));
        let error = found(&named("rag")).unwrap_err().to_string();
        assert!(error.contains("tool_use, rag"), "{error}");
        std::fs::write(folder.path().join("chat_template.jinja"), "file").unwrap();
        assert_eq!(found(&named("default")).unwrap(), text("file"));
    }
}
