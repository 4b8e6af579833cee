//! The model's thread: takes one request after the other, reads its prompt in chunks, writes token by token, and
//! stops within one step when nobody listens any more.

use std::panic::{AssertUnwindSafe, catch_unwind};

use domain::{
    PortResult, Usage,
    ports::{FinishReason, Generated, Sampling},
};
use tokio::sync::mpsc;

use super::{
    network::{Network, Run},
    sample_token::Sampler,
    stream_text::TextStream,
    vocabulary::Vocabulary,
};
use crate::{GeneratorError, GeneratorResult};

/// A request, ready to run. Its prompt is not empty and shorter than the context.
pub(crate) struct Job {
    pub prompt: Vec<u32>,
    pub max_tokens: usize,
    pub stop: Vec<String>,
    pub sampling: Sampling,
    /// Unbounded, so that a slow reader never holds up the thread; `max_tokens` bounds what can pile up.
    pub events: mpsc::UnboundedSender<PortResult<Generated>>,
}

/// What the thread owns.
pub(crate) struct Worker {
    pub network: Box<dyn Network>,
    pub vocabulary: std::sync::Arc<Vocabulary>,
    pub context: usize,
    pub chunk: usize,
}

impl Worker {
    /// Serves until every sender of `queue` is gone.
    pub(crate) fn serve(&self, mut queue: mpsc::Receiver<Job>) {
        while let Some(job) = queue.blocking_recv() {
            if job.events.is_closed() {
                continue;
            }
            let events = job.events.clone();
            // A panic in a kernel must not take the service down with it: the request fails, the thread lives.
            let outcome = catch_unwind(AssertUnwindSafe(|| self.run(&job))).unwrap_or_else(|_| {
                Err(GeneratorError::Compute { stage: "writing", reason: "a kernel panicked".to_owned() })
            });
            if let Err(error) = outcome {
                tracing::error!(%error, "a generation failed");
                // A receiver that is gone has no use for the error.
                let _ = events.send(Err(error.into()));
            }
        }
    }

    fn run(&self, job: &Job) -> GeneratorResult<()> {
        let mut run = self.network.begin();
        let Some(logits) = self.read_prompt(run.as_mut(), job)? else { return Ok(()) };
        let mut writing = Writing {
            vocabulary: &self.vocabulary,
            seen: job.prompt.clone(),
            sampler: Sampler::new(job.sampling.clone()),
            text: TextStream::new(job.stop.clone()),
        };
        let limit = job.prompt.len().saturating_add(job.max_tokens).min(self.context);
        let Some(reason) = writing.run(run.as_mut(), logits, limit, job)? else { return Ok(()) };
        let rest = writing.text.finish();
        if !rest.is_empty() {
            let _ = job.events.send(Ok(Generated::Text(rest)));
        }
        let completion_tokens = writing.seen.len() - job.prompt.len();
        let usage = Usage { prompt_tokens: job.prompt.len(), completion_tokens };
        let _ = job.events.send(Ok(Generated::Finished { reason, usage }));
        Ok(())
    }

    /// The logits after the prompt; `None` when the request went away meanwhile.
    fn read_prompt(&self, run: &mut dyn Run, job: &Job) -> GeneratorResult<Option<Vec<f32>>> {
        let mut logits = Vec::new();
        let mut position = 0;
        for chunk in job.prompt.chunks(self.chunk.max(1)) {
            if job.events.is_closed() {
                return Ok(None);
            }
            logits = run.forward(chunk, position)?;
            position += chunk.len();
        }
        Ok(Some(logits))
    }
}

/// The state of writing one answer.
struct Writing<'a> {
    vocabulary: &'a Vocabulary,
    /// Prompt and answer.
    seen: Vec<u32>,
    sampler: Sampler,
    text: TextStream,
}

impl Writing<'_> {
    /// Writes until an end token, a stop text or `limit` tokens in all; `None` when the request went away.
    fn run(
        &mut self,
        run: &mut dyn Run,
        mut logits: Vec<f32>,
        limit: usize,
        job: &Job,
    ) -> GeneratorResult<Option<FinishReason>> {
        loop {
            if job.events.is_closed() {
                return Ok(None);
            }
            if self.seen.len() >= limit {
                return Ok(Some(FinishReason::Length));
            }
            let token = self.sampler.next(logits, &self.seen);
            if self.vocabulary.is_end(token) {
                return Ok(Some(FinishReason::Stop));
            }
            self.seen.push(token);
            let text = self.text.push(self.vocabulary.bytes(token));
            if !text.is_empty() && job.events.send(Ok(Generated::Text(text))).is_err() {
                return Ok(None);
            }
            if self.text.stopped() {
                return Ok(Some(FinishReason::Stop));
            }
            if self.seen.len() >= limit {
                return Ok(Some(FinishReason::Length));
            }
            logits = run.forward(&[token], self.seen.len() - 1)?;
        }
    }
}
