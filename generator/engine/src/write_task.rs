//! Writing: the next token is chosen, and the text that has become sure is told.

use domain::{
    PortError, PortResult, Usage,
    ports::{FinishReason, Generated, Sampling},
};
use tokio::sync::mpsc;

use super::{
    look_up_prompt::Lookup, sample_token::Sampler, score_task::log_probability, sequence::Progress,
    stream_text::TextStream, token_rules::TokenRules, vocabulary::Vocabulary,
};
use crate::EngineResult;

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
    /// Of each written token, where they are asked for.
    log_probabilities: Option<Vec<f32>>,
    pub lookup: Lookup,
}

/// What is asked for besides the prompt.
pub(crate) struct SamplingParameters {
    pub max_tokens: usize,
    /// Texts that end the writing.
    pub stop: Vec<String>,
    pub sampling: Sampling,
    /// What may be written, where not everything may.
    pub rules: Option<Box<dyn TokenRules>>,
    pub log_probabilities: bool,
    /// Most tokens guessed at once.
    pub lookup: usize,
}

impl Writing {
    pub(crate) fn new(parameters: SamplingParameters, events: mpsc::UnboundedSender<PortResult<Generated>>) -> Self {
        let SamplingParameters { max_tokens, stop, sampling, rules, log_probabilities, lookup } = parameters;
        // Guesses among random tokens, or where few are allowed, are rarely right.
        let lookup = Lookup::new(if sampling.temperature > 0.0 || rules.is_some() { 0 } else { lookup });
        let log_probabilities = log_probabilities.then(Vec::new);
        let (sampler, text) = (Sampler::new(sampling), TextStream::new(stop));
        Self { events, begun: false, prompt: 0, max_tokens, limit: 0, sampler, text, rules, log_probabilities, lookup }
    }

    /// Begins after the prompt `tokens`: what is forced from the start is written at once, and read with the prompt.
    /// Prompt and text take `context` tokens at most.
    pub(crate) fn begin(&mut self, tokens: &mut Vec<u32>, context: usize, vocabulary: &Vocabulary) -> Progress {
        self.prompt = tokens.len();
        self.limit = tokens.len().saturating_add(self.max_tokens).min(context);
        if tokens.len() >= self.limit {
            return self.end(tokens, FinishReason::Length);
        }
        self.write_forced(tokens, vocabulary)
    }

    /// Chooses what follows the logits after the last token, and says what has become sure.
    pub(crate) fn choose(&mut self, tokens: &mut Vec<u32>, logits: Vec<f32>, vocabulary: &Vocabulary) -> Progress {
        self.begun = true;
        let token = match self.next(tokens, logits) {
            Ok(token) => token,
            Err(error) => return self.fail(error),
        };
        let done = self.is_done();
        match self.write(tokens, token, done, vocabulary) {
            Progress::Goes => self.write_forced(tokens, vocabulary),
            Progress::Ended => Progress::Ended,
        }
    }

    /// How the text may go on, within its limit.
    pub(crate) fn guess<'a>(&self, tokens: &'a [u32]) -> &'a [u32] {
        let guess = self.lookup.guess(tokens);
        let room = self.limit.saturating_sub(tokens.len() + 1);
        guess.get(..room).unwrap_or(guess)
    }

    /// Tells that it failed. A receiver that is gone has no use for the error.
    pub(crate) fn fail(&self, error: impl Into<PortError>) -> Progress {
        let _ = self.events.send(Err(error.into()));
        Progress::Ended
    }

    fn next(&mut self, tokens: &[u32], mut logits: Vec<f32>) -> EngineResult<u32> {
        let before = self.log_probabilities.as_ref().map(|_| logits.clone());
        if let Some(rules) = &mut self.rules {
            rules.mask(&mut logits)?;
        }
        let token = self.sampler.next(logits, tokens, self.prompt);
        if let Some(rules) = &mut self.rules {
            rules.accept(token)?;
        }
        if let (Some(list), Some(before)) = (&mut self.log_probabilities, before) {
            list.push(log_probability(&before, token) as f32);
        }
        Ok(token)
    }

    /// Writes what the rules leave no choice about.
    fn write_forced(&mut self, tokens: &mut Vec<u32>, vocabulary: &Vocabulary) -> Progress {
        let Some(rules) = &mut self.rules else { return Progress::Goes };
        let forced = match rules.forced() {
            Ok(forced) => forced,
            Err(error) => return self.fail(error),
        };
        let done = rules.is_done();
        if forced.is_empty() && done {
            return self.end(tokens, FinishReason::Stop);
        }
        for (left, token) in (0..forced.len()).rev().zip(forced) {
            if let Some(list) = &mut self.log_probabilities {
                list.push(0.0);
            }
            if self.write(tokens, token, done && left == 0, vocabulary) == Progress::Ended {
                return Progress::Ended;
            }
        }
        Progress::Goes
    }

    fn is_done(&self) -> bool {
        self.rules.as_ref().is_some_and(|r| r.is_done())
    }

    /// Writes a token; the text is complete where it is `done`.
    fn write(&mut self, tokens: &mut Vec<u32>, token: u32, done: bool, vocabulary: &Vocabulary) -> Progress {
        if vocabulary.is_end(token) {
            return self.end(tokens, FinishReason::Stop);
        }
        let mut bytes = vocabulary.bytes(token);
        if vocabulary.special.space_prefix && tokens.len() == self.prompt {
            bytes = bytes.strip_prefix(b" ").unwrap_or(bytes);
        }
        tokens.push(token);
        let text = self.text.push(bytes);
        if !text.is_empty() && self.events.send(Ok(Generated::Text(text))).is_err() {
            return Progress::Ended;
        }
        if done || self.text.stopped() {
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
        let mut log_probabilities = self.log_probabilities.take().unwrap_or_default();
        // That of an end token is not one of the text's.
        log_probabilities.truncate(usage.completion_tokens);
        let _ = self.events.send(Ok(Generated::Finished { reason, usage, log_probabilities }));
        Progress::Ended
    }
}
