//! The documents of all courses as they were read.

use std::sync::Arc;

use domain::{ByteRange, Citation, CourseId, ParsedDocument};

use super::recent::{Limits, Recent};
use crate::store::{Files, Store, StoreResult, TextKey};

/// Text bytes kept in memory at most: questions come in runs about the same documents. A document's words and boxes take
/// about ten times its text.
const RECENT: Limits = Limits { entries: usize::MAX, weight: 8 << 20, newest_always: true };

/// What was read of the documents; those that were looked at lately are in memory.
pub struct Library {
    store: Store,
    files: Files,
    recent: Recent<TextKey, Arc<ParsedDocument>>,
}

impl Library {
    /// Over a metadata store and a file store.
    pub fn new(store: Store, files: Files) -> Self {
        Self { store, files, recent: Recent::new(RECENT) }
    }

    /// What was read from these bytes; `None` while they have not been read.
    pub async fn parsed(&self, text: &TextKey) -> StoreResult<Option<Arc<ParsedDocument>>> {
        if let Some(document) = self.recent.get(text) {
            return Ok(Some(document));
        }
        let Some(document) = self.files.parsed(text).await?.map(Arc::new) else { return Ok(None) };
        self.recent.put(text.clone(), document.clone(), document.text.len());
        Ok(Some(document))
    }

    /// Whether a citation is word for word in a document of this course.
    pub async fn is_verbatim(&self, course: CourseId, citation: &Citation) -> StoreResult<bool> {
        let Some(document) = self.store.document(citation.document_id).await? else { return Ok(false) };
        if document.course_id != course || citation.quote.is_empty() {
            return Ok(false);
        }
        let Some(parsed) = self.parsed(&document.text()).await? else { return Ok(false) };
        let range = ByteRange { start: citation.start, end: citation.end };
        Ok(citation.start <= citation.end && parsed.slice(range) == citation.quote)
    }
}
