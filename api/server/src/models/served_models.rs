//! The language models that are served: the generator of the settings, and adapters beside its weights.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use answer::{AnswerConfig, Answerer};
use domain::{
    AdapterWeights, CourseId, Language, PortError,
    ports::{Embedder, LanguageModel, ModelInfo, PassageReader},
};
use engine::{ComputeDevice, GgufModel, GgufModelSettings, server_model::ServerModel};
use provision::{Catalogue, ModelStore};
use quiz::{QuizConfig, QuizMaker};

use super::resolve_generator;
use crate::{
    bootstrap::{Device, GeneratorChoice, ModelServer, Places, Settings, StartError},
    store::{Store, StoreResult},
};

/// A model of the school's own: it is taken to write all languages.
const ALL_LANGUAGES: [Language; 3] = [Language::English, Language::TraditionalChinese, Language::SimplifiedChinese];

/// A model with what is made with it.
pub struct ServedModel {
    /// What requests and courses call it.
    pub id: String,
    /// The model itself.
    pub model: Arc<dyn LanguageModel>,
    /// Writes and checks answers.
    pub answerer: Answerer,
    /// Makes and proves quizzes.
    pub quiz_maker: QuizMaker,
}

/// A model was named that is not served.
#[derive(Debug, thiserror::Error)]
#[error("The model `{model}` is not served here. Served are: {served}.")]
pub struct UnknownModel {
    model: String,
    served: String,
}

/// All of them.
pub struct ServedModels {
    generator: ServedModel,
    adapters: Vec<ServedModel>,
}

impl ServedModels {
    /// Prepares loaded models to be served.
    pub fn new(
        loaded: LoadedModels,
        embedder: &Arc<dyn Embedder>,
        reader: Option<&Arc<dyn PassageReader>>,
        config: &AnswerConfig,
    ) -> Self {
        let serve = |(id, model): (String, Arc<dyn LanguageModel>)| ServedModel {
            id,
            answerer: Answerer::new(Some(model.clone()), embedder.clone(), config.clone()).with_reader(reader.cloned()),
            quiz_maker: QuizMaker::new(Some(model.clone()), embedder.clone(), QuizConfig::default()),
            model,
        };
        let LoadedModels { generator, adapters } = loaded;
        Self { generator: serve(generator), adapters: adapters.into_iter().map(serve).collect() }
    }

    /// The generator first.
    pub fn iter(&self) -> impl Iterator<Item = &ServedModel> {
        [&self.generator].into_iter().chain(&self.adapters)
    }

    /// The model of this name.
    pub fn find(&self, id: &str) -> Option<&ServedModel> {
        self.iter().find(|served| served.id == id)
    }

    /// Fails with the names that there are where this is none of them.
    pub fn check(&self, id: &str) -> Result<(), UnknownModel> {
        if self.find(id).is_some() {
            return Ok(());
        }
        let names: Vec<_> = self.iter().map(|served| format!("`{}`", served.id)).collect();
        Err(UnknownModel { model: id.to_owned(), served: names.join(", ") })
    }

    /// Who makes a course's answers and quizzes.
    pub async fn of_course(&self, store: &Store, course: CourseId) -> StoreResult<&ServedModel> {
        let course = store.course(course).await?;
        Ok(self.get(course.and_then(|c| c.model).as_deref()))
    }

    /// The model of this name; without a name, the generator. A course's adapter may have been taken out of the settings:
    /// then the generator stands in.
    pub fn get(&self, id: Option<&str>) -> &ServedModel {
        let Some(id) = id else { return &self.generator };
        self.find(id).unwrap_or_else(|| {
            tracing::warn!(model = id, instead = %self.generator.id, "a course's model is not in the settings any more");
            &self.generator
        })
    }
}

/// Models by name.
pub struct LoadedModels {
    generator: (String, Arc<dyn LanguageModel>),
    adapters: Vec<(String, Arc<dyn LanguageModel>)>,
}

/// Loads the generator that the settings name, and their adapters.
pub async fn load_models(settings: &Settings, places: &Places) -> Result<LoadedModels, StartError> {
    let generator = resolve_generator(&settings.models.generator, &Catalogue::builtin()?)?;
    let id = generator.to_string();
    if let GeneratorChoice::Server(url) = generator {
        return Ok(LoadedModels { generator: (id, model_on_server(settings, url)?), adapters: Vec::new() });
    }
    let (places, folders) = (places.clone(), settings.adapters.clone());
    let queue = settings.answers.queue * settings.answers.config().most_requests();
    let device = match settings.models.device {
        Device::Cpu => ComputeDevice::Cpu,
        Device::Gpu => ComputeDevice::Gpu,
    };
    let default = GgufModelSettings::default();
    // The engine's own choice is one thread for each core.
    let threads = Some(settings.answers.threads).filter(|threads| *threads > 0).unwrap_or(default.threads);
    let settings = GgufModelSettings { queue, device, threads, ..default };
    tokio::task::spawn_blocking(move || {
        let (file, languages) = model_file(&generator, &places)?;
        let read = |(name, folder): (&String, &PathBuf)| adapter(&file, name, folder);
        let adapters: Vec<AdapterWeights> = folders.iter().map(read).collect::<Result<_, _>>()?;
        let model = GgufModel::load_with(&file, Some(id.clone()), languages, &adapters, &settings);
        let model = model.map_err(PortError::from)?;
        let adapted = adapters
            .iter()
            .enumerate()
            .map(|(n, adapter)| (adapter.name.clone(), Arc::new(model.adapted(n, adapter)) as Arc<dyn LanguageModel>));
        let adapters = adapted.collect();
        Ok(LoadedModels { adapters, generator: (id, Arc::new(model)) })
    })
    .await?
}

/// Loads the generator, or the adapter of this name.
pub async fn load_one(
    settings: &Settings,
    places: &Places,
    adapter: Option<&str>,
) -> Result<Arc<dyn LanguageModel>, StartError> {
    let LoadedModels { generator, adapters } = load_models(settings, places).await?;
    let Some(name) = adapter else { return Ok(generator.1) };
    let found = adapters.into_iter().find(|(id, _)| id == name).map(|(_, model)| model);
    found.ok_or_else(|| StartError::NoAdapter(name.to_owned()))
}

/// A generator's file, and the languages that it writes.
fn model_file(generator: &GeneratorChoice, places: &Places) -> Result<(PathBuf, Vec<Language>), StartError> {
    if let GeneratorChoice::File(path) = generator {
        return Ok((path.clone(), ALL_LANGUAGES.to_vec()));
    }
    let catalogue = Catalogue::builtin()?;
    let entry = catalogue.get(&generator.to_string())?;
    let file = entry.files.first().map_or("model.gguf", |f| f.name.as_str());
    let languages = entry.languages.iter().filter_map(|tag| Language::from_tag(tag)).collect();
    let folder = ModelStore::new(&places.models, places.mirror.clone()).require(entry)?;
    Ok((folder.join(file), languages))
}

fn adapter(base: &Path, name: &str, folder: &Path) -> Result<AdapterWeights, StartError> {
    tuner::adapter_weights(base, folder, name).map_err(|error| StartError::Adapter {
        name: name.to_owned(),
        folder: folder.to_owned(),
        error,
    })
}

fn model_on_server(settings: &Settings, url: String) -> Result<Arc<dyn LanguageModel>, StartError> {
    let ModelServer { model, api_key, context_tokens, parallel, patience_s } = settings.model_server.clone();
    let info = ModelInfo {
        id: model.clone(),
        context_length: context_tokens,
        languages: ALL_LANGUAGES.to_vec(),
        tuned: false,
        parameters: None,
    };
    let settings = engine::server_model::ServerSettings {
        url,
        model,
        key: Some(api_key).filter(|key| !key.is_empty()),
        parallel,
        patience: Duration::from_secs(patience_s),
    };
    let server = ServerModel::new(info, settings).map_err(PortError::from)?;
    Ok(Arc::new(server))
}
