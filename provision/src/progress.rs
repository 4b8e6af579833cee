//! What a long download tells whoever watches it.

/// Watches a pull. Calls come from several threads at once, each about one entry at a time.
pub trait Progress: Send + Sync {
    /// A step of this entry begins: `what` in words, `total` in bytes, 0 while unknown.
    fn begin(&self, id: &str, what: &str, total: u64);

    /// The step has come this far, in bytes.
    fn advance(&self, id: &str, done: u64);

    /// Something the user should know although it goes on: a source that did not serve, a wait.
    fn note(&self, id: &str, message: &str);

    /// All files of this entry are in place.
    fn finish(&self, id: &str);

    /// Whether to stop; asked a few times a second.
    fn cancelled(&self) -> bool {
        false
    }
}

/// Tells nobody.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Progress for Silent {
    fn begin(&self, _id: &str, _what: &str, _total: u64) {}
    fn advance(&self, _id: &str, _done: u64) {}
    fn note(&self, id: &str, message: &str) {
        tracing::info!(model = id, "{message}");
    }
    fn finish(&self, _id: &str) {}
}
