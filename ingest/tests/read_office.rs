//! Office files written by hand: what is kept, what is left out, and what hostile archives come to.

use std::io::{Cursor, Write};

use domain::{BlockKind, ParsedDocument};
use ingest::{IngestError, ReadOptions, read_bytes};
use zip::{ZipWriter, write::SimpleFileOptions};

fn archive(parts: &[(&str, &str)]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in parts {
        let stored = *name == "mimetype";
        let method = if stored { zip::CompressionMethod::Stored } else { zip::CompressionMethod::Deflated };
        zip.start_file(*name, SimpleFileOptions::default().compression_method(method)).unwrap();
        zip.write_all(content.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn read(bytes: &[u8], name: &str) -> Result<ParsedDocument, IngestError> {
    let nowhere = std::path::Path::new("/nonexistent");
    read_bytes(bytes, name, ReadOptions { pdfium: nowhere, password: None, max_pages: 10, ocr: None }, &mut |_, _| {})
}

fn blocks(bytes: &[u8], name: &str) -> Vec<(BlockKind, String)> {
    let doc = read(bytes, name).unwrap();
    doc.blocks.iter().map(|b| (b.kind, doc.slice(b.range).to_owned())).collect()
}

fn expect(seen: &[(BlockKind, String)], wanted: &[(BlockKind, &str)]) {
    let seen: Vec<(BlockKind, &str)> = seen.iter().map(|(kind, text)| (*kind, text.as_str())).collect();
    assert_eq!(seen, wanted);
}

const STYLES: &str = "<styles><style styleId='T'><name val='Title'/></style>\
    <style styleId='H'><name val='heading 1'/></style><style styleId='M'><name val='My head'/><basedOn val='H'/></style>\
    <style styleId='C'><name val='toc 1'/></style></styles>";
const NUMBERING: &str = "<numbering><abstractNum abstractNumId='1'><lvl ilvl='0'><start val='1'/><numFmt val='decimal'/>\
    <lvlText val='%1.'/></lvl><lvl ilvl='1'><numFmt val='upperLetter'/><lvlText val='(%2)'/></lvl></abstractNum>\
    <num numId='7'><abstractNumId val='1'/></num></numbering>";

fn docx(body: &str) -> Vec<u8> {
    let rel = |n: u8, kind: &str, target: &str| format!("<Relationship Id='r{n}' Type='x/{kind}' Target='{target}'/>");
    let main = format!("<Relationships>{}</Relationships>", rel(1, "officeDocument", "word/document.xml"));
    let others = ["styles", "numbering", "footnotes"].map(|kind| rel(2, kind, &format!("{kind}.xml"))).concat();
    archive(&[
        ("[Content_Types].xml", "<Types/>"),
        ("_rels/.rels", &main),
        ("word/_rels/document.xml.rels", &format!("<Relationships>{others}</Relationships>")),
        ("word/styles.xml", STYLES),
        ("word/numbering.xml", NUMBERING),
        ("word/footnotes.xml", "<footnotes><footnote id='3'><p><r><t>A note.</t></r></p></footnote></footnotes>"),
        ("word/header1.xml", "<hdr><p><r><t>running</t></r></p></hdr>"),
        ("word/document.xml", &format!("<w:document xmlns:w='w'><w:body>{body}</w:body></w:document>")),
    ])
}

#[test]
fn word() {
    let p = |style: &str, inner: &str| format!("<w:p><w:pPr><w:pStyle w:val='{style}'/></w:pPr>{inner}</w:p>");
    let run = |text: &str| format!("<w:r><w:t>{text}</w:t></w:r>");
    let item = |depth: u8, text: &str| {
        let list = format!("<w:pPr><w:numPr><w:ilvl w:val='{depth}'/><w:numId w:val='7'/></w:numPr></w:pPr>");
        format!("<w:p>{list}{}</w:p>", run(text))
    };
    let cell = |more: &str, text: &str| format!("<w:tc><w:tcPr>{more}</w:tcPr><w:p>{}</w:p></w:tc>", run(text));
    let table = [
        format!("<w:tr>{}{}</w:tr>", cell("", "a"), cell("", "b|c")),
        format!("<w:tr>{}{}</w:tr>", cell("<w:vMerge w:val='restart'/>", "1"), cell("", "2")),
        format!("<w:tr>{}{}</w:tr>", cell("<w:vMerge/>", ""), cell("", "3")),
    ]
    .concat();
    let body = [
        p("T", &run("Course")),
        p("C", &run("Chapter … 3")),
        p("M", &run("Chapter")),
        format!("<w:p>{}<w:del><w:r><w:delText>gone</w:delText></w:r></w:del><w:r><w:rPr><w:vanish/></w:rPr><w:t>hid</w:t></w:r><w:r><w:footnoteReference w:id='3'/></w:r></w:p>", run("Kept &amp; read.")),
        item(0, "Which?"),
        item(1, "This"),
        item(1, "That"),
        item(0, "Why?"),
        format!("<w:tbl>{table}</w:tbl>"),
        "<w:p><w:r><w:drawing><wp:docPr descr='A cat'/></w:drawing></w:r></w:p>".to_owned(),
        format!("<w:tbl><w:tr>{}</w:tr></w:tbl>", cell("", "boxed")),
    ]
    .concat();
    let seen = blocks(&docx(&body), "a.zip");
    expect(
        &seen,
        &[
            (BlockKind::Heading, "Course"),
            (BlockKind::Heading, "Chapter"),
            (BlockKind::Paragraph, "Kept & read."),
            (BlockKind::Paragraph, "A note."),
            (BlockKind::ListItem, "1. Which?"),
            (BlockKind::ListItem, "(A) This"),
            (BlockKind::ListItem, "(B) That"),
            (BlockKind::ListItem, "2. Why?"),
            (BlockKind::Table, "| a | b\\|c |\n|---|---|\n| 1 | 2 |\n| 1 | 3 |"),
            (BlockKind::Paragraph, "A cat"),
            (BlockKind::Paragraph, "boxed"),
        ],
    );
    assert_eq!(read(&docx(&body), "a").unwrap().blocks[2].heading_path, ["Course", "Chapter"]);
}

#[test]
fn slides_with_notes() {
    let shape = |kind: &str, text: &str| {
        format!(
            "<p:sp><p:nvSpPr><p:nvPr><p:ph type='{kind}'/></p:nvPr></p:nvSpPr><p:txBody><a:p><a:r><a:t>{text}</a:t></a:r></a:p></p:txBody></p:sp>"
        )
    };
    let number = "<p:sp><p:txBody><a:p><a:fld type='slidenum'><a:t>3</a:t></a:fld></a:p></p:txBody></p:sp>";
    let slide = |shapes: &str| format!("<p:sld><p:cSld><p:spTree>{shapes}</p:spTree></p:cSld></p:sld>");
    let bytes = archive(&[
        ("_rels/.rels", "<R><r Id='1' Type='x/officeDocument' Target='ppt/presentation.xml'/></R>"),
        (
            "ppt/presentation.xml",
            "<p:presentation><p:sldIdLst><p:sldId id='1' r:id='b'/><p:sldId id='2' r:id='a'/></p:sldIdLst></p:presentation>",
        ),
        (
            "ppt/_rels/presentation.xml.rels",
            "<R><r Id='a' Type='x/slide' Target='slides/s1.xml'/><r Id='b' Type='x/slide' Target='slides/s2.xml'/></R>",
        ),
        (
            "ppt/slides/s1.xml",
            &slide(&[shape("body", "Points"), shape("title", "Second"), shape("sldNum", "2")].concat()),
        ),
        ("ppt/slides/s2.xml", &slide(&[shape("ctrTitle", "First"), number.to_owned()].concat())),
        ("ppt/slides/_rels/s1.xml.rels", "<R><r Id='n' Type='x/notesSlide' Target='../notes/n.xml'/></R>"),
        ("ppt/notes/n.xml", &slide(&[shape("body", "Say this."), shape("sldNum", "2")].concat())),
    ]);
    let doc = read(&bytes, "a.pptx").unwrap();
    assert_eq!(doc.text, "First\n\nSecond\n\nPoints\n\nSay this.");
    assert_eq!(doc.pages.len(), 2);
    assert_eq!((doc.blocks[0].page, doc.blocks[2].page, doc.blocks[2].kind), (1, 2, BlockKind::ListItem));
    assert_eq!(doc.blocks[3].heading_path, ["First", "Second"]);
}

#[test]
fn workbooks() {
    let sheet = "<worksheet><sheetData>\
        <row r='1'><c r='B1' t='inlineStr'><is><t>Marks</t></is></c></row>\
        <row r='3'><c r='B3' t='s'><v>0</v></c><c r='C3' t='s'><v>1</v></c></row>\
        <row r='4'><c r='B4'><v>0.30000000000000004</v></c><c r='C4' s='1'><v>45658</v></c></row>\
        <row r='1048576'><c r='XFD1048576'><v>1</v></c></row></sheetData></worksheet>";
    let bytes = archive(&[
        ("[Content_Types].xml", "<Types xmlns='http://schemas.openxmlformats.org/package/2006/content-types'/>"),
        (
            "_rels/.rels",
            "<Relationships><Relationship Id='1' Type='http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument' Target='xl/workbook.xml'/></Relationships>",
        ),
        (
            "xl/workbook.xml",
            "<workbook xmlns:r='http://schemas.openxmlformats.org/officeDocument/2006/relationships'><sheets><sheet name='Term 1' sheetId='1' r:id='a'/></sheets></workbook>",
        ),
        (
            "xl/_rels/workbook.xml.rels",
            "<Relationships><Relationship Id='a' Type='http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet' Target='worksheets/s.xml'/></Relationships>",
        ),
        ("xl/sharedStrings.xml", "<sst><si><t>Share</t></si><si><t>Day</t></si></sst>"),
        ("xl/styles.xml", "<styleSheet><cellXfs><xf numFmtId='0'/><xf numFmtId='14'/></cellXfs></styleSheet>"),
        ("xl/worksheets/s.xml", sheet),
    ]);
    let seen = blocks(&bytes, "a.xlsx");
    expect(
        &seen,
        &[
            (BlockKind::Heading, "Term 1"),
            (BlockKind::Paragraph, "Marks"),
            (BlockKind::Table, "| Share | Day |\n|---|---|\n| 0.3 | 2025-01-01 |"),
        ],
    );
}

#[test]
fn open_documents_and_books() {
    let content = "<office:document-content><office:body><office:text><text:h text:outline-level='1'>One</text:h>\
        <text:p>a<text:s text:c='2'/>b<text:note><text:note-body><text:p>Note.</text:p></text:note-body></text:note></text:p>\
        <text:list><text:list-item><text:p>item</text:p></text:list-item></text:list><table:table><table:table-row>\
        <table:table-cell><text:p>x</text:p></table:table-cell><table:table-cell table:number-columns-repeated='2'><text:p>y</text:p></table:table-cell>\
        </table:table-row></table:table></office:text></office:body></office:document-content>";
    let odt = archive(&[("mimetype", "application/vnd.oasis.opendocument.text"), ("content.xml", content)]);
    expect(
        &blocks(&odt, "a.docx"),
        &[
            (BlockKind::Heading, "One"),
            (BlockKind::Paragraph, "a b"),
            (BlockKind::Paragraph, "Note."),
            (BlockKind::ListItem, "item"),
            (BlockKind::Table, "| x | y | y |\n|---|---|---|"),
        ],
    );
    let epub = archive(&[
        ("mimetype", "application/epub+zip"),
        ("META-INF/container.xml", "<container><rootfiles><rootfile full-path='O/c.opf'/></rootfiles></container>"),
        (
            "O/c.opf",
            "<package><manifest><item id='n' href='n.xhtml' properties='nav'/><item id='a' href='a%20b.xhtml'/></manifest><spine><itemref idref='n'/><itemref idref='a'/></spine></package>",
        ),
        ("O/n.xhtml", "<html><body>Contents</body></html>"),
        ("O/a b.xhtml", "<html><body><h1>Chapter</h1><p>Words.</p></body></html>"),
    ]);
    expect(&blocks(&epub, "a.epub"), &[(BlockKind::Heading, "Chapter"), (BlockKind::Paragraph, "Words.")]);
}

#[test]
fn hostile_archives_are_refused() {
    let code = |bytes: &[u8]| read(bytes, "a.docx").map_or_else(|e| e.code(), |_| "ok");
    let bomb = docx(&" ".repeat(100 << 20));
    assert!(bomb.len() < 1 << 20);
    assert_eq!(code(&bomb), "archive_too_large");
    let good = docx("<w:p><w:r><w:t>words</w:t></w:r></w:p>");
    assert_eq!(code(&good), "ok");
    assert_eq!(code(&good[..good.len() / 2]), "document_damaged");
    assert_eq!(code(&docx(&"<w:p>".repeat(5000))), "document_damaged");
    assert_eq!(code(&docx("<w:p/>")), "no_text");
    let bomb = "<!DOCTYPE d [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;'>]><d><body><p><r><t>&b;</t></r></p></body></d>";
    assert_eq!(code(&archive(&[("word/document.xml", bomb)])), "document_damaged");
    assert_eq!(code(&archive(&[("photos/1.jpg", "x")])), "document_damaged");
    assert_eq!(read(&archive(&[("a.txt", "x")]), "a.zip").unwrap_err().code(), "unsupported_format");
}

/// A byte changed anywhere: an error or a document, never a panic.
#[test]
fn damaged_bytes_never_crash() {
    let good = docx("<w:p><w:r><w:t>words and more words</w:t></w:r></w:p><w:tbl><w:tr><w:tc/></w:tr></w:tbl>");
    for n in 0..good.len() {
        let mut bytes = good.clone();
        bytes[n] = bytes[n].wrapping_add(13);
        drop(read(&bytes, "a.docx"));
    }
}
