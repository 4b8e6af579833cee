//! Makes the rules for a constraint. What they need of the vocabulary, a tree of all tokens' bytes, is made for the first
//! constraint and kept.

use std::{
    collections::HashSet,
    sync::{Arc, OnceLock},
};

use domain::ports::Constraint;
use gguf::Alphabet;
use llguidance::{
    ParserFactory,
    api::{GrammarWithLexer, TopLevelGrammar},
    toktrie::{InferenceCapabilities, TokEnv, TokRxInfo, TokTrie, TokenizerEnv},
};
use serde_json::{Value, json};
use tokenizers::Tokenizer;

use super::{cited_rules::CitedRules, grammar_rules::GrammarRules, token_rules::TokenRules, vocabulary::Vocabulary};
use crate::{EngineError, EngineResult};

/// Makes rules for one vocabulary.
pub(crate) struct Constrainer {
    tokenizer: Arc<Tokenizer>,
    vocabulary: Arc<Vocabulary>,
    made: OnceLock<Result<(TokEnv, ParserFactory), String>>,
}

impl Constrainer {
    pub(crate) fn new(tokenizer: Arc<Tokenizer>, vocabulary: Arc<Vocabulary>) -> Self {
        Self { tokenizer, vocabulary, made: OnceLock::new() }
    }

    /// The rules; milliseconds of work, the first time a hundred. An error where the constraint is malformed or nothing
    /// satisfies it.
    pub(crate) fn rules(&self, constraint: Constraint) -> EngineResult<Box<dyn TokenRules>> {
        let made = self.made.get_or_init(|| self.make().map_err(|e| e.to_string()));
        let (env, factory) = made.as_ref().map_err(|e| bad(e))?;
        let grammar = match constraint {
            Constraint::Cited { passages, refusal } => {
                let prefix = self.vocabulary.special.space_prefix;
                return Ok(Box::new(CitedRules::new(env.clone(), prefix, &passages, refusal.as_deref())?));
            }
            Constraint::Regex(regex) => GrammarWithLexer::from_regex(&regex),
            Constraint::JsonSchema(schema) => GrammarWithLexer::from_json_schema(compact(schema)?),
        };
        Ok(Box::new(GrammarRules::new(factory, TopLevelGrammar::from_grammar(grammar))?))
    }

    fn make(&self) -> Result<(TokEnv, ParserFactory), impl std::fmt::Display + use<>> {
        let env: TokEnv = Arc::new(Env::new(self.tokenizer.clone(), &self.vocabulary));
        let capabilities = InferenceCapabilities { ff_tokens: true, ..InferenceCapabilities::default() };
        let slices = llguidance::earley::SlicedBiasComputer::general_slices();
        ParserFactory::new(&env, capabilities, &slices).map(|mut factory| {
            factory.quiet().limits_mut().verbose_errors = false;
            (env, factory)
        })
    }
}

/// The error for a constraint that cannot be kept to.
pub(super) fn bad(reason: &dyn std::fmt::Display) -> EngineError {
    EngineError::BadConstraint { reason: reason.to_string() }
}

/// The schema with white space switched off: a small model else fills its whole answer with it.
fn compact(schema: Value) -> EngineResult<Value> {
    match schema {
        Value::Object(mut members) => {
            members.insert("x-guidance".to_owned(), json!({ "whitespace_flexible": false }));
            Ok(Value::Object(members))
        }
        Value::Bool(true) => compact(json!({})),
        other => Err(bad(&format!("a JSON schema is an object or `true`, not {other}"))),
    }
}

/// The vocabulary as `llguidance` sees it.
struct Env {
    tokenizer: Arc<Tokenizer>,
    trie: TokTrie,
    /// Whether a piece of a text has the tokens that it has within the text. A `SentencePiece` tokenizer puts a space in
    /// front of each.
    canonical: bool,
}

impl Env {
    fn new(tokenizer: Arc<Tokenizer>, vocabulary: &Vocabulary) -> Self {
        let mut words = vec![Vec::new(); vocabulary.len()];
        let mut seen = HashSet::new();
        // Of tokens with the same bytes the last stays: `SentencePiece` lists bytes before pieces.
        for (id, word) in words.iter_mut().enumerate().rev() {
            let bytes = vocabulary.bytes(id as u32);
            if !bytes.is_empty() && seen.insert(bytes) {
                *word = bytes.to_vec();
            }
        }
        let ends = vocabulary.ends();
        // Without an end token, one past the others stands for it: it is never sampled.
        let end = ends.first().copied().unwrap_or(words.len() as u32);
        if ends.is_empty() {
            words.push(Vec::new());
        }
        let trie = TokTrie::from(&TokRxInfo::new(words.len() as u32, end), &words);
        let trie = if ends.is_empty() { trie } else { trie.with_eos_tokens(ends) };
        Self { tokenizer, trie, canonical: vocabulary.alphabet == Alphabet::ByteLevel }
    }

    /// The text's own tokens, where they spell it.
    fn encode(&self, bytes: &[u8]) -> Option<Vec<u32>> {
        let encoding = self.tokenizer.encode_fast(std::str::from_utf8(bytes).ok()?, false).ok()?;
        let tokens = encoding.get_ids().to_vec();
        // A tokenizer may normalise, or take a text for a control token.
        let spelled: Vec<u8> = tokens.iter().flat_map(|t| self.trie.token(*t)).copied().collect();
        (spelled == bytes).then_some(tokens)
    }
}

impl TokenizerEnv for Env {
    fn tok_trie(&self) -> &TokTrie {
        &self.trie
    }

    fn tokenize_bytes(&self, bytes: &[u8]) -> Vec<u32> {
        let own = if self.canonical { self.encode(bytes) } else { None };
        own.unwrap_or_else(|| self.trie.greedy_tokenize(bytes))
    }

    fn tokenize_is_canonical(&self) -> bool {
        self.canonical
    }
}
