//! One request while it runs: its tokens, its pages, and the text that has become sure.

use domain::{
    PortResult, Usage,
    ports::{FinishReason, Generated, Sampling},
};
use tokio::sync::mpsc;

use super::{
    kv_pages::Pages, sample_token::Sampler, stream_text::TextStream, token_rules::TokenRules, vocabulary::Vocabulary,
};

/// A request, ready to run. Its prompt is not empty and shorter than the context.
pub(crate) struct Job {
    pub prompt: Vec<u32>,
    pub max_tokens: usize,
    pub stop: Vec<String>,
    pub sampling: Sampling,
    /// What may be written, where not everything may.
    pub rules: Option<Box<dyn TokenRules>>,
    /// Unbounded, so that a slow reader never holds up the thread; `max_tokens` bounds what can pile up.
    pub events: mpsc::UnboundedSender<PortResult<Generated>>,
}

/// A running request.
pub(crate) struct Sequence {
    /// Prompt and answer.
    pub tokens: Vec<u32>,
    /// How many of them the network has read.
    pub fed: usize,
    pub pages: Pages,
    /// Place in the order of arrival.
    pub arrival: u64,
    pub events: mpsc::UnboundedSender<PortResult<Generated>>,
    prompt: usize,
    /// Length at which it ends.
    limit: usize,
    sampler: Sampler,
    text: TextStream,
    rules: Option<Box<dyn TokenRules>>,
    /// Whether the first token has been chosen: reading the prompt is over.
    pub writing: bool,
}

/// Whether a sequence goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    Goes,
    Ended,
}

impl Sequence {
    /// A sequence that has read nothing yet.
    pub(crate) fn new(job: Job, arrival: u64, context: usize) -> Self {
        let prompt = job.prompt.len();
        Self {
            limit: prompt.saturating_add(job.max_tokens).min(context),
            tokens: job.prompt,
            fed: 0,
            pages: Pages::default(),
            arrival,
            events: job.events,
            prompt,
            sampler: Sampler::new(job.sampling),
            text: TextStream::new(job.stop),
            rules: job.rules,
            writing: false,
        }
    }

    /// Tokens that the network has still to read.
    pub(crate) fn pending(&self) -> &[u32] {
        self.tokens.get(self.fed..).unwrap_or_default()
    }

    /// Chooses what follows the logits after the last token, and says what has become sure.
    pub(crate) fn choose(&mut self, mut logits: Vec<f32>, vocabulary: &Vocabulary) -> Progress {
        self.writing = true;
        if self.tokens.len() >= self.limit {
            return self.end(FinishReason::Length);
        }
        if let Some(rules) = &mut self.rules {
            rules.mask(&mut logits);
        }
        let token = self.sampler.next(logits, &self.tokens);
        if let Some(rules) = &mut self.rules {
            rules.accept(token);
        }
        let mut progress = self.write(token, vocabulary);
        let forced = self.rules.as_mut().filter(|_| progress == Progress::Goes).map(|r| r.forced());
        for token in forced.unwrap_or_default() {
            if progress == Progress::Goes {
                progress = self.write(token, vocabulary);
            }
        }
        progress
    }

    fn write(&mut self, token: u32, vocabulary: &Vocabulary) -> Progress {
        if vocabulary.is_end(token) {
            return self.end(FinishReason::Stop);
        }
        self.tokens.push(token);
        let text = self.text.push(vocabulary.bytes(token));
        if !text.is_empty() && self.events.send(Ok(Generated::Text(text))).is_err() {
            return Progress::Ended;
        }
        if self.text.stopped() {
            return self.end(FinishReason::Stop);
        }
        if self.tokens.len() >= self.limit { self.end(FinishReason::Length) } else { Progress::Goes }
    }

    /// Says the last things. A receiver that is gone has no use for them.
    fn end(&mut self, reason: FinishReason) -> Progress {
        let rest = self.text.finish();
        if !rest.is_empty() {
            let _ = self.events.send(Ok(Generated::Text(rest)));
        }
        let usage = Usage { prompt_tokens: self.prompt, completion_tokens: self.tokens.len() - self.prompt };
        let _ = self.events.send(Ok(Generated::Finished { reason, usage }));
        Progress::Ended
    }
}
