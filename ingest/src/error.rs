//! What can go wrong while a file is read: to what, and what its owner can do about it.

use domain::{ErrorKind, PortError};
use serde::{Deserialize, Serialize};

/// Why a file could not be read. Travels from the reader process to its parent as JSON.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IngestError {
    /// No bytes.
    #[error("“{name}” is empty. Check that it was saved and copied completely, then upload it again.")]
    EmptyFile {
        /// The file's name.
        name: String,
    },
    /// Readable, but without a single word.
    #[error("“{name}” holds no text, only blank space. Upload a file with words in it.")]
    NoText {
        /// The file's name.
        name: String,
    },
    /// A kind of file that Lectern knows but does not read, or does not know.
    #[error("“{name}” is {found}, which Lectern does not read. Save it as PDF, DOCX, PPTX, XLSX or plain text.")]
    UnsupportedFormat {
        /// The file's name.
        name: String,
        /// What it was found to be, with its article.
        found: String,
    },
    /// The name promises a format that the content is not.
    #[error("“{name}” is named {extension} but holds no {promised}. Export it again, or give it the right ending.")]
    WrongExtension {
        /// The file's name.
        name: String,
        /// Its extension, with the dot.
        extension: String,
        /// The format that the extension stands for.
        promised: String,
    },
    /// Over the limit on bytes.
    #[error("The file has {bytes} bytes; the limit is {limit}. Split it into smaller files.")]
    TooLarge {
        /// Its size.
        bytes: u64,
        /// The most that is read.
        limit: u64,
    },
    /// An archive that unpacks to more than any document.
    #[error("The file unpacks to more than {limit_mib} MiB. Split it, or save it without pictures and films.")]
    ArchiveTooLarge {
        /// The most that is unpacked, in MiB.
        limit_mib: u64,
    },
    /// More text than any course material.
    #[error("The document holds {mib} MiB of text; the limit is {limit_mib}. Split it into smaller documents.")]
    TooMuchText {
        /// Its text, in MiB.
        mib: usize,
        /// The most that is read, in MiB.
        limit_mib: usize,
    },
    /// Over the limit on pages.
    #[error("The document has {pages} pages; the limit is {limit}. Split it into smaller documents.")]
    TooManyPages {
        /// Its pages.
        pages: usize,
        /// The most that are read.
        limit: usize,
    },
    /// Locked, and no password was given.
    #[error("The document is locked with a password. Upload it again together with its password.")]
    DocumentEncrypted,
    /// Locked, and the given password does not open it.
    #[error("The password given does not open the document. Check it and upload the document again.")]
    WrongPassword,
    /// The structure of the file is broken.
    #[error("The document is damaged and can't be opened ({detail}). Export it again from the program that made it.")]
    DocumentDamaged {
        /// What was broken.
        detail: String,
    },
    /// Pictures of pages, or blank ones, of which no text came.
    #[error(
        "No page of the document ({pages} in all) has a text layer, and {reason}. Upload a version with a text layer, or a sharper scan."
    )]
    NoTextLayer {
        /// Its pages.
        pages: usize,
        /// Why recognition gave no text.
        reason: String,
    },
    /// The document needs more memory than the reader may have.
    #[error(
        "The document needs more memory than reading may take ({limit_mib} MiB). Split it, or save it in a simpler form."
    )]
    DocumentTooComplex {
        /// The limit, in MiB.
        limit_mib: u64,
    },
    /// The reader was stopped after its time.
    #[error("Reading was stopped after {seconds} s. Split the document, or save it in a simpler form.")]
    ReadingTimedOut {
        /// The limit.
        seconds: u64,
    },
    /// The reader process died, or said something that can't be understood.
    #[error("The document made the reader fail ({detail}). Save it again with another program, or in another format.")]
    ReaderCrashed {
        /// How it ended.
        detail: String,
    },
    /// The reader process could not be started or the file not be opened.
    #[error("The file could not be read ({detail}). Try again; if it stays so, tell the operator.")]
    ReaderUnavailable {
        /// What was in the way.
        detail: String,
    },
    /// The PDFium library is not there.
    #[error(
        "PDF files can't be read because the PDFium library could not be loaded from {path} ({detail}). Run `lectern models pull`."
    )]
    PdfLibraryMissing {
        /// Where it was looked for.
        path: String,
        /// The loader's reason.
        detail: String,
    },
    /// There is no such page.
    #[error("The document has no page {page}; it has {pages}.")]
    PageNotFound {
        /// The page asked for, from 1.
        page: u32,
        /// How many there are.
        pages: usize,
    },
    /// A picture was asked of a format without pages.
    #[error("Pages can be drawn of PDF documents and pictures only; this is {found}.")]
    NotDrawable {
        /// What the document is.
        found: String,
    },
}

impl IngestError {
    /// What the caller can do about it.
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::EmptyFile { .. }
            | Self::NoText { .. }
            | Self::WrongExtension { .. }
            | Self::DocumentEncrypted
            | Self::WrongPassword
            | Self::DocumentDamaged { .. }
            | Self::NoTextLayer { .. }
            | Self::DocumentTooComplex { .. }
            | Self::ReadingTimedOut { .. }
            | Self::ReaderCrashed { .. } => ErrorKind::InvalidInput,
            Self::UnsupportedFormat { .. } | Self::NotDrawable { .. } => ErrorKind::Unsupported,
            Self::TooLarge { .. }
            | Self::ArchiveTooLarge { .. }
            | Self::TooMuchText { .. }
            | Self::TooManyPages { .. } => ErrorKind::TooLarge,
            Self::PageNotFound { .. } => ErrorKind::NotFound,
            Self::ReaderUnavailable { .. } | Self::PdfLibraryMissing { .. } => ErrorKind::Unavailable,
        }
    }

    /// Stable, machine-readable.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::EmptyFile { .. } => "empty_file",
            Self::NoText { .. } => "no_text",
            Self::UnsupportedFormat { .. } => "unsupported_format",
            Self::WrongExtension { .. } => "wrong_extension",
            Self::TooLarge { .. } => "file_too_large",
            Self::ArchiveTooLarge { .. } => "archive_too_large",
            Self::TooMuchText { .. } => "too_much_text",
            Self::TooManyPages { .. } => "too_many_pages",
            Self::DocumentEncrypted => "document_encrypted",
            Self::WrongPassword => "wrong_password",
            Self::DocumentDamaged { .. } => "document_damaged",
            Self::NoTextLayer { .. } => "no_text_layer",
            Self::DocumentTooComplex { .. } => "document_too_complex",
            Self::ReadingTimedOut { .. } => "reading_timed_out",
            Self::ReaderCrashed { .. } => "reader_crashed",
            Self::ReaderUnavailable { .. } => "reader_unavailable",
            Self::PdfLibraryMissing { .. } => "pdf_library_missing",
            Self::PageNotFound { .. } => "page_not_found",
            Self::NotDrawable { .. } => "unsupported",
        }
    }
}

impl From<IngestError> for PortError {
    fn from(error: IngestError) -> Self {
        Self::new(error.kind(), error.code(), error.to_string()).caused_by(error)
    }
}
