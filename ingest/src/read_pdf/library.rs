//! The PDFium library: loaded once in a process, from a path that is handed in.

use std::{
    path::Path,
    sync::{Mutex, OnceLock, PoisonError},
};

use pdfium_render::prelude::Pdfium;

use crate::IngestError;

/// The library, loaded on first use; the path of later calls is not looked at.
pub(super) fn pdfium(path: &Path) -> Result<&'static Pdfium, IngestError> {
    static LIBRARY: OnceLock<Pdfium> = OnceLock::new();
    static LOADING: Mutex<()> = Mutex::new(());
    if let Some(library) = LIBRARY.get() {
        return Ok(library);
    }
    let _one_at_a_time = LOADING.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(library) = LIBRARY.get() {
        return Ok(library);
    }
    let bindings = Pdfium::bind_to_library(path)
        .map_err(|e| IngestError::PdfLibraryMissing { path: path.display().to_string(), detail: e.to_string() })?;
    Ok(LIBRARY.get_or_init(|| Pdfium::new(bindings)))
}
