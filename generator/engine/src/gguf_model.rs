//! A GGUF model as a language model: loaded once, run on its own thread behind a bounded queue.

use std::{path::Path, sync::Arc, thread};

use domain::{
    AdapterWeights, Language, PortResult,
    ports::{
        BoxFuture, Constraint, ContinuationScore, GenerateRequest, Generated, Generation, LanguageModel, Message,
        ModelInfo, ScoreRequest,
    },
    task_prompts,
};
use gguf::{ChatTemplate, GgufError, Metadata, read_tokenizer, text};
use tokenizers::Tokenizer;
use tokio::sync::{
    mpsc::{self, error::TrySendError},
    oneshot,
};

use super::{
    ComputeDevice, GgufModelSettings,
    constrain::Constrainer,
    decoder::Decoder,
    device_decoder::DeviceDecoder,
    kernels::{Isa, PAGE, Pool},
    network::Network,
    read_gguf::{GgufFile, name_of},
    scheduler::{Counters, EngineCounts, Limits, Scheduler},
    score_task::Scoring,
    sequence::{Job, Task},
    token_rules::TokenRules,
    vocabulary::Vocabulary,
    write_task::{SamplingParameters, Writing},
};
use crate::{EngineError, EngineResult};

/// More threads than any machine's memory can feed.
const MOST_THREADS: usize = 256;
/// Texts that may be scored in one request.
const MOST_SCORED: usize = 256;

/// A language model read from a GGUF file.
///
/// Several requests run at once, the others wait their turn. Dropping the model, and all that share its weights, lets the
/// thread finish what is queued.
pub struct GgufModel {
    info: ModelInfo,
    /// As in [`super::network::BatchEntry`].
    adapter: usize,
    tokenizer: Arc<Tokenizer>,
    vocabulary: Arc<Vocabulary>,
    template: Arc<ChatTemplate>,
    constrainer: Arc<Constrainer>,
    waiting: usize,
    lookup: usize,
    queue: mpsc::Sender<Job>,
    counters: Arc<Counters>,
}

impl GgufModel {
    /// Loads the model at `path`; seconds of work, so not for an async thread. `id` is its name in the catalogue (its
    /// own name where `None`), `languages` those it writes well enough to be shown.
    pub fn load(
        path: &Path,
        id: Option<String>,
        languages: Vec<Language>,
        settings: &GgufModelSettings,
    ) -> EngineResult<Self> {
        Self::load_with(path, id, languages, &[], settings)
    }

    /// The same, with adapters for [`Self::adapted`] to choose from.
    pub fn load_with(
        path: &Path,
        id: Option<String>,
        languages: Vec<Language>,
        adapters: &[AdapterWeights],
        settings: &GgufModelSettings,
    ) -> EngineResult<Self> {
        let file = GgufFile::open(path)?;
        let id = id.unwrap_or_else(|| name_of(&file.content, path));
        let metadata = file.content.metadata.clone();
        let version = metadata.get(task_prompts::MODEL_KEY).and_then(|v| v.to_u32().ok());
        let tuned = version == Some(task_prompts::VERSION);
        // The tokenizer first: it is checked in a fraction of the time that the weights take.
        let texts = Texts::read(&metadata, file.shape.vocabulary)?;
        let threads = settings.threads.clamp(1, MOST_THREADS);
        let limits = limits_of(&file, settings);
        let network: Box<dyn Network> = match settings.device {
            ComputeDevice::Cpu => {
                let pool = Arc::new(Pool::new(threads).map_err(|e| starting(&e))?);
                Box::new(Decoder::load(&file, adapters, Isa::best(), pool, limits.pages)?)
            }
            ComputeDevice::Gpu => Box::new(DeviceDecoder::on_gpu(&file, adapters, limits.pages)?),
        };
        let (context_length, device) = (limits.context, settings.device);
        tracing::info!(model = %id, tuned, context_length, ?device, threads, "loaded a language model");
        let parameters = file.content.tensor_infos.values().map(|tensor| tensor.shape.elem_count() as u64).sum();
        let info = ModelInfo { id, context_length, languages, tuned, parameters: Some(parameters) };
        Self::start(info, texts, network, limits, settings.queue)
    }

    /// Starts the thread; `queue` requests may wait.
    pub(crate) fn start(
        info: ModelInfo,
        texts: Texts,
        network: Box<dyn Network>,
        limits: Limits,
        queue: usize,
    ) -> EngineResult<Self> {
        let Texts { tokenizer, vocabulary, template } = texts;
        let waiting = queue.max(1);
        let (queue, jobs) = mpsc::channel(waiting);
        let template = Arc::new(template);
        let counters = Arc::<Counters>::default();
        let scheduler = Scheduler::new(network, vocabulary.clone(), limits, counters.clone());
        let thread = thread::Builder::new().name("lectern-generator".to_owned());
        thread.spawn(move || scheduler.serve(jobs)).map_err(|e| starting(&e))?;
        let constrainer = Arc::new(Constrainer::new(tokenizer.clone(), vocabulary.clone()));
        let lookup = limits.lookup;
        Ok(Self { info, adapter: 0, tokenizer, vocabulary, template, constrainer, waiting, lookup, queue, counters })
    }

    /// The same model with the adapter of this place in the list that it was loaded with: the same weights, thread and
    /// memory, shared between requests with any of them.
    #[must_use]
    pub fn adapted(&self, place: usize, adapter: &AdapterWeights) -> Self {
        let info = ModelInfo { id: adapter.name.clone(), tuned: adapter.tuned, ..self.info.clone() };
        Self {
            info,
            adapter: place + 1,
            tokenizer: self.tokenizer.clone(),
            vocabulary: self.vocabulary.clone(),
            template: self.template.clone(),
            constrainer: self.constrainer.clone(),
            waiting: self.waiting,
            lookup: self.lookup,
            queue: self.queue.clone(),
            counters: self.counters.clone(),
        }
    }

    /// What the engine has done so far.
    pub fn counts(&self) -> EngineCounts {
        self.counters.read()
    }

    fn encode(&self, text: &str) -> EngineResult<Vec<u32>> {
        let encoding = self.tokenizer.encode_fast(text, false);
        let encoding = encoding.map_err(|e| GgufError::Tokenizer { reason: e.to_string() })?;
        Ok(encoding.get_ids().to_vec())
    }

    /// The prompt's tokens for these messages; `more` tokens besides are to fit into the context.
    fn prompt(&self, messages: &[Message], more: usize) -> EngineResult<Vec<u32>> {
        let mut tokens = self.encode(&self.template.render(messages, true)?)?;
        if let Some(begin) = self.vocabulary.special.begin
            && tokens.first() != Some(&begin)
        {
            tokens.insert(0, begin);
        }
        let limit = self.info.context_length;
        if tokens.is_empty() {
            return Err(GgufError::Tokenizer { reason: "the prompt is empty".to_owned() }.into());
        }
        if tokens.len() + more > limit {
            return Err(EngineError::ContextTooLong { tokens: tokens.len(), limit });
        }
        Ok(tokens)
    }

    fn write(&self, request: GenerateRequest, rules: Option<Box<dyn TokenRules>>) -> EngineResult<Box<dyn Generation>> {
        let prompt = self.prompt(&request.messages, 1)?;
        let (sender, events) = mpsc::unbounded_channel();
        let GenerateRequest { max_tokens, stop, sampling, log_probabilities, .. } = request;
        let parameters =
            SamplingParameters { max_tokens, stop, sampling, rules, log_probabilities, lookup: self.lookup };
        let writing = Writing::new(parameters, sender);
        self.enqueue(Job { prompt, task: Task::Write(Box::new(writing)), adapter: self.adapter })?;
        Ok(Box::new(Running { events, over: false }))
    }

    /// Makes rules, aside: a grammar takes milliseconds.
    async fn rules(&self, constraint: Constraint) -> EngineResult<Box<dyn TokenRules>> {
        let constrainer = self.constrainer.clone();
        let made = tokio::task::spawn_blocking(move || constrainer.rules(constraint)).await;
        let stage = "reading the constraint";
        made.unwrap_or_else(|e| Err(EngineError::Compute { stage, reason: e.to_string() }))
    }

    /// Begins to score; dropping the receiver stops it.
    fn begin_scores(
        &self,
        request: &ScoreRequest,
    ) -> EngineResult<oneshot::Receiver<PortResult<Vec<ContinuationScore>>>> {
        let texts = self.continuations(&request.continuations)?;
        let longest = texts.iter().map(Vec::len).max().unwrap_or(1);
        let prompt = self.prompt(&request.messages, longest)?;
        let (answer, receiver) = oneshot::channel();
        self.enqueue(Job { prompt, task: Task::Score(Scoring::new(texts, answer)), adapter: self.adapter })?;
        Ok(receiver)
    }

    /// Each text's tokens, apart from the prompt's, as they are when a model is trained and when it writes.
    fn continuations(&self, texts: &[String]) -> EngineResult<Vec<Vec<u32>>> {
        if texts.is_empty() || texts.len() > MOST_SCORED {
            let problem = format!("{} texts to be scored; there may be 1 to {MOST_SCORED}", texts.len());
            return Err(EngineError::BadScoreRequest { problem });
        }
        let encode = |(n, text): (usize, &String)| {
            let tokens = self.encode(&self.template.disarm(text))?;
            let problem = || format!("text {} of {} to be scored is empty", n + 1, texts.len());
            if tokens.is_empty() { Err(EngineError::BadScoreRequest { problem: problem() }) } else { Ok(tokens) }
        };
        texts.iter().enumerate().map(encode).collect()
    }

    fn enqueue(&self, job: Job) -> EngineResult<()> {
        self.queue.try_send(job).map_err(|e| match e {
            TrySendError::Full(_) => EngineError::Busy { waiting: self.waiting },
            TrySendError::Closed(_) => EngineError::Stopped,
        })
    }
}

impl LanguageModel for GgufModel {
    fn info(&self) -> &ModelInfo {
        &self.info
    }

    fn count_tokens(&self, text: &str) -> usize {
        self.tokenizer.encode_fast(text, false).map_or(text.len(), |e| e.len())
    }

    fn generate(&self, request: GenerateRequest) -> BoxFuture<'_, PortResult<Box<dyn Generation>>> {
        Box::pin(async move {
            let mut request = request;
            let rules = match request.constraint.take() {
                Some(constraint) => Some(self.rules(constraint).await?),
                None => None,
            };
            Ok(self.write(request, rules)?)
        })
    }

    /// Cancel safety: dropping it stops the work within one step.
    fn score(&self, request: ScoreRequest) -> BoxFuture<'_, PortResult<Vec<ContinuationScore>>> {
        Box::pin(async move {
            let receiver = self.begin_scores(&request)?;
            receiver.await.unwrap_or_else(|_| Err(EngineError::Stopped.into()))
        })
    }
}

fn starting(error: &std::io::Error) -> EngineError {
    EngineError::Compute { stage: "starting its threads", reason: error.to_string() }
}

/// The context, and pages for it: at least one, at most what all requests at once could fill.
fn limits_of(file: &GgufFile, settings: &GgufModelSettings) -> Limits {
    let context = file.shape.context.min(settings.context_limit);
    let parallel = settings.parallel.max(1);
    let page_bytes = match settings.device {
        ComputeDevice::Cpu => Decoder::page_bytes(&file.shape),
        ComputeDevice::Gpu => DeviceDecoder::page_bytes(&file.shape),
    };
    let affordable = settings.cache_bytes / page_bytes.max(1);
    let pages = affordable.clamp(1, (context / PAGE + 1).saturating_mul(parallel));
    Limits {
        context: context.min(pages * PAGE),
        chunk: settings.prefill_chunk,
        parallel,
        pages,
        lookup: settings.lookup,
    }
}

/// All that has to do with text: tokenizer, vocabulary, chat template.
pub(crate) struct Texts {
    pub tokenizer: Arc<Tokenizer>,
    pub vocabulary: Arc<Vocabulary>,
    pub template: ChatTemplate,
}

impl Texts {
    /// Reads them from a file's metadata; `rows` is how many tokens the network knows.
    pub(crate) fn read(metadata: &Metadata, rows: usize) -> EngineResult<Self> {
        let file = read_tokenizer(metadata)?;
        let vocabulary = Vocabulary::new(metadata, &file)?;
        let tokenizer = file.tokenizer;
        if tokenizer.get_vocab_size(true) != rows || vocabulary.len() != rows {
            return Err(GgufError::TokenizerMismatch {
                what: "tokens too many or too few",
                count: tokenizer.get_vocab_size(true).abs_diff(rows),
                example: format!("{} tokens, {rows} rows", tokenizer.get_vocab_size(true)),
            }
            .into());
        }
        let source = text(metadata, "tokenizer.chat_template").ok();
        let template = ChatTemplate::new(source, vocabulary.special.clone())?;
        Ok(Self { tokenizer: Arc::new(tokenizer), vocabulary: Arc::new(vocabulary), template })
    }
}

/// A request's events. Dropping it closes the channel, which the thread looks at before every step.
struct Running {
    events: mpsc::UnboundedReceiver<PortResult<Generated>>,
    over: bool,
}

impl Generation for Running {
    fn next(&mut self) -> BoxFuture<'_, Option<PortResult<Generated>>> {
        Box::pin(async move {
            if self.over {
                return None;
            }
            let event = self.events.recv().await;
            let event = event.unwrap_or_else(|| Err(EngineError::Stopped.into()));
            self.over = matches!(event, Ok(Generated::Finished { .. }) | Err(_));
            Some(event)
        })
    }
}
