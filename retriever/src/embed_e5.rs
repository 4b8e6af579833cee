//! multilingual-e5-small through fastembed and ONNX Runtime: mean pooling, `query: ` and `passage: ` in front.
//!
//! Source of the prefixes and the pooling: the model card of `intfloat/multilingual-e5-small`.

use std::path::{Path, PathBuf};

use domain::{
    PortResult, Script,
    ports::{BoxFuture, EmbedRole, Embedder, LanguageBias, TextVectors, TokenCounter},
};
use fastembed::{
    InitOptionsUserDefined, OutputKey, Pooling, SingleBatchOutput, TextEmbedding, UserDefinedEmbeddingModel,
};

use crate::{
    EmbeddingQueue, RetrieverError, TextModel,
    language_bias::LanguageBiases,
    load_onnx::{environment, read, tokenizer_files, unavailable},
    small_tokenizer::SmallTokenizer,
};

/// Most tokens the model reads, its special tokens and the prefix counted.
const MAX_TOKENS: usize = 512;
/// Length of its vectors.
const DIMENSIONS: usize = 384;
/// Tokens before a text's own: the beginning, the prefix's word and its colon; and after them: the end.
const FIRST_TOKENS: usize = 3;
const LAST_TOKENS: usize = 1;
/// The model's output: a vector for each token.
const STATES: &[OutputKey] = &[OutputKey::OnlyOne, OutputKey::ByName("last_hidden_state")];

/// Where the model's files are.
#[derive(Clone, Debug)]
pub struct EmbedderFiles {
    /// The ONNX graph.
    pub model: PathBuf,
    /// The folder of `tokenizer.json`, `config.json`, `special_tokens_map.json` and `tokenizer_config.json`.
    pub tokenizer_dir: PathBuf,
}

impl EmbedderFiles {
    /// The files in one folder, under their usual names.
    pub fn in_dir(dir: impl AsRef<Path>) -> Self {
        Self { model: dir.as_ref().join("model.onnx"), tokenizer_dir: dir.as_ref().to_owned() }
    }
}

/// How the embedder runs.
#[derive(Clone, Debug)]
pub struct EmbedderSettings {
    /// Threads within one model run.
    pub threads: usize,
    /// Most texts that may wait, for queries and for passages each.
    pub queue: usize,
    /// Names model and weights; vectors of different identities are never compared.
    pub identity: String,
}

impl Default for EmbedderSettings {
    fn default() -> Self {
        Self { threads: 2, queue: 256, identity: "multilingual-e5-small-q4".to_owned() }
    }
}

/// The embedder: a handle to its thread, and a counter of its tokens.
pub struct E5Embedder {
    queue: EmbeddingQueue,
    counter: SmallTokenizer,
    biases: LanguageBiases,
    identity: String,
}

impl E5Embedder {
    /// Loads the model and starts its thread. Takes seconds and blocks: call it before serving, or on a blocking thread.
    ///
    /// `onnxruntime` is the shared library's path; the first embedder of a process decides which one is used.
    pub fn load(files: &EmbedderFiles, onnxruntime: &Path, settings: EmbedderSettings) -> Result<Self, RetrieverError> {
        let environment = environment(onnxruntime)?;
        let model = UserDefinedEmbeddingModel::new(read(&files.model)?, tokenizer_files(&files.tokenizer_dir)?)
            .with_pooling(Pooling::Mean);
        let options = InitOptionsUserDefined::new()
            .with_max_length(MAX_TOKENS)
            .with_environment(environment)
            .with_intra_threads(settings.threads.max(1))
            // Idle threads sleep: spinning ones would take the cores from the language model beside them.
            .with_session_config("session.intra_op.allow_spinning", "0");
        let model = TextEmbedding::try_new_from_user_defined(model, options).map_err(unavailable(&files.model))?;
        let counter = SmallTokenizer::of(&model.tokenizer).ok_or_else(|| RetrieverError::ModelUnavailable {
            path: files.tokenizer_dir.join("tokenizer.json"),
            detail: "it is not a Unigram tokenizer".to_owned(),
        })?;
        let mut model = E5Model { model };
        let mut embed = |texts: Vec<&str>, role| model.embed(&prefixed(texts, role), role);
        let biases = LanguageBiases::measure(DIMENSIONS, &mut embed)?;
        let queue = EmbeddingQueue::start(model, settings.queue)?;
        Ok(Self { queue, counter, biases, identity: settings.identity })
    }
}

impl std::fmt::Debug for E5Embedder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("E5Embedder").field("identity", &self.identity).finish_non_exhaustive()
    }
}

impl Embedder for E5Embedder {
    fn dimensions(&self) -> usize {
        DIMENSIONS
    }

    fn identity(&self) -> &str {
        &self.identity
    }

    fn language_bias(&self, script: Script, role: EmbedRole) -> Option<&LanguageBias> {
        Some(self.biases.of(script, role))
    }

    fn embed(&self, texts: Vec<String>, role: EmbedRole) -> BoxFuture<'_, PortResult<Vec<Vec<f32>>>> {
        Box::pin(async move { Ok(self.embed_tokens(texts, role).await?.into_iter().map(|v| v.text).collect()) })
    }

    fn embed_tokens(&self, texts: Vec<String>, role: EmbedRole) -> BoxFuture<'_, PortResult<Vec<TextVectors>>> {
        Box::pin(async move { Ok(self.queue.embed(prefixed(texts, role), role).await?) })
    }
}

/// The texts as the model was trained on them.
fn prefixed<T: std::fmt::Display>(texts: Vec<T>, role: EmbedRole) -> Vec<String> {
    let prefix = match role {
        EmbedRole::Query => "query: ",
        EmbedRole::Passage => "passage: ",
    };
    texts.into_iter().map(|text| format!("{prefix}{text}")).collect()
}

impl TokenCounter for E5Embedder {
    fn count(&self, text: &str) -> usize {
        // Counting fails on no text; should it ever, the bytes are an upper bound.
        self.counter.count(text).unwrap_or(text.len())
    }
}

/// The model as its thread runs it.
struct E5Model {
    model: TextEmbedding,
}

impl TextModel for E5Model {
    fn embed(&mut self, texts: &[String], _role: EmbedRole) -> Result<Vec<TextVectors>, RetrieverError> {
        let failed = |e: fastembed::Error| RetrieverError::EmbeddingFailed(e.to_string());
        let output = self.model.transform(texts, Some(texts.len().max(1))).map_err(failed)?;
        let mut vectors = Vec::with_capacity(texts.len());
        for batch in output.into_raw() {
            vectors.extend(vectors_of(&batch).map_err(failed)?);
        }
        Ok(vectors)
    }
}

/// The vectors of a batch's texts: the mean of all of a text's tokens, and those of its own.
fn vectors_of(batch: &SingleBatchOutput) -> fastembed::Result<Vec<TextVectors>> {
    let means = batch.select_and_pool_output(&STATES, Some(Pooling::Mean))?;
    let states = batch.select_output(&STATES)?;
    let length = batch.attention_mask_array.ncols();
    // One row of numbers per token, one block of rows per text.
    let blocks = states.as_slice().unwrap_or_default().chunks_exact((length * DIMENSIONS).max(1));
    let mut vectors = Vec::with_capacity(means.nrows());
    for ((mean, mask), block) in means.rows().into_iter().zip(batch.attention_mask_array.rows()).zip(blocks) {
        let end = (mask.sum() as usize).saturating_sub(LAST_TOKENS).min(length);
        let own = FIRST_TOKENS.min(end) * DIMENSIONS..end * DIMENSIONS;
        let norm = mean.iter().map(|x| x * x).sum::<f32>().sqrt().max(f32::MIN_POSITIVE);
        let text = mean.iter().map(|x| x / norm).collect();
        vectors.push(TextVectors { text, tokens: block.get(own).unwrap_or_default().to_vec() });
    }
    Ok(vectors)
}
