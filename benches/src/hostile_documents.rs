//! Documents that are made to hurt: each small, each claiming or unfolding to more than any reader should take.

use std::{
    fmt::Write as _,
    io::{Cursor, Read, Write},
};

use zip::{CompressionMethod, ZipArchive, ZipWriter, write::SimpleFileOptions};

/// A name and its bytes.
pub type Document = (String, Vec<u8>);

/// What unfolds, in bytes.
const BOMB: usize = 1 << 30;
/// How deep the deep ones are nested.
const DEEP: usize = 100_000;
const CONTENT_TYPES: &str = concat!(
    r#"<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">"#,
    r#"<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>"#
);
const RELATIONS: &str = concat!(
    r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">"#,
    r#"<Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>"#
);
const WORD: &str = r#"xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main""#;

/// All of them.
pub fn hostile_documents() -> Vec<Document> {
    let mut all = zip_bombs();
    all.extend(entities());
    all.extend(page_floods());
    all.extend(claims());
    all.extend(loops());
    all.extend(nested());
    all.extend(endless());
    all
}

fn named(name: &str, bytes: impl Into<Vec<u8>>) -> Document {
    (name.to_owned(), bytes.into())
}

fn archive(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    for (name, content) in parts {
        zip.start_file(*name, options).expect("a new part");
        zip.write_all(content).expect("memory takes it");
    }
    zip.finish().expect("memory takes it").into_inner()
}

fn docx(document: &[u8]) -> Vec<u8> {
    let types = ("[Content_Types].xml", CONTENT_TYPES.as_bytes());
    archive(&[types, ("_rels/.rels", RELATIONS.as_bytes()), ("word/document.xml", document)])
}

fn zip_bombs() -> Vec<Document> {
    let mut one = format!("<w:document {WORD}><w:body><w:p><w:r><w:t>").into_bytes();
    one.resize(BOMB, b' ');
    let part = vec![b' '; BOMB / 8];
    let names: Vec<String> = (0..40).map(|n| format!("word/part{n}.xml")).collect();
    let mut parts: Vec<(&str, &[u8])> = vec![("[Content_Types].xml", CONTENT_TYPES.as_bytes())];
    parts.extend(names.iter().map(|name| (name.as_str(), part.as_slice())));
    parts.push(("word/document.xml", b"<w:document/>"));
    let sheet = format!("<sst>{}</sst>", "<si><t>a</t></si>".repeat(4 << 20));
    let spread = r#"<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:text><table:table><table:table-row table:number-rows-repeated="1048576"><table:table-cell table:number-columns-repeated="16384"><text:p>x</text:p></table:table-cell></table:table-row></table:table></office:text></office:body></office:document-content>"#;
    vec![
        named("zip-bomb.docx", docx(&one)),
        named("zip-bomb-of-parts.docx", archive(&parts)),
        named("shared-strings-bomb.xlsx", workbook(sheet.as_bytes(), b"<worksheet/>")),
        named(
            "repeated-cells.odt",
            archive(&[("mimetype", b"application/vnd.oasis.opendocument.text"), ("content.xml", spread.as_bytes())]),
        ),
    ]
}

fn workbook(strings: &[u8], sheet: &[u8]) -> Vec<u8> {
    let types = CONTENT_TYPES
        .replace("/word/document.xml", "/xl/workbook.xml")
        .replace("wordprocessingml.document.main", "spreadsheetml.sheet.main");
    let relations = RELATIONS.replace("word/document.xml", "xl/workbook.xml");
    let book = r#"<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="a" sheetId="1" r:id="r1"/></sheets></workbook>"#;
    let inner = r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="r2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings" Target="sharedStrings.xml"/></Relationships>"#;
    archive(&[
        ("[Content_Types].xml", types.as_bytes()),
        ("_rels/.rels", relations.as_bytes()),
        ("xl/workbook.xml", book.as_bytes()),
        ("xl/_rels/workbook.xml.rels", inner.as_bytes()),
        ("xl/sharedStrings.xml", strings),
        ("xl/worksheets/sheet1.xml", sheet),
    ])
}

fn entities() -> Vec<Document> {
    let mut laughs = String::from("<!ENTITY l0 \"lol\">");
    for n in 1..12 {
        let _ = write!(laughs, "<!ENTITY l{n} \"{}\">", format!("&l{};", n - 1).repeat(10));
    }
    let body = |entity: &str| {
        format!("<w:document {WORD}><w:body><w:p><w:r><w:t>&{entity};</w:t></w:r></w:p></w:body></w:document>")
    };
    let laughing = format!("<?xml version=\"1.0\"?><!DOCTYPE d [{laughs}]>{}", body("l11"));
    let outside =
        format!("<?xml version=\"1.0\"?><!DOCTYPE d [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>{}", body("x"));
    let quadratic = format!(
        "<?xml version=\"1.0\"?><!DOCTYPE d [<!ENTITY q \"{}\">]>{}",
        "a".repeat(1 << 20),
        body(&format!("{}q", "q;&".repeat(10_000)))
    );
    vec![
        named("entity-expansion.docx", docx(laughing.as_bytes())),
        named("external-entity.docx", docx(outside.as_bytes())),
        named("quadratic-entities.docx", docx(quadratic.as_bytes())),
    ]
}

/// A PDF of these objects; number 1 is its catalogue.
fn pdf(objects: &[Vec<u8>]) -> Vec<u8> {
    let (mut out, mut offsets) = (b"%PDF-1.7\n".to_vec(), Vec::new());
    for (n, object) in objects.iter().enumerate() {
        offsets.push(out.len());
        out.extend(format!("{} 0 obj\n", n + 1).bytes());
        out.extend_from_slice(object);
        out.extend(b"\nendobj\n");
    }
    let xref = out.len();
    out.extend(format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1).bytes());
    for offset in offsets {
        out.extend(format!("{offset:010} 00000 n \n").bytes());
    }
    let size = objects.len() + 1;
    out.extend(format!("trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{xref}\n%%EOF\n").bytes());
    out
}

fn objects(texts: &[&str]) -> Vec<Vec<u8>> {
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}

const CATALOGUE: &str = "<< /Type /Catalog /Pages 2 0 R >>";
const ONE_PAGE: &str = "<< /Type /Pages /Kids [3 0 R] /Count 1 >>";

fn page_floods() -> Vec<Document> {
    let count = 100_000;
    let kids = (0..count).map(|n| format!("{} 0 R", n + 3)).collect::<Vec<_>>().join(" ");
    let mut pages = objects(&[CATALOGUE]);
    pages.push(format!("<< /Type /Pages /Kids [{kids}] /Count {count} >>").into_bytes());
    pages.extend((0..count).map(|_| b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] >>".to_vec()));
    // Each node has its child a hundred times over: a million pages in a kilobyte.
    let mut shared = objects(&[CATALOGUE]);
    for level in 0..3_usize {
        let child = format!("{} 0 R ", level + 3).repeat(100);
        shared.push(
            format!("<< /Type /Pages /Kids [{child}] /Count {} >>", 100_usize.pow(3 - level as u32)).into_bytes(),
        );
    }
    shared.push(b"<< /Type /Page /Parent 4 0 R /MediaBox [0 0 612 792] >>".to_vec());
    let boasting = objects(&[
        CATALOGUE,
        "<< /Type /Pages /Kids [3 0 R] /Count 2000000000 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] >>",
    ]);
    vec![
        named("100000-pages.pdf", pdf(&pages)),
        named("million-shared-pages.pdf", pdf(&shared)),
        named("two-billion-pages-claimed.pdf", pdf(&boasting)),
    ]
}

fn claims() -> Vec<Document> {
    let page = "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /XObject << /I 5 0 R >> >> >>";
    let long = objects(&[CATALOGUE, ONE_PAGE, page, "<< /Length 2147483647 >>\nstream\nq /I Do Q\nendstream"]);
    let picture = objects(&[
        CATALOGUE,
        ONE_PAGE,
        page,
        "<< /Length 26 >>\nstream\n612 0 0 792 0 0 cm /I Do \nendstream",
        "<< /Type /XObject /Subtype /Image /Width 46000 /Height 46000 /BitsPerComponent 8 /ColorSpace /DeviceRGB /Length 8 >>\nstream\n........\nendstream",
    ]);
    let huge = objects(&[CATALOGUE, ONE_PAGE, "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 2000000000 2000000000] >>"]);
    let png = |side: u32| {
        let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
        png.extend(side.to_be_bytes().repeat(2));
        png.extend(b"\x08\x02\0\0\0\0\0\0\0\0\0\0\0IDAT");
        png
    };
    let jpeg = b"\xff\xd8\xff\xc0\0\x11\x08\xff\xff\xff\xff\x03\x01\x11\0\x02\x11\0\x03\x11\0\xff\xda\0\x0c\x03\x01\0\x02\0\x03\0\0\x3f\0".to_vec();
    let cell = br#"<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><dimension ref="A1:XFD1048576"/><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>a</t></is></c></row><row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>b</t></is></c></row></sheetData></worksheet>"#;
    let mut lying = docx(b"<w:document/>");
    // Sizes in every header of the archive.
    for at in 0..lying.len() - 30 {
        let place = match &lying[at..at + 4] {
            b"PK\x03\x04" => at + 22,
            b"PK\x01\x02" => at + 24,
            _ => continue,
        };
        lying[place..place + 4].copy_from_slice(&0x7fff_ffff_u32.to_le_bytes());
    }
    vec![
        named("stream-of-2-gb-claimed.pdf", pdf(&long)),
        named("picture-of-6-gb-claimed.pdf", pdf(&picture)),
        named("page-of-28000-km.pdf", pdf(&huge)),
        named("2-gb-claimed.png", png(0x7fff_ffff)),
        named("many-pixels-claimed.png", png(19_000)),
        named("many-pixels-claimed.jpg", jpeg),
        named("2-gb-claimed.rtf", r"{\rtf1\ansi words {\pict\bin2147483647 ab}}"),
        named("17-billion-cells.xlsx", workbook(b"<sst/>", cell)),
        named("2-gb-claimed.docx", lying),
    ]
}

fn loops() -> Vec<Document> {
    let own_parent = objects(&[CATALOGUE, "<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 2 /Parent 2 0 R >>"]);
    let ring = objects(&[
        CATALOGUE,
        "<< /Type /Pages /Kids [3 0 R 4 0 R] /Count 2 /Parent 4 0 R >>",
        "<< /Type /Page /Parent 3 0 R /MediaBox 3 0 R /Contents 3 0 R /Resources 3 0 R >>",
        "<< /Type /Pages /Kids [2 0 R] /Count 1 /Parent 2 0 R >>",
    ]);
    let form = "<< /Type /XObject /Subtype /Form /BBox [0 0 612 792] /Resources << /XObject << /F 5 0 R >> >> /Length 14 >>\nstream\n/F Do /F Do q Q\nendstream";
    let forms = objects(&[
        CATALOGUE,
        ONE_PAGE,
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /XObject << /F 5 0 R >> >> >>",
        "<< /Length 6 >>\nstream\n/F Do \nendstream",
        form,
    ]);
    let outline = objects(&[
        "<< /Type /Catalog /Pages 2 0 R /Outlines 4 0 R >>",
        ONE_PAGE,
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] >>",
        "<< /First 5 0 R /Last 5 0 R /Count 1 >>",
        "<< /Title (a) /Parent 5 0 R /Next 5 0 R /First 5 0 R >>",
    ]);
    let lengths = objects(&[
        CATALOGUE,
        ONE_PAGE,
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R >>",
        "<< /Length 4 0 R >>\nstream\nq Q\nendstream",
    ]);
    // Nine forms, each drawing the next one ten times over.
    let mut tree = objects(&[
        CATALOGUE,
        ONE_PAGE,
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /XObject << /F 5 0 R >> >> >>",
        "<< /Length 6 >>\nstream\n/F Do \nendstream",
    ]);
    for level in 0..9 {
        tree.push(format!("<< /Type /XObject /Subtype /Form /BBox [0 0 612 792] /Resources << /XObject << /F {} 0 R >> /Font << /H << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> /Length 100 >>\nstream\n{}\nendstream", level + 6, "/F Do BT /H 9 Tf (a) Tj ET ".repeat(10)).into_bytes());
    }
    vec![
        named("own-parent.pdf", pdf(&own_parent)),
        named("ring-of-pages.pdf", pdf(&ring)),
        named("form-in-itself.pdf", pdf(&forms)),
        named("forms-in-forms.pdf", pdf(&tree)),
        named("outline-in-itself.pdf", pdf(&outline)),
        named("length-of-itself.pdf", pdf(&lengths)),
    ]
}

fn nested() -> Vec<Document> {
    let page = "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R >>";
    let arrays = format!("<< /Length 9 /Deep {}{} >>\nstream\nq Q\nendstream", "[".repeat(DEEP), "]".repeat(DEEP));
    let word = format!(
        "<w:document {WORD}><w:body>{}<w:p><w:r><w:t>deep</w:t></w:r></w:p>{}</w:body></w:document>",
        "<w:tbl><w:tr><w:tc>".repeat(DEEP / 4),
        "</w:tc></w:tr></w:tbl>".repeat(DEEP / 4)
    );
    vec![
        named("deep-arrays.pdf", pdf(&objects(&[CATALOGUE, ONE_PAGE, page, &arrays]))),
        named("deep-tables.docx", docx(word.as_bytes())),
        named("deep.html", format!("<html><body>{}deep", "<div><b>".repeat(DEEP))),
        named("deep-tables.html", format!("<html><body>{}deep", "<table><tr><td>".repeat(DEEP / 4))),
        named("deep-lists.md", (0..DEEP / 50).fold(String::new(), |all, n| all + &"  ".repeat(n) + "- a\n")),
        named("deep-quotes.md", format!("# a\n\n{} deep\n", "> ".repeat(DEEP))),
        named("deep-brackets.md", format!("# a\n\n{}\n", "[".repeat(DEEP / 10))),
        named("deep.rtf", format!(r"{{\rtf1 {}deep{}}}", "{".repeat(DEEP), "}".repeat(DEEP))),
    ]
}

fn endless() -> Vec<Document> {
    let page = "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>";
    let stream = |content: &[u8]| {
        let packed = zlib(content);
        let mut object = format!("<< /Length {} /Filter /FlateDecode >>\nstream\n", packed.len()).into_bytes();
        object.extend(packed);
        object.extend(b"\nendstream");
        let mut all = objects(&[CATALOGUE, ONE_PAGE, page]);
        all.push(object);
        pdf(&all)
    };
    let words = "BT /F 9 Tf 72 700 Td (endless) Tj ET ".repeat(8 << 20);
    vec![
        named("endless-stream.pdf", stream(&vec![b' '; BOMB])),
        named("endless-words.pdf", stream(words.as_bytes())),
        named("endless-line.txt", "a".repeat(48 << 20)),
        named("endless-row.csv", format!("a,b\n{}", ",".repeat(32 << 20))),
        named("endless-tags.html", format!("<html><body>{}", "<p>a</p><table><tr><td>b".repeat(1 << 20))),
        named("endless-paragraphs.md", "word\n\n".repeat(8 << 20)),
        named("endless-controls.rtf", format!(r"{{\rtf1 {}}}", r"\par\b a".repeat(8 << 20))),
    ]
}

/// Deflated, in zlib's frame, without its checksum: readers of PDF do not ask for it.
fn zlib(content: &[u8]) -> Vec<u8> {
    let zipped = archive(&[("a", content)]);
    let mut zip = ZipArchive::new(Cursor::new(zipped)).expect("just written");
    let mut out = vec![0x78, 0x9c];
    zip.by_index_raw(0).expect("its only part").read_to_end(&mut out).expect("memory gives it");
    out.extend([0; 4]);
    out
}
