//! The vocabulary: the bytes behind each token, and which tokens end a text.

use std::collections::HashMap;

use gguf::{Alphabet, FileTokenizer, GgufResult, Metadata, SpecialTokens, TokenKind, named_token};

/// Names under which models list their end tokens, besides the ones that the metadata points at.
const END_NAMES: [&str; 7] =
    ["<|im_end|>", "<|endoftext|>", "<|eot_id|>", "<|eom_id|>", "<|end_of_text|>", "<|end|>", "</s>"];

/// All tokens of a model.
pub(crate) struct Vocabulary {
    bytes: Vec<Box<[u8]>>,
    ends: Vec<u32>,
    pub alphabet: Alphabet,
    pub special: SpecialTokens,
}

impl Vocabulary {
    pub(crate) fn new(metadata: &Metadata, file: &FileTokenizer<'_>) -> GgufResult<Self> {
        let FileTokenizer { tokens, kinds, alphabet, special, .. } = file;
        let from_char = byte_alphabet();
        let bytes_of = |(token, kind): (&&str, &TokenKind)| match kind {
            TokenKind::Control | TokenKind::Unknown | TokenKind::Unused => Box::default(),
            TokenKind::UserDefined => token.as_bytes().into(),
            TokenKind::Normal | TokenKind::Byte => match alphabet {
                Alphabet::ByteLevel => from_byte_level(token, &from_char),
                Alphabet::SentencePiece => from_sentence_piece(token, *kind),
            },
        };
        let named = |key: &str| named_token(metadata, key, tokens.len());
        let mut ends: Vec<u32> = special.end.into_iter().collect();
        ends.extend(named("tokenizer.ggml.eot_token_id")?);
        ends.extend(named("tokenizer.ggml.eom_token_id")?);
        let controls = tokens.iter().zip(kinds).zip(0u32..).filter(|((_, kind), _)| **kind == TokenKind::Control);
        ends.extend(controls.filter(|((token, _), _)| END_NAMES.contains(token)).map(|(_, id)| id));
        Ok(Self {
            bytes: tokens.iter().zip(kinds).map(bytes_of).collect(),
            alphabet: *alphabet,
            special: special.clone(),
            ends,
        })
    }

    /// Tokens that spell their numbers, a space after each; none ends a text.
    #[cfg(test)]
    pub(crate) fn numbered(count: usize) -> Self {
        Self {
            bytes: (0..count).map(|n| format!("{n} ").into_bytes().into()).collect(),
            ends: Vec::new(),
            alphabet: Alphabet::ByteLevel,
            special: SpecialTokens::default(),
        }
    }

    /// How many tokens there are.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// The bytes a token stands for; none for a control token.
    pub(crate) fn bytes(&self, token: u32) -> &[u8] {
        self.bytes.get(token as usize).map_or(&[], |b| b)
    }

    /// The tokens with which a model says that it is done.
    pub(crate) fn ends(&self) -> &[u32] {
        &self.ends
    }

    /// Whether the model says with this token that it is done.
    pub(crate) fn is_end(&self, token: u32) -> bool {
        self.ends.contains(&token)
    }
}

/// GPT-2's table, inverted: printable Latin-1 stands for itself, the other bytes follow from U+0100 on.
fn byte_alphabet() -> HashMap<char, u8> {
    let printable = |b: u8| matches!(b, b'!'..=b'~' | 0xA1..=0xAC | 0xAE..=0xFF);
    let mut next = 0x100u32;
    let mut table = HashMap::with_capacity(256);
    for byte in 0..=u8::MAX {
        let c = if printable(byte) {
            Some(char::from(byte))
        } else {
            next += 1;
            char::from_u32(next - 1)
        };
        table.extend(c.map(|c| (c, byte)));
    }
    table
}

fn from_byte_level(token: &str, table: &HashMap<char, u8>) -> Box<[u8]> {
    let mut bytes = Vec::with_capacity(token.len());
    for c in token.chars() {
        match table.get(&c) {
            Some(byte) => bytes.push(*byte),
            None => bytes.extend(c.encode_utf8(&mut [0; 4]).bytes()),
        }
    }
    bytes.into()
}

fn from_sentence_piece(token: &str, kind: TokenKind) -> Box<[u8]> {
    let hex = token.strip_prefix("<0x").and_then(|t| t.strip_suffix('>'));
    match hex.and_then(|h| u8::from_str_radix(h, 16).ok()) {
        Some(byte) if kind == TokenKind::Byte => [byte].into(),
        _ => token.replace('▁', " ").into_bytes().into(),
    }
}
