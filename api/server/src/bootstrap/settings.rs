//! Settings: defaults, then a TOML file, then `LECTERN_SECTION__KEY` variables, then flags. What is unknown or
//! impossible refuses to start.

use std::{
    collections::BTreeMap,
    net::IpAddr,
    path::{Path, PathBuf},
};

use answer::AnswerConfig;
use figment::{
    Figment,
    providers::{Env, Format, Serialized, Toml},
};
use serde::{Deserialize, Serialize};

use super::GeneratorChoice;

/// The documented defaults, compiled in.
pub const DEFAULT_TOML: &str = include_str!("../../../../configs/default.toml");

/// A setting that can't be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The file, a variable or a flag does not parse.
    #[error("settings: {0}")]
    Malformed(Box<figment::Error>),
    /// A value that can't work.
    #[error("setting {key} = {value}: {fix}")]
    Impossible {
        /// `section.key`.
        key: &'static str,
        /// What it was set to.
        value: String,
        /// What to do.
        fix: &'static str,
    },
}

/// All settings. `configs/default.toml` documents each.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Where the service listens, and its limits.
    pub server: Server,
    /// Which models are used, and on what.
    pub models: Models,
    /// The generator where it is on a server.
    pub model_server: ModelServer,
    /// Folders of adapters for the generator, by name.
    pub adapters: BTreeMap<String, PathBuf>,
    /// Reading documents.
    pub reading: Reading,
    /// Cutting them into chunks.
    pub chunks: Chunks,
    /// Where vectors are kept.
    pub vectors: Vectors,
    /// Embedding texts.
    pub embedding: Embedding,
    /// Answering questions.
    pub answers: Answers,
}

macro_rules! section {
    ($name:ident { $($field:ident: $type:ty),* $(,)? }) => {
        #[doc = concat!("The section of this name in `configs/default.toml`: `", stringify!($name), "`.")]
        #[derive(Clone, Debug, Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            $(#[doc = concat!("`", stringify!($field), "` there.")] pub $field: $type),*
        }
    };
}

section!(Server {
    host: IpAddr,
    port: u16,
    api_key: String,
    max_upload_bytes: u64,
    max_question_chars: usize,
    shutdown_grace_s: u64,
});
section!(Models {
    generator: GeneratorChoice,
    device: Device,
    embedder: String,
    reranker: String,
    passage_reader: String,
    ocr: String,
});
section!(ModelServer { model: String, api_key: String, context_tokens: usize, parallel: usize, patience_s: u64 });
section!(Reading { workers: usize, time_s: u64, page_time_s: u64, memory_mb: u64, max_pages: u32, max_queued: u32 });
section!(Chunks { max_tokens: usize });
section!(Vectors { backend: VectorBackend, url: String, api_key: String, collection: String });
section!(Embedding { threads: usize, queue: usize });
section!(Answers {
    threads: usize,
    queue: usize,
    max_tokens: usize,
    passages: usize,
    context_tokens: usize,
    prompt_tokens: usize,
    kept: u32,
    conversations_kept: u32,
    refuse_above: f32,
});

/// What models are computed and tuned on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Device {
    /// The processor.
    Cpu,
    /// The first NVIDIA GPU.
    Gpu,
}

/// Where vectors are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VectorBackend {
    /// Qdrant's engine in this process.
    Embedded,
    /// A Qdrant server.
    Qdrant,
}

/// Flags that override settings.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Overrides {
    /// `--host`.
    pub host: Option<IpAddr>,
    /// `--port`.
    pub port: Option<u16>,
}

/// Whether requests can name an adapter so.
fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
}

impl Answers {
    /// The same for the answerer.
    pub fn config(&self) -> AnswerConfig {
        AnswerConfig {
            max_tokens: self.max_tokens,
            tuned_prompt_tokens: self.prompt_tokens,
            refuse_above: self.refuse_above,
            ..AnswerConfig::default()
        }
    }
}

impl Settings {
    /// Reads and checks all settings. Only variables with a double underscore count as settings.
    pub fn load(file: Option<&Path>, overrides: &Overrides) -> Result<Self, SettingsError> {
        let mut figment = Figment::from(Toml::string(DEFAULT_TOML));
        if let Some(file) = file {
            figment = figment.merge(Toml::file_exact(file));
        }
        figment = figment.merge(Env::prefixed("LECTERN_").filter(|key| key.as_str().contains("__")).split("__"));
        if let Some(host) = overrides.host {
            figment = figment.merge(Serialized::default("server.host", host));
        }
        if let Some(port) = overrides.port {
            figment = figment.merge(Serialized::default("server.port", port));
        }
        let settings: Self = figment.extract().map_err(|e| SettingsError::Malformed(Box::new(e)))?;
        settings.check()?;
        Ok(settings)
    }

    fn check(&self) -> Result<(), SettingsError> {
        let impossible =
            |key, value: &dyn ToString, fix| Err(SettingsError::Impossible { key, value: value.to_string(), fix });
        if !self.server.host.is_loopback() && self.server.api_key.is_empty() {
            return impossible(
                "server.host",
                &self.server.host,
                "other machines could reach this address: set server.api_key (LECTERN_SERVER__API_KEY) too, or keep 127.0.0.1",
            );
        }
        if !self.server.api_key.is_empty() && self.server.api_key.len() < 16 {
            return impossible(
                "server.api_key",
                &"(hidden)",
                "use at least 16 characters, such as `openssl rand -hex 16`",
            );
        }
        if !(32..=510).contains(&self.chunks.max_tokens) {
            return impossible("chunks.max_tokens", &self.chunks.max_tokens, "use 32 to 510");
        }
        if !(0.0..=1.0).contains(&self.answers.refuse_above) {
            return impossible("answers.refuse_above", &self.answers.refuse_above, "use a probability, 0 to 1");
        }
        let on_server = matches!(self.models.generator, GeneratorChoice::Server(_));
        if on_server && self.model_server.model.is_empty() {
            return impossible(
                "model_server.model",
                &"",
                "name the model that the server at models.generator is to use",
            );
        }
        if on_server && !self.adapters.is_empty() {
            let names = self.adapters.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
            return impossible("adapters", &names, "the server at models.generator has its own; use a local generator");
        }
        let generator = self.models.generator.to_string();
        if let Some(name) = self.adapters.keys().find(|name| !is_name(name) || **name == generator) {
            return impossible(
                "adapters",
                name,
                "give it a name of its own, of letters, digits, hyphens, underscores and dots",
            );
        }
        for (key, value) in [
            ("model_server.context_tokens", self.model_server.context_tokens),
            ("model_server.parallel", self.model_server.parallel),
            ("reading.workers", self.reading.workers),
            ("embedding.threads", self.embedding.threads),
            ("embedding.queue", self.embedding.queue),
            ("answers.queue", self.answers.queue),
            ("answers.max_tokens", self.answers.max_tokens),
            ("answers.passages", self.answers.passages),
            ("answers.prompt_tokens", self.answers.prompt_tokens),
            ("server.max_question_chars", self.server.max_question_chars),
        ] {
            if value == 0 {
                return impossible(key, &value, "use 1 or more");
            }
        }
        Ok(())
    }
}

/// Where everything of one installation lives.
#[derive(Clone, Debug)]
pub struct Places {
    /// Database, files and indexes.
    pub data: PathBuf,
    /// Models and native libraries; shared between installations.
    pub models: PathBuf,
    /// A folder to take models from, laid out `<id>/<file>`.
    pub mirror: Option<PathBuf>,
}

impl Places {
    /// From `--data-dir` and the variables `LECTERN_MODELS` and `LECTERN_MODEL_MIRROR`; models default to the user's
    /// cache folder.
    pub fn new(data: PathBuf) -> Self {
        let variable = |name| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
        let cache = || {
            variable("XDG_CACHE_HOME")
                .or_else(|| variable("HOME").map(|home| home.join(".cache")))
                .unwrap_or_else(|| data.clone())
                .join("lectern/models")
        };
        let models = variable("LECTERN_MODELS").unwrap_or_else(cache);
        Self { data, models, mirror: variable("LECTERN_MODEL_MIRROR") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(toml: &str) -> Result<Settings, SettingsError> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), toml).unwrap();
        Settings::load(Some(file.path()), &Overrides::default())
    }

    #[test]
    fn the_documented_defaults_are_complete_and_possible() {
        let settings = Settings::load(None, &Overrides::default()).unwrap();
        assert!(settings.server.host.is_loopback());
    }

    #[test]
    fn an_unknown_key_is_named() {
        let error = load("[server]\nprot = 1\n").unwrap_err().to_string();
        assert!(error.contains("prot"), "{error}");
    }

    #[test]
    fn an_open_address_needs_a_key() {
        let error = load("[server]\nhost = \"0.0.0.0\"\n").unwrap_err().to_string();
        assert!(error.contains("server.api_key"), "{error}");
        load("[server]\nhost = \"0.0.0.0\"\napi_key = \"0123456789abcdef\"\n").unwrap();
    }

    #[test]
    fn an_impossible_value_names_key_value_and_fix() {
        let error = load("[chunks]\nmax_tokens = 9000\n").unwrap_err().to_string();
        assert_eq!(error, "setting chunks.max_tokens = 9000: use 32 to 510");
    }

    /// The sources that settings may be read in: those of the program, without the checks of their values.
    fn readers() -> String {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let mut folders = ["server/src", "cli/src", "eval/src", "client/src"].map(|name| root.join(name)).to_vec();
        let mut text = String::new();
        while let Some(folder) = folders.pop() {
            for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
                if path.is_dir() {
                    folders.push(path);
                } else if !path.ends_with("bootstrap/settings.rs") {
                    text += &std::fs::read_to_string(path).unwrap();
                }
            }
        }
        let own = include_str!("settings.rs").split("#[cfg(test)]").next().unwrap();
        let (before, checks) = own.split_once("    fn check(&self)").unwrap();
        text + before + checks.split_once("\n    }\n").unwrap().1
    }

    /// Whether a text reads a key of a section: as `section.key`, taken apart as `Section { key, … }`, or as `self.key`
    /// in `impl Section`.
    fn reads(text: &str, section: &str, key: &str) -> bool {
        let whole = |text: &str, word: &str| {
            let inner = |c: char| c.is_alphanumeric() || c == '_';
            text.match_indices(word)
                .any(|(at, _)| !text[..at].ends_with(inner) && !text[at + word.len()..].starts_with(inner))
        };
        let name: String = section.split('_').map(|part| part[..1].to_uppercase() + &part[1..]).collect();
        let (taken_apart, methods) = (format!("let {name} {{"), format!("impl {name} {{"));
        let mut taken_apart = text.split(&taken_apart).skip(1).filter_map(|rest| rest.split_once('}'));
        let mut methods = text.split(&methods).skip(1).filter_map(|rest| rest.split_once("\n}"));
        whole(text, &format!("{section}.{key}"))
            || taken_apart.any(|(fields, _)| whole(fields, key))
            || methods.any(|(body, _)| whole(body, &format!("self.{key}")))
    }

    #[test]
    fn every_setting_is_read_somewhere() {
        let readers = readers();
        let sections: toml::Table = toml::from_str(DEFAULT_TOML).unwrap();
        let mut idle = Vec::new();
        for (section, keys) in &sections {
            for key in keys.as_table().unwrap().keys().filter(|key| !reads(&readers, section, key)) {
                idle.push(format!("{section}.{key}"));
            }
        }
        assert!(idle.is_empty(), "read by nothing: {idle:?}");
        assert!(!reads("answers.threads_left", "answers", "threads"));
        assert!(reads("let Embedding { threads, queue } = x;", "embedding", "queue"));
    }
}
