//! What can be wrong with a model's tokenizer and chat template.

/// An error of a file's tokenizer, chat template or metadata.
#[derive(Debug, thiserror::Error)]
pub enum TextError {
    /// A metadata value is missing or has a value that cannot be.
    #[error("the model file's metadata `{key}` {problem}")]
    BadMetadata {
        /// The key.
        key: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A tokenizer of a kind that is not read here.
    #[error("the model's tokenizer `{kind}` is not supported")]
    UnsupportedTokenizer {
        /// Model and pre-tokenizer, as the file names them.
        kind: String,
    },
    /// Tokenizer and vocabulary disagree.
    #[error("the tokenizer does not match the vocabulary: {count} {what}, for example `{example}`")]
    TokenizerMismatch {
        /// What disagrees.
        what: &'static str,
        /// How often.
        count: usize,
        /// One of them.
        example: String,
    },
    /// The tokenizer could not be made.
    #[error("the tokenizer failed: {reason}")]
    Tokenizer {
        /// Why.
        reason: String,
    },
    /// The chat template is broken, or refused the messages.
    #[error("the model's chat template failed: {source}")]
    ChatTemplate {
        /// The cause.
        #[from]
        source: minijinja::Error,
    },
}

/// What this crate returns.
pub type TextResult<T> = Result<T, TextError>;
