//! What the reader process and its parent say to each other.
//!
//! The parent writes one [`Request`] as JSON to the child's standard input (so that a password never stands in a command
//! line) and closes it. The child answers on standard output with one JSON [`Message`] a line: perhaps an `Unconfined`,
//! any number of `Page`, then exactly one of the others. After `Picture` follow that many bytes of PNG.

use std::{path::PathBuf, time::Duration};

use domain::{ParsedDocument, Rect};
use serde::{Deserialize, Serialize};

use crate::{IngestError, OcrModels};

/// What one reading may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadLimits {
    /// Wall-clock time; the same number of seconds bounds its CPU time.
    pub time: Duration,
    /// Wall-clock time without another page read; of formats without pages, and for drawing one, all of it.
    pub page_time: Duration,
    /// Address space of the reader process, in bytes.
    pub memory_bytes: u64,
    /// Pages of a document.
    pub max_pages: u32,
    /// Bytes of a file.
    pub max_bytes: u64,
}

impl Default for ReadLimits {
    fn default() -> Self {
        let (time, page_time) = (Duration::from_mins(2), Duration::from_mins(1));
        Self { time, page_time, memory_bytes: 2 << 30, max_pages: 2000, max_bytes: 256 << 20 }
    }
}

/// What the reader process is asked for.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Request {
    pub path: PathBuf,
    pub name: String,
    pub pdfium: PathBuf,
    pub password: Option<String>,
    pub ocr: Option<OcrModels>,
    pub limits: ReadLimits,
    pub task: Task,
}

/// What to do with the file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Task {
    /// Make a document of it.
    Read,
    /// Draw a page.
    Render {
        /// From 1.
        page: u32,
        /// Pixels.
        width: u32,
        /// Boxes to mark, in points.
        highlights: Vec<Rect>,
    },
}

/// One line of the reader process.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", untagged)]
pub(crate) enum Message {
    /// The kernel does not let the process be shut off in this respect.
    Unconfined {
        /// What stays open, in words.
        open: String,
    },
    /// Page `page` of `of` was read.
    Page {
        /// From 1.
        page: usize,
        /// All of them.
        of: usize,
    },
    /// The file was read.
    Document {
        /// What is in it.
        ok: Box<ParsedDocument>,
    },
    /// It was not.
    Failed {
        /// Why.
        error: IngestError,
    },
    /// A PNG follows.
    Picture {
        /// Its length in bytes.
        png: usize,
    },
}
