//! Packages of 1EdTech's Question and Test Interoperability: a manifest, a test, and one file per question, zipped.
//! 2.1: <https://www.imsglobal.org/question/qtiv2p1/imsqti_infov2p1.html>, 3.0: <https://www.imsglobal.org/spec/qti/v3p0/impl>.

use std::io::{Cursor, Write};

use domain::{Citation, Quiz};
use text::one_line;
use zip::{ZipWriter, write::SimpleFileOptions};

use super::{
    QuizFormat,
    not_held::Notes,
    qti_item, unwritable,
    words::language_of,
    xml::{Element, el},
};
use crate::QuizFileResult;

const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// A version of the specification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    V21,
    V30,
}

/// Namespaces, schemas and resource types of a version.
struct Names {
    items: &'static str,
    items_schema: &'static str,
    manifest: &'static str,
    manifest_schema: &'static str,
    schema: (&'static str, &'static str),
    item_type: &'static str,
    test_type: &'static str,
}

const V21: Names = Names {
    items: "http://www.imsglobal.org/xsd/imsqti_v2p1",
    items_schema: "http://www.imsglobal.org/xsd/qti/qtiv2p1/imsqti_v2p1.xsd",
    manifest: "http://www.imsglobal.org/xsd/imscp_v1p1",
    manifest_schema: "http://www.imsglobal.org/xsd/qti/qtiv2p1/qtiv2p1_imscpv1p2_v1p0.xsd",
    schema: ("QTIv2.1 Package", "1.0.0"),
    item_type: "imsqti_item_xmlv2p1",
    test_type: "imsqti_test_xmlv2p1",
};

const V30: Names = Names {
    items: "http://www.imsglobal.org/xsd/imsqtiasi_v3p0",
    items_schema: "https://purl.imsglobal.org/spec/qti/v3p0/schema/xsd/imsqti_asiv3p0_v1p0.xsd",
    manifest: "http://www.imsglobal.org/xsd/qti/qtiv3p0/imscp_v1p1",
    manifest_schema: "https://purl.imsglobal.org/spec/qti/v3p0/schema/xsd/imsqtiv3p0_imscpv1p2_v1p0.xsd",
    schema: ("QTI Package", "3.0.0"),
    item_type: "imsqti_item_xmlv3p0",
    test_type: "imsqti_test_xmlv3p0",
};

impl Version {
    const fn names(self) -> &'static Names {
        match self {
            Self::V21 => &V21,
            Self::V30 => &V30,
        }
    }

    const fn format(self) -> QuizFormat {
        match self {
            Self::V21 => QuizFormat::Qti21,
            Self::V30 => QuizFormat::Qti30,
        }
    }

    /// The document, with names as this version spells them.
    fn document(self, root: &Element) -> String {
        match self {
            // 2.1 puts the content of feedback right into it.
            Self::V21 => {
                root.document(&|name, _| name.to_owned()).replace("<contentBody>", "").replace("</contentBody>", "")
            }
            Self::V30 => root.document(&spelling_of_v30),
        }
    }
}

/// HTML keeps its names; QTI's own are `qti-` and hyphens, attributes hyphens.
fn spelling_of_v30(name: &'static str, element: bool) -> String {
    if element && matches!(name, "p" | "br" | "div" | "span") || name.contains(':') {
        return name.to_owned();
    }
    let mut spelt = String::from(if element { "qti-" } else { "" });
    for c in name.chars() {
        if c.is_ascii_uppercase() {
            spelt.push('-');
        }
        spelt.push(c.to_ascii_lowercase());
    }
    spelt
}

/// The package.
pub fn write(quiz: &Quiz, version: Version, notes: &mut Notes) -> QuizFileResult<Vec<u8>> {
    let mut files = vec![("imsmanifest.xml".to_owned(), manifest(quiz, version))];
    files.push(("test.xml".to_owned(), version.document(&test(quiz, version))));
    for (i, question) in quiz.questions.iter().enumerate() {
        notes.add_tags(i + 1, question);
        let passage = quiz.passage_of(question).map(Citation::readable);
        let item = qualified(qti_item::item(i + 1, &identifier(i), question, passage), version);
        files.push((file_name(i), version.document(&item)));
    }
    packed(&files).map_err(|error| unwritable(version.format(), &error))
}

fn packed(files: &[(String, String)]) -> Result<Vec<u8>, zip::result::ZipError> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        // A fixed date: the same quiz gives the same bytes.
        zip.start_file(name.as_str(), SimpleFileOptions::default().last_modified_time(zip::DateTime::default()))?;
        zip.write_all(content.as_bytes())?;
    }
    Ok(zip.finish()?.into_inner())
}

fn identifier(i: usize) -> String {
    format!("q{:03}", i + 1)
}

fn file_name(i: usize) -> String {
    format!("items/{}.xml", identifier(i))
}

fn qualified(root: Element, version: Version) -> Element {
    let names = version.names();
    root.with("xmlns", names.items)
        .with("xmlns:xsi", XSI)
        .with("xsi:schemaLocation", format!("{} {}", names.items, names.items_schema))
}

fn test(quiz: &Quiz, version: Version) -> Element {
    let refs = (0..quiz.questions.len())
        .map(|i| el("assessmentItemRef").with("identifier", identifier(i)).with("href", file_name(i)));
    let section = el("assessmentSection")
        .with("identifier", "section")
        .with("title", one_line(&quiz.title))
        .with("visible", true)
        .children(refs);
    let part = el("testPart")
        .with("identifier", "part")
        .with("navigationMode", "nonlinear")
        .with("submissionMode", "simultaneous")
        .child(section);
    let total = el("setOutcomeValue")
        .with("identifier", "SCORE")
        .child(el("sum").child(el("testVariables").with("variableIdentifier", "SCORE")));
    let test = el("assessmentTest")
        .with("identifier", "test")
        .with("title", one_line(&quiz.title))
        .child(
            el("outcomeDeclaration")
                .with("identifier", "SCORE")
                .with("cardinality", "single")
                .with("baseType", "float"),
        )
        .child(part)
        .child(el("outcomeProcessing").child(total));
    qualified(test, version)
}

/// The manifest is of IMS Content Packaging, which spells its names the same way in both versions.
fn manifest(quiz: &Quiz, version: Version) -> String {
    let names = version.names();
    let items = (0..quiz.questions.len()).map(|i| {
        el("resource")
            .with("identifier", identifier(i))
            .with("type", names.item_type)
            .with("href", file_name(i))
            .child(el("file").with("href", file_name(i)))
    });
    let needs = (0..quiz.questions.len()).map(|i| el("dependency").with("identifierref", identifier(i)));
    let test = el("resource")
        .with("identifier", "test")
        .with("type", names.test_type)
        .with("href", "test.xml")
        .child(el("file").with("href", "test.xml"))
        .children(needs);
    let metadata =
        el("metadata").child(el("schema").text(names.schema.0)).child(el("schemaversion").text(names.schema.1));
    el("manifest")
        .with("xmlns", names.manifest)
        .with("xmlns:xsi", XSI)
        .with("xsi:schemaLocation", format!("{} {}", names.manifest, names.manifest_schema))
        .with("identifier", format!("lectern-{}", quiz.id))
        .with("xml:lang", language_of(quiz).tag())
        .child(metadata)
        .child(el("organizations"))
        .child(el("resources").child(test).children(items))
        .document(&|name, _| name.to_owned())
}
