//! Which tokens are more than text.

use crate::{
    GgufError, GgufResult,
    metadata::{Metadata, flag, integer},
};

/// What kind of token an entry is; the numbers are GGUF's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// A piece of text.
    Normal,
    /// Stands for what the vocabulary can't spell.
    Unknown,
    /// Steers the model; never text.
    Control,
    /// Found in a text before it is split.
    UserDefined,
    /// Stands for nothing.
    Unused,
    /// One byte.
    Byte,
}

impl TokenKind {
    /// By GGUF's number.
    pub const fn from_gguf(number: i32) -> Self {
        match number {
            2 => Self::Unknown,
            3 => Self::Control,
            4 => Self::UserDefined,
            5 => Self::Unused,
            6 => Self::Byte,
            _ => Self::Normal,
        }
    }
}

/// How tokens are spelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alphabet {
    /// GPT-2's: each byte a printable character.
    ByteLevel,
    /// `SentencePiece`'s: `▁` for a space, `<0x0A>` for a byte.
    SentencePiece,
}

/// What a file says about begin- and end-of-text and control tokens.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SpecialTokens {
    /// Spellings of the control tokens.
    pub controls: Vec<String>,
    /// Begin-of-text, where prompts are to start with it.
    pub begin: Option<u32>,
    /// End-of-text.
    pub end: Option<u32>,
    /// Spelling of begin-of-text, for chat templates.
    pub begin_text: String,
    /// Spelling of end-of-text.
    pub end_text: String,
    /// Whether the tokenizer puts a space in front of each text, which is not part of it.
    pub space_prefix: bool,
}

impl SpecialTokens {
    pub(crate) fn read(
        metadata: &Metadata,
        tokens: &[&str],
        kinds: &[TokenKind],
        alphabet: Alphabet,
    ) -> GgufResult<Self> {
        let named = |key: &str| named_token(metadata, key, tokens.len());
        let (begin, end) = (named("tokenizer.ggml.bos_token_id")?, named("tokenizer.ggml.eos_token_id")?);
        let spelling =
            |id: Option<u32>| id.and_then(|id| tokens.get(id as usize)).map(|t| (*t).to_owned()).unwrap_or_default();
        let controls = tokens.iter().zip(kinds).filter(|(token, kind)| **kind == TokenKind::Control && token.len() > 1);
        let sentence_piece = alphabet == Alphabet::SentencePiece;
        Ok(Self {
            controls: controls.map(|(token, _)| (*token).to_owned()).collect(),
            begin: begin.filter(|_| flag(metadata, "tokenizer.ggml.add_bos_token", sentence_piece)),
            end,
            begin_text: spelling(begin),
            end_text: spelling(end),
            space_prefix: sentence_piece && flag(metadata, "tokenizer.ggml.add_space_prefix", true),
        })
    }
}

/// The token that a key names; one outside the vocabulary is an error.
pub fn named_token(metadata: &Metadata, key: &str, tokens: usize) -> GgufResult<Option<u32>> {
    match integer(metadata, key) {
        None => Ok(None),
        Some(id) if (id as usize) < tokens => Ok(Some(id as u32)),
        Some(id) => Err(GgufError::TokenizerMismatch {
            what: "special token outside the vocabulary",
            count: 1,
            example: format!("{key} = {id} of {tokens}"),
        }),
    }
}
