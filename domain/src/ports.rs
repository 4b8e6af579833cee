//! Ports: what one crate offers and another needs. `api` wires them; the crates in the middle never see each other.
//!
//! All calls may be dropped at any await point: that cancels them, and the laws below still hold.

use std::{future::Future, ops::Range, pin::Pin, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::{
    ByteRange, Chunk, CourseId, DocumentId, ErrorKind, Hit, Place, PortError, PortResult, Script, SearchQuery, Usage,
};

/// A future behind a trait object.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Counts tokens as the embedder does, so that chunks can be sized in its own unit.
pub trait TokenCounter: Send + Sync {
    /// Tokens of `text`, special tokens not counted. Pure: the same text has the same count.
    fn count(&self, text: &str) -> usize;
}

/// Which side of a search a text is on: asymmetric embedders treat the two differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EmbedRole {
    /// What is searched for.
    Query,
    /// What is searched in.
    Passage,
}

/// What an embedder makes of a text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TextVectors {
    /// Of the whole text, of length 1.
    pub text: Vec<f32>,
    /// Of its tokens, one after another, special tokens left out; empty from an embedder that does not tell them.
    pub tokens: Vec<f32>,
}

/// What vectors tell of the language of their text alone: their mean over texts that say the same in every language.
/// Multilingual embedders place texts by language first and by meaning second; with this taken off, a question is nearest
/// to what answers it in whichever language (Yang et al., EMNLP 2021).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LanguageBias {
    /// Of the vectors of whole texts.
    pub text: Vec<f32>,
    /// Of token vectors brought to length 1; empty from an embedder that does not tell them.
    pub token: Vec<f32>,
}

impl LanguageBias {
    /// The vector of a text without it, of length 1.
    pub fn off_text(&self, vector: &[f32]) -> Vec<f32> {
        off(vector, &self.text)
    }

    /// Token vectors without it, each of length 1.
    pub fn off_tokens(&self, tokens: &[f32], dimensions: usize) -> Vec<f32> {
        tokens.chunks_exact(dimensions.max(1)).flat_map(|token| off(&off(token, &[]), &self.token)).collect()
    }
}

/// `vector` less `bias`, of length 1.
fn off(vector: &[f32], bias: &[f32]) -> Vec<f32> {
    let bias = bias.iter().copied().chain(std::iter::repeat(0.0));
    let left: Vec<f32> = vector.iter().zip(bias).map(|(x, bias)| x - bias).collect();
    let length = left.iter().map(|x| x * x).sum::<f32>().sqrt().max(f32::MIN_POSITIVE);
    left.iter().map(|x| x / length).collect()
}

/// Turns texts into vectors of length 1.
pub trait Embedder: Send + Sync {
    /// Length of every vector.
    fn dimensions(&self) -> usize;

    /// Names model and weights; vectors of different identities must never be compared.
    fn identity(&self) -> &str;

    /// What its vectors tell of a language alone; `None` where that is not known, so that languages can't be compared.
    fn language_bias(&self, _script: Script, _role: EmbedRole) -> Option<&LanguageBias> {
        None
    }

    /// One vector per text, in order. Texts over the model's length are cut. An `Overloaded` error means that the
    /// queue is full and nothing was done.
    fn embed(&self, texts: Vec<String>, role: EmbedRole) -> BoxFuture<'_, PortResult<Vec<Vec<f32>>>>;

    /// As [`Embedder::embed`], with the vectors of the tokens.
    fn embed_tokens(&self, texts: Vec<String>, role: EmbedRole) -> BoxFuture<'_, PortResult<Vec<TextVectors>>> {
        Box::pin(async move {
            let vectors = self.embed(texts, role).await?;
            Ok(vectors.into_iter().map(|text| TextVectors { text, tokens: Vec::new() }).collect())
        })
    }
}

/// Where chunks are kept to be found.
pub trait ChunkStore: Send + Sync {
    /// Stores the chunks of one document. On return they are durable and searchable. Repeating a call, also after a
    /// crash half-way, ends in the same state: chunk ids are derived from content.
    ///
    /// `progress(done, total)` is called as chunks are embedded.
    fn put<'a>(
        &'a self,
        course: CourseId,
        document: DocumentId,
        chunks: &'a [Chunk],
        progress: &'a (dyn Fn(usize, usize) + Send + Sync),
    ) -> BoxFuture<'a, PortResult<()>>;

    /// Forgets a document. Not an error where there is none.
    fn remove_document(&self, document: DocumentId) -> BoxFuture<'_, PortResult<()>>;

    /// Forgets a course. Not an error where there is none.
    fn remove_course(&self, course: CourseId) -> BoxFuture<'_, PortResult<()>>;

    /// How many chunks of a document the vector and the keyword index hold: equal, unless a write was cut off.
    fn count(&self, document: DocumentId) -> BoxFuture<'_, PortResult<(usize, usize)>>;
}

/// Finds chunks.
pub trait ChunkSearcher: Send + Sync {
    /// The best `query.limit` hits, best first. An empty course gives no hits, not an error.
    fn search(&self, query: SearchQuery) -> BoxFuture<'_, PortResult<Vec<Hit>>>;
}

/// Scores how well each text answers a query, reading both together.
pub trait Reranker: Send + Sync {
    /// One score per text, in order; higher is better, and only comparable within one call.
    fn rerank<'a>(&'a self, query: &'a str, texts: &'a [String]) -> BoxFuture<'a, PortResult<Vec<f32>>>;
}

/// A passage with its sentences, as byte ranges of its text in order.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PassageText {
    /// Headings above it, outermost first: they say what it is about and answer nothing.
    pub headings: String,
    /// The passage.
    pub text: String,
    /// Its sentences.
    pub sentences: Vec<Range<usize>>,
}

/// What a cross-encoder finds in a passage. Log-odds are natural logarithms.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    /// The log-odds that the passage holds the answer.
    pub holds: f32,
    /// For a statement, or a question for yes or no, in the question's place: the probabilities that the passage supports
    /// it, contradicts it, and says nothing of it.
    pub verdict: [f32; 3],
    /// For each sentence the log-odds that it answers.
    pub sentences: Vec<f32>,
    /// For each sentence the likeliest exact words that answer, as bytes of the passage's text, and their log-probability
    /// among all spans of the passage; `None` where a sentence has no words.
    pub spans: Vec<Option<(Range<usize>, f32)>>,
}

/// Reads a question and a passage together (a cross-encoder: Nogueira and Cho, 2019), sentence by sentence.
pub trait PassageReader: Send + Sync {
    /// One reading per passage, in order; a passage over the model's length is read in parts. Pure: the same question and
    /// passage have the same reading, whatever else is read with them. An `Overloaded` error means that the queue is full
    /// and nothing was done.
    fn read<'a>(
        &'a self,
        question: &'a str,
        passages: &'a [PassageText],
    ) -> BoxFuture<'a, PortResult<Vec<Arc<Reading>>>>;
}

/// Finds the places of a quote.
pub trait Locate: Send + Sync {
    /// The places of the bytes `range` of the document's text, one per page that it touches, in order.
    fn locate(&self, document: DocumentId, range: ByteRange) -> BoxFuture<'_, PortResult<Vec<Place>>>;
}

impl<F: Fn(DocumentId, ByteRange) -> Vec<Place> + Send + Sync> Locate for F {
    fn locate(&self, document: DocumentId, range: ByteRange) -> BoxFuture<'_, PortResult<Vec<Place>>> {
        let places = self(document, range);
        Box::pin(async move { Ok(places) })
    }
}

/// Who speaks in a prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The rules.
    System,
    /// The user.
    User,
    /// The model.
    Assistant,
}

/// One message of a prompt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// What is said.
    pub content: String,
}

/// How the next token is chosen.
#[derive(Clone, Debug, PartialEq)]
pub struct Sampling {
    /// 0 is greedy.
    pub temperature: f32,
    /// Nucleus: the smallest set of tokens whose probabilities reach this sum; 1 is off.
    pub top_p: f32,
    /// Only the k likeliest tokens; 0 is off.
    pub top_k: usize,
    /// Only tokens with at least this share of the likeliest one's probability; 0 is off.
    pub min_p: f32,
    /// Divides the logits of tokens seen lately, in prompt or answer; 1 is off.
    pub repetition_penalty: f32,
    /// Taken off the logits of tokens that the answer has already; 0 is off.
    pub presence_penalty: f32,
    /// The same, once for each time that it has them.
    pub frequency_penalty: f32,
    /// The same seed gives the same text.
    pub seed: u64,
}

impl Default for Sampling {
    fn default() -> Self {
        Self {
            temperature: 0.0,
            top_p: 1.0,
            top_k: 0,
            min_p: 0.0,
            repetition_penalty: 1.0,
            presence_penalty: 0.0,
            frequency_penalty: 0.0,
            seed: 0,
        }
    }
}

/// What may be written, where not everything may.
#[derive(Clone, Debug, PartialEq)]
pub enum Constraint {
    /// A JSON value of this schema (JSON Schema 2020-12, of which the common parts are known), without white space.
    JsonSchema(serde_json::Value),
    /// A text that this regular expression matches as a whole, in the syntax of the crate `regex`.
    Regex(String),
    /// [`crate::task_prompts::answer_text`] of whole words of a passage and its number, or the refusal as it stands.
    /// White space in the passages is made single spaces, as in the prompt.
    Cited {
        /// In the order of their numbers, from 1.
        passages: Vec<String>,
        /// What may be said instead.
        refusal: Option<String>,
    },
}

/// What a language model is asked to do.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct GenerateRequest {
    /// The conversation; the model's chat template is put around it.
    pub messages: Vec<Message>,
    /// Most tokens to write.
    pub max_tokens: usize,
    /// Texts that end the writing; they are not part of what is written.
    pub stop: Vec<String>,
    /// How tokens are chosen.
    pub sampling: Sampling,
    /// What may be written. An `InvalidInput` error at the start where it is malformed or nothing could be written; an
    /// `Unsupported` one where this model cannot keep to it.
    pub constraint: Option<Constraint>,
    /// Whether the probabilities of what was written are asked for.
    pub log_probabilities: bool,
}

/// Why a model stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FinishReason {
    /// It came to an end, or to a stop text.
    Stop,
    /// `max_tokens` or the end of its context.
    Length,
}

/// What a running generation says.
#[derive(Clone, Debug, PartialEq)]
pub enum Generated {
    /// More text; always whole characters.
    Text(String),
    /// The last event.
    Finished {
        /// Why.
        reason: FinishReason,
        /// Tokens read and written.
        usage: Usage,
        /// The natural logarithm of each written token's probability, before sampling settings and constraint; 0 for
        /// one that a constraint left no choice about. Empty where they were not asked for.
        log_probabilities: Vec<f32>,
    },
}

/// A running generation. Dropping it stops the model within one step.
pub trait Generation: Send {
    /// The next event; `None` after `Finished` or an error.
    fn next(&mut self) -> BoxFuture<'_, Option<PortResult<Generated>>>;
}

/// What a language model is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelInfo {
    /// Its name in the catalogue.
    pub id: String,
    /// Most tokens of prompt and answer together.
    pub context_length: usize,
    /// Languages it writes well enough to be shown.
    pub languages: Vec<crate::Language>,
    /// Whether it was tuned on [`crate::task_prompts`].
    pub tuned: bool,
    /// How many numbers its weights are, where that is known.
    pub parameters: Option<u64>,
}

/// What a model is asked to judge: how likely it is that it would write each text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScoreRequest {
    /// The conversation; the model's chat template is put around it.
    pub messages: Vec<Message>,
    /// Texts that could follow, at least one, none empty.
    pub continuations: Vec<String>,
}

/// How likely a text is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ContinuationScore {
    /// The natural logarithm of its probability: the sum over its tokens.
    pub log_probability: f32,
    /// That of its first token alone.
    pub first_token: f32,
    /// Its tokens.
    pub tokens: usize,
}

/// Writes text. Implementations run on their own thread behind a bounded queue.
pub trait LanguageModel: Send + Sync {
    /// What it is.
    fn info(&self) -> &ModelInfo;

    /// Tokens of `text` in this model's vocabulary.
    fn count_tokens(&self, text: &str) -> usize;

    /// Starts a generation. `Overloaded` when the queue is full: nothing was started.
    fn generate(&self, request: GenerateRequest) -> BoxFuture<'_, PortResult<Box<dyn Generation>>>;

    /// Scores continuations of one prompt, in their order; the prompt is read once. An `Unsupported` error means that this
    /// model never can (a server that does not tell probabilities).
    fn score(&self, request: ScoreRequest) -> BoxFuture<'_, PortResult<Vec<ContinuationScore>>> {
        let _ = request;
        let detail = format!("the model {} does not tell how likely a text is", self.info().id);
        Box::pin(async { Err(PortError::new(ErrorKind::Unsupported, "scores_unsupported", detail)) })
    }
}
