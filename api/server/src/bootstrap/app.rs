//! The wiring: everything a running Lectern holds, put together from the settings.

use std::{
    path::PathBuf,
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use domain::{
    PortError,
    ports::{Embedder, PassageReader, Reranker, TokenCounter},
};
use ingest::{OcrModels, ReadLimits, Reader, SplitConfig};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use provision::{Catalogue, ModelStore, ProvisionError};
use retriever::{
    CrossEncoder, CrossEncoderReader, E5Embedder, EmbedderFiles, EmbedderSettings, HybridRetriever, RetrieverSettings,
    ServerSettings, ServerVectorIndex,
};
use tokio::sync::{Mutex, Semaphore};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    Address, DataLock, Places, Settings, StartError,
    settings::{Embedding, VectorBackend},
};
use crate::{
    jobs::{JobEvents, Workers},
    models::{Pulls, ServedModels, TunedModels, load_models},
    services::{AnswerService, Library, PassageBudget, PassageFinder, Prover, QuizSources},
    store::{Files, Store},
};

/// Longest wait for one request to a Qdrant server.
const VECTOR_SERVER_TIMEOUT: Duration = Duration::from_secs(30);
/// Page pictures drawn at once.
const PICTURES_AT_ONCE: usize = 2;

/// Everything a running Lectern holds.
pub struct App {
    /// Checked settings.
    pub settings: Settings,
    /// Courses, documents and jobs.
    pub store: Store,
    /// Uploaded bytes and what was read from them.
    pub files: Files,
    /// Held while a file is registered or removed, so that neither sees the other half done.
    pub blobs: Mutex<()>,
    /// Both indexes.
    pub retriever: Arc<HybridRetriever>,
    /// Texts to vectors.
    pub embedder: Arc<dyn Embedder>,
    /// Counts in the embedder's tokens.
    pub counter: Arc<dyn TokenCounter>,
    /// The language models.
    pub models: Arc<ServedModels>,
    /// The documents as they were read.
    pub library: Arc<Library>,
    /// Finds what questions are about.
    pub finder: Arc<PassageFinder>,
    /// Answers questions.
    pub answers: Arc<AnswerService>,
    /// What quizzes are made from.
    pub quiz_sources: Arc<QuizSources>,
    /// Proves questions and makes them anew.
    pub prover: Prover,
    /// The isolated reader process.
    pub reader: Reader,
    /// Room for page pictures.
    pub pictures: Semaphore,
    /// Tells watchers of jobs.
    pub events: JobEvents,
    /// Wakes and stops workers.
    pub workers: Workers,
    /// Cancelled when the service is to stop.
    pub stopping: CancellationToken,
    /// Background tasks.
    pub tracker: TaskTracker,
    /// What is there of the models.
    pub model_store: Arc<ModelStore>,
    /// Downloads that were asked for over the API.
    pub pulls: Pulls,
    /// When it was opened.
    pub started: Instant,
    /// Renders `/metrics`.
    pub metrics: PrometheusHandle,
    lock: DataLock,
}

impl App {
    /// Opens everything; models are loaded side by side. What a dead process left is put back into the queue.
    pub async fn open(settings: Settings, places: Places, lock: DataLock) -> Result<Arc<Self>, StartError> {
        let (embedder, models) = tokio::try_join!(load_embedder(&settings, &places), load_models(&settings, &places))?;
        let store = Store::open(&places.data.join("lectern.sqlite")).await?;
        let files = Files::open(places.data.join("files")).await?;
        let retriever = open_or_rebuild(&settings, &places, embedder.clone(), &store).await?;
        let passage_reader = load_passage_reader(&settings, &places).await?;
        let retriever =
            retriever.with_reranker(load_reranker(&settings, &places).await?).with_reader(passage_reader.clone());
        let interrupted = store.requeue_interrupted().await?;
        if interrupted > 0 {
            tracing::info!(interrupted, "picking up what was interrupted");
        }
        let older = store.queue_older_readings().await?;
        if older > 0 {
            tracing::info!(older, "reading again what an older version of Lectern read");
        }
        let answers = &settings.answers;
        let models =
            Arc::new(ServedModels::new(models, &(embedder.clone() as _), passage_reader.as_ref(), &answers.config()));
        let retriever = Arc::new(retriever);
        let library = Arc::new(Library::new(store.clone(), files.clone()));
        let budget = PassageBudget { passages: answers.passages, context_tokens: answers.context_tokens };
        let finder = Arc::new(PassageFinder::new(store.clone(), library.clone(), retriever.clone(), budget));
        let (queue, kept) = (answers.queue, answers.kept);
        let answers = AnswerService::new(finder.clone(), models.clone(), store.clone(), queue, kept);
        let split = split_config(&settings);
        let quiz_sources = Arc::new(QuizSources::new(store.clone(), library.clone(), embedder.clone(), split));
        let stopping = CancellationToken::new();
        Ok(Arc::new(Self {
            reader: reader(&settings, &places)?,
            prover: Prover::new(store.clone(), models.clone(), quiz_sources.clone()),
            quiz_sources,
            answers: Arc::new(answers),
            library,
            finder,
            counter: embedder.clone(),
            store,
            files,
            blobs: Mutex::new(()),
            retriever,
            embedder,
            models,
            pictures: Semaphore::new(PICTURES_AT_ONCE),
            events: JobEvents::default(),
            workers: Workers::default(),
            model_store: Arc::new(ModelStore::new(&places.models, places.mirror.clone()).with_maker(TunedModels)),
            pulls: Pulls::new(stopping.clone()),
            started: Instant::now(),
            stopping,
            tracker: TaskTracker::new(),
            metrics: metrics_recorder(),
            lock,
            settings,
        }))
    }

    /// Tells other processes where to reach this one.
    pub fn announce(&self, address: &Address) -> std::io::Result<()> {
        self.lock.announce(address)
    }

    /// Waits for background tasks, then closes the database.
    pub async fn close(&self, grace: Duration) {
        self.stopping.cancel();
        self.tracker.close();
        if tokio::time::timeout(grace, self.tracker.wait()).await.is_err() {
            tracing::warn!("some work did not stop in time; the next start picks it up");
        }
        self.store.close().await;
    }

    /// How documents are split.
    pub fn split_config(&self) -> SplitConfig {
        split_config(&self.settings)
    }
}

fn split_config(settings: &Settings) -> SplitConfig {
    SplitConfig { max_tokens: settings.chunks.max_tokens, ..SplitConfig::default() }
}

/// Loads the embedder that the settings name.
pub async fn load_embedder(settings: &Settings, places: &Places) -> Result<Arc<E5Embedder>, StartError> {
    let (store, id) = (ModelStore::new(&places.models, places.mirror.clone()), settings.models.embedder.clone());
    let (threads, queue) = (settings.embedding.threads, settings.embedding.queue);
    tokio::task::spawn_blocking(move || {
        let catalogue = Catalogue::builtin()?;
        let folder = store.require(catalogue.get(&id)?)?;
        let runtime = library(&store, &catalogue, "onnxruntime")?;
        let settings = EmbedderSettings { threads, queue, ..EmbedderSettings::default() };
        let embedder = E5Embedder::load(&EmbedderFiles::in_dir(folder), &runtime, settings).map_err(PortError::from)?;
        Ok(Arc::new(embedder))
    })
    .await?
}

/// The cross-encoder that the settings name, loaded.
pub async fn load_reranker(settings: &Settings, places: &Places) -> Result<Option<Arc<dyn Reranker>>, StartError> {
    let (store, id) = (ModelStore::new(&places.models, places.mirror.clone()), settings.models.reranker.clone());
    let Embedding { threads, queue } = settings.embedding;
    if id.is_empty() {
        return Ok(None);
    }
    tokio::task::spawn_blocking(move || {
        let catalogue = Catalogue::builtin()?;
        let folder = store.require(catalogue.get(&id)?)?;
        let runtime = library(&store, &catalogue, "onnxruntime")?;
        let reranker = CrossEncoder::load(&folder, &runtime, threads, queue).map_err(PortError::from)?;
        Ok(Some(Arc::new(reranker) as Arc<dyn Reranker>))
    })
    .await?
}

/// The cross-encoder that reads passages sentence by sentence, loaded, where the settings name one.
pub async fn load_passage_reader(
    settings: &Settings,
    places: &Places,
) -> Result<Option<Arc<dyn PassageReader>>, StartError> {
    let (store, id) = (ModelStore::new(&places.models, places.mirror.clone()), settings.models.passage_reader.clone());
    let Embedding { threads, queue } = settings.embedding;
    if id.is_empty() {
        return Ok(None);
    }
    tokio::task::spawn_blocking(move || {
        let catalogue = Catalogue::builtin()?;
        let entry = catalogue.get(&id)?;
        let folder = store.require(entry)?;
        // It reads in the tokens of the model that it is made of.
        let base = entry.bases().next().unwrap_or(id.as_str());
        let tokenizer = store.require(catalogue.get(base)?)?.join("tokenizer.json");
        let runtime = library(&store, &catalogue, "onnxruntime")?;
        let reader =
            CrossEncoderReader::load(&folder, &tokenizer, &runtime, threads, queue).map_err(PortError::from)?;
        Ok(Some(Arc::new(reader) as Arc<dyn PassageReader>))
    })
    .await?
}

/// The path of a native library, once it is known to be whole.
fn library(store: &ModelStore, catalogue: &Catalogue, id: &str) -> Result<PathBuf, ProvisionError> {
    let entry = catalogue.get(id)?;
    let folder = store.require(entry)?;
    Ok(folder.join(entry.files.first().map_or(id, |f| f.name.as_str())))
}

/// The reader process, with text recognition where the settings name it.
pub fn reader(settings: &Settings, places: &Places) -> Result<Reader, StartError> {
    let store = ModelStore::new(&places.models, places.mirror.clone());
    let catalogue = Catalogue::builtin()?;
    let pdfium = library(&store, &catalogue, "pdfium")?;
    let executable = std::env::current_exe().map_err(StartError::data_dir(&places.data))?;
    let limits = ReadLimits {
        time: Duration::from_secs(settings.reading.time_s),
        page_time: Duration::from_secs(settings.reading.page_time_s),
        memory_bytes: settings.reading.memory_mb << 20,
        max_pages: settings.reading.max_pages,
        ..ReadLimits::default()
    };
    let reader = Reader::new(executable, vec!["read-document".into()], pdfium, limits);
    if settings.models.ocr.is_empty() {
        return Ok(reader);
    }
    let runtime = library(&store, &catalogue, "onnxruntime")?;
    let folder = store.require(catalogue.get(&settings.models.ocr)?)?;
    Ok(reader.with_ocr(OcrModels { runtime, folder, threads: settings.embedding.threads }))
}

/// Opens the index. One that another embedder or an older Lectern made is thrown away and made anew from the documents:
/// they go back into the queue first, so that a kill in between changes nothing.
async fn open_or_rebuild(
    settings: &Settings,
    places: &Places,
    embedder: Arc<E5Embedder>,
    store: &Store,
) -> Result<HybridRetriever, StartError> {
    match open_retriever(settings, places, embedder.clone()).await {
        Err(StartError::Port(error)) if error.code == "index_mismatch" => {
            let documents = store.requeue_ready().await?;
            tracing::warn!(%error, documents, "making the index anew");
            let dir = places.data.join("index");
            std::fs::remove_dir_all(&dir).map_err(StartError::data_dir(&dir))?;
            open_retriever(settings, places, embedder).await
        }
        opened => opened,
    }
}

async fn open_retriever(
    settings: &Settings,
    places: &Places,
    embedder: Arc<E5Embedder>,
) -> Result<HybridRetriever, StartError> {
    let (dir, vectors) = (places.data.join("index"), &settings.vectors);
    let server = match vectors.backend {
        VectorBackend::Embedded => None,
        VectorBackend::Qdrant => {
            let settings = ServerSettings {
                url: vectors.url.clone(),
                api_key: Some(vectors.api_key.clone()).filter(|key| !key.is_empty()),
                collection: vectors.collection.clone(),
                timeout: VECTOR_SERVER_TIMEOUT,
            };
            Some(ServerVectorIndex::connect(settings, embedder.dimensions()).await.map_err(PortError::from)?)
        }
    };
    let opened = tokio::task::spawn_blocking(move || match server {
        None => HybridRetriever::open(&dir, embedder, RetrieverSettings::default()),
        Some(server) => HybridRetriever::open_with(&dir, embedder, Arc::new(server), RetrieverSettings::default()),
    });
    Ok(opened.await?.map_err(PortError::from)?)
}

fn metrics_recorder() -> PrometheusHandle {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    HANDLE
        .get_or_init(|| {
            let recorder = PrometheusBuilder::new().build_recorder();
            let handle = recorder.handle();
            // An error says that a recorder is installed already: then it is this one.
            drop(metrics::set_global_recorder(recorder));
            handle
        })
        .clone()
}
