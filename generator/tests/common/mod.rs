//! What several tests and the measuring example share: finding installed models, and the real embedder.
#![allow(dead_code, unreachable_pub)]

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Mutex, PoisonError},
};

use domain::{
    PortResult,
    ports::{BoxFuture, EmbedRole, Embedder},
};
use fastembed::{InitOptionsUserDefined, Pooling, TextEmbedding, TokenizerFiles, UserDefinedEmbeddingModel};

/// A file below the models folder: `$LECTERN_MODELS`, else `$HOME/.cache/lectern/models`. `None`, said aloud, where it
/// is not installed.
pub fn model_file(path: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("LECTERN_MODELS").map(PathBuf::from).or_else(|| {
        let home = std::env::var_os("HOME")?;
        Some(PathBuf::from(home).join(".cache/lectern/models"))
    })?;
    let file = folder.join(path);
    if file.is_file() {
        return Some(file);
    }
    println!("SKIPPED: {} is not installed", file.display());
    None
}

/// multilingual-e5-small, each text embedded once.
pub struct E5 {
    model: Mutex<TextEmbedding>,
    known: Mutex<HashMap<String, Vec<f32>>>,
}

impl E5 {
    /// Loads it; `None` where a part of it is not installed.
    pub fn load() -> Option<Self> {
        let library = model_file("onnxruntime/libonnxruntime.so")?;
        drop(ort::init_from(library).unwrap());
        let read = |name: &str| Some(std::fs::read(model_file(&format!("multilingual-e5-small/{name}"))?).unwrap());
        let files = TokenizerFiles {
            tokenizer_file: read("tokenizer.json")?,
            config_file: read("config.json")?,
            special_tokens_map_file: read("special_tokens_map.json")?,
            tokenizer_config_file: read("tokenizer_config.json")?,
        };
        let model = UserDefinedEmbeddingModel::new(read("model.onnx")?, files).with_pooling(Pooling::Mean);
        let options = InitOptionsUserDefined::new().with_max_length(512).with_intra_threads(2);
        let model = TextEmbedding::try_new_from_user_defined(model, options).unwrap();
        Some(Self { model: Mutex::new(model), known: Mutex::new(kept_vectors()) })
    }

    /// Keeps the vectors for the next run, in the file `$E5_CACHE`, where that is set.
    pub fn keep(&self) {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(path) = std::env::var_os("E5_CACHE") {
            std::fs::write(path, serde_json::to_vec(&*known).unwrap()).unwrap();
        }
    }

    /// Vectors of `texts`.
    pub fn vectors(&self, texts: &[String], role: EmbedRole) -> Vec<Vec<f32>> {
        let prefix = if role == EmbedRole::Query { "query: " } else { "passage: " };
        let keys: Vec<String> = texts.iter().map(|t| format!("{prefix}{t}")).collect();
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let new: Vec<&String> = keys.iter().filter(|k| !known.contains_key(*k)).collect();
        if !new.is_empty() {
            let mut model = self.model.lock().unwrap_or_else(PoisonError::into_inner);
            let vectors = model.embed(&new, None).unwrap();
            let pairs: Vec<_> = new.into_iter().cloned().zip(vectors).collect();
            known.extend(pairs);
        }
        keys.iter().map(|k| known[k].clone()).collect()
    }
}

impl Embedder for E5 {
    fn dimensions(&self) -> usize {
        384
    }

    fn identity(&self) -> &'static str {
        "multilingual-e5-small"
    }

    fn embed(&self, texts: Vec<String>, role: EmbedRole) -> BoxFuture<'_, PortResult<Vec<Vec<f32>>>> {
        Box::pin(async move { Ok(self.vectors(&texts, role)) })
    }
}

fn kept_vectors() -> HashMap<String, Vec<f32>> {
    let kept = std::env::var_os("E5_CACHE").and_then(|path| std::fs::read(path).ok());
    kept.map(|bytes| serde_json::from_slice(&bytes).unwrap()).unwrap_or_default()
}
