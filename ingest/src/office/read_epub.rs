//! EPUB books: the chapters of the spine in order, each read as a web page.

use domain::ParsedDocument;

use super::{
    archive::Archive,
    relations::resolve,
    xml::{self, Element},
};
use crate::{
    Format, IngestError, build_document::DocumentBuilder, decode_text::decode_html, read_html::read_html_into,
};

pub(super) fn read_epub(archive: &mut Archive<'_>, name: &str) -> Result<ParsedDocument, IngestError> {
    let container = xml::parse(&archive.need("META-INF/container.xml")?, "META-INF/container.xml")?;
    let package = container.find("rootfile").and_then(|r| r.attribute("full-path")).unwrap_or("content.opf").to_owned();
    let root = xml::parse(&archive.need(&package)?, &package)?;
    let folder = package.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut document = DocumentBuilder::default();
    for chapter in chapters(&root, folder) {
        if let Some(bytes) = archive.part(&chapter)? {
            document = read_html_into(document, &decode_html(&bytes));
        }
    }
    document.finish_flowing(Format::Epub, name)
}

/// The parts of the spine, those for navigation left out.
fn chapters(root: &Element, folder: &str) -> Vec<String> {
    let (Some(manifest), Some(spine)) = (root.child("manifest"), root.child("spine")) else { return Vec::new() };
    spine
        .elements()
        .filter_map(|item| {
            let id = item.attribute("idref")?;
            let part = manifest.elements().find(|e| e.attribute("id") == Some(id))?;
            let navigation = part.attribute("properties").is_some_and(|p| p.split(' ').any(|p| p == "nav"));
            let href = part.attribute("href").filter(|_| !navigation)?;
            Some(resolve(folder, &percent_decoded(href)))
        })
        .collect()
}

/// Names in a package are URLs.
fn percent_decoded(href: &str) -> String {
    let mut out = Vec::with_capacity(href.len());
    let mut bytes = href.bytes();
    while let Some(byte) = bytes.next() {
        let digits: Vec<u8> = if byte == b'%' { bytes.clone().take(2).collect() } else { Vec::new() };
        match std::str::from_utf8(&digits).ok().filter(|d| d.len() == 2).and_then(|d| u8::from_str_radix(d, 16).ok()) {
            Some(decoded) => {
                out.push(decoded);
                bytes.nth(1);
            }
            None => out.push(byte),
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}
