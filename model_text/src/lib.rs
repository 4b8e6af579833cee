//! From messages to tokens, by a GGUF file's own tokenizer and chat template.
//!
//! The engine that serves a model and the tuner that trains it both read them here: a model meets, when it serves, the
//! tokens that it was trained on.

mod chat_template;
mod error;
mod metadata;
mod read_tokenizer;
mod special_tokens;

pub use chat_template::ChatTemplate;
pub use error::{TextError, TextResult};
pub use metadata::{Metadata, bad_value, flag, integer, text, texts};
pub use read_tokenizer::{FileTokenizer, read_tokenizer};
pub use special_tokens::{Alphabet, SpecialTokens, TokenKind, named_token};
