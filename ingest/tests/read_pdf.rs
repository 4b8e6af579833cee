//! PDFs written by hand, read with the real PDFium: order, headings, hyphens, furniture, rotation, boxes.

mod common;

use common::{Page, Piece, locked, pdf, pdfium};
use domain::{BlockKind, ParsedDocument};
use ingest::{IngestError, ReadOptions, read_bytes};

fn read(bytes: &[u8], password: Option<&str>) -> Option<Result<ParsedDocument, IngestError>> {
    let library = pdfium()?;
    let options = ReadOptions { pdfium: &library, password, max_pages: 100, ocr: None };
    Some(read_bytes(bytes, "a.pdf", options, &mut |_, _| {}))
}

fn with_furniture(n: usize, mut pieces: Vec<Piece<'static>>) -> Page<'static> {
    let footers = ["Page 1 of 3", "Page 2 of 3", "Page 3 of 3"];
    pieces.push((9.0, false, 72.0, 765.0, "A course reader"));
    pieces.push((9.0, false, 290.0, 30.0, footers[n]));
    (0, pieces)
}

fn course() -> Vec<u8> {
    let columns = vec![
        (20.0, true, 72.0, 720.0, "Plants and Light"),
        (
            10.0,
            false,
            72.0,
            690.0,
            "This line is a wide introduction across both of the columns of the page, to its margin.",
        ),
        (13.0, true, 72.0, 660.0, "1. Leaves"),
        (10.0, false, 72.0, 640.0, "Green leaves make sugar by photo-"),
        (10.0, false, 72.0, 628.0, "synthesis and they give off oxygen"),
        (10.0, false, 72.0, 616.0, "all through the day, as is known"),
        (10.0, false, 320.0, 660.0, "to everyone who ever grew a tree."),
        (10.0, false, 320.0, 640.0, "Roots do none of this and live on"),
        (10.0, false, 320.0, 628.0, "what the leaves above send down."),
    ];
    let second =
        vec![(13.0, true, 72.0, 720.0, "2. Roots"), (10.0, false, 72.0, 700.0, "Roots drink water from the soil.")];
    let third = vec![(10.0, false, 72.0, 700.0, "The last page has a few words more.")];
    pdf(&[with_furniture(0, columns), with_furniture(1, second), with_furniture(2, third)], "")
}

#[test]
fn columns_headings_hyphens_and_furniture() {
    let Some(document) = read(&course(), None) else { return };
    let doc = document.unwrap();
    check_laws(&doc);
    let seen: Vec<(BlockKind, &str)> = doc.blocks.iter().map(|b| (b.kind, doc.slice(b.range))).collect();
    assert_eq!(seen[0], (BlockKind::Heading, "Plants and Light"));
    assert_eq!(seen[2], (BlockKind::Heading, "1. Leaves"));
    let leaves = "Green leaves make sugar by photosynthesis and they give off oxygen all through the day, as is known to \
                  everyone who ever grew a tree.";
    assert_eq!(seen[3], (BlockKind::Paragraph, leaves));
    assert_eq!(doc.blocks[3].heading_path, ["Plants and Light", "1. Leaves"]);
    assert_eq!(doc.blocks[3].boxes.len(), 2, "one box in each column");
    assert!(!doc.text.contains("course reader") && !doc.text.contains("Page"), "{}", doc.text);
    let at = doc.text.find("photosynthesis").unwrap();
    let boxes = doc.boxes((at..at + "photosynthesis".len()).into());
    assert_eq!(boxes.len(), 2, "the word is broken over two lines");
    assert!((boxes[1].left - 72.0).abs() < 2.0 && boxes[0].left > 150.0);
    assert_eq!(doc.page_of(doc.text.find("drink").unwrap()), 2);
}

#[test]
fn boxes_are_as_the_page_is_displayed() {
    let Some(document) = read(&pdf(&[(90, vec![(12.0, false, 72.0, 720.0, "Turned around")])], ""), None) else {
        return;
    };
    let doc = document.unwrap();
    assert!((doc.pages[0].width - 792.0).abs() < 0.1 && (doc.pages[0].height - 612.0).abs() < 0.1);
    let word = doc.words[0];
    assert_eq!(doc.slice(word.range), "Turned");
    // Turned clockwise, the text runs down from (720, 72).
    assert!((word.rect.top - 72.0).abs() < 2.0 && word.rect.left > 710.0 && word.rect.right < 735.0, "{word:?}");
    assert_eq!(doc.text, "Turned around");
}

#[test]
fn what_can_not_be_read_says_why() {
    let Some(document) = read(&pdf(&[(0, vec![])], ""), None) else { return };
    assert_eq!(document.unwrap_err().code(), "no_text_layer");
    let code = |bytes: &[u8], password| read(bytes, password).map(|r| r.unwrap_err().code());
    let locked = pdf(&[(0, vec![(12.0, false, 72.0, 720.0, "Secret")])], &locked());
    assert_eq!(code(&locked, None), Some("document_encrypted"));
    assert_eq!(code(&locked, Some("guess")), Some("wrong_password"));
    assert_eq!(code(b"%PDF-1.7\nand nothing else", None), Some("document_damaged"));
    assert_eq!(code(&course()[..200], None), Some("document_damaged"));
}

#[test]
fn a_page_without_text_is_a_warning() {
    let words = vec![(12.0, false, 72.0, 720.0, "Some words")];
    let Some(document) = read(&pdf(&[(0, words), (0, vec![])], ""), None) else { return };
    assert_eq!(document.unwrap().warnings, [], "a blank page is no loss");
}

#[test]
fn what_was_filled_into_a_form_is_read() {
    let object = |words: &str, rest: &str| format!("<<{rest}/Length {}>>stream\n{words}\nendstream", words.len());
    let objects = [
        "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[5 0 R]>>>>".to_owned(),
        "<</Type/Pages/Kids[3 0 R]/Count 1>>".to_owned(),
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F 6 0 R>>>>/Annots[5 0 R]>>"
            .to_owned(),
        object("BT /F 12 Tf 72 700 Td (Name:) Tj ET", ""),
        "<</Type/Annot/Subtype/Widget/FT/Tx/F 4/T(n)/V(Ada Lovelace)/Rect[120 695 300 715]/P 3 0 R/AP<</N 7 0 R>>>>"
            .to_owned(),
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>".to_owned(),
        object(
            "BT /F 12 Tf 2 5 Td (Ada Lovelace) Tj ET",
            "/Type/XObject/Subtype/Form/BBox[0 0 180 20]/Resources<</Font<</F 6 0 R>>>>",
        ),
    ];
    let numbered = objects.iter().enumerate().map(|(n, object)| format!("{} 0 obj\n{object}\nendobj\n", n + 1));
    let file = format!("%PDF-1.7\n{}trailer\n<</Root 1 0 R>>\n%%EOF", numbered.collect::<String>());
    let Some(document) = read(file.as_bytes(), None) else { return };
    let doc = document.unwrap();
    assert_eq!(doc.text.split_whitespace().collect::<Vec<_>>(), ["Name:", "Ada", "Lovelace"]);
    assert!(doc.words.iter().all(|w| (w.rect.top - 82.0).abs() < 8.0), "{:?}", doc.words);
}

/// A byte changed anywhere: an error or a document, never a crash.
#[test]
fn damaged_bytes_never_crash() {
    let good = course();
    for n in (0..good.len()).step_by(7) {
        let mut bytes = good.clone();
        bytes[n] = bytes[n].wrapping_add(13);
        match read(&bytes, None) {
            Some(Ok(doc)) => check_laws(&doc),
            Some(Err(_)) => {}
            None => return,
        }
    }
}

fn check_laws(doc: &ParsedDocument) {
    for pair in doc.words.windows(2) {
        assert!(pair[0].range.end <= pair[1].range.start);
    }
    for word in &doc.words {
        let info = doc.pages[word.rect.page as usize - 1];
        assert!(doc.text.get(std::ops::Range::from(word.range)).is_some());
        assert!(word.rect.left <= info.width && word.rect.top <= info.height && word.rect.right >= 0.0);
    }
    for pair in doc.blocks.windows(2) {
        assert_eq!(&doc.text[pair[0].range.end..pair[1].range.start], "\n\n");
    }
}
