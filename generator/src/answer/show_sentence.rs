//! Shows a checked sentence: its citation first, then its text with the mark.

use domain::{AnswerSentence, Citation, ErrorKind, PortError, PortResult};
use tokio::sync::mpsc;

use super::{cite::Citations, rank_sentences::Sentence, split_sentences::is_han};

/// What an answer in the making tells its reader.
#[derive(Clone, Debug, PartialEq)]
pub enum AnswerEvent {
    /// More of the answer's text, marks included: all of them joined are the answer's text.
    Token(String),
    /// A citation; it comes before the text that bears its mark.
    Citation(Citation),
}

/// What has been shown so far.
pub(crate) struct Shown<'a> {
    pub text: String,
    pub sentences: Vec<AnswerSentence>,
    pub citations: Citations<'a>,
    events: mpsc::Sender<AnswerEvent>,
}

impl<'a> Shown<'a> {
    pub(crate) fn new(citations: Citations<'a>, events: mpsc::Sender<AnswerEvent>) -> Self {
        Self { text: String::new(), sentences: Vec::new(), citations, events }
    }

    /// Shows `text`, carried by `source`.
    pub(crate) async fn show(&mut self, text: &str, source: &Sentence<'_>, support: f32) -> PortResult<()> {
        let Some((n, new)) = self.citations.cite(source).await? else { return Ok(()) };
        if let Some(citation) = new {
            self.send(AnswerEvent::Citation(citation)).await?;
        }
        let gap = if self.text.is_empty() || text.starts_with(is_han) { "" } else { " " };
        let marked = format!("{gap}{}", with_mark(text, n));
        self.text.push_str(&marked);
        self.sentences.push(AnswerSentence { text: text.to_owned(), citations: vec![n], support });
        self.send(AnswerEvent::Token(marked)).await
    }

    /// Shows a text that cites nothing in its own words, and the citations below it.
    pub(crate) async fn show_refusal(&mut self, text: &str, nearest: &[&Sentence<'_>]) -> PortResult<()> {
        text.clone_into(&mut self.text);
        self.send(AnswerEvent::Token(text.to_owned())).await?;
        for sentence in nearest {
            if let Some((_, Some(citation))) = self.citations.cite(sentence).await? {
                self.send(AnswerEvent::Citation(citation)).await?;
            }
        }
        Ok(())
    }

    /// Ends when nobody listens any more.
    pub(crate) async fn receiver_gone(&self) {
        self.events.closed().await;
    }

    async fn send(&self, event: AnswerEvent) -> PortResult<()> {
        self.events.send(event).await.map_err(|_| cancelled())
    }
}

/// The error for a caller that went away.
pub(crate) fn cancelled() -> PortError {
    PortError::new(ErrorKind::Cancelled, "cancelled", "the caller went away")
}

/// The sentence with its mark, before the stop that ends it: `… in 1912 [1].`
fn with_mark(text: &str, n: usize) -> String {
    let stop = |c: char| matches!(c, '.' | '!' | '?' | '。' | '！' | '？');
    let body = text.trim_end_matches(stop);
    let ending = text.get(body.len()..).unwrap_or_default();
    format!("{body} [{n}]{ending}")
}

#[cfg(test)]
mod tests {
    use super::with_mark;

    #[test]
    fn the_mark_stands_before_the_stop() {
        assert_eq!(with_mark("It rains.", 1), "It rains [1].");
        assert_eq!(with_mark("下雨。", 2), "下雨 [2]。");
        assert_eq!(with_mark("He said \"yes.\"", 3), "He said \"yes.\" [3]");
    }
}
