//! Values of a GGUF file's metadata. Keys: <https://github.com/ggml-org/ggml/blob/master/docs/gguf.md>.

use std::collections::HashMap;

use candle_core::quantized::gguf_file::Value;

use crate::{GgufError, GgufResult};

/// Metadata of a GGUF file, by key.
pub type Metadata = HashMap<String, Value>;

/// A text value; missing or of another type is an error.
pub fn text<'a>(metadata: &'a Metadata, key: &str) -> GgufResult<&'a str> {
    match metadata.get(key) {
        Some(Value::String(s)) => Ok(s),
        other => Err(bad_value(key, other)),
    }
}

/// A list of texts.
pub fn texts<'a>(metadata: &'a Metadata, key: &str) -> GgufResult<Vec<&'a str>> {
    let Some(Value::Array(values)) = metadata.get(key) else { return Err(bad_value(key, metadata.get(key))) };
    let list: Option<Vec<&str>> = values.iter().map(|v| v.to_string().ok().map(String::as_str)).collect();
    list.ok_or_else(|| bad_value(key, metadata.get(key)))
}

/// A whole number, of whatever integer type.
pub fn integer(metadata: &Metadata, key: &str) -> Option<u64> {
    let value = metadata.get(key)?;
    value.to_u64().ok().or_else(|| match value {
        Value::I32(v) => u64::try_from(*v).ok(),
        Value::I64(v) => u64::try_from(*v).ok(),
        _ => None,
    })
}

/// A yes or no; `default` where it is not said.
pub fn flag(metadata: &Metadata, key: &str, default: bool) -> bool {
    metadata.get(key).and_then(|v| v.to_bool().ok()).unwrap_or(default)
}

/// The error for a value that is missing or of another kind than expected.
pub fn bad_value(key: &str, value: Option<&Value>) -> GgufError {
    let problem = match value {
        None => "is missing".to_owned(),
        Some(Value::Array(_)) => "is a list of another kind than expected".to_owned(),
        Some(v) => format!("has the unexpected value {v:?}"),
    };
    GgufError::BadMetadata { key: key.to_owned(), problem }
}
