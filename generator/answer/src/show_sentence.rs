//! Shows a checked sentence: its citation first, then its text with the mark.

use domain::{AnswerSentence, Citation, ErrorKind, PortError, PortResult, Prompt};
use text::{Citations, Sentence, is_han};
use tokio::sync::mpsc;

/// What an item of a list begins with.
const ITEM: &str = "– ";

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
    /// As in [`domain::Answer`], like the next two.
    pub doubt: f32,
    pub refuse_above: Option<f32>,
    pub prompts: Vec<Prompt>,
    events: mpsc::Sender<AnswerEvent>,
}

impl<'a> Shown<'a> {
    pub(crate) fn new(citations: Citations<'a>, events: mpsc::Sender<AnswerEvent>) -> Self {
        Self {
            text: String::new(),
            sentences: Vec::new(),
            citations,
            doubt: 0.0,
            refuse_above: None,
            prompts: Vec::new(),
            events,
        }
    }

    /// Shows `text`, carried by `source`. Rows of a table are shown as their cells with their columns' heads.
    pub(crate) async fn show(&mut self, text: &str, source: &Sentence<'_>, support: f32) -> PortResult<()> {
        let numbers = self.cite(source).await?;
        if numbers.is_empty() {
            return Ok(());
        }
        let raw = text == source.text || text.contains(" | ");
        let readable = raw.then(|| self.citations.readable(&numbers)).flatten();
        let text = readable.as_deref().unwrap_or(text);
        let gap = if self.text.is_empty() || text.starts_with(is_han) { "" } else { " " };
        let marked = format!("{gap}{}", with_marks(text, &numbers));
        self.text.push_str(&marked);
        self.sentences.push(AnswerSentence { text: text.to_owned(), citations: numbers, support });
        self.send(AnswerEvent::Token(marked)).await
    }

    /// Shows a sentence as an item of a list, on a line of its own.
    pub(crate) async fn list(&mut self, item: &Sentence<'_>) -> PortResult<()> {
        let numbers = self.cite(item).await?;
        let text = format!("{ITEM}{}", item.text.split_whitespace().collect::<Vec<_>>().join(" "));
        let line = if self.text.is_empty() { "" } else { "\n" };
        let marked = format!("{line}{}", with_marks(&text, &numbers));
        self.text.push_str(&marked);
        self.sentences.push(AnswerSentence { text, citations: numbers, support: 1.0 });
        self.send(AnswerEvent::Token(marked)).await
    }

    /// Shows a text that cites nothing in its own words, and the citations below it.
    pub(crate) async fn show_refusal(&mut self, text: &str, nearest: &[&Sentence<'_>]) -> PortResult<()> {
        text.clone_into(&mut self.text);
        self.send(AnswerEvent::Token(text.to_owned())).await?;
        for sentence in nearest {
            self.cite(sentence).await?;
        }
        Ok(())
    }

    /// Sends what is new of a sentence's citations; the numbers of all of them.
    async fn cite(&mut self, sentence: &Sentence<'_>) -> PortResult<Vec<usize>> {
        let mut numbers = Vec::new();
        for (n, new) in self.citations.cite(sentence).await? {
            numbers.push(n);
            if let Some(citation) = new {
                self.send(AnswerEvent::Citation(citation)).await?;
            }
        }
        Ok(numbers)
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

/// The sentence with its marks, before the stop that ends it: `… in 1912 [1].`
fn with_marks(text: &str, numbers: &[usize]) -> String {
    let stop = |c: char| matches!(c, '.' | '!' | '?' | '。' | '！' | '？');
    let body = text.trim_end_matches(stop);
    let ending = text.get(body.len()..).unwrap_or_default();
    let marks = numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join("][");
    format!("{body} [{marks}]{ending}")
}

#[cfg(test)]
mod tests {
    use super::with_marks;

    #[test]
    fn the_marks_stand_before_the_stop() {
        assert_eq!(with_marks("It rains.", &[1]), "It rains [1].");
        assert_eq!(with_marks("下雨。", &[2, 3]), "下雨 [2][3]。");
        assert_eq!(with_marks("He said \"yes.\"", &[3]), "He said \"yes.\" [3]");
    }
}
