//! Small PDFs written by hand, and where the PDFium library is.
#![allow(dead_code, reason = "each test binary uses its own part")]

use std::path::PathBuf;

/// The PDFium library; `None`, said aloud, where it is not installed.
pub fn pdfium() -> Option<PathBuf> {
    installed("pdfium/libpdfium.so")
}

/// Text recognition; `None`, said aloud, where it is not installed.
pub fn ocr() -> Option<ingest::OcrModels> {
    let folder = installed("pp-ocrv5/rec.onnx")?.parent()?.to_owned();
    Some(ingest::OcrModels { runtime: installed("onnxruntime/libonnxruntime.so")?, folder, threads: 2 })
}

fn installed(file: &str) -> Option<PathBuf> {
    let models = std::env::var_os("LECTERN_MODELS").map(PathBuf::from).or_else(|| {
        let home = std::env::var_os("HOME")?;
        Some(PathBuf::from(home).join(".cache/lectern/models"))
    })?;
    let path = models.join(file);
    if path.exists() {
        return Some(path);
    }
    eprintln!("SKIPPED: nothing at {}; `lectern models pull` puts it there", path.display());
    None
}

/// Text to set on a page: font size, bold, x and y (points from the bottom left), words.
pub type Piece<'a> = (f32, bool, f32, f32, &'a str);

/// A page: its rotation and its pieces.
pub type Page<'a> = (u32, Vec<Piece<'a>>);

/// A PDF of US Letter pages (612 × 792 points) in Helvetica. `extra` goes into the trailer.
pub fn pdf(pages: &[Page<'_>], extra: &str) -> Vec<u8> {
    let kids: Vec<String> = (0..pages.len()).map(|n| format!("{} 0 R", 5 + 2 * n)).collect();
    let mut objects = vec![
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        format!("<< /Type /Pages /Kids [{}] /Count {} >>", kids.join(" "), pages.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned(),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold >>".to_owned(),
    ];
    for (n, (rotate, pieces)) in pages.iter().enumerate() {
        objects.push(format!(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Rotate {rotate} /Contents {} 0 R \
             /Resources << /Font << /F1 3 0 R /F2 4 0 R >> >> >>",
            6 + 2 * n
        ));
        let lines: Vec<String> = pieces
            .iter()
            .map(|(size, bold, x, y, text)| {
                let font = if *bold { "F2" } else { "F1" };
                format!("BT /{font} {size} Tf 1 0 0 1 {x} {y} Tm ({text}) Tj ET")
            })
            .collect();
        let content = lines.join("\n");
        objects.push(format!("<< /Length {} >>\nstream\n{content}\nendstream", content.len() + 1));
    }
    assemble(&objects, extra)
}

fn assemble(objects: &[String], extra: &str) -> Vec<u8> {
    let mut out = b"%PDF-1.4\n".to_vec();
    let mut offsets = Vec::new();
    for (n, object) in objects.iter().enumerate() {
        offsets.push(out.len());
        out.extend(format!("{} 0 obj\n{object}\nendobj\n", n + 1).bytes());
    }
    let xref = out.len();
    out.extend(format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1).bytes());
    for offset in offsets {
        out.extend(format!("{offset:010} 00000 n \n").bytes());
    }
    let size = objects.len() + 1;
    out.extend(format!("trailer\n<< /Size {size} /Root 1 0 R {extra} >>\nstartxref\n{xref}\n%%EOF\n").bytes());
    out
}

/// A trailer entry that locks a PDF: no password opens it, because its check value is made up.
pub fn locked() -> String {
    let hex = "41".repeat(32);
    format!("/Encrypt << /Filter /Standard /V 1 /R 2 /O <{hex}> /U <{hex}> /P -4 >> /ID [<41> <41>]")
}
