//! The scheduler with a real network, a tiny random one: what is written does not depend on what else runs, on pages
//! running out, or on prefixes that were read before; a failing request fails alone.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use domain::{
    PortResult,
    ports::{ContinuationScore, FinishReason, Generated, Sampling},
};
use tokio::sync::{mpsc, oneshot};

use super::{
    GgufModelSettings, TokenModel,
    against_candle::{VOCABULARY, write_model},
    decoder::Decoder,
    kernels::{Isa, Pool},
    network::{BatchEntry, Network},
    read_gguf::GgufFile,
    scheduler::{Counters, EngineCounts, Limits, Scheduler},
    score_task::{Scoring, log_probability},
    sequence::{Job, Task},
    token_rules::TokenRules,
    vocabulary::Vocabulary,
    write_task::{SamplingParameters, Writing},
};
use crate::{EngineError, EngineResult};

/// A token that makes the network panic, and one that makes it fail.
const PANIC: u32 = 298;
const FAIL: u32 = 299;

struct Fragile(Decoder);

impl Network for Fragile {
    fn forward(&mut self, batch: &[BatchEntry<'_>]) -> EngineResult<Vec<Vec<f32>>> {
        // In prompts of this length only: answers may hold any token.
        let has = |token| batch.iter().any(|f| f.tokens.len() == 3 && f.tokens[2] == token);
        assert!(!has(PANIC), "a kernel that panics");
        if has(FAIL) {
            return Err(EngineError::Compute { stage: "writing", reason: "a kernel that fails".to_owned() });
        }
        self.0.forward(batch)
    }
}

struct Engine {
    queue: mpsc::Sender<Job>,
    counters: Arc<Counters>,
    lookup: usize,
}

type Scores = oneshot::Receiver<PortResult<Vec<ContinuationScore>>>;
type Events = mpsc::UnboundedReceiver<PortResult<Generated>>;

/// Notes the position and the number of the tokens of every entry, step by step.
struct Watched(Decoder, Steps);

type Steps = Arc<Mutex<Vec<Vec<(usize, usize)>>>>;

impl Network for Watched {
    fn forward(&mut self, batch: &[BatchEntry<'_>]) -> EngineResult<Vec<Vec<f32>>> {
        self.1.lock().unwrap().push(batch.iter().map(|f| (f.position, f.tokens.len())).collect());
        self.0.forward(batch)
    }
}

fn decoder(pages: usize) -> Decoder {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tiny.gguf");
    write_model(&path, "llama", candle_core::quantized::GgmlDType::Q4_1, true);
    let file = GgufFile::open(&path).unwrap();
    Decoder::load(&file, &[], Isa::best(), Arc::new(Pool::new(2).unwrap()), pages).unwrap()
}

impl Engine {
    fn start(pages: usize, parallel: usize, chunk: usize) -> Self {
        let (engine, serve) = Self::ready(Box::new(Fragile(decoder(pages))), pages, parallel, chunk);
        std::thread::spawn(serve);
        engine
    }

    /// An engine, and what its thread is to run.
    fn ready(
        network: Box<dyn Network>,
        pages: usize,
        parallel: usize,
        chunk: usize,
    ) -> (Self, impl FnOnce() + Send + 'static) {
        let limits = Limits { context: 400.min(pages * 32), chunk, parallel, pages, lookup: 0 };
        let counters = Arc::<Counters>::default();
        let vocabulary = Arc::new(Vocabulary::numbered(VOCABULARY));
        let scheduler = Scheduler::new(network, vocabulary, limits, counters.clone());
        let (queue, jobs) = mpsc::channel(256);
        (Self { queue, counters, lookup: 0 }, move || scheduler.serve(jobs))
    }

    fn ask(&self, prompt: Vec<u32>, max_tokens: usize, rules: Option<Box<dyn TokenRules>>) -> Events {
        let (events, receiver) = mpsc::unbounded_channel();
        let sampling = Sampling::default();
        let parameters = SamplingParameters {
            max_tokens,
            stop: Vec::new(),
            sampling,
            rules,
            log_probabilities: false,
            lookup: self.lookup,
        };
        let writing = Writing::new(parameters, events);
        let job = Job { prompt, task: Task::Write(Box::new(writing)), adapter: 0 };
        assert!(self.queue.try_send(job).is_ok(), "room in the queue");
        receiver
    }

    fn score(&self, prompt: Vec<u32>, texts: Vec<Vec<u32>>) -> Scores {
        let (answer, receiver) = oneshot::channel();
        let job = Job { prompt, task: Task::Score(Scoring::new(texts, answer)), adapter: 0 };
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

/// The steps in which these prompts are read, for one token each.
fn steps_of(prompts: &[Vec<u32>], chunk: usize) -> Vec<Vec<(usize, usize)>> {
    let steps = Steps::default();
    let (engine, serve) = Engine::ready(Box::new(Watched(decoder(60), steps.clone())), 60, 8, chunk);
    let events: Vec<_> = prompts.iter().map(|p| engine.ask(p.clone(), 1, None)).collect();
    drop(engine);
    serve();
    assert!(events.into_iter().all(|e| hear(e).is_ok()));
    std::mem::take(&mut steps.lock().unwrap())
}

#[test]
fn equal_prompts_are_read_one_after_another_and_short_ones_together() {
    let equal: Vec<_> = (1..4).map(|seed| prompt(seed, 64)).collect();
    assert_eq!(steps_of(&equal, 32), [[(0, 32)], [(32, 32)]].repeat(3));
    let short: Vec<_> = (1..4).map(|seed| prompt(seed, 10)).collect();
    assert_eq!(steps_of(&short, 32), [[(0, 10), (0, 10), (0, 10)]]);
    let mixed = [prompt(1, 70), prompt(2, 20)];
    assert_eq!(steps_of(&mixed, 32), [vec![(0, 20), (0, 12)], vec![(12, 32)], vec![(44, 26)]]);
}

#[test]
fn a_long_prompt_is_not_passed_over_for_ever() {
    let mut prompts = vec![prompt(1, 200)];
    prompts.extend((2..90).map(|seed| prompt(seed, 32)));
    let steps = steps_of(&prompts, 32);
    let first = steps.iter().position(|step| step.iter().any(|(_, tokens)| *tokens == 32) && step[0].0 > 0);
    assert!(first.is_some_and(|first| first < 80), "its second piece is read before the last short prompt: {first:?}");
}

#[test]
fn preempted_requests_write_the_same() {
    let prompts: Vec<_> = (1..6).map(|s| prompt(s, 40 + s)).collect();
    let expected = alone(&prompts, 100);
    // Each needs five pages in the end; there are nine.
    let engine = Engine::start(9, 8, 64);
    let events: Vec<_> = prompts.iter().map(|p| engine.ask(p.clone(), 100, None)).collect();
    let texts: Vec<String> = events.into_iter().map(|e| hear(e).unwrap().0).collect();
    assert_eq!(texts, expected);
    assert!(engine.counts().preempted > 0, "{:?}", engine.counts());
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
    assert_eq!(engine.counts().preempted, 0);
}

/// Counts up: after token n only n + 1 is allowed, and after 9 the rest is forced.
struct CountUp {
    last: u32,
}

impl TokenRules for CountUp {
    fn mask(&mut self, logits: &mut [f32]) -> EngineResult<()> {
        for (token, logit) in (0u32..).zip(logits) {
            if token != self.last + 1 {
                *logit = f32::NEG_INFINITY;
            }
        }
        Ok(())
    }
    fn accept(&mut self, token: u32) -> EngineResult<()> {
        self.last = token;
        Ok(())
    }
    fn forced(&mut self) -> EngineResult<Vec<u32>> {
        Ok(if self.last == 9 { vec![20, 21, 22, 23, 24] } else { Vec::new() })
    }
    fn is_done(&self) -> bool {
        false
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

/// What the network says of each text, read anew after the prompt for each.
fn scores_alone(prompt: &[u32], texts: &[Vec<u32>]) -> Vec<ContinuationScore> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tiny.gguf");
    write_model(&path, "llama", candle_core::quantized::GgmlDType::Q4_1, true);
    let settings = GgufModelSettings { threads: 1, ..GgufModelSettings::default() };
    let score = |text: &Vec<u32>| {
        let mut model = TokenModel::load(&path, &settings).unwrap();
        let mut logits = model.read(prompt).unwrap();
        let each = text.iter().map(|token| {
            let one = log_probability(&logits, *token);
            logits = model.read(&[*token]).unwrap();
            one as f32
        });
        let each: Vec<f32> = each.collect();
        ContinuationScore { log_probability: each.iter().sum(), first_token: each[0], tokens: text.len() }
    };
    texts.iter().map(score).collect()
}

fn close(found: &[ContinuationScore], expected: &[ContinuationScore]) {
    assert_eq!(found.len(), expected.len());
    for (f, e) in found.iter().zip(expected) {
        let near = |a: f32, b: f32| (a - b).abs() < 1e-4 * b.abs().max(1.0);
        assert!(near(f.log_probability, e.log_probability) && near(f.first_token, e.first_token), "{f:?} {e:?}");
        assert!(f.tokens == e.tokens && f.log_probability < 0.0, "{f:?} {e:?}");
    }
}

#[test]
fn scores_are_sums_over_log_probabilities_whatever_else_runs_and_the_prompt_is_read_once() {
    let texts: Vec<_> = [(7, 3), (8, 1), (9, 70), (10, 1), (7, 4), (11, 33)].map(|(s, n)| prompt(s, n)).into();
    for length in [1, 64, 75] {
        let question = prompt(4, length);
        let expected = scores_alone(&question, &texts);
        let engine = Engine::start(40, 4, 32);
        close(&engine.score(question.clone(), texts.clone()).blocking_recv().unwrap().unwrap(), &expected);
        let read = length as usize + texts.iter().map(|t| t.len() - 1).sum::<usize>();
        assert_eq!(engine.counts().prompt_tokens, read);
        // Beside writers, whose texts stay the same, and with few pages.
        let prompts = [prompt(1, 90), prompt(2, 40)];
        let written = alone(&prompts, 40);
        let engine = Engine::start(8, 4, 16);
        let events: Vec<_> = prompts.iter().map(|p| engine.ask(p.clone(), 40, None)).collect();
        let scores: Vec<_> = (0..3).map(|_| engine.score(question.clone(), texts.clone())).collect();
        for (events, expected) in events.into_iter().zip(&written) {
            assert_eq!(&hear(events).unwrap().0, expected);
        }
        for scores in scores {
            close(&scores.blocking_recv().unwrap().unwrap(), &expected);
        }
        assert!(length == 1 || engine.counts().preempted > 0, "{:?}", engine.counts());
    }
}

#[test]
fn a_scored_text_is_not_found_again_as_a_prefix() {
    let (question, other) = (prompt(4, 40), [prompt(4, 40), prompt(9, 60)].concat());
    let expected = alone(std::slice::from_ref(&other), 10);
    let engine = Engine::start(40, 4, 32);
    let texts = vec![prompt(9, 60), prompt(5, 60)];
    engine.score(question, texts).blocking_recv().unwrap().unwrap();
    assert_eq!(hear(engine.ask(other, 10, None)).unwrap().0, expected[0]);
    assert_eq!(engine.counts().reused_tokens, 32, "the prompt's only whole page");
}

#[test]
fn an_abandoned_score_stops() {
    let engine = Engine::start(40, 1, 32);
    drop(engine.score(prompt(4, 300), (0..200).map(|n| prompt(n, 90)).collect()));
    hear(engine.ask(prompt(1, 10), 2, None)).unwrap();
    assert!(engine.counts().steps < 30, "{:?}", engine.counts());
}

#[test]
fn guessed_tokens_change_nothing_but_the_number_of_steps() {
    // Such prompts make a random network repeat itself; the shared pages are read again by the second of each.
    let mut prompts: Vec<_> = (1..14).map(|s| prompt(s, 20 + 9 * s)).collect();
    prompts.extend((1..4).map(|s| [5 * s, 7, 11, 13].repeat(30)));
    prompts.extend_from_within(..5);
    let expected = alone(&prompts, 120);
    let mut saved = 0;
    for (pages, parallel, lookup) in [(40, 1, 16), (40, 2, 3), (14, 2, 16), (60, 8, 16)] {
        let engine = Engine { lookup, ..Engine::start(pages, parallel, 64) };
        let events: Vec<_> = prompts.iter().map(|p| engine.ask(p.clone(), 120, None)).collect();
        let texts: Vec<String> = events.into_iter().map(|e| hear(e).unwrap().0).collect();
        assert_eq!(texts, expected, "{pages} pages, {parallel} at once, {lookup} guessed");
        saved += (120 * prompts.len()).saturating_sub(parallel * engine.counts().steps);
    }
    assert!(saved > 100, "{saved} steps saved");
}
