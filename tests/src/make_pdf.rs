//! Small PDF files, written by hand, so that tests need no binary fixtures.

use std::fmt::Write;

/// A PDF with one page per item; each line of an item is a line of text on that page.
pub fn pdf(pages: &[&str]) -> Vec<u8> {
    assemble(&pages.iter().map(|text| text_stream(text)).collect::<Vec<_>>())
}

/// A PDF whose only page holds a drawing and no text.
pub fn pdf_without_text() -> Vec<u8> {
    assemble(&["0.5 g 100 100 300 300 re f".to_owned()])
}

fn text_stream(text: &str) -> String {
    let mut stream = String::from("BT /F1 12 Tf 72 720 Td 16 TL\n");
    for line in text.lines() {
        let escaped = line.replace('\\', "\\\\").replace('(', "\\(").replace(')', "\\)");
        let _ = writeln!(stream, "({escaped}) Tj T*");
    }
    stream + "ET"
}

fn assemble(streams: &[String]) -> Vec<u8> {
    let kids: Vec<String> = (0..streams.len()).map(|i| format!("{} 0 R", 4 + 2 * i)).collect();
    let mut objects = vec![
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        format!("<< /Type /Pages /Kids [{}] /Count {} >>", kids.join(" "), kids.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>".to_owned(),
    ];
    for (i, stream) in streams.iter().enumerate() {
        objects.push(format!(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {} 0 R \
             /Resources << /Font << /F1 3 0 R >> >> >>",
            5 + 2 * i
        ));
        objects.push(format!("<< /Length {} >>\nstream\n{stream}\nendstream", stream.len()));
    }
    let mut file = String::from("%PDF-1.4\n");
    let mut offsets = Vec::new();
    for (i, object) in objects.iter().enumerate() {
        offsets.push(file.len());
        let _ = writeln!(file, "{} 0 obj\n{object}\nendobj", i + 1);
    }
    let xref = file.len();
    let _ = writeln!(file, "xref\n0 {}\n0000000000 65535 f ", objects.len() + 1);
    for offset in offsets {
        let _ = writeln!(file, "{offset:010} 00000 n ");
    }
    let _ = write!(file, "trailer << /Size {} /Root 1 0 R >>\nstartxref\n{xref}\n%%EOF\n", objects.len() + 1);
    file.into_bytes()
}
