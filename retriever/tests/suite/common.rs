//! Shared by the tests: a small deterministic embedder, and chunks.

use std::{path::PathBuf, sync::Arc};

use domain::{
    ByteRange, Chunk, ChunkId, CourseId, DocumentId, PortResult, SearchFilter, SearchMode, SearchQuery,
    ports::{BoxFuture, EmbedRole, Embedder},
};
use retriever::{HybridRetriever, RetrieverSettings, analyse};

/// Hashes a text's terms into 64 numbers: texts that share terms are near each other.
pub(crate) struct HashEmbedder;

impl Embedder for HashEmbedder {
    fn dimensions(&self) -> usize {
        64
    }

    fn identity(&self) -> &'static str {
        "hash-64"
    }

    fn embed(&self, texts: Vec<String>, _role: EmbedRole) -> BoxFuture<'_, PortResult<Vec<Vec<f32>>>> {
        Box::pin(async move { Ok(texts.iter().map(|text| hash_vector(text)).collect()) })
    }
}

pub(crate) fn hash_vector(text: &str) -> Vec<f32> {
    let mut vector = vec![0.001f32; 64];
    for term in analyse(text) {
        let hash =
            term.bytes().fold(0xcbf2_9ce4_8422_2325u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
        vector[(hash % 64) as usize] += 1.0;
    }
    let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
    vector.iter().map(|x| x / length).collect()
}

/// Chunks of one document: one a text, a page each from 1, ranges as if joined by blank lines.
pub(crate) fn chunks(course: CourseId, document: DocumentId, texts: &[&str]) -> Vec<Chunk> {
    let mut start = 0;
    let chunk = |(ordinal, text): (usize, &&str)| {
        let range = ByteRange::new(start, start + text.len());
        start = range.end + 2;
        let page = ordinal as u32 + 1;
        Chunk {
            id: ChunkId::derive(course, &document.to_string(), ordinal),
            ordinal,
            text: (*text).to_owned(),
            tokens: text.split_whitespace().count(),
            pages: (page, page),
            heading_path: vec!["Unit 1".to_owned()],
            range,
        }
    };
    texts.iter().enumerate().map(chunk).collect()
}

pub(crate) fn open(dir: &std::path::Path) -> HybridRetriever {
    HybridRetriever::open(dir, Arc::new(HashEmbedder), RetrieverSettings::default()).unwrap()
}

pub(crate) fn query(course: CourseId, text: &str, mode: SearchMode) -> SearchQuery {
    SearchQuery { course, text: text.to_owned(), limit: 10, mode, filter: SearchFilter::default() }
}

/// The folder of models, or `None` with a line that says the test was skipped.
pub(crate) fn models() -> Option<PathBuf> {
    let home = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
    let dir = std::env::var_os("LECTERN_MODELS").map_or_else(|| home.join(".cache/lectern/models"), PathBuf::from);
    if dir.join("multilingual-e5-small/model.onnx").exists() {
        return Some(dir);
    }
    eprintln!("SKIPPED: no models in {} (set LECTERN_MODELS)", dir.display());
    None
}

/// The ONNX Runtime library among the models.
pub(crate) fn onnxruntime(models: &std::path::Path) -> PathBuf {
    let entries = std::fs::read_dir(models.join("onnxruntime")).unwrap();
    let names = entries.map(|e| e.unwrap().path());
    names.filter(|p| p.to_string_lossy().contains("libonnxruntime.so")).min().unwrap()
}
