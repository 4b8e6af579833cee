//! Shows a pull: a bar per entry on a terminal, a line per step elsewhere.

use std::{
    collections::HashMap,
    io::{IsTerminal, Write},
    sync::{Mutex, PoisonError},
};

use indicatif::{HumanBytes, MultiProgress, ProgressBar, ProgressStyle};

use crate::Progress;

/// What suits standard error: bars on a terminal, lines elsewhere.
pub fn progress_for_stderr() -> Box<dyn Progress> {
    if std::io::stderr().is_terminal() {
        Box::new(TerminalProgress::default())
    } else {
        Box::new(PlainProgress::new(std::io::stderr()))
    }
}

/// A bar per entry, on standard error.
#[derive(Default)]
pub struct TerminalProgress {
    all: MultiProgress,
    bars: Mutex<HashMap<String, ProgressBar>>,
}

impl TerminalProgress {
    fn bar(&self, id: &str) -> ProgressBar {
        let mut bars = self.bars.lock().unwrap_or_else(PoisonError::into_inner);
        bars.entry(id.to_owned()).or_insert_with(|| self.all.add(ProgressBar::new(0))).clone()
    }
}

impl Progress for TerminalProgress {
    fn begin(&self, id: &str, what: &str, total: u64) {
        let template = if total == 0 {
            "{prefix:28} {spinner} {msg} {bytes}"
        } else {
            "{prefix:28} {bar:24} {bytes}/{total_bytes} {bytes_per_sec} {msg}"
        };
        let bar = self.bar(id);
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.reset();
        bar.set_length(total);
        bar.set_prefix(id.to_owned());
        bar.set_message(what.to_owned());
    }

    fn advance(&self, id: &str, done: u64) {
        self.bar(id).set_position(done);
    }

    fn note(&self, id: &str, message: &str) {
        // A terminal that went away must not stop the download.
        let _ = self.all.println(format!("{id}: {message}"));
    }

    fn finish(&self, id: &str) {
        self.bar(id).finish_with_message("in place");
    }
}

/// A line per step, for logs and pipes.
pub struct PlainProgress<W> {
    out: Mutex<W>,
}

impl<W: Write + Send> PlainProgress<W> {
    /// Writes its lines to `out`.
    pub const fn new(out: W) -> Self {
        Self { out: Mutex::new(out) }
    }

    fn line(&self, id: &str, text: &str) {
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        // A reader that went away must not stop the download.
        let _ = writeln!(out, "{id}: {text}");
    }
}

impl<W: Write + Send> Progress for PlainProgress<W> {
    fn begin(&self, id: &str, what: &str, total: u64) {
        match total {
            0 => self.line(id, what),
            _ => self.line(id, &format!("{what} ({})", HumanBytes(total))),
        }
    }

    fn advance(&self, _id: &str, _done: u64) {}

    fn note(&self, id: &str, message: &str) {
        self.line(id, message);
    }

    fn finish(&self, id: &str) {
        self.line(id, "in place");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_progress_writes_a_line_per_step() {
        let mut out = Vec::new();
        {
            let progress = PlainProgress::new(&mut out);
            progress.begin("m", "copying model.gguf", 2048);
            progress.advance("m", 1024);
            progress.finish("m");
        }
        assert_eq!(String::from_utf8(out).unwrap(), "m: copying model.gguf (2.00 KiB)\nm: in place\n");
    }
}
