//! Where words stand in a document.

use crate::{ByteRange, Rect};

/// Where words stand on one page.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    /// Their bytes in the document's text.
    pub range: ByteRange,
    /// The page, from 1.
    pub page: u32,
    /// Whether the document has pages.
    pub paged: bool,
    /// Titles of the headings they stand under, outermost first.
    pub heading_path: Vec<String>,
    /// Their boxes; empty for formats without pages.
    pub boxes: Vec<Rect>,
    /// What to show in their place where they are of a table.
    pub shown: Option<String>,
}

impl Place {
    /// A place of which no more than its bytes is known: on the first page.
    pub const fn at(range: ByteRange) -> Self {
        Self { range, page: 1, paged: true, heading_path: Vec::new(), boxes: Vec::new(), shown: None }
    }
}
