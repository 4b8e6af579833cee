//! The documents that were read lately, kept in memory: questions come in runs about the same ones.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use domain::ParsedDocument;

/// Text bytes kept at most; a document's words and boxes take about ten times its text.
const MAX_TEXT_BYTES: usize = 8 << 20;

/// Least recently used documents make room.
#[derive(Debug, Default)]
pub struct ParsedCache {
    entries: Mutex<VecDeque<(String, Arc<ParsedDocument>)>>,
}

impl ParsedCache {
    /// The document read from these bytes, if it is kept.
    pub fn get(&self, sha256: &str) -> Option<Arc<ParsedDocument>> {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let found = entries.iter().position(|(sha, _)| sha == sha256)?;
        let entry = entries.remove(found)?;
        let document = entry.1.clone();
        entries.push_front(entry);
        Some(document)
    }

    /// Keeps a document.
    pub fn put(&self, sha256: &str, document: Arc<ParsedDocument>) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.retain(|(sha, _)| sha != sha256);
        entries.push_front((sha256.to_owned(), document));
        let mut bytes = 0;
        let within = entries.iter().take_while(|(_, d)| {
            bytes += d.text.len();
            bytes <= MAX_TEXT_BYTES
        });
        let keep = within.count().max(1);
        entries.truncate(keep);
    }
}
