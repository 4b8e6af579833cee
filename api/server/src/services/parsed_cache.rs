//! The documents that were read lately, kept in memory: questions come in runs about the same ones.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use domain::ParsedDocument;

use crate::store::TextKey;

/// Text bytes kept at most; a document's words and boxes take about ten times its text.
const MAX_TEXT_BYTES: usize = 8 << 20;

/// Least recently used documents make room.
#[derive(Debug, Default)]
pub struct ParsedCache {
    entries: Mutex<VecDeque<(TextKey, Arc<ParsedDocument>)>>,
}

impl ParsedCache {
    /// The document read from these bytes, if it is kept.
    pub fn get(&self, text: &TextKey) -> Option<Arc<ParsedDocument>> {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let found = entries.iter().position(|(key, _)| key == text)?;
        let entry = entries.remove(found)?;
        let document = entry.1.clone();
        entries.push_front(entry);
        Some(document)
    }

    /// Keeps a document.
    pub fn put(&self, text: &TextKey, document: Arc<ParsedDocument>) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.retain(|(key, _)| key != text);
        entries.push_front((text.clone(), document));
        let mut bytes = 0;
        let within = entries.iter().take_while(|(_, d)| {
            bytes += d.text.len();
            bytes <= MAX_TEXT_BYTES
        });
        let keep = within.count().max(1);
        entries.truncate(keep);
    }
}
