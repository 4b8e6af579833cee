//! What a file is, by its content; its name only decides between Markdown and plain text.
//!
//! The rule: content that Lectern reads wins over any name, with one exception. A name that promises a format which
//! can't be mistaken (`.pdf`, `.docx`, `.png` …) over content that is plain text is refused: such a file is nearly
//! always a failed download or a renamed error page, and its text is not what its owner meant to upload.

use crate::{IngestError, read_csv::looks_like_csv};

/// How far into a file signs of a format are looked for, in bytes.
const HEAD: usize = 4096;
/// The same for archives: their first parts may be long.
const ARCHIVE_HEAD: usize = 64 << 10;
/// PDF readers accept the header anywhere in the first kilobyte.
const PDF_HEADER_WITHIN: usize = 1024;

/// A format that Lectern reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// Portable Document Format.
    Pdf,
    /// A web page.
    Html,
    /// `CommonMark` with tables.
    Markdown,
    /// Plain text in any common encoding.
    Text,
    /// A picture.
    Png,
    /// A picture, mostly a photograph.
    Jpeg,
    /// Comma-separated values.
    Csv,
    /// Rich Text Format.
    Rtf,
    /// A Word document.
    Docx,
    /// A `PowerPoint` presentation.
    Pptx,
    /// An Excel workbook.
    Xlsx,
    /// An `OpenDocument` text.
    Odt,
    /// An `OpenDocument` presentation.
    Odp,
    /// A book.
    Epub,
}

impl Format {
    /// Its media type.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Html => "text/html",
            Self::Markdown => "text/markdown",
            Self::Text => "text/plain",
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Csv => "text/csv",
            Self::Rtf => "application/rtf",
            Self::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            Self::Pptx => "application/vnd.openxmlformats-officedocument.presentationml.presentation",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Odt => "application/vnd.oasis.opendocument.text",
            Self::Odp => "application/vnd.oasis.opendocument.presentation",
            Self::Epub => "application/epub+zip",
        }
    }

    /// The format of an archive whose part `mimetype` says this.
    pub(crate) fn of_archive(mimetype: &[u8]) -> Option<Self> {
        [Self::Odt, Self::Odp, Self::Epub].into_iter().find(|f| f.media_type().as_bytes() == mimetype)
    }
}

/// Tells the format of a file from its first bytes (a few kilobytes are enough) and its name.
pub fn detect_format(bytes: &[u8], name: &str) -> Result<Format, IngestError> {
    if bytes.is_empty() {
        return Err(IngestError::EmptyFile { name: name.to_owned() });
    }
    let head = &bytes[..bytes.len().min(HEAD)];
    if contains(&head[..head.len().min(PDF_HEADER_WITHIN)], b"%PDF-") {
        return Ok(Format::Pdf);
    }
    if head.starts_with(b"\x89PNG\r\n\x1a\n") {
        return Ok(Format::Png);
    }
    if head.starts_with(b"\xff\xd8\xff") {
        return Ok(Format::Jpeg);
    }
    if head.starts_with(b"{\\rtf") {
        return Ok(Format::Rtf);
    }
    if head.starts_with(b"PK\x03\x04") {
        let found = zip_format(&bytes[..bytes.len().min(ARCHIVE_HEAD)], name);
        return found.ok_or_else(|| IngestError::UnsupportedFormat {
            name: name.to_owned(),
            found: "a ZIP archive".to_owned(),
        });
    }
    if let Some(found) = foreign_kind(head) {
        return Err(IngestError::UnsupportedFormat { name: name.to_owned(), found: found.to_owned() });
    }
    let extension = extension(name);
    if looks_like_html(head) {
        return Ok(Format::Html);
    }
    if let Some(promised) = promised_kind(&extension) {
        return Err(IngestError::WrongExtension {
            name: name.to_owned(),
            extension: format!(".{extension}"),
            promised: promised.to_owned(),
        });
    }
    Ok(match extension.as_str() {
        "md" | "markdown" | "mdown" | "mkd" => Format::Markdown,
        "csv" | "tsv" => Format::Csv,
        "html" | "htm" | "xhtml" if head.contains(&b'<') => Format::Html,
        _ if looks_like_markdown(head) => Format::Markdown,
        _ if looks_like_csv(&String::from_utf8_lossy(head)) => Format::Csv,
        _ => Format::Text,
    })
}

fn extension(name: &str) -> String {
    name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default()
}

/// Formats whose files can't be plain text, whatever is in them.
fn promised_kind(extension: &str) -> Option<&'static str> {
    Some(match extension {
        "pdf" => "PDF",
        "docx" | "doc" => "Word document",
        "pptx" | "ppt" => "PowerPoint presentation",
        "xlsx" | "xls" => "Excel workbook",
        "png" | "jpg" | "jpeg" | "gif" | "webp" | "tif" | "tiff" | "bmp" => "picture",
        "epub" => "EPUB book",
        "odt" | "odp" => "OpenDocument file",
        "rtf" => "rich text",
        "zip" => "ZIP archive",
        _ => return None,
    })
}

/// Magic numbers of what is not read, and binary content of any kind.
fn foreign_kind(head: &[u8]) -> Option<&'static str> {
    const MAGIC: &[(&[u8], &str)] = &[
        (b"GIF8", "a GIF picture"),
        (b"II*\0", "a TIFF picture"),
        (b"MM\0*", "a TIFF picture"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Microsoft Office file"),
        (b"\x7fELF", "a program"),
        (b"MZ\x90\0", "a program"),
        (b"\xcf\xfa\xed\xfe", "a program"),
        (b"\x1f\x8b", "a gzip archive"),
        (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
        (b"Rar!\x1a\x07", "a RAR archive"),
        (b"BZh", "a bzip2 archive"),
        (b"\xfd7zXZ\0", "an XZ archive"),
        (b"%!PS", "a PostScript file"),
        (b"SQLite format 3\0", "a database"),
        (b"ID3", "a sound file"),
        (b"OggS", "a sound file"),
    ];
    if head.starts_with(b"PK\x05\x06") {
        return Some("an empty ZIP archive");
    }
    if head.starts_with(b"RIFF") && head.get(8..12) == Some(b"WEBP") {
        return Some("a WebP picture");
    }
    if head.get(4..8) == Some(b"ftyp") {
        return Some("a video or sound file");
    }
    if let Some((_, kind)) = MAGIC.iter().find(|(magic, _)| head.starts_with(magic)) {
        return Some(kind);
    }
    is_binary(head).then_some("binary data")
}

/// What an archive is, by the names of its first parts, else by its own name: its reader looks at all parts.
fn zip_format(head: &[u8], name: &str) -> Option<Format> {
    const SIGNS: &[(&[u8], Format)] = &[
        (b"mimetypeapplication/epub+zip", Format::Epub),
        (b"mimetypeapplication/vnd.oasis.opendocument.text", Format::Odt),
        (b"mimetypeapplication/vnd.oasis.opendocument.presentation", Format::Odp),
        (b"word/document.xml", Format::Docx),
        (b"ppt/presentation.xml", Format::Pptx),
        (b"xl/workbook.xml", Format::Xlsx),
        (b"META-INF/container.xml", Format::Epub),
    ];
    if let Some((_, format)) = SIGNS.iter().find(|(sign, _)| contains(head, sign)) {
        return Some(*format);
    }
    Some(match extension(name).as_str() {
        "docx" | "docm" | "dotx" => Format::Docx,
        "pptx" | "pptm" | "ppsx" => Format::Pptx,
        "xlsx" | "xlsm" => Format::Xlsx,
        "odt" | "ott" => Format::Odt,
        "odp" => Format::Odp,
        "epub" => Format::Epub,
        _ => return None,
    })
}

/// NUL never occurs in text, except in UTF-16, where the NULs of Latin letters all stand on one side.
fn is_binary(head: &[u8]) -> bool {
    if head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff") {
        return false;
    }
    let odd_controls = head.iter().filter(|b| matches!(b, 1..=8 | 14..=26 | 28..=31)).count();
    odd_controls * 20 > head.len() || (head.contains(&0) && crate::decode_text::utf16_without_mark(head).is_none())
}

fn looks_like_html(head: &[u8]) -> bool {
    const STARTS: &[&[u8]] = &[b"<!doctype html", b"<html", b"<head", b"<body", b"<title", b"<meta "];
    let text = lower_without_nul(head);
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&text).trim_ascii_start();
    if STARTS.iter().any(|start| text.starts_with(start)) {
        return true;
    }
    (text.starts_with(b"<!--") || text.starts_with(b"<?xml"))
        && (contains(text, b"<html") || contains(text, b"<!doctype html"))
}

fn lower_without_nul(head: &[u8]) -> Vec<u8> {
    head.iter().filter(|b| **b != 0).map(u8::to_ascii_lowercase).collect()
}

/// Two different signs of Markdown: one alone also occurs in plain text (`#` in scripts, `-` in lists).
fn looks_like_markdown(head: &[u8]) -> bool {
    let text = String::from_utf8_lossy(head);
    let heading = text.lines().any(|l| l.starts_with("# ") || l.starts_with("## ") || l.starts_with("### "));
    let rule = text.lines().any(|l| l.starts_with("|---") || l.starts_with("| ---") || l.starts_with("```"));
    let link = text.contains("](http") || text.lines().filter(|l| l.contains("**")).count() > 1;
    let deeper = text.lines().filter(|l| l.starts_with("## ")).count() > 1;
    heading && (rule || link || deeper)
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|w| w == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(bytes: &[u8], name: &str) -> &'static str {
        detect_format(bytes, name).map_or_else(|e| e.code(), Format::media_type)
    }

    #[test]
    fn content_decides_and_the_name_breaks_ties() {
        assert_eq!(code(b"%PDF-1.7\n", "notes.txt"), "application/pdf");
        assert_eq!(code(b"\xef\xbb\xbf <!DOCTYPE html><p>x", "notes.txt"), "text/html");
        assert_eq!(code(b"# Title\n\n## One\n\n## Two\n", "notes.txt"), "text/markdown");
        assert_eq!(code(b"- just a list\n", "notes.md"), "text/markdown");
        assert_eq!(code(b"- just a list\n", "notes"), "text/plain");
        assert_eq!(code(b"PK\x03\x04....word/document.xml", "a.zip"), Format::Docx.media_type());
        assert_eq!(code(b"PK\x03\x04....[Content_Types].xml", "a.pptx"), Format::Pptx.media_type());
        assert_eq!(code(b"{\\rtf1 x}", "a.doc"), "application/rtf");
        assert_eq!(code(b"a,b,c\n1,2,3\n4,5,6\n", "marks"), "text/csv");
        assert_eq!(code(b"h\0e\0l\0l\0o\0 \0", "notes.txt"), "text/plain");
    }

    #[test]
    fn what_is_not_read_is_named() {
        assert_eq!(code(b"", "a.txt"), "empty_file");
        assert_eq!(code(b"PK\x03\x04....photos/1.jpg", "a.zip"), "unsupported_format");
        assert_eq!(code(b"\x89PNG\r\n\x1a\n", "a.pdf"), "image/png");
        assert_eq!(code(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a.doc"), "unsupported_format");
        assert_eq!(code(b"abc\0\0\0\0def\x01\x02", "a.txt"), "unsupported_format");
        assert_eq!(code(b"just words", "a.pdf"), "wrong_extension");
        assert_eq!(code(b"<html><body>Not found", "a.html"), "text/html");
        let told = detect_format(b"just words", "a.pdf").unwrap_err().to_string();
        assert!(told.contains("named .pdf but holds no PDF"), "{told}");
    }
}
