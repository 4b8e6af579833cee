//! Bytes to blocks to chunks.
//!
//! [`detect_format`] tells what a file is, [`read_bytes`] makes a `ParsedDocument` of it, [`split_chunks`] cuts that into
//! what is indexed. The service never calls [`read_bytes`] itself: it has a [`Reader`] run it in a process of its own
//! ([`reader_main`]), so that hostile bytes meet neither the server's memory nor its time.

mod build_document;
mod confine;
mod cut_section;
mod decode_picture;
mod decode_text;
mod detect_format;
mod detect_language;
mod error;
mod exam_items;
mod numbered_heading;
mod ocr;
mod office;
mod read_bytes;
mod read_csv;
mod read_html;
mod read_markdown;
mod read_pdf;
mod read_rtf;
mod read_text;
mod reader_main;
mod reader_process;
mod reader_protocol;
mod script;
mod split_chunks;

pub use detect_format::{Format, detect_format};
pub use detect_language::detect_language;
pub use error::IngestError;
pub use exam_items::{ExamItem, ExamOption, exam_items};
pub use ocr::OcrModels;
pub use read_bytes::{READER_VERSION, ReadOptions, read_bytes};
pub use reader_main::reader_main;
pub use reader_process::Reader;
pub use reader_protocol::ReadLimits;
pub use split_chunks::{SplitConfig, split_chunks};
