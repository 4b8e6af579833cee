//! The model's thread. Each step gives the network the newest tokens of all answers that are being written, and as many
//! tokens of prompts that are being read as make up a piece: a long prompt slows the others' streams down, but never stops
//! them.
//!
//! Requests begin in the order of their arrival. What is nearest to the end of its prompt is read first, so that equal
//! ones are not all kept waiting for the last; nothing is passed over for long. Where pages run out, the youngest request
//! gives its own back and reads its tokens again later.

use std::{
    collections::VecDeque,
    mem,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::sync::mpsc;

use super::{
    kernels::PAGE,
    kv_pages::KvPages,
    network::{BatchEntry, Network},
    sequence::{Job, Progress, Sequence},
    vocabulary::Vocabulary,
};
use crate::{EngineError, EngineResult};

/// Requests that may run at once for guesses to be made.
const FEW: usize = 2;
/// Steps that a prompt may be passed over for shorter ones.
const PATIENCE: usize = 32;

/// What the engine has done since it was loaded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EngineCounts {
    /// Steps of the network.
    pub steps: usize,
    /// Tokens of prompts that the network has read.
    pub prompt_tokens: usize,
    /// Tokens of prompts that were still in memory and cost nothing.
    pub reused_tokens: usize,
    /// Tokens written.
    pub written_tokens: usize,
    /// Times that a request was preempted: it gave its pages back, to be computed again later.
    pub preempted: usize,
    /// Requests running now.
    pub running: usize,
}

/// The same, shared with the thread.
#[derive(Default)]
pub(crate) struct Counters {
    steps: AtomicUsize,
    prompt: AtomicUsize,
    reused: AtomicUsize,
    written: AtomicUsize,
    preempted: AtomicUsize,
    running: AtomicUsize,
}

impl Counters {
    pub(crate) fn read(&self) -> EngineCounts {
        let get = |counter: &AtomicUsize| counter.load(Ordering::Relaxed);
        EngineCounts {
            steps: get(&self.steps),
            prompt_tokens: get(&self.prompt),
            reused_tokens: get(&self.reused),
            written_tokens: get(&self.written),
            preempted: get(&self.preempted),
            running: get(&self.running),
        }
    }
}

/// What the thread owns.
pub(crate) struct Scheduler {
    network: Box<dyn Network>,
    vocabulary: Arc<Vocabulary>,
    pages: KvPages,
    limits: Limits,
    counters: Arc<Counters>,
    /// Arrived or preempted, oldest first; they begin before the queue's.
    waiting: VecDeque<Sequence>,
    running: Vec<Sequence>,
    arrivals: u64,
}

/// What the thread keeps to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Tokens of prompt and answer together; as many fit into the pages.
    pub context: usize,
    /// Tokens of a prompt read in one step.
    pub chunk: usize,
    /// Requests that run at once.
    pub parallel: usize,
    pub pages: usize,
    /// Most tokens that a writer guesses.
    pub lookup: usize,
}

impl Scheduler {
    pub(crate) fn new(
        network: Box<dyn Network>,
        vocabulary: Arc<Vocabulary>,
        limits: Limits,
        counters: Arc<Counters>,
    ) -> Self {
        let pages = KvPages::new(limits.pages);
        let (waiting, running) = (VecDeque::new(), Vec::new());
        Self { network, vocabulary, pages, limits, counters, waiting, running, arrivals: 0 }
    }

    /// Serves until every sender of `queue` is gone and all is answered.
    pub(crate) fn serve(mut self, mut queue: mpsc::Receiver<Job>) {
        loop {
            if self.running.is_empty() && self.waiting.is_empty() {
                let Some(job) = queue.blocking_recv() else { return };
                self.arrive(job);
            }
            self.forget_abandoned();
            self.admit(&mut queue);
            self.counters.running.store(self.running.len(), Ordering::Relaxed);
            self.step();
        }
    }

    fn arrive(&mut self, job: Job) {
        self.arrivals += 1;
        let sequence = Sequence::new(job, self.arrivals, self.limits.context, &self.vocabulary);
        self.waiting.extend(sequence);
    }

    /// Requests that nobody listens to any more give their pages back at once.
    fn forget_abandoned(&mut self) {
        let gone: Vec<Sequence> = self.running.extract_if(.., |s| s.is_abandoned()).collect();
        for sequence in gone {
            self.pages.release(sequence.pages);
        }
        self.waiting.retain(|s| !s.is_abandoned());
    }

    /// Begins waiting requests, in order, while there is room.
    fn admit(&mut self, queue: &mut mpsc::Receiver<Job>) {
        while self.running.len() < self.limits.parallel {
            if self.waiting.is_empty() {
                let Ok(job) = queue.try_recv() else { return };
                self.arrive(job);
            }
            let Some(mut next) = self.waiting.pop_front() else { continue };
            if next.is_abandoned() {
                continue;
            }
            let (pages, held) = self.pages.find(&next.tokens, next.adapter);
            // Room for its prompt, and for a page more of everyone: else it would soon be preempted.
            let needed = next.tokens.len().div_ceil(PAGE) - held / PAGE + 1 + self.running.len();
            if !self.running.is_empty() && needed > self.pages.available() {
                self.pages.release(pages);
                self.waiting.push_front(next);
                return;
            }
            self.counters.reused.fetch_add(held, Ordering::Relaxed);
            (next.pages, next.computed) = (pages, held);
            self.running.push(next);
        }
    }

    /// Plans one step and runs it.
    fn step(&mut self) {
        let plan = self.plan();
        let mut batch = Vec::with_capacity(plan.len());
        for &(n, count) in &plan {
            let Some(sequence) = self.running.get(n) else { continue };
            let wanted = sequence.wanted(count);
            let tokens = sequence.pending().get(..count).unwrap_or_default();
            let (position, pages, adapter) = (sequence.computed, sequence.pages.list(), sequence.adapter);
            batch.push(BatchEntry { tokens, position, pages, wanted, adapter });
            if !sequence.is_writing() {
                self.counters.prompt.fetch_add(count, Ordering::Relaxed);
            }
        }
        if batch.is_empty() {
            return;
        }
        self.counters.steps.fetch_add(1, Ordering::Relaxed);
        let outcomes = run(self.network.as_mut(), &batch);
        for (n, sequence) in self.running.iter_mut().enumerate() {
            sequence.passed_over = if plan.iter().any(|p| p.0 == n) { 0 } else { sequence.passed_over + 1 };
        }
        let mut ended = Vec::new();
        for ((n, count), outcome) in plan.into_iter().zip(outcomes) {
            if self.advance(n, count, outcome) == Progress::Ended {
                ended.push(n);
            }
        }
        ended.sort_unstable();
        for n in ended.into_iter().rev() {
            let sequence = self.running.remove(n);
            self.pages.release(sequence.pages);
        }
    }

    /// Takes in what a step gave one sequence.
    fn advance(&mut self, n: usize, count: usize, outcome: EngineResult<Vec<Vec<f32>>>) -> Progress {
        let few = self.running.len() <= FEW;
        let Some(sequence) = self.running.get_mut(n) else { return Progress::Goes };
        match outcome {
            Ok(logits) => {
                sequence.computed += count;
                let before = sequence.sure();
                let progress = sequence.take(logits, &self.vocabulary);
                if sequence.is_writing() {
                    self.counters.written.fetch_add(sequence.sure() - before, Ordering::Relaxed);
                }
                let mut pages = mem::take(&mut sequence.pages);
                self.pages.publish(&mut pages, sequence.shared());
                sequence.pages = pages;
                // With more readers and writers, a step is busy without guesses.
                if progress == Progress::Goes && few {
                    sequence.guess();
                }
                progress
            }
            Err(error) => {
                tracing::error!(%error, "a generation failed");
                sequence.fail(error);
                Progress::Ended
            }
        }
    }

    /// The next batch, sequences and how many tokens of each: all who write, and some who read. Their pages are there.
    fn plan(&mut self) -> Vec<(usize, usize)> {
        loop {
            let writers = self.running.iter().enumerate().filter(|(_, s)| s.is_streaming());
            let mut plan: Vec<(usize, usize)> = writers.map(|(n, s)| (n, s.pending().len())).collect();
            plan.extend(self.readers());
            if self.make_room(&plan) {
                return plan;
            }
        }
    }

    /// Who reads next, prompts or texts to be scored, until a piece's worth of tokens is together.
    fn readers(&self) -> Vec<(usize, usize)> {
        let mut reading: Vec<(usize, &Sequence)> =
            self.running.iter().enumerate().filter(|(_, s)| !s.is_streaming()).collect();
        reading.sort_by_key(|(_, s)| (s.passed_over < PATIENCE, s.pending().len(), s.arrival));
        let mut left = self.limits.chunk.max(1);
        let mut chosen = Vec::new();
        for (n, sequence) in reading {
            let count = sequence.next_piece().min(left);
            left -= count;
            if count > 0 {
                chosen.push((n, count));
            }
        }
        chosen
    }

    /// Gets pages for all of a plan. False, with the youngest request preempted, where they do not suffice.
    fn make_room(&mut self, plan: &[(usize, usize)]) -> bool {
        for &(n, count) in plan {
            let Some(sequence) = self.running.get_mut(n) else { continue };
            if self.pages.extend(&mut sequence.pages, sequence.computed + count) {
                continue;
            }
            let youngest = self.running.iter().enumerate().max_by_key(|(_, s)| s.arrival).map(|(n, _)| n);
            let Some(youngest) = youngest else { return true };
            let mut sequence = self.running.remove(youngest);
            self.pages.release(mem::take(&mut sequence.pages));
            sequence.preempt();
            self.counters.preempted.fetch_add(1, Ordering::Relaxed);
            let place = self.waiting.partition_point(|s| s.arrival < sequence.arrival);
            self.waiting.insert(place, sequence);
            return false;
        }
        true
    }
}

/// One step. A failure, or a panic in a kernel, must only cost the request that it comes from: each is tried alone then.
/// That a part of the work is done twice does not matter: the same numbers go to the same places.
fn run(network: &mut dyn Network, batch: &[BatchEntry<'_>]) -> Vec<EngineResult<Vec<Vec<f32>>>> {
    match forward(network, batch) {
        Ok(logits) => {
            let mut logits = logits.into_iter();
            batch.iter().map(|f| Ok(logits.by_ref().take(f.wanted.count(f.tokens.len())).collect())).collect()
        }
        Err(error) if batch.len() == 1 => vec![Err(error)],
        Err(_) => batch.iter().map(|entry| forward(network, &[*entry])).collect(),
    }
}

fn forward(network: &mut dyn Network, batch: &[BatchEntry<'_>]) -> EngineResult<Vec<Vec<f32>>> {
    let stage = if batch.iter().any(|f| f.tokens.len() > 1) { "reading the prompt" } else { "writing" };
    catch_unwind(AssertUnwindSafe(|| network.forward(batch)))
        .unwrap_or_else(|_| Err(EngineError::Compute { stage, reason: "a kernel panicked".to_owned() }))
}
