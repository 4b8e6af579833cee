//! The scheduler with a real network, a tiny random one: what is written does not depend on what else runs, on pages
//! running out, or on prefixes that were read before; a failing request fails alone.

use std::{sync::Arc, time::Duration};

use domain::{
    PortResult,
    ports::{FinishReason, Generated, Sampling},
};
use tokio::sync::mpsc;

use super::{
    against_candle::{VOCABULARY, write_model},
    decoder::Decoder,
    kernels::{Isa, Pool},
    network::{Feed, Network},
    read_gguf::GgufFile,
    scheduler::{Counters, EngineCounts, Limits, Scheduler},
    sequence::Job,
    token_rules::TokenRules,
    vocabulary::Vocabulary,
};
use crate::{GeneratorError, GeneratorResult};

/// A token that makes the network panic, and one that makes it fail.
const PANIC: u32 = 298;
const FAIL: u32 = 299;

struct Fragile(Decoder);

impl Network for Fragile {
    fn forward(&mut self, feeds: &[Feed<'_>]) -> GeneratorResult<Vec<Vec<f32>>> {
        // In prompts of this length only: answers may hold any token.
        let has = |token| feeds.iter().any(|f| f.tokens.len() == 3 && f.tokens[2] == token);
        assert!(!has(PANIC), "a kernel that panics");
        if has(FAIL) {
            return Err(GeneratorError::Compute { stage: "writing", reason: "a kernel that fails".to_owned() });
        }
        self.0.forward(feeds)
    }
}

struct Engine {
    queue: mpsc::Sender<Job>,
    counters: Arc<Counters>,
}

type Events = mpsc::UnboundedReceiver<PortResult<Generated>>;

impl Engine {
    fn start(pages: usize, parallel: usize, chunk: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tiny.gguf");
        write_model(&path, "llama", candle_core::quantized::GgmlDType::Q4_1, true);
        let file = GgufFile::open(&path).unwrap();
        let network = Decoder::load(&file, Isa::best(), Arc::new(Pool::new(2).unwrap()), pages).unwrap();
        let limits = Limits { context: 400.min(pages * 32), chunk, parallel, pages };
        let counters = Arc::<Counters>::default();
        let vocabulary = Arc::new(Vocabulary::numbered(VOCABULARY));
        let scheduler = Scheduler::new(Box::new(Fragile(network)), vocabulary, limits, counters.clone());
        let (queue, jobs) = mpsc::channel(64);
        std::thread::spawn(move || scheduler.serve(jobs));
        Self { queue, counters }
    }

    fn ask(&self, prompt: Vec<u32>, max_tokens: usize, rules: Option<Box<dyn TokenRules>>) -> Events {
        let (events, receiver) = mpsc::unbounded_channel();
        let sampling = Sampling::default();
        let job = Job { prompt, max_tokens, stop: Vec::new(), sampling, rules, events };
        assert!(self.queue.try_send(job).is_ok(), "room in the queue");
        receiver
    }

    fn counts(&self) -> EngineCounts {
        self.counters.read()
    }
}

/// The text, and why it ended.
fn hear(mut events: Events) -> PortResult<(String, FinishReason)> {
    let mut text = String::new();
    loop {
        match events.blocking_recv().expect("a last event")? {
            Generated::Text(more) => text.push_str(&more),
            Generated::Finished { reason, .. } => return Ok((text, reason)),
        }
    }
}

fn prompt(seed: u32, length: u32) -> Vec<u32> {
    (0..length).map(|i| (i * 31 + i * i * seed + 17 * seed) % 290).collect()
}

/// Each prompt's greedy text, alone in a fresh engine.
fn alone(prompts: &[Vec<u32>], tokens: usize) -> Vec<String> {
    prompts.iter().map(|p| hear(Engine::start(40, 1, 500).ask(p.clone(), tokens, None)).unwrap().0).collect()
}

#[test]
fn what_is_written_does_not_depend_on_what_else_runs() {
    let prompts: Vec<_> = [(1, 90), (2, 7), (3, 150), (4, 33), (5, 64), (6, 1)].map(|(s, n)| prompt(s, n)).into();
    let expected = alone(&prompts, 40);
    assert!(expected.iter().collect::<std::collections::HashSet<_>>().len() > 3, "the texts differ: {expected:?}");
    for (pages, parallel, chunk) in [(60, 8, 16), (60, 3, 500), (60, 8, 40)] {
        let engine = Engine::start(pages, parallel, chunk);
        let events: Vec<_> = prompts.iter().map(|p| engine.ask(p.clone(), 40, None)).collect();
        let texts: Vec<String> = events.into_iter().map(|e| hear(e).unwrap().0).collect();
        assert_eq!(texts, expected, "{pages} pages, {parallel} at once, chunks of {chunk}");
    }
}

#[test]
fn requests_that_were_put_back_write_the_same() {
    let prompts: Vec<_> = (1..6).map(|s| prompt(s, 40 + s)).collect();
    let expected = alone(&prompts, 100);
    // Each needs five pages in the end; there are nine.
    let engine = Engine::start(9, 8, 64);
    let events: Vec<_> = prompts.iter().map(|p| engine.ask(p.clone(), 100, None)).collect();
    let texts: Vec<String> = events.into_iter().map(|e| hear(e).unwrap().0).collect();
    assert_eq!(texts, expected);
    assert!(engine.counts().put_back > 0, "{:?}", engine.counts());
}

#[test]
fn a_repeated_prefix_costs_nothing_and_changes_nothing() {
    let first = prompt(3, 200);
    let second = [&first[..170], &prompt(9, 20)].concat();
    let expected = alone(&[first.clone(), second.clone()], 12);
    let engine = Engine::start(40, 4, 64);
    assert_eq!(hear(engine.ask(first.clone(), 12, None)).unwrap().0, expected[0]);
    let before = engine.counts();
    assert_eq!((before.prompt_tokens, before.reused_tokens), (200, 0));
    assert_eq!(hear(engine.ask(second, 12, None)).unwrap().0, expected[1]);
    assert_eq!(engine.counts().reused_tokens, 160, "five whole pages");
    assert_eq!(hear(engine.ask(first, 12, None)).unwrap().0, expected[0]);
    let after = engine.counts();
    assert_eq!((after.prompt_tokens - 200, after.reused_tokens), (30 + 8, 160 + 192));
}

#[test]
fn a_request_that_fails_fails_alone() {
    let good = prompt(2, 50);
    let expected = alone(std::slice::from_ref(&good), 30).remove(0);
    for bad in [PANIC, FAIL] {
        let engine = Engine::start(40, 4, 64);
        let written = engine.ask(good.clone(), 30, None);
        let failed = engine.ask(vec![1, 2, bad], 30, None);
        let error = hear(failed).unwrap_err();
        assert_eq!(error.code, "generator_failed");
        assert_eq!(hear(written).unwrap().0, expected);
        assert_eq!(hear(engine.ask(good.clone(), 30, None)).unwrap().0, expected, "the engine goes on");
    }
}

#[test]
fn a_dropped_request_gives_its_pages_back() {
    let engine = Engine::start(12, 4, 32);
    // Both together do not fit: the second can only end once the first is gone.
    let mut endless = engine.ask(prompt(1, 100), 1000, None);
    endless.blocking_recv().unwrap().unwrap();
    drop(endless);
    let (_, reason) = hear(engine.ask(prompt(2, 300), 60, None)).unwrap();
    assert_eq!(reason, FinishReason::Length);
    std::thread::sleep(Duration::from_millis(20));
    assert_eq!(engine.counts().put_back, 0);
}

/// Counts up: after token n only n + 1 is allowed, and after 9 the rest is forced.
struct CountUp {
    last: u32,
}

impl TokenRules for CountUp {
    fn mask(&mut self, logits: &mut [f32]) {
        for (token, logit) in (0u32..).zip(logits) {
            if token != self.last + 1 {
                *logit = f32::NEG_INFINITY;
            }
        }
    }
    fn accept(&mut self, token: u32) {
        self.last = token;
    }
    fn forced(&mut self) -> Vec<u32> {
        if self.last == 9 { vec![20, 21, 22, 23, 24] } else { Vec::new() }
    }
}

#[test]
fn rules_mask_logits_and_forced_tokens_are_fed_in_one_step() {
    let engine = Engine::start(20, 2, 64);
    let (text, _) = hear(engine.ask(prompt(1, 40), 10, Some(Box::new(CountUp { last: 4 })))).unwrap();
    assert_eq!(text, "5 6 7 8 9 20 21 22 23 24 ");
    // Forty tokens of prompt, then 5, 6, 7 and 8; nothing follows the forced ones.
    assert_eq!(engine.counts().steps, 5);
}
