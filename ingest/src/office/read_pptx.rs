//! `PowerPoint` files (ECMA-376 `PresentationML`): each slide is a page, its title a heading; text, tables, diagrams,
//! alt text and the speaker's notes follow. Slide numbers, dates and footers are left out.

use domain::{BlockKind, PageInfo, ParsedDocument};

use super::{
    archive::Archive,
    relations::{Relation, main_part, relations},
    tables::Grid,
    xml::{self, Element, Node},
};
use crate::{Format, IngestError, build_document::DocumentBuilder, numbered_heading::numbered_heading};

pub(super) fn read_pptx(archive: &mut Archive<'_>, name: &str, max_pages: u32) -> Result<ParsedDocument, IngestError> {
    let main = main_part(archive, "ppt/presentation.xml")?;
    let root = xml::parse(&archive.need(&main)?, &main)?;
    let parts = relations(archive, &main)?;
    let mut ids = Vec::new();
    root.find_all("sldId", &mut ids);
    let slides: Vec<&str> = ids
        .iter()
        .filter_map(|id| id.attribute("r:id"))
        .filter_map(|id| parts.iter().find(|r| r.id == id).map(|r| r.target.as_str()))
        .collect();
    if slides.len() > max_pages as usize {
        return Err(IngestError::TooManyPages { pages: slides.len(), limit: max_pages as usize });
    }
    let mut document = DocumentBuilder::default();
    for (n, slide) in slides.iter().enumerate() {
        document.set_page(n as u32 + 1);
        read_slide(archive, slide, &mut document)?;
    }
    let pages = (1..=slides.len().max(1) as u32).map(|number| PageInfo { number, width: 0.0, height: 0.0 }).collect();
    document.finish(Format::Pptx, pages, Vec::new()).ok_or_else(|| IngestError::NoText { name: name.to_owned() })
}

fn read_slide(archive: &mut Archive<'_>, part: &str, document: &mut DocumentBuilder) -> Result<(), IngestError> {
    let Some(bytes) = archive.part(part)? else { return Ok(()) };
    let root = xml::parse(&bytes, part)?;
    let related = relations(archive, part)?;
    let mut slide = SlideReader { document };
    slide.titles(&root);
    slide.shapes(&root);
    for Relation { kind, target, .. } in related {
        let wanted = matches!(kind.as_str(), "notesSlide" | "diagramData");
        if let Some(bytes) = if wanted { archive.part(&target)? } else { None } {
            let other = xml::parse(&bytes, &target)?;
            if kind == "notesSlide" { slide.notes(&other) } else { slide.paragraphs(&other, BlockKind::ListItem) }
        }
    }
    Ok(())
}

struct SlideReader<'a> {
    document: &'a mut DocumentBuilder,
}

impl SlideReader<'_> {
    /// The title first, wherever the file has it: it heads the slide.
    fn titles(&mut self, slide: &Element) {
        let mut shapes = Vec::new();
        slide.find_all("sp", &mut shapes);
        for shape in shapes {
            let title = paragraphs_of(shape).join(" ");
            match placeholder(shape) {
                Some("ctrTitle") => self.document.push_heading(1, &title),
                // Slides know no levels; the numbers of their titles do.
                Some("title") => {
                    self.document.push_heading(numbered_heading(&title).map_or(1, |n| n.depth) + 1, &title);
                }
                _ => {}
            }
        }
    }

    fn shapes(&mut self, within: &Element) {
        for element in within.elements() {
            match element.name.as_str() {
                "sp" => self.shape(element),
                "tbl" => self.table(element),
                "pic" => {
                    let alt = element.path(&["nvPicPr", "cNvPr"]).and_then(|p| p.attribute("descr"));
                    self.document.push(BlockKind::Caption, alt.unwrap_or_default());
                }
                "AlternateContent" => drop(element.child("Choice").map(|choice| self.shapes(choice))),
                _ => self.shapes(element),
            }
        }
    }

    fn shape(&mut self, shape: &Element) {
        match placeholder(shape) {
            Some("title" | "ctrTitle" | "sldNum" | "dt" | "ftr" | "hdr") => {}
            Some("body" | "obj" | "") => self.paragraphs(shape, BlockKind::ListItem),
            _ => self.paragraphs(shape, BlockKind::Paragraph),
        }
    }

    fn paragraphs(&mut self, within: &Element, kind: BlockKind) {
        for text in paragraphs_of(within) {
            self.document.push(kind, &text);
        }
    }

    fn notes(&mut self, notes: &Element) {
        let mut shapes = Vec::new();
        notes.find_all("sp", &mut shapes);
        for shape in shapes.into_iter().filter(|s| placeholder(s) == Some("body")) {
            self.paragraphs(shape, BlockKind::Paragraph);
        }
    }

    fn table(&mut self, table: &Element) {
        let mut grid = Grid::default();
        for row in table.elements().filter(|e| e.name == "tr") {
            grid.begin_row();
            for cell in row.elements().filter(|e| e.name == "tc") {
                match (cell.attribute("vMerge"), cell.attribute("hMerge")) {
                    (Some("1" | "true"), _) => grid.repeat_above(1),
                    (_, Some("1" | "true")) => grid.cell("", 1),
                    _ => grid.cell(&paragraphs_of(cell).join(" "), 1),
                }
            }
        }
        if grid.is_table() {
            self.document.push(BlockKind::Table, &grid.into_markdown());
        } else {
            self.paragraphs(table, BlockKind::Paragraph);
        }
    }
}

/// What a shape holds the place of; empty for content of any kind, `None` for a shape of its own.
fn placeholder(shape: &Element) -> Option<&str> {
    let place = shape.path(&["nvSpPr", "nvPr", "ph"])?;
    Some(place.attribute("type").unwrap_or_default())
}

fn paragraphs_of(within: &Element) -> Vec<String> {
    let mut found = Vec::new();
    within.find_all("p", &mut found);
    found.into_iter().map(paragraph_text).collect()
}

/// Runs, line breaks and formulas; fields (the slide's number) are left out.
fn paragraph_text(paragraph: &Element) -> String {
    let mut text = String::new();
    gather(paragraph, &mut text);
    text
}

fn gather(within: &Element, text: &mut String) {
    for node in &within.children {
        let Node::Element(element) = node else { continue };
        match element.name.as_str() {
            "t" => text.push_str(&element.text()),
            "br" => text.push('\n'),
            "fld" | "pPr" | "Fallback" => {}
            _ => gather(element, text),
        }
    }
}
