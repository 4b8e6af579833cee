//! The cross-encoder that reads a question and a passage together and tells, sentence by sentence, what answers: the graph
//! that `provision` makes of the embedder's, on ONNX Runtime.
//!
//! `<s> question </s> headings </s> sentence </s> sentence </s> …`: the passage is judged at `<s>`, a sentence by the sum over
//! its tokens and the `</s>` behind it (`tuner/cross_encoder/model.py` trains it so). One pair is run at a time: its numbers then depend on
//! nothing else, and no token is padding. Readings are remembered, as a search and the answer after it read the same.

use std::{
    collections::{HashMap, VecDeque},
    hash::{DefaultHasher, Hash, Hasher},
    ops::Range,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use domain::{
    PortResult,
    ports::{BoxFuture, PassageReader, PassageText, Reading},
};
use ort::{
    session::{Session, builder::GraphOptimizationLevel},
    value::TensorRef,
};
use tokenizers::Tokenizer;
use tokio::sync::Semaphore;

use crate::{
    RetrieverError,
    load_onnx::{environment, unavailable},
    run_blocking::BlockingGate,
    small_tokenizer::SmallTokenizer,
};

/// Begin and end as XLM-R numbers them.
const BOS: i64 = 0;
const EOS: i64 = 2;
/// Most tokens of a question, of headings, and of the sentences of one part of a passage: as it was trained.
const QUESTION_TOKENS: usize = 64;
const HEADING_TOKENS: usize = 32;
const PART_TOKENS: usize = 320;
/// Most tokens of an answer's exact words.
const SPAN_TOKENS: usize = 24;
/// Readings that are remembered.
const REMEMBERED: usize = 512;
/// Numbers that the graph gives for a pair and for each token.
const PAIR: usize = 4;
const TOKEN: usize = 3;

/// The loaded model. It reads for one question after another.
pub struct CrossEncoderReader {
    model: Arc<Mutex<Model>>,
    gate: BlockingGate,
    waiting: Semaphore,
    queue: usize,
}

struct Model {
    session: Session,
    tokenizer: SmallTokenizer,
    remembered: Remembered,
}

/// The latest readings by what was read.
#[derive(Default)]
struct Remembered {
    readings: HashMap<u64, Arc<Reading>>,
    order: VecDeque<u64>,
}

/// One part of a passage as the model reads it.
struct Part {
    ids: Vec<i64>,
    /// For each sentence its number, where its tokens are, and its `</s>`.
    sentences: Vec<(usize, Range<usize>, usize)>,
    /// The bytes of the passage that each token stands for.
    bytes: Vec<Range<usize>>,
}

impl std::fmt::Debug for CrossEncoderReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CrossEncoderReader").field("queue", &self.queue).finish_non_exhaustive()
    }
}

impl CrossEncoderReader {
    /// Loads `model.onnx` from `dir`, with the embedder's `tokenizer.json`. Takes seconds and blocks.
    ///
    /// `onnxruntime` is the shared library's path. `queue`: questions that may wait; more are refused as `Overloaded`.
    pub fn load(
        dir: &Path,
        tokenizer: &Path,
        onnxruntime: &Path,
        threads: usize,
        queue: usize,
    ) -> Result<Self, RetrieverError> {
        let path = dir.join("model.onnx");
        let session = open_session(&path, onnxruntime, threads).map_err(|detail| unavailable(&path)(detail))?;
        let whole = Tokenizer::from_file(tokenizer).map_err(unavailable(tokenizer))?;
        let small = SmallTokenizer::of(&whole);
        let tokenizer = small.ok_or_else(|| unavailable(tokenizer)("it is not a Unigram tokenizer"))?;
        drop(whole);
        let mut model = Model { session, tokenizer, remembered: Remembered::default() };
        let tried =
            PassageText { headings: String::new(), text: "a".to_owned(), sentences: std::iter::once(0..1).collect() };
        model.read("a", &tried).map_err(|e| unavailable(&path)(e))?;
        Ok(Self {
            model: Arc::new(Mutex::new(model)),
            gate: BlockingGate::single(),
            waiting: Semaphore::new(queue),
            queue,
        })
    }
}

impl PassageReader for CrossEncoderReader {
    fn read<'a>(
        &'a self,
        question: &'a str,
        passages: &'a [PassageText],
    ) -> BoxFuture<'a, PortResult<Vec<Arc<Reading>>>> {
        Box::pin(async move {
            let busy = RetrieverError::RerankerBusy { capacity: self.queue };
            let _place = self.waiting.try_acquire().map_err(|_| busy)?;
            let mut readings = Vec::with_capacity(passages.len());
            for passage in passages {
                // One at a time, so that a caller that went away is noticed between two.
                let (model, question, passage) = (Arc::clone(&self.model), question.to_owned(), passage.clone());
                let read = move || lock(&model).remembered_or_read(&question, &passage);
                readings.push(self.gate.run(read).await?);
            }
            Ok(readings)
        })
    }
}

fn lock(model: &Mutex<Model>) -> MutexGuard<'_, Model> {
    model.lock().unwrap_or_else(PoisonError::into_inner)
}

fn open_session(path: &Path, onnxruntime: &Path, threads: usize) -> Result<Session, String> {
    let environment = environment(onnxruntime).map_err(|e| e.to_string())?;
    let said = |e: &dyn std::fmt::Display| e.to_string();
    let builder = Session::builder(&environment).map_err(|e| said(&e))?;
    // Lengths change with each pair: memory patterns would only be made and thrown away.
    let builder = builder.with_memory_pattern(false).map_err(|e| said(&e))?;
    let builder = builder.with_optimization_level(GraphOptimizationLevel::All).map_err(|e| said(&e))?;
    let builder = builder.with_intra_threads(threads.max(1)).map_err(|e| said(&e))?;
    // Idle threads sleep: spinning ones would take the cores from the language model beside them.
    let mut builder = builder.with_config_entry("session.intra_op.allow_spinning", "0").map_err(|e| said(&e))?;
    builder.commit_from_file(path).map_err(|e| said(&e))
}

impl Model {
    fn remembered_or_read(&mut self, question: &str, passage: &PassageText) -> Result<Arc<Reading>, RetrieverError> {
        let mut hasher = DefaultHasher::new();
        (question, passage).hash(&mut hasher);
        let key = hasher.finish();
        if let Some(reading) = self.remembered.readings.get(&key) {
            return Ok(Arc::clone(reading));
        }
        let reading = Arc::new(self.read(question, passage).map_err(RetrieverError::RerankingFailed)?);
        self.remembered.put(key, Arc::clone(&reading));
        Ok(reading)
    }

    fn read(&mut self, question: &str, passage: &PassageText) -> Result<Reading, String> {
        let count = passage.sentences.len();
        let mut reading = Reading {
            holds: f32::NEG_INFINITY,
            verdict: [0.0, 0.0, 1.0],
            sentences: vec![f32::NEG_INFINITY; count],
            spans: vec![None; count],
        };
        for part in self.parts(question, passage) {
            let (pair, tokens) = self.run(&part.ids)?;
            if pair[0] > reading.holds {
                (reading.holds, reading.verdict) = (pair[0], softmax([pair[1], pair[2], pair[3]]));
            }
            let column = |at: usize, n: usize| tokens.get(at * TOKEN + n).copied().unwrap_or(f32::NEG_INFINITY);
            let all = part.ids.len();
            let (begin, end) =
                (log_sum_exp((0..all).map(|at| column(at, 1))), log_sum_exp((0..all).map(|at| column(at, 2))));
            for (n, range, behind) in part.sentences {
                reading.sentences[n] = log_sum_exp((range.start..=behind).map(|at| column(at, 0)));
                let best = best_span(range, |at| column(at, 1) - begin, |at| column(at, 2) - end);
                reading.spans[n] =
                    best.map(|(first, last, score)| (part.bytes[first].start..part.bytes[last].end, score));
            }
        }
        Ok(reading)
    }

    /// The passage in as many parts as its length needs, cut between sentences; a sentence over a part's length is cut.
    fn parts(&self, question: &str, passage: &PassageText) -> Vec<Part> {
        let ids = |text: &str, most: usize| {
            let tokens = self.tokenizer.encode(text).unwrap_or_default();
            tokens.into_iter().take(most).map(|(id, _)| i64::from(id)).collect::<Vec<_>>()
        };
        let mut front = vec![BOS];
        front.extend(ids(question, QUESTION_TOKENS));
        front.push(EOS);
        if !passage.headings.is_empty() {
            front.extend(ids(&passage.headings, HEADING_TOKENS));
            front.push(EOS);
        }
        let new = || Part { ids: front.clone(), sentences: Vec::new(), bytes: vec![0..0; front.len()] };
        let (mut parts, mut part) = (Vec::new(), new());
        for (n, sentence) in passage.sentences.iter().enumerate() {
            let text = passage.text.get(sentence.clone()).unwrap_or_default();
            let mut tokens = self.tokenizer.encode(text).unwrap_or_default();
            tokens.truncate(PART_TOKENS - 1);
            if part.ids.len() + tokens.len() + 1 > front.len() + PART_TOKENS {
                parts.push(std::mem::replace(&mut part, new()));
            }
            let first = part.ids.len();
            for (id, range) in tokens {
                part.ids.push(i64::from(id));
                part.bytes.push(sentence.start + range.start..sentence.start + range.end);
            }
            let behind = part.ids.len();
            part.sentences.push((n, first..behind, behind));
            part.ids.push(EOS);
            part.bytes.push(0..0);
        }
        parts.push(part);
        parts
    }

    /// The graph's numbers for a pair, and for its tokens one after another.
    fn run(&mut self, ids: &[i64]) -> Result<([f32; PAIR], Vec<f32>), String> {
        let said = |e: ort::Error| e.to_string();
        let mask = vec![1_i64; ids.len()];
        let shape = [1, ids.len()];
        let ids = TensorRef::from_array_view((shape, ids)).map_err(said)?;
        let mask = TensorRef::from_array_view((shape, mask.as_slice())).map_err(said)?;
        let outputs = self.session.run(ort::inputs!["input_ids" => ids, "attention_mask" => mask]).map_err(said)?;
        let numbers = |name: &str| {
            let output = outputs.get(name).ok_or_else(|| format!("the graph has no output {name}"))?;
            Ok::<_, String>(output.try_extract_tensor::<f32>().map_err(said)?.1)
        };
        let pair = numbers("pair")?.try_into().map_err(|_| format!("its output pair is not {PAIR} numbers"))?;
        Ok((pair, numbers("token")?.to_vec()))
    }
}

impl Remembered {
    fn put(&mut self, key: u64, reading: Arc<Reading>) {
        if self.readings.insert(key, reading).is_none() {
            self.order.push_back(key);
        }
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.readings.remove(&oldest);
        }
    }
}

fn softmax(logits: [f32; 3]) -> [f32; 3] {
    let most = logits.into_iter().fold(f32::NEG_INFINITY, f32::max);
    let parts = logits.map(|x| (x - most).exp());
    let sum: f32 = parts.iter().sum();
    parts.map(|x| x / sum)
}

/// The logarithm of the sum of the exponentials.
fn log_sum_exp(logits: impl Iterator<Item = f32> + Clone) -> f32 {
    let most = logits.clone().fold(f32::NEG_INFINITY, f32::max);
    most + logits.map(|x| (x - most).exp()).sum::<f32>().ln()
}

/// The span of tokens within `range` with the greatest sum of its begin and its end: first, last, and that sum.
fn best_span(
    range: Range<usize>,
    begin: impl Fn(usize) -> f32,
    end: impl Fn(usize) -> f32,
) -> Option<(usize, usize, f32)> {
    let ends = |first: usize| (first..range.end.min(first + SPAN_TOKENS)).map(move |last| (first, last));
    let spans = range.clone().flat_map(ends).map(|(first, last)| (first, last, begin(first) + end(last)));
    spans.max_by(|a, b| a.2.total_cmp(&b.2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_likeliest_span_ends_where_it_begins_or_later() {
        let (begin, end) = ([0.0, 3.0, 1.0, 0.0], [5.5, 0.0, 0.0, 2.0]);
        assert_eq!(best_span(0..4, |at| begin[at], |at| end[at]), Some((0, 0, 5.5)));
        assert_eq!(best_span(1..4, |at| begin[at], |at| end[at]), Some((1, 3, 5.0)));
        assert_eq!(best_span(2..2, |at| begin[at], |at| end[at]), None);
    }

    #[test]
    fn probabilities_add_up_whatever_the_logits() {
        for logits in [[0.0, 0.0, 0.0], [900.0, -900.0, 3.0], [-2.0, -1.0, -3.0]] {
            assert!((softmax(logits).iter().sum::<f32>() - 1.0).abs() < 1e-6);
            let log = log_sum_exp(logits.into_iter());
            assert!((logits.map(|x| (x - log).exp()).iter().sum::<f32>() - 1.0).abs() < 1e-4);
        }
    }

    #[test]
    fn only_the_latest_readings_are_remembered() {
        let mut remembered = Remembered::default();
        for key in 0..2 * REMEMBERED as u64 {
            remembered.put(key, Arc::default());
            remembered.put(key, Arc::default());
        }
        assert_eq!((remembered.readings.len(), remembered.order.len()), (REMEMBERED, REMEMBERED));
        assert!(
            remembered.readings.contains_key(&(2 * REMEMBERED as u64 - 1)) && !remembered.readings.contains_key(&0)
        );
    }
}
