//! Office files and books: ZIP archives of XML. What is inside decides the format, not the name.
//!
//! `archive` unpacks within bounds, `xml` makes trees within bounds, `relations` finds the parts; then one reader for
//! each format. Crates were weighed: `calamine` reads workbooks well; for texts and slides the crates there are either
//! write rather than read, or bring a renderer, a runtime or a web client with them, and drop notes and numbering.

mod archive;
mod docx_numbering;
mod docx_styles;
mod read_docx;
mod read_epub;
mod read_odf;
mod read_pptx;
mod read_xlsx;
mod relations;
mod tables;
mod xml;

use domain::ParsedDocument;

use self::archive::Archive;
use crate::{Format, IngestError};

/// Reads an office file or a book. `guess` is what its first bytes and its name said; its parts have the last word.
pub(crate) fn read_office(
    bytes: &[u8],
    name: &str,
    guess: Format,
    max_pages: u32,
) -> Result<ParsedDocument, IngestError> {
    let mut archive = Archive::open(bytes)?;
    match format_by_parts(&mut archive)?.unwrap_or(guess) {
        Format::Docx => read_docx::read_docx(&mut archive, name),
        Format::Pptx => read_pptx::read_pptx(&mut archive, name, max_pages),
        Format::Xlsx => read_xlsx::read_xlsx(&mut archive, bytes, name),
        format @ (Format::Odt | Format::Odp) => read_odf::read_odf(&mut archive, format, name, max_pages),
        Format::Epub => read_epub::read_epub(&mut archive, name),
        _ => Err(IngestError::UnsupportedFormat { name: name.to_owned(), found: "a ZIP archive".to_owned() }),
    }
}

fn format_by_parts(archive: &mut Archive<'_>) -> Result<Option<Format>, IngestError> {
    let media = archive.part("mimetype")?.unwrap_or_default();
    if let Some(format) = Format::of_archive(media.trim_ascii()) {
        return Ok(Some(format));
    }
    let main = relations::relations(archive, "")?.into_iter().find(|r| r.kind == "officeDocument").map(|r| r.target);
    let names = main.map_or_else(|| archive.names(), |main| vec![main]);
    let under = |folder: &str| names.iter().any(|n| n.starts_with(folder));
    Ok(match () {
        () if under("word/") => Some(Format::Docx),
        () if under("ppt/") => Some(Format::Pptx),
        () if under("xl/") => Some(Format::Xlsx),
        () if under("META-INF/container.xml") => Some(Format::Epub),
        () => None,
    })
}
