//! Says what is in a GGUF file without loading its weights.

use std::{
    collections::BTreeMap,
    fmt,
    path::{Path, PathBuf},
};

use candle_core::quantized::gguf_file::{Content, TensorInfo, Value};
use gguf::{GgufError, Header, read_header};
use serde::Serialize;

use crate::{ProvisionError, Result};

/// What a GGUF file holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GgufSummary {
    /// The file.
    pub path: PathBuf,
    /// Its size.
    pub file_bytes: u64,
    /// `llama`, `qwen2`, …
    pub architecture: Option<String>,
    /// The model's name, as the file gives it.
    pub name: Option<String>,
    /// The longest text it was made for, in tokens.
    pub context_length: Option<u64>,
    /// How many weights it has.
    pub parameters: u64,
    /// The tokenizer's kind: `gpt2` for byte-level BPE, `llama` for `SentencePiece`, …
    pub tokenizer: Option<String>,
    /// How many tokens it knows.
    pub vocabulary: usize,
    /// The Jinja template that turns a conversation into a prompt.
    pub chat_template: Option<String>,
    /// How many tensors there are of each type.
    pub tensor_types: BTreeMap<String, usize>,
}

/// Reads the file's metadata and directory, and checks that every tensor lies within the file.
///
/// # Errors
/// [`ProvisionError::Gguf`] for anything that is not a whole GGUF file.
pub fn inspect(path: &Path) -> Result<GgufSummary> {
    let Header { content, file_bytes, .. } = read_header(path).map_err(|error| match error {
        GgufError::Unreadable { source, .. } => ProvisionError::io(path)(source),
        GgufError::Damaged { reason, .. } => ProvisionError::Gguf { path: path.to_owned(), detail: reason },
        other => ProvisionError::Gguf { path: path.to_owned(), detail: other.to_string() },
    })?;
    let unreadable = |detail: String| ProvisionError::Gguf { path: path.to_owned(), detail };
    let parameters = measure(&content, file_bytes).map_err(unreadable)?;
    let architecture = text(&content, "general.architecture");
    let longest = architecture.as_ref().and_then(|a| content.metadata.get(&format!("{a}.context_length")));
    Ok(GgufSummary {
        path: path.to_owned(),
        file_bytes,
        context_length: longest.and_then(number),
        name: text(&content, "general.name"),
        parameters,
        tokenizer: text(&content, "tokenizer.ggml.model"),
        vocabulary: content.metadata.get("tokenizer.ggml.tokens").and_then(|v| v.to_vec().ok()).map_or(0, Vec::len),
        chat_template: text(&content, "tokenizer.chat_template"),
        tensor_types: count_types(&content),
        architecture,
    })
}

/// The number of weights; an error where a tensor does not lie within the file.
fn measure(content: &Content, file_bytes: u64) -> std::result::Result<u64, String> {
    let mut parameters: u64 = 0;
    for (name, tensor) in &content.tensor_infos {
        let (elements, bytes) = size_of(tensor).ok_or_else(|| format!("tensor {name} has an impossible shape"))?;
        let end = content.tensor_data_offset.checked_add(tensor.offset).and_then(|start| start.checked_add(bytes));
        if end.is_none_or(|end| end > file_bytes) {
            return Err(format!("it is cut off: tensor {name} ends beyond its {file_bytes} bytes"));
        }
        parameters = parameters.saturating_add(elements);
    }
    Ok(parameters)
}

/// Elements and bytes of a tensor; `None` where they overflow or do not fill whole blocks.
fn size_of(tensor: &TensorInfo) -> Option<(u64, u64)> {
    let elements = tensor.shape.dims().iter().try_fold(1_u64, |n, &d| n.checked_mul(d as u64))?;
    let (block, block_bytes) = (tensor.ggml_dtype.block_size() as u64, tensor.ggml_dtype.type_size() as u64);
    let bytes = (elements / block).checked_mul(block_bytes).filter(|_| elements.is_multiple_of(block))?;
    Some((elements, bytes))
}

fn count_types(content: &Content) -> BTreeMap<String, usize> {
    content.tensor_infos.values().fold(BTreeMap::new(), |mut types, tensor| {
        *types.entry(format!("{:?}", tensor.ggml_dtype)).or_default() += 1;
        types
    })
}

fn text(content: &Content, key: &str) -> Option<String> {
    content.metadata.get(key).and_then(|v| v.to_string().ok()).cloned()
}

fn number(value: &Value) -> Option<u64> {
    value.to_u64().ok().or_else(|| value.to_u32().ok().map(u64::from))
}

impl fmt::Display for GgufSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unknown = "unknown";
        writeln!(f, "file          {} ({} bytes)", self.path.display(), self.file_bytes)?;
        writeln!(f, "name          {}", self.name.as_deref().unwrap_or(unknown))?;
        writeln!(f, "architecture  {}", self.architecture.as_deref().unwrap_or(unknown))?;
        writeln!(f, "parameters    {}", self.parameters)?;
        writeln!(f, "context       {}", self.context_length.map_or(unknown.to_owned(), |n| format!("{n} tokens")))?;
        let tokenizer = self.tokenizer.as_deref().unwrap_or(unknown);
        writeln!(f, "tokenizer     {tokenizer}, {} tokens", self.vocabulary)?;
        let template = self.chat_template.as_ref().map_or("none".to_owned(), |t| format!("{} bytes", t.len()));
        writeln!(f, "chat template {template}")?;
        let types: Vec<_> = self.tensor_types.iter().map(|(name, count)| format!("{count} {name}")).collect();
        write!(f, "tensors       {}", types.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A GGUF file of version 3 without tensors, with one u32 of metadata.
    fn tiny(key: &str, value: u32) -> Vec<u8> {
        let mut bytes = b"GGUF".to_vec();
        bytes.extend(3_u32.to_le_bytes());
        bytes.extend(0_u64.to_le_bytes());
        bytes.extend(1_u64.to_le_bytes());
        bytes.extend((key.len() as u64).to_le_bytes());
        bytes.extend(key.as_bytes());
        bytes.extend(4_u32.to_le_bytes());
        bytes.extend(value.to_le_bytes());
        bytes
    }

    fn inspect_bytes(bytes: &[u8]) -> Result<GgufSummary> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        inspect(file.path())
    }

    #[test]
    fn garbage_and_every_truncation_are_errors() {
        let whole = tiny("general.alignment", 32);
        assert_eq!(inspect_bytes(&whole).unwrap().parameters, 0);
        for cut in 0..whole.len() {
            assert!(matches!(inspect_bytes(&whole[..cut]), Err(ProvisionError::Gguf { .. })), "cut at {cut}");
        }
        for garbage in [&b"not a model"[..], &[0xff; 4096], b"GGUF\x03\0\0\0\xff\xff\xff\xff\xff\xff\xff\x7f"] {
            assert!(matches!(inspect_bytes(garbage), Err(ProvisionError::Gguf { .. })));
        }
    }

    #[test]
    fn an_alignment_of_zero_is_an_error() {
        assert!(matches!(inspect_bytes(&tiny("general.alignment", 0)), Err(ProvisionError::Gguf { .. })));
    }
}
