//! Reads a file in this process. Only the reader process and tests do so.

use std::path::Path;

use domain::ParsedDocument;

use crate::{
    Format, IngestError, OcrModels,
    decode_text::{decode_html, decode_text},
    detect_format,
    office::read_office,
    read_csv::read_csv,
    read_html::read_html,
    read_markdown::read_markdown,
    read_pdf::{read_pdf, read_picture},
    read_rtf::read_rtf,
    read_text::read_text,
};

/// Raised whenever reading the same bytes gives another text, or the same in other places: documents that an older reader
/// read are then read again. 2: with their tokens' vectors in the index. 3: columns beside figures, rows without rules.
/// 4: ruled tables on scans.
pub const READER_VERSION: u32 = 4;

/// The most text of a document, in bytes: five times that of the longest novels. More is no course material, and indexing
/// it would take hours.
const MOST_TEXT: usize = 16 << 20;

/// What reading may need besides the bytes.
#[derive(Clone, Copy, Debug)]
pub struct ReadOptions<'a> {
    /// The PDFium library, as a full path.
    pub pdfium: &'a Path,
    /// Opens an encrypted PDF.
    pub password: Option<&'a str>,
    /// The most pages that are read.
    pub max_pages: u32,
    /// Reads pages without a text layer, and pictures; without it they are named in the warnings.
    pub ocr: Option<&'a OcrModels>,
}

/// Reads a file: detects its format and hands it to the reader of that format.
///
/// `name` is the file's name as its owner knows it. `progress(page, of)` is called after each page of a PDF.
pub fn read_bytes(
    bytes: &[u8],
    name: &str,
    options: ReadOptions<'_>,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<ParsedDocument, IngestError> {
    let document = read_format(bytes, name, options, progress)?;
    if document.text.len() > MOST_TEXT {
        return Err(IngestError::TooMuchText { mib: document.text.len() >> 20, limit_mib: MOST_TEXT >> 20 });
    }
    Ok(document)
}

fn read_format(
    bytes: &[u8],
    name: &str,
    options: ReadOptions<'_>,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<ParsedDocument, IngestError> {
    match detect_format(bytes, name)? {
        Format::Pdf => read_pdf(bytes, options, progress),
        Format::Png | Format::Jpeg => read_picture(bytes, options),
        Format::Html => read_html(&decode_html(bytes), name),
        Format::Markdown => read_markdown(&decode_text(bytes), name),
        Format::Csv => read_csv(&decode_text(bytes), name),
        Format::Rtf => read_rtf(bytes, name),
        office @ (Format::Docx | Format::Pptx | Format::Xlsx | Format::Odt | Format::Odp | Format::Epub) => {
            read_office(bytes, name, office, options.max_pages)
        }
        Format::Text => read_text(&decode_text(bytes), name),
    }
}
