//! From messages to tokens, by the base model's own tokenizer and chat template.
//!
//! The crate `engine` reads both by the same code, `gguf`: what is trained is what is served.

mod hf_tokenizer;
mod read_tokenizer;

use std::path::Path;

use domain::ports::Message;
use gguf::{ChatTemplate, SpecialTokens};
pub(crate) use hf_tokenizer::{hf_template, is_sentence_piece, prefixes_space, spelling};
use tokenizers::Tokenizer;

use crate::{TunerError, TunerResult};

/// A prompt and what the model is to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encoded {
    /// Prompt, then answer.
    pub tokens: Vec<u32>,
    /// Where the answer begins.
    pub prompt: usize,
}

/// A base model's tokenizer and chat template.
pub struct TextCodec {
    tokenizer: Tokenizer,
    template: ChatTemplate,
    special: SpecialTokens,
}

impl TextCodec {
    /// Reads both from a GGUF file, or from a Hugging Face folder.
    pub fn open(base: &Path) -> TunerResult<Self> {
        let read_tokenizer::Parts { tokenizer, template, special } = read_tokenizer::read(base)?;
        let template = ChatTemplate::new(template.as_deref(), special.clone())?;
        Ok(Self { tokenizer, template, special })
    }

    /// The tokens of a text in which no control token occurs.
    pub fn encode(&self, text: &str) -> TunerResult<Vec<u32>> {
        let encoding = self.tokenizer.encode_fast(text, false);
        encoding.map(|e| e.get_ids().to_vec()).map_err(|e| TunerError::Tokenizer { problem: e.to_string() })
    }

    /// Tokens of a text that a conversation holds: control tokens spelled out in it are not taken for such.
    pub fn count(&self, text: &str) -> TunerResult<usize> {
        Ok(self.encode(&self.template.disarm(text))?.len())
    }

    /// All messages but the last as the prompt, the last, which is the assistant's, as the answer.
    pub fn encode_conversation(&self, messages: &[Message]) -> TunerResult<Encoded> {
        let Some((_, before)) = messages.split_last() else {
            return Err(TunerError::Tokenizer { problem: "a conversation without messages".to_owned() });
        };
        let prompt = self.template.render(before, true)?;
        let whole = self.template.render(messages, false)?;
        let Some(answer) = whole.strip_prefix(&prompt) else {
            let problem = "the chat template writes an answer differently from how it asks for one".to_owned();
            return Err(TunerError::Tokenizer { problem });
        };
        let mut tokens = self.encode(&prompt)?;
        if let Some(begin) = self.special.begin.filter(|begin| tokens.first() != Some(begin)) {
            tokens.insert(0, begin);
        }
        let prompt = tokens.len();
        // Apart, as in serving: the prompt is there before the answer is. The template's line end after the answer's
        // end token is never generated, and a space that the tokenizer puts in front is not written twice.
        let answer = answer.strip_prefix(' ').filter(|_| self.special.space_prefix).unwrap_or(answer);
        tokens.extend(self.encode(answer.trim_end())?);
        Ok(Encoded { tokens, prompt })
    }
}
