//! GGUF files: their headers and metadata, and from messages to tokens by a file's own tokenizer and chat template.
//!
//! The engine that serves a model and the tuner that trains it both read them here: a model meets, when it serves, the
//! tokens that it was trained on. Format: <https://github.com/ggml-org/ggml/blob/master/docs/gguf.md>.

mod chat_template;
mod error;
mod metadata;
mod read_header;
mod read_tokenizer;
mod special_tokens;
mod write_file;

pub use chat_template::ChatTemplate;
pub use error::{GgufError, GgufResult};
pub use metadata::{Metadata, bad_value, flag, integer, text, texts};
pub use read_header::{Header, read_header};
pub use read_tokenizer::{FileTokenizer, read_tokenizer};
pub use special_tokens::{Alphabet, SpecialTokens, TokenKind, named_token};
pub use write_file::{SortedMetadata, write_file};
