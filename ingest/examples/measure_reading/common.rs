//! Where things are, and reading as the reader process does it.

use std::path::{Path, PathBuf};

use domain::{CourseId, ParsedDocument, ports::TokenCounter};
use ingest::{IngestError, OcrModels, ReadOptions, SplitConfig, read_bytes, split_chunks};

/// The folder of `LECTERN_DATA`; `None`, said aloud, where it is not set.
pub fn data() -> Option<PathBuf> {
    let data = std::env::var_os("LECTERN_DATA").map(PathBuf::from).filter(|d| d.join("course").is_dir());
    if data.is_none() {
        eprintln!("SKIPPED: LECTERN_DATA names no folder with course/ and corpus/ in it");
    }
    data
}

/// The folder of models and libraries.
pub fn models() -> PathBuf {
    let home = || PathBuf::from(std::env::var_os("HOME").unwrap_or_default()).join(".cache/lectern/models");
    std::env::var_os("LECTERN_MODELS").map_or_else(home, PathBuf::from)
}

/// Reads a file in this process.
pub fn read(path: &Path, password: Option<&str>) -> Result<ParsedDocument, IngestError> {
    let models = models();
    let pdfium = models.join("pdfium/libpdfium.so");
    let bytes = std::fs::read(path).map_err(|e| IngestError::ReaderUnavailable { detail: e.to_string() })?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let ocr = OcrModels {
        runtime: models.join("onnxruntime/libonnxruntime.so"),
        folder: models.join("pp-ocrv5"),
        threads: 2,
    };
    let ocr = ocr.folder.is_dir().then_some(&ocr);
    let options = ReadOptions { pdfium: &pdfium, password, max_pages: 2000, ocr };
    read_bytes(&bytes, &name, options, &mut |_, _| {})
}

/// About what the embedder counts: a token for four Latin letters or one Chinese character.
pub struct Estimate;

impl TokenCounter for Estimate {
    fn count(&self, text: &str) -> usize {
        let wide = text.chars().filter(|c| *c >= '\u{2e80}').count();
        wide + (text.chars().count() - wide).div_ceil(4)
    }
}

/// Its chunks, of the default size.
pub fn chunks(document: &ParsedDocument) -> Vec<domain::Chunk> {
    split_chunks(document, "00", CourseId::new(), &Estimate, &SplitConfig::default())
}

/// Without white space.
pub fn tight(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}
