//! What a GGUF file says about a Hugging Face model: sizes, tokenizer, special tokens, chat template.
//! Keys: <https://github.com/ggml-org/ggml/blob/master/docs/gguf.md>.

use std::{collections::HashMap, path::Path};

use candle_core::quantized::gguf_file::Value;
use gguf::SortedMetadata;
use serde_json::Value as Json;

use crate::{
    Architecture, TunerError, TunerResult,
    base::{RopeScaling, Shape},
    files::read_json,
    text::{hf_template, is_sentence_piece, prefixes_space, spelling},
};

/// GGUF's numbers for kinds of tokens.
const NORMAL: i32 = 1;
const UNKNOWN: i32 = 2;
const CONTROL: i32 = 3;
const USER_DEFINED: i32 = 4;
const UNUSED: i32 = 5;
const BYTE: i32 = 6;
/// Of a token that no merge makes.
const NO_SCORE: f32 = -1e6;

/// Reads the folder's JSON files.
pub(super) fn read_metadata(folder: &Path, shape: &Shape) -> TunerResult<SortedMetadata> {
    let tokenizer = read_json(&folder.join("tokenizer.json"))?;
    let settings = read_json(&folder.join("tokenizer_config.json"))?;
    let mut metadata = sizes(shape);
    let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    metadata.insert("general.name".to_owned(), Value::String(name));
    let tokens = Tokens::read(&tokenizer, shape.vocabulary)?;
    let kind = if tokens.byte_level { "gpt2" } else { "llama" };
    let mut put = |key: &str, value: Value| metadata.insert(format!("tokenizer.{key}"), value);
    put("ggml.model", Value::String(kind.to_owned()));
    put("ggml.pre", Value::String(if tokens.byte_level { split_name(&tokenizer)? } else { "default" }.to_owned()));
    let id = |key: &str| spelling(&settings, key).and_then(|token| tokens.ids.get(token)).copied();
    for (key, name) in [("bos_token", "bos"), ("eos_token", "eos"), ("unk_token", "unknown"), ("pad_token", "padding")]
    {
        if let Some(id) = id(key) {
            put(&format!("ggml.{name}_token_id"), Value::U32(id));
        }
    }
    let adds_begin = settings.get("add_bos_token").and_then(Json::as_bool).unwrap_or(!tokens.byte_level);
    put("ggml.add_bos_token", Value::Bool(adds_begin));
    if let Some(template) = hf_template(folder, &settings)? {
        put("chat_template", Value::String(template));
    }
    let texts = |texts: Vec<String>| Value::Array(texts.into_iter().map(Value::String).collect());
    if tokens.byte_level {
        put("ggml.merges", texts(tokens.merges.iter().map(|(a, b)| format!("{a} {b}")).collect()));
    } else {
        let scores = tokens.scores();
        put("ggml.scores", Value::Array(scores.into_iter().map(Value::F32).collect()));
        put("ggml.add_space_prefix", Value::Bool(prefixes_space(&tokenizer)));
    }
    put("ggml.token_type", Value::Array(tokens.kinds.into_iter().map(Value::I32).collect()));
    put("ggml.tokens", texts(tokens.spellings));
    Ok(metadata)
}

fn sizes(shape: &Shape) -> SortedMetadata {
    let name = match shape.architecture {
        Architecture::Llama => "llama",
        Architecture::Qwen2 => "qwen2",
    };
    let mut metadata = SortedMetadata::new();
    metadata.insert("general.architecture".to_owned(), Value::String(name.to_owned()));
    let counts = [
        ("block_count", shape.layers),
        ("context_length", shape.context),
        ("embedding_length", shape.width),
        ("feed_forward_length", shape.hidden),
        ("attention.head_count", shape.heads),
        ("attention.head_count_kv", shape.kv_heads),
        ("rope.dimension_count", shape.head),
        ("vocab_size", shape.vocabulary),
    ];
    for (key, count) in counts {
        metadata.insert(format!("{name}.{key}"), Value::U32(count as u32));
    }
    if shape.head * shape.heads != shape.width {
        for key in ["attention.key_length", "attention.value_length"] {
            metadata.insert(format!("{name}.{key}"), Value::U32(shape.head as u32));
        }
    }
    metadata.insert(format!("{name}.attention.layer_norm_rms_epsilon"), Value::F32(shape.norm_eps));
    metadata.insert(format!("{name}.rope.freq_base"), Value::F32(shape.rope_base));
    metadata
}

/// Says how positions are scaled, where that is one number; factors that differ are a tensor.
pub(super) fn name_scaling(metadata: &mut SortedMetadata, scaling: &RopeScaling) {
    let RopeScaling::Linear(factor) = scaling else { return };
    let Some(Value::String(name)) = metadata.get("general.architecture").cloned() else { return };
    metadata.insert(format!("{name}.rope.scaling.type"), Value::String("linear".to_owned()));
    metadata.insert(format!("{name}.rope.scaling.factor"), Value::F32(*factor));
}

/// The vocabulary, as long as the embedding has rows.
struct Tokens {
    byte_level: bool,
    spellings: Vec<String>,
    kinds: Vec<i32>,
    ids: HashMap<String, u32>,
    merges: Vec<(String, String)>,
}

impl Tokens {
    fn read(tokenizer: &Json, rows: usize) -> TunerResult<Self> {
        let model = &tokenizer["model"];
        if model["type"].as_str().is_some_and(|kind| kind != "BPE") {
            return Err(bad(format!("its kind is {}, supported is BPE", model["type"])));
        }
        let byte_level = !is_sentence_piece(tokenizer);
        let vocab =
            model["vocab"].as_object().ok_or_else(|| bad("tokenizer.json holds no `model.vocab`".to_owned()))?;
        let listed = vocab.iter().filter_map(|(token, id)| Some((token.clone(), id.as_u64()?, NORMAL)));
        let added = tokenizer["added_tokens"].as_array().into_iter().flatten().filter_map(|token| {
            let kind = if token["special"].as_bool().unwrap_or(false) { CONTROL } else { USER_DEFINED };
            Some((token["content"].as_str()?.to_owned(), token["id"].as_u64()?, kind))
        });
        let mut tokens: Vec<String> = (0..rows).map(|id| format!("[PAD{id}]")).collect();
        let mut kinds = vec![UNUSED; rows];
        let mut beyond = 0;
        for (token, id, kind) in listed.chain(added) {
            let Some(place) = usize::try_from(id).ok().filter(|id| *id < rows) else {
                beyond += 1;
                continue;
            };
            kinds[place] = match kind {
                CONTROL if model["unk_token"].as_str() == Some(token.as_str()) => UNKNOWN,
                NORMAL if !byte_level && token.starts_with("<0x") && token.len() == 6 => BYTE,
                kind => kind,
            };
            tokens[place] = token;
        }
        if beyond > 0 {
            let problem = format!(
                "{beyond} of its tokens have no row in the embedding, which has {rows}: tokenizer and weights are of \
                 different models, or the embedding was not enlarged with the vocabulary"
            );
            return Err(bad(problem));
        }
        let ids = tokens.iter().cloned().zip(0u32..).collect();
        Ok(Self { byte_level, spellings: tokens, kinds, ids, merges: merges(model)? })
    }

    /// `SentencePiece`'s scores from the order of the merges: the piece that is made first has the best.
    fn scores(&self) -> Vec<f32> {
        let mut scores = vec![NO_SCORE; self.spellings.len()];
        for (rank, (a, b)) in self.merges.iter().enumerate().rev() {
            if let Some(score) = self.ids.get(&format!("{a}{b}")).and_then(|id| scores.get_mut(*id as usize)) {
                *score = -(rank as f32);
            }
        }
        scores
    }
}

/// Pairs, written as `"a b"` or as `["a", "b"]`.
fn merges(model: &Json) -> TunerResult<Vec<(String, String)>> {
    let listed = model["merges"].as_array().map(Vec::as_slice).unwrap_or_default();
    let pair = |merge: &Json| match merge {
        Json::String(line) => line.split_once(' ').map(|(a, b)| (a.to_owned(), b.to_owned())),
        Json::Array(pair) => match pair.as_slice() {
            [Json::String(a), Json::String(b)] => Some((a.clone(), b.clone())),
            _ => None,
        },
        _ => None,
    };
    listed.iter().map(|merge| pair(merge).ok_or_else(|| bad(format!("the merge {merge} is not a pair")))).collect()
}

/// llama.cpp's name for the way in which the text is split before the merges. An unknown one is an error: another would
/// give wrong tokens in silence.
fn split_name(tokenizer: &Json) -> TunerResult<&'static str> {
    let first = &tokenizer["pre_tokenizer"];
    let steps = first["pretokenizers"].as_array().cloned().unwrap_or_else(|| vec![first.clone()]);
    let kind = |step: &Json| step["type"].as_str().unwrap_or_default().to_owned();
    let pattern = steps.iter().find_map(|step| step["pattern"]["Regex"].as_str());
    let kinds: Vec<String> = steps.iter().map(kind).collect();
    let kinds: Vec<&str> = kinds.iter().map(String::as_str).collect();
    match (kinds.as_slice(), pattern) {
        (["ByteLevel"], None) => Ok("gpt-2"),
        (["Digits", "ByteLevel"], None) => Ok("smollm"),
        (["Split", "ByteLevel"], Some(p)) if p.contains(r"\p{N}{1,3}") => Ok("llama-bpe"),
        (["Split", "ByteLevel"], Some(p)) if p.contains(r"|\p{N}|") => Ok("qwen2"),
        _ => Err(bad(format!("its split ({}) is none of those known here", kinds.join(", ")))),
    }
}

fn bad(problem: String) -> TunerError {
    TunerError::Tokenizer { problem }
}
