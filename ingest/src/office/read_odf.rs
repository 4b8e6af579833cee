//! `OpenDocument` texts and presentations (ISO/IEC 26300): `content.xml` to blocks.

use domain::{BlockKind, PageInfo, ParsedDocument};

use super::{
    archive::Archive,
    tables::Grid,
    xml::{self, Element, Node},
};
use crate::{Format, IngestError, build_document::DocumentBuilder};

/// The most spaces, or columns, that one element may stand for.
const MOST_REPEATED: usize = 64;

pub(super) fn read_odf(
    archive: &mut Archive<'_>,
    format: Format,
    name: &str,
    max_pages: u32,
) -> Result<ParsedDocument, IngestError> {
    if archive.part("META-INF/manifest.xml")?.is_some_and(|m| m.windows(15).any(|w| w == b"encryption-data")) {
        return Err(IngestError::DocumentEncrypted);
    }
    let root = xml::parse(&archive.need("content.xml")?, "content.xml")?;
    let mut reader = OdfReader { document: DocumentBuilder::default(), slides: 0 };
    if let Some(body) = root.child("body") {
        reader.blocks(body, false);
    }
    if reader.slides > max_pages {
        return Err(IngestError::TooManyPages { pages: reader.slides as usize, limit: max_pages as usize });
    }
    let pages = (1..=reader.slides.max(1)).map(|number| PageInfo { number, width: 0.0, height: 0.0 }).collect();
    reader.document.finish(format, pages, Vec::new()).ok_or_else(|| IngestError::NoText { name: name.to_owned() })
}

struct OdfReader {
    document: DocumentBuilder,
    slides: u32,
}

impl OdfReader {
    fn blocks(&mut self, within: &Element, item: bool) {
        for element in within.elements() {
            match element.name.as_str() {
                "h" => {
                    let level = element.attribute("outline-level").and_then(|l| l.parse().ok()).unwrap_or(1);
                    self.paragraph(element, None, Some(level));
                }
                "p" => self.paragraph(element, item.then_some(BlockKind::ListItem), None),
                "list" => self.blocks(element, true),
                "table" => self.table(element),
                "page" => self.slide(element),
                "frame" if element.attribute("class") == Some("title") => {}
                "tracked-changes" | "table-of-content" | "forms" | "settings" | "sequence-decls" => {}
                _ => self.blocks(element, item),
            }
        }
    }

    /// A slide of a presentation: its title heads it.
    fn slide(&mut self, slide: &Element) {
        self.slides += 1;
        self.document.set_page(self.slides);
        for title in slide.elements().filter(|e| e.attribute("class") == Some("title")) {
            let mut words = Words::default();
            words.gather(title);
            self.document.push_heading(2, &words.text);
        }
        self.blocks(slide, false);
    }

    fn paragraph(&mut self, paragraph: &Element, kind: Option<BlockKind>, heading: Option<u8>) {
        let mut words = Words::default();
        words.gather(paragraph);
        match heading {
            Some(level) => self.document.push_heading(level, &words.text),
            None => self.document.push(kind.unwrap_or(BlockKind::Paragraph), &words.text),
        }
        for note in words.notes {
            self.document.push(BlockKind::Paragraph, &note);
        }
        for inner in words.frames {
            self.blocks(inner, false);
        }
    }

    fn table(&mut self, table: &Element) {
        let mut grid = Grid::default();
        let mut rows = Vec::new();
        table.find_all("table-row", &mut rows);
        for row in &rows {
            grid.begin_row();
            for cell in row.elements().filter(|e| matches!(e.name.as_str(), "table-cell" | "covered-table-cell")) {
                let times = cell.attribute("number-columns-repeated").and_then(|n| n.parse().ok()).unwrap_or(1);
                for _ in 0..times.clamp(1, MOST_REPEATED) {
                    grid.cell(&cell_text(cell), 1);
                }
            }
        }
        if grid.is_table() {
            self.document.push(BlockKind::Table, &grid.into_markdown());
        } else {
            for cell in rows.iter().flat_map(|row| row.elements()) {
                self.blocks(cell, false);
            }
        }
    }
}

fn cell_text(cell: &Element) -> String {
    let mut paragraphs = Vec::new();
    cell.find_all("p", &mut paragraphs);
    let text = |p: &&Element| {
        let mut words = Words::default();
        words.gather(p);
        words.text
    };
    paragraphs.iter().map(text).collect::<Vec<_>>().join(" ")
}

#[derive(Default)]
struct Words<'a> {
    text: String,
    notes: Vec<String>,
    /// Frames with blocks of their own.
    frames: Vec<&'a Element>,
}

impl<'a> Words<'a> {
    fn gather(&mut self, within: &'a Element) {
        for node in &within.children {
            match node {
                Node::Text(text) => self.text.push_str(text),
                Node::Element(element) => self.element(element),
            }
        }
    }

    fn element(&mut self, element: &'a Element) {
        match element.name.as_str() {
            "s" => {
                let times = element.attribute("c").and_then(|c| c.parse().ok()).unwrap_or(1);
                self.text.push_str(&" ".repeat(times.min(MOST_REPEATED)));
            }
            "tab" => self.text.push('\t'),
            "line-break" => self.text.push('\n'),
            "note" => {
                let mut note = Words::default();
                element.child("note-body").map(|body| note.gather(body)).unwrap_or_default();
                self.notes.push(note.text);
            }
            // The words that a picture stands for.
            "title" | "desc" => {
                self.text.extend([" ", &element.text(), " "]);
            }
            "text-box" => self.frames.push(element),
            "annotation" | "page-number" | "date" | "object" => {}
            // Paragraphs within: of a title, of a note.
            "p" if !self.text.is_empty() => {
                self.text.push(' ');
                self.gather(element);
            }
            _ => self.gather(element),
        }
    }
}
