//! Builds the tokenizer that a GGUF file describes in its `tokenizer.ggml.*` metadata.
//!
//! Two kinds are known: `gpt2` (byte-level BPE with merges, split first as `tokenizer.ggml.pre` names it) and `llama`
//! (`SentencePiece` BPE with scores and byte fallback). The splits are those of llama.cpp's `llama-vocab.cpp`, with
//! which a file's merges were tested.

use candle_core::quantized::gguf_file::Value;
use tokenizers::{
    AddedToken, NormalizerWrapper, PreTokenizerWrapper, SplitDelimiterBehavior, Tokenizer,
    models::bpe::{BPE, Merges, Vocab},
    normalizers::{NFC, Prepend, Replace, Sequence as Normalizers},
    pre_tokenizers::{
        byte_level::ByteLevel,
        digits::Digits,
        sequence::Sequence,
        split::{Split, SplitPattern},
    },
};

use crate::{
    Alphabet, GgufError, GgufResult, SpecialTokens, TokenKind,
    metadata::{Metadata, flag, text, texts},
};

const LLAMA3_SPLIT: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
const QWEN2_SPLIT: &str =
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

/// A tokenizer with the vocabulary it belongs to.
pub struct FileTokenizer<'a> {
    /// Turns text into tokens.
    pub tokenizer: Tokenizer,
    /// All tokens as the file spells them.
    pub tokens: Vec<&'a str>,
    /// Their kinds.
    pub kinds: Vec<TokenKind>,
    /// How they are spelled.
    pub alphabet: Alphabet,
    /// Those that are more than text.
    pub special: SpecialTokens,
}

/// Reads a file's tokenizer; one that contradicts itself is an error.
pub fn read_tokenizer(metadata: &Metadata) -> GgufResult<FileTokenizer<'_>> {
    let kind = text(metadata, "tokenizer.ggml.model")?;
    let tokens = texts(metadata, "tokenizer.ggml.tokens")?;
    let kinds = token_kinds(metadata, tokens.len())?;
    let vocab = index(&tokens)?;
    let (mut tokenizer, alphabet) = match kind {
        "gpt2" => (byte_level(metadata, vocab)?, Alphabet::ByteLevel),
        "llama" => (sentence_piece(metadata, &tokens, vocab)?, Alphabet::SentencePiece),
        other => return Err(GgufError::UnsupportedTokenizer { kind: other.to_owned() }),
    };
    add_tokens(&mut tokenizer, &tokens, &kinds)?;
    let special = SpecialTokens::read(metadata, &tokens, &kinds, alphabet)?;
    Ok(FileTokenizer { tokenizer, tokens, kinds, alphabet, special })
}

/// Token to id. A token listed twice would make one of the two ids unreachable.
fn index(tokens: &[&str]) -> GgufResult<Vocab> {
    let vocab: Vocab = tokens.iter().zip(0u32..).map(|(token, id)| ((*token).to_owned(), id)).collect();
    if vocab.len() == tokens.len() {
        return Ok(vocab);
    }
    let twice = tokens.iter().zip(0u32..).find(|(token, id)| vocab.get(**token) != Some(id));
    Err(GgufError::TokenizerMismatch {
        what: "tokens are listed twice",
        count: tokens.len() - vocab.len(),
        example: twice.map(|(token, _)| (*token).to_owned()).unwrap_or_default(),
    })
}

fn token_kinds(metadata: &Metadata, tokens: usize) -> GgufResult<Vec<TokenKind>> {
    let Some(Value::Array(values)) = metadata.get("tokenizer.ggml.token_type") else {
        return Ok(vec![TokenKind::Normal; tokens]);
    };
    if values.len() != tokens {
        return Err(GgufError::TokenizerMismatch {
            what: "token types too many or too few",
            count: values.len().abs_diff(tokens),
            example: format!("{tokens} tokens, {} types", values.len()),
        });
    }
    Ok(values.iter().map(|v| TokenKind::from_gguf(v.to_i32().unwrap_or(1))).collect())
}

/// Control tokens and user-defined ones are found in a text before it is split.
fn add_tokens(tokenizer: &mut Tokenizer, tokens: &[&str], kinds: &[TokenKind]) -> GgufResult<()> {
    let of = |wanted: TokenKind| {
        let pairs = tokens.iter().zip(kinds).filter(move |(t, kind)| **kind == wanted && !t.is_empty());
        pairs.map(move |(t, _)| AddedToken::from((*t).to_owned(), wanted == TokenKind::Control).normalized(false))
    };
    tokenizer.add_special_tokens(of(TokenKind::Control)).map_err(|e| failed(&e))?;
    tokenizer.add_tokens(of(TokenKind::UserDefined)).map_err(|e| failed(&e))?;
    Ok(())
}

fn byte_level(metadata: &Metadata, vocab: Vocab) -> GgufResult<Tokenizer> {
    let pre = text(metadata, "tokenizer.ggml.pre").unwrap_or("default");
    let merges = read_merges(metadata, &vocab)?;
    let model = BPE::builder().vocab_and_merges(vocab, merges).ignore_merges(pre == "llama-bpe");
    let mut tokenizer = Tokenizer::new(model.build().map_err(|e| failed(&e))?);
    if pre == "qwen2" {
        tokenizer.with_normalizer(Some(NFC)).map_err(|e| failed(&e))?;
    }
    tokenizer.with_pre_tokenizer(Some(splitter(pre)?));
    Ok(tokenizer)
}

/// The split that comes before the merges. An unknown one is an error: another would give wrong tokens in silence.
fn splitter(pre: &str) -> GgufResult<Sequence> {
    let bytes = |use_regex| PreTokenizerWrapper::ByteLevel(ByteLevel::new(false, false, use_regex));
    let split = |pattern: &str| {
        let split = Split::new(SplitPattern::Regex(pattern.to_owned()), SplitDelimiterBehavior::Isolated, false);
        split.map(PreTokenizerWrapper::Split).map_err(|e| failed(&e))
    };
    let steps = match pre {
        "smollm" => vec![PreTokenizerWrapper::Digits(Digits::new(true)), bytes(true)],
        "default" | "gpt-2" | "gpt2" => vec![bytes(true)],
        "qwen2" => vec![split(QWEN2_SPLIT)?, bytes(false)],
        "llama-bpe" | "llama3" | "llama-v3" => vec![split(LLAMA3_SPLIT)?, bytes(false)],
        other => return Err(GgufError::UnsupportedTokenizer { kind: format!("gpt2 with split {other}") }),
    };
    Ok(Sequence::new(steps))
}

/// The merges, best first, each checked against the vocabulary.
fn read_merges(metadata: &Metadata, vocab: &Vocab) -> GgufResult<Merges> {
    let lines = texts(metadata, "tokenizer.ggml.merges")?;
    let mut unknown: Vec<&str> = Vec::new();
    let mut merges = Merges::with_capacity(lines.len());
    for line in lines {
        match line.split_once(' ') {
            Some((a, b))
                if vocab.contains_key(a) && vocab.contains_key(b) && vocab.contains_key(&format!("{a}{b}")) =>
            {
                merges.push((a.to_owned(), b.to_owned()));
            }
            _ => unknown.push(line),
        }
    }
    match unknown.first() {
        None => Ok(merges),
        Some(first) => Err(GgufError::TokenizerMismatch {
            what: "merges name tokens that are not in the vocabulary",
            count: unknown.len(),
            example: (*first).to_owned(),
        }),
    }
}

fn sentence_piece(metadata: &Metadata, tokens: &[&str], vocab: Vocab) -> GgufResult<Tokenizer> {
    let merges = merges_from_scores(metadata, tokens, &vocab)?;
    let mut builder = BPE::builder().byte_fallback(true).fuse_unk(true);
    if vocab.contains_key("<unk>") {
        builder = builder.unk_token("<unk>".to_owned());
    }
    let model = builder.vocab_and_merges(vocab, merges).build().map_err(|e| failed(&e))?;
    let mut tokenizer = Tokenizer::new(model);
    let mut steps: Vec<NormalizerWrapper> = Vec::new();
    if flag(metadata, "tokenizer.ggml.add_space_prefix", true) {
        steps.push(Prepend::new("▁".to_owned()).into());
    }
    steps.push(Replace::new(" ", "▁").map_err(|e| failed(&e))?.into());
    tokenizer.with_normalizer(Some(Normalizers::new(steps))).map_err(|e| failed(&e))?;
    Ok(tokenizer)
}

/// `SentencePiece` joins whichever neighbours make the piece with the best score: as merges, every way to cut a piece
/// into two others, by the piece's score, best first.
fn merges_from_scores(metadata: &Metadata, tokens: &[&str], vocab: &Vocab) -> GgufResult<Merges> {
    let scores: Vec<f32> = match metadata.get("tokenizer.ggml.scores") {
        Some(Value::Array(values)) => values.iter().map(|v| v.to_f32().unwrap_or(f32::MIN)).collect(),
        _ => Vec::new(),
    };
    if scores.len() != tokens.len() {
        return Err(GgufError::TokenizerMismatch {
            what: "scores too many or too few",
            count: scores.len().abs_diff(tokens.len()),
            example: format!("{} tokens, {} scores", tokens.len(), scores.len()),
        });
    }
    let mut cuts: Vec<(f32, &str, &str)> = Vec::new();
    for (token, score) in tokens.iter().zip(&scores) {
        for (at, _) in token.char_indices().skip(1) {
            let (a, b) = token.split_at(at);
            if vocab.contains_key(a) && vocab.contains_key(b) {
                cuts.push((*score, a, b));
            }
        }
    }
    cuts.sort_by(|x, y| y.0.total_cmp(&x.0));
    Ok(cuts.into_iter().map(|(_, a, b)| (a.to_owned(), b.to_owned())).collect())
}

fn failed(reason: &dyn std::fmt::Display) -> GgufError {
    GgufError::Tokenizer { reason: reason.to_string() }
}
