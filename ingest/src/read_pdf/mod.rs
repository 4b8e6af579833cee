//! PDF to blocks: glyphs with boxes, lines, reading order, paragraphs, headings. PDFium reads the file; everything about
//! order and meaning is decided here.
//!
//! The way of a page: `glyphs` (what PDFium found, in points from the top left of the displayed page) → `lines` (runs of
//! words in the order of the content stream) → `ruled_tables` → `furniture` (running headers and footers go) →
//! `reading_order` (columns) → `unruled_tables` → `paragraphs` → `headings` → `compose` (text, with a box for every word).

mod compose;
mod display;
mod form_values;
mod furniture;
mod glyphs;
mod headings;
mod library;
mod lines;
mod paragraphs;
mod picture_pages;
mod reading_order;
mod render_page;
mod row_columns;
mod ruled_tables;
mod rules;
mod unread;
mod unruled_tables;

pub(crate) use self::{
    picture_pages::read_picture,
    render_page::{render_page, render_picture},
};

use domain::{PageInfo, ParsedDocument};
use pdfium_render::prelude::{PdfDocument, PdfPage, PdfiumError, PdfiumInternalError};

use self::{
    display::Display,
    glyphs::page_glyphs,
    lines::Line,
    picture_pages::{Recogniser, draw, is_picture},
    unread::{Reason, Unread},
};
use crate::{Format, IngestError, OcrModels, ReadOptions, build_document::DocumentBuilder, ocr::Picture};

/// Reads a PDF. `progress(page, of)` is called after each page.
pub(crate) fn read_pdf(
    bytes: &[u8],
    options: ReadOptions<'_>,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<ParsedDocument, IngestError> {
    let file = open(bytes, options)?;
    let of = file.pages().len() as usize;
    if of > options.max_pages as usize {
        return Err(IngestError::TooManyPages { pages: of, limit: options.max_pages as usize });
    }
    let mut content = Content::new(options.ocr);
    for index in 0..of {
        content.add_page(&file, index);
        progress(index + 1, of);
    }
    content.into_document(Format::Pdf)
}

/// Opens a PDF with the password in `options`, if it needs one.
fn open<'a>(bytes: &'a [u8], options: ReadOptions<'_>) -> Result<PdfDocument<'a>, IngestError> {
    let library = library::pdfium(options.pdfium)?;
    let file = library.load_pdf_from_byte_slice(bytes, options.password).map_err(|e| opening_error(&e, options))?;
    if file.pages().is_empty() {
        return Err(IngestError::DocumentDamaged { detail: "it has no pages".to_owned() });
    }
    Ok(file)
}

fn opening_error(error: &PdfiumError, options: ReadOptions<'_>) -> IngestError {
    let detail = match error {
        PdfiumError::PdfiumLibraryInternalError(PdfiumInternalError::PasswordError) => {
            return if options.password.is_some_and(|p| !p.is_empty()) {
                IngestError::WrongPassword
            } else {
                IngestError::DocumentEncrypted
            };
        }
        PdfiumError::PdfiumLibraryInternalError(PdfiumInternalError::FormatError) => "its structure can't be read",
        PdfiumError::PdfiumLibraryInternalError(PdfiumInternalError::SecurityError) => {
            "it is encrypted in a way that is not supported"
        }
        _ => "it can't be opened",
    };
    IngestError::DocumentDamaged { detail: detail.to_owned() }
}

/// What was read so far.
struct Content<'a> {
    pages: Vec<PageInfo>,
    lines: Vec<Vec<Line>>,
    unread: Unread,
    recogniser: Recogniser<'a>,
}

impl<'a> Content<'a> {
    fn new(ocr: Option<&'a OcrModels>) -> Self {
        let recogniser = Recogniser::new(ocr);
        Self { pages: Vec::new(), lines: Vec::new(), unread: Unread::default(), recogniser }
    }

    /// Recognises the text of a page's picture; a warning where that can't be done.
    fn add_picture(&mut self, info: PageInfo, picture: Option<Picture>) {
        match self.recogniser.read(info, picture) {
            Ok(lines) => self.lines.push(lines),
            Err(why) => {
                self.unread.add(info.number, why);
                self.lines.push(Vec::new());
            }
        }
        self.pages.push(info);
    }

    fn add_page(&mut self, file: &PdfDocument<'_>, index: usize) {
        let number = index as u32 + 1;
        let page = i32::try_from(index).ok().and_then(|i| file.pages().get(i).ok());
        let Some(mut page) = page else {
            self.unread.add(number, Reason::Damaged);
            self.pages.push(PageInfo { number, width: 0.0, height: 0.0 });
            self.lines.push(Vec::new());
            return;
        };
        form_values::draw_form_values(&mut page);
        let info = page_info(number, &page);
        let lines = Display::of(&page, number).map_or_else(Vec::new, |display| {
            let lines = lines::page_lines(&page_glyphs(&page, &display));
            ruled_tables::gather_ruled_tables(lines, &rules::page_rules(&page, &display))
        });
        if is_picture(&lines, &page) {
            self.add_picture(info, draw(&page));
            return;
        }
        self.pages.push(info);
        self.lines.push(lines);
    }

    fn into_document(mut self, format: Format) -> Result<ParsedDocument, IngestError> {
        let pages = self.pages.len();
        let nothing = IngestError::NoTextLayer {
            pages,
            reason: self.unread.reason().unwrap_or_else(|| "no text was found in their pictures".to_owned()),
        };
        if self.lines.iter().all(Vec::is_empty) {
            return Err(nothing);
        }
        furniture::remove_furniture(&mut self.lines, &self.pages);
        let ordered = self.lines.into_iter().flat_map(reading_order::reading_order).collect();
        let ordered = unruled_tables::gather_unruled_tables(ordered);
        let mut paragraphs = paragraphs::paragraphs(ordered);
        headings::mark_headings(&mut paragraphs);
        let mut document = DocumentBuilder::default();
        let spelling = compose::Spelling::of(&paragraphs);
        for paragraph in &paragraphs {
            document.push_block(compose::compose(paragraph, &spelling));
        }
        document.finish(format, self.pages, self.unread.warnings()).ok_or(nothing)
    }
}

fn page_info(number: u32, page: &PdfPage<'_>) -> PageInfo {
    PageInfo { number, width: page.width().value, height: page.height().value }
}
