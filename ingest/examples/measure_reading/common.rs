//! Where things are, and reading as the reader process does it.

use std::path::{Path, PathBuf};

use domain::{CourseId, ParsedDocument, ports::TokenCounter};
use ingest::{IngestError, OcrModels, ReadLimits, ReadOptions, Reader, SplitConfig, read_bytes, split_chunks};

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

fn pdfium() -> PathBuf {
    models().join("pdfium/libpdfium.so")
}

fn ocr(threads: usize) -> Option<OcrModels> {
    let (runtime, folder) = (models().join("onnxruntime/libonnxruntime.so"), models().join("pp-ocrv5"));
    folder.is_dir().then_some(OcrModels { runtime, folder, threads })
}

/// The reader process, built beside this program.
pub fn reader() -> Reader {
    let own = std::env::current_exe().expect("a process knows its own path");
    let found = own.ancestors().skip(1).map(|dir| dir.join("lectern-reader")).find(|path| path.is_file());
    let program =
        found.expect("no `lectern-reader` beside this program: run `cargo build --release -p lectern-ingest`");
    let reader = Reader::new(program, Vec::new(), pdfium(), ReadLimits::default());
    match ocr(2) {
        Some(models) => reader.with_ocr(models),
        None => reader,
    }
}

/// What the reader process is awaited on.
pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Runtime::new().expect("a runtime")
}

/// Reads a file in this process, on one core.
pub fn read(path: &Path, password: Option<&str>) -> Result<ParsedDocument, IngestError> {
    read_with(path, password, ocr(1).as_ref())
}

/// The same without text recognition.
pub fn read_text(path: &Path, password: Option<&str>) -> Result<ParsedDocument, IngestError> {
    read_with(path, password, None)
}

fn read_with(path: &Path, password: Option<&str>, ocr: Option<&OcrModels>) -> Result<ParsedDocument, IngestError> {
    let bytes = std::fs::read(path).map_err(|e| IngestError::ReaderUnavailable { detail: e.to_string() })?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let options = ReadOptions { pdfium: &pdfium(), password, max_pages: 2000, ocr };
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
