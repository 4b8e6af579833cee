//! Word files (ECMA-376 `WordprocessingML`): headings by style or outline level, lists with their automatic numbers,
//! tables with their cells, footnotes behind the paragraph that refers to them, alt text. Deleted and hidden text, fields'
//! codes, headers, footers and tables of contents are left out.

use std::collections::HashMap;

use domain::{BlockKind, ParsedDocument};

use super::{
    archive::Archive,
    docx_numbering::Numbering,
    docx_styles::{Styles, list_of, value},
    relations::{main_part, relations},
    tables::Grid,
    xml::{self, Element, Node},
};
use crate::{Format, IngestError, build_document::DocumentBuilder};

/// A heading is no longer than this (characters); longer is running text in a heading's style.
const LONGEST_HEADING: usize = 300;

pub(super) fn read_docx(archive: &mut Archive<'_>, name: &str) -> Result<ParsedDocument, IngestError> {
    let main = main_part(archive, "word/document.xml")?;
    let mut reader = DocxReader::default();
    for relation in relations(archive, &main)? {
        let Some(bytes) = archive_part(archive, &relation.kind, &relation.target)? else { continue };
        let root = xml::parse(&bytes, &relation.target)?;
        match relation.kind.as_str() {
            "styles" => reader.styles = Styles::of(&root),
            "numbering" => reader.numbering = Numbering::of(&root),
            _ => reader.add_notes(&root),
        }
    }
    let root = xml::parse(&archive.need(&main)?, &main)?;
    let body = root.child("body").unwrap_or(&root);
    reader.has_title = has_title(body, &reader.styles);
    reader.blocks(body);
    reader.document.finish_flowing(Format::Docx, name)
}

fn archive_part(archive: &mut Archive<'_>, kind: &str, target: &str) -> Result<Option<Vec<u8>>, IngestError> {
    if matches!(kind, "styles" | "numbering" | "footnotes" | "endnotes") { archive.part(target) } else { Ok(None) }
}

fn has_title(body: &Element, styles: &Styles) -> bool {
    body.elements().any(|p| style(p).is_some_and(|id| styles.is_title(id)))
}

fn style(paragraph: &Element) -> Option<&str> {
    value(paragraph.child("pPr")?, "pStyle")
}

#[derive(Default)]
struct DocxReader {
    document: DocumentBuilder,
    styles: Styles,
    numbering: Numbering,
    notes: HashMap<String, String>,
    /// Under a title, chapters are one level down.
    has_title: bool,
}

impl DocxReader {
    /// Footnotes and endnotes; those of the separators between them have a type.
    fn add_notes(&mut self, root: &Element) {
        for note in root.elements().filter(|e| e.attribute("type").is_none()) {
            if let Some(id) = note.attribute("id") {
                let mut words = Words::default();
                words.gather(note);
                self.notes.insert(format!("{}{id}", note.name), words.text);
            }
        }
    }

    fn blocks(&mut self, within: &Element) {
        for element in within.elements() {
            match element.name.as_str() {
                "p" => self.paragraph(element),
                "tbl" => self.table(element),
                // Content controls, insertions, and what newer programs wrap around them.
                "sdt" | "sdtContent" | "ins" | "moveTo" | "customXml" | "smartTag" | "txbxContent" => {
                    self.blocks(element);
                }
                "AlternateContent" => drop(element.child("Choice").map(|choice| self.blocks(choice))),
                _ => {}
            }
        }
    }

    fn paragraph(&mut self, paragraph: &Element) {
        let properties = paragraph.child("pPr");
        let style = style(paragraph).unwrap_or_default();
        if self.styles.is_contents(style) {
            return;
        }
        let mut words = Words::default();
        words.gather(paragraph);
        let list = properties.and_then(list_of).or_else(|| self.styles.list(style));
        let label = list
            .filter(|_| !words.text.trim().is_empty())
            .and_then(|(id, depth)| self.numbering.next_label(&id, depth));
        let text = match label.as_deref() {
            None | Some("") => words.text,
            Some(label) => format!("{label} {}", words.text),
        };
        match self.level(properties, style).filter(|_| text.chars().count() <= LONGEST_HEADING) {
            Some(level) => self.document.push_heading(level, &text),
            None if self.styles.is_caption(style) => self.document.push(BlockKind::Caption, &text),
            None if label.is_some() || self.styles.is_list(style) => self.document.push(BlockKind::ListItem, &text),
            None => self.document.push(BlockKind::Paragraph, &text),
        }
        for id in words.notes {
            if let Some(note) = self.notes.get(&id) {
                self.document.push(BlockKind::Paragraph, note);
            }
        }
        for boxed in words.boxes {
            self.blocks(boxed);
        }
    }

    fn level(&self, properties: Option<&Element>, style: &str) -> Option<u8> {
        let own = properties.and_then(|p| value(p, "outlineLvl")).and_then(|v| v.parse::<u8>().ok());
        let level =
            own.filter(|level| *level < 9).map(|level| level + 1).or_else(|| self.styles.heading_level(style))?;
        let below_title = self.has_title && !self.styles.is_title(style);
        Some(level.saturating_add(u8::from(below_title)))
    }

    fn table(&mut self, table: &Element) {
        let mut grid = Grid::default();
        let mut rows = Vec::new();
        table.find_all("tr", &mut rows);
        for row in &rows {
            grid.begin_row();
            for cell in cells(row) {
                let properties = cell.child("tcPr");
                let span = properties.and_then(|p| value(p, "gridSpan")).and_then(|v| v.parse().ok()).unwrap_or(1);
                let merged =
                    properties.and_then(|p| p.child("vMerge")).is_some_and(|m| m.attribute("val") != Some("restart"));
                if merged { grid.repeat_above(span) } else { grid.cell(&cell_text(cell), span) }
            }
        }
        if grid.is_table() {
            self.document.push(BlockKind::Table, &grid.into_markdown());
        } else {
            // A frame around running text.
            for cell in rows.iter().flat_map(|row| cells(row)) {
                self.blocks(cell);
            }
        }
    }
}

fn cells(row: &Element) -> Vec<&Element> {
    let mut cells = Vec::new();
    row.find_all("tc", &mut cells);
    cells
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

/// What a paragraph says, and what hangs on it.
#[derive(Default)]
struct Words<'a> {
    text: String,
    /// Ids of the notes it refers to, with their kind.
    notes: Vec<String>,
    /// Text boxes anchored in it.
    boxes: Vec<&'a Element>,
}

impl<'a> Words<'a> {
    fn gather(&mut self, within: &'a Element) {
        for node in &within.children {
            let Node::Element(element) = node else { continue };
            match element.name.as_str() {
                "t" => self.text.push_str(&element.text()),
                "tab" | "ptab" => self.text.push('\t'),
                "br" | "cr" => self.text.push('\n'),
                "noBreakHyphen" => self.text.push('-'),
                "sym" => self.text.extend(symbol(element)),
                "r" if is_hidden(element) => {}
                "footnoteReference" | "endnoteReference" => {
                    let kind = element.name.trim_end_matches("Reference");
                    self.notes.extend(element.attribute("id").map(|id| format!("{kind}{id}")));
                }
                "docPr" => self.alt_text(element),
                "txbxContent" => self.boxes.push(element),
                "AlternateContent" => drop(element.child("Choice").map(|choice| self.gather(choice))),
                "pPr" | "rPr" | "del" | "moveFrom" | "instrText" | "delText" | "Fallback" => {}
                _ => self.gather(element),
            }
        }
    }

    fn alt_text(&mut self, properties: &Element) {
        if let Some(words) = properties.attribute("descr").filter(|d| !d.trim().is_empty()) {
            self.text.push(' ');
            self.text.push_str(words);
            self.text.push(' ');
        }
    }
}

fn is_hidden(run: &Element) -> bool {
    run.path(&["rPr", "vanish"]).is_some_and(|v| !matches!(v.attribute("val"), Some("0" | "false")))
}

/// A character by its code; the private ones of symbol fonts mean nothing without the font.
fn symbol(element: &Element) -> Option<char> {
    let code = u32::from_str_radix(element.attribute("char")?, 16).ok()?;
    char::from_u32(code).filter(|c| !matches!(c, '\u{e000}'..='\u{f8ff}'))
}
