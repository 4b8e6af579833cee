//! Writing: the next token is chosen, and the text that has become sure is told.

use domain::{
    PortResult, Usage,
    ports::{FinishReason, Generated, Sampling},
};
use tokio::sync::mpsc;

use super::{
    sample_token::Sampler, sequence::Progress, stream_text::TextStream, token_rules::TokenRules, vocabulary::Vocabulary,
};

/// A text that is being written.
pub(crate) struct Writing {
    /// Unbounded, so that a slow reader never holds up the thread; `max_tokens` bounds what can pile up.
    pub events: mpsc::UnboundedSender<PortResult<Generated>>,
    /// Whether the first token has been chosen: reading the prompt is over.
    pub begun: bool,
    prompt: usize,
    max_tokens: usize,
    /// Length of prompt and text at which it ends.
    limit: usize,
    sampler: Sampler,
    text: TextStream,
    rules: Option<Box<dyn TokenRules>>,
}

impl Writing {
    /// At most `max_tokens`, up to one of the texts `stop`; `rules` say what may be written, where not everything may.
    pub(crate) fn new(
        max_tokens: usize,
        stop: Vec<String>,
        sampling: Sampling,
        rules: Option<Box<dyn TokenRules>>,
        events: mpsc::UnboundedSender<PortResult<Generated>>,
    ) -> Self {
        let (sampler, text) = (Sampler::new(sampling), TextStream::new(stop));
        Self { events, begun: false, prompt: 0, max_tokens, limit: 0, sampler, text, rules }
    }

    /// Says how long the prompt is, and prompt and text together may be.
    pub(crate) fn begin(&mut self, prompt: usize, context: usize) {
        self.prompt = prompt;
        self.limit = prompt.saturating_add(self.max_tokens).min(context);
    }

    /// Chooses what follows the logits after the last token, and says what has become sure.
    pub(crate) fn choose(&mut self, tokens: &mut Vec<u32>, mut logits: Vec<f32>, vocabulary: &Vocabulary) -> Progress {
        self.begun = true;
        if tokens.len() >= self.limit {
            return self.end(tokens, FinishReason::Length);
        }
        if let Some(rules) = &mut self.rules {
            rules.mask(&mut logits);
        }
        let token = self.sampler.next(logits, tokens);
        if let Some(rules) = &mut self.rules {
            rules.accept(token);
        }
        let mut progress = self.write(tokens, token, vocabulary);
        let forced = self.rules.as_mut().filter(|_| progress == Progress::Goes).map(|r| r.forced());
        for token in forced.unwrap_or_default() {
            if progress == Progress::Goes {
                progress = self.write(tokens, token, vocabulary);
            }
        }
        progress
    }

    fn write(&mut self, tokens: &mut Vec<u32>, token: u32, vocabulary: &Vocabulary) -> Progress {
        if vocabulary.is_end(token) {
            return self.end(tokens, FinishReason::Stop);
        }
        tokens.push(token);
        let text = self.text.push(vocabulary.bytes(token));
        if !text.is_empty() && self.events.send(Ok(Generated::Text(text))).is_err() {
            return Progress::Ended;
        }
        if self.text.stopped() {
            return self.end(tokens, FinishReason::Stop);
        }
        if tokens.len() >= self.limit { self.end(tokens, FinishReason::Length) } else { Progress::Goes }
    }

    /// Says the last things. A receiver that is gone has no use for them.
    fn end(&mut self, tokens: &[u32], reason: FinishReason) -> Progress {
        let rest = self.text.finish();
        if !rest.is_empty() {
            let _ = self.events.send(Ok(Generated::Text(rest)));
        }
        let usage = Usage { prompt_tokens: self.prompt, completion_tokens: tokens.len() - self.prompt };
        let _ = self.events.send(Ok(Generated::Finished { reason, usage }));
        Progress::Ended
    }
}
