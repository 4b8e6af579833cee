//! A model on its own thread behind a bounded queue: waiting requests share batches, and queries go before passages.
//!
//! Passages are run in short slices, so that a search that arrives during an upload waits for one slice and not for the
//! whole batch; after [`QUERIES_IN_A_ROW`] batches of queries one slice of passages runs all the same.

use std::{
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
};

use domain::ports::{EmbedRole, TextVectors};
use tokio::sync::oneshot;

use crate::RetrieverError;

/// Most texts taken from the queue at once.
const BATCH: usize = 32;
/// Most texts of a slice of passages.
const SLICE: usize = 8;
/// Most bytes of a slice of two texts or more: about four of the longest the model reads. Larger ones are no faster,
/// keep searches waiting and need more memory.
const SLICE_BYTES: usize = 8_000;
/// Batches of queries before a waiting slice of passages has its turn.
const QUERIES_IN_A_ROW: usize = 4;

/// The vectors of each text, or what went wrong.
type Reply = Result<Vec<TextVectors>, RetrieverError>;

/// A model that is not shared between threads.
pub trait TextModel: Send + 'static {
    /// The vectors of each text, in order.
    fn embed(&mut self, texts: &[String], role: EmbedRole) -> Reply;
}

/// The queue and its thread. Dropping the last handle ends the thread after the work in hand.
#[derive(Debug)]
pub struct EmbeddingQueue {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    lanes: Mutex<Lanes>,
    changed: Condvar,
    capacity: usize,
}

#[derive(Debug, Default)]
struct Lanes {
    queries: Lane,
    passages: Lane,
    closed: bool,
}

/// Requests of one role, and how many texts they hold together.
#[derive(Debug, Default)]
struct Lane {
    jobs: VecDeque<Job>,
    texts: usize,
}

#[derive(Debug)]
struct Job {
    texts: Vec<String>,
    reply: oneshot::Sender<Reply>,
}

impl Lane {
    /// Takes whole requests up to `BATCH` texts, at least one, skipping those nobody waits for any more.
    fn take_batch(&mut self) -> Vec<Job> {
        let mut batch = Vec::new();
        let mut texts = 0;
        while let Some(job) = self.jobs.front() {
            let abandoned = job.reply.is_closed();
            if !abandoned && !batch.is_empty() && texts + job.texts.len() > BATCH {
                break;
            }
            let Some(job) = self.jobs.pop_front() else { break };
            self.texts -= job.texts.len();
            if !abandoned {
                texts += job.texts.len();
                batch.push(job);
            }
        }
        batch
    }

    fn forget_abandoned(&mut self) {
        self.jobs.retain(|job| !job.reply.is_closed());
        self.texts = self.jobs.iter().map(|job| job.texts.len()).sum();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Lanes> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl EmbeddingQueue {
    /// Starts the thread. `capacity` is the most texts that may wait in each of the two lanes.
    pub fn start(model: impl TextModel, capacity: usize) -> Result<Self, RetrieverError> {
        let shared = Arc::new(Shared { lanes: Mutex::default(), changed: Condvar::new(), capacity: capacity.max(1) });
        let worker = Worker { shared: Arc::clone(&shared), model, queries_in_a_row: 0 };
        std::thread::Builder::new()
            .name("embedder".to_owned())
            .spawn(move || worker.run())
            .map_err(RetrieverError::storage("embedder thread"))?;
        Ok(Self { shared })
    }

    /// Queues a request and waits for its vectors.
    ///
    /// Cancel safety: a dropped request is skipped, unless the model already works on it.
    pub async fn embed(&self, texts: Vec<String>, role: EmbedRole) -> Reply {
        if texts.is_empty() {
            return Ok(Vec::new());
        }
        let answer = self.admit(texts, role)?;
        answer.await.unwrap_or(Err(RetrieverError::EmbedderStopped))
    }

    fn admit(&self, texts: Vec<String>, role: EmbedRole) -> Result<oneshot::Receiver<Reply>, RetrieverError> {
        let (reply, answer) = oneshot::channel();
        let mut lanes = self.shared.lock();
        if lanes.closed {
            return Err(RetrieverError::EmbedderStopped);
        }
        let lane = match role {
            EmbedRole::Query => &mut lanes.queries,
            EmbedRole::Passage => &mut lanes.passages,
        };
        let capacity = self.shared.capacity;
        if lane.texts + texts.len() > capacity {
            lane.forget_abandoned();
        }
        // A request larger than the whole queue is let in when nothing else waits; refusing it for ever helps nobody.
        if lane.texts > 0 && lane.texts + texts.len() > capacity {
            return Err(RetrieverError::EmbedderBusy { waiting: lane.texts, capacity });
        }
        lane.texts += texts.len();
        lane.jobs.push_back(Job { texts, reply });
        drop(lanes);
        self.shared.changed.notify_one();
        Ok(answer)
    }
}

impl Drop for EmbeddingQueue {
    fn drop(&mut self) {
        self.shared.lock().closed = true;
        self.shared.changed.notify_all();
    }
}

/// What the thread does next.
enum Turn {
    Queries(Vec<Job>),
    Passages,
    Stop,
}

struct Worker<M> {
    shared: Arc<Shared>,
    model: M,
    queries_in_a_row: usize,
}

impl<M: TextModel> Worker<M> {
    fn run(mut self) {
        let mut passages: Option<Batch> = None;
        loop {
            match self.next_turn(&mut passages) {
                Turn::Stop => break,
                Turn::Queries(jobs) => {
                    self.queries_in_a_row += 1;
                    let mut batch = Batch::new(jobs);
                    while batch.step(&mut self.model, EmbedRole::Query, BATCH) {}
                }
                Turn::Passages => {
                    self.queries_in_a_row = 0;
                    let unfinished =
                        passages.as_mut().is_some_and(|batch| batch.step(&mut self.model, EmbedRole::Passage, SLICE));
                    if !unfinished {
                        passages = None;
                    }
                }
            }
        }
        // Whoever still waits learns it from the dropped channel.
        let mut lanes = self.shared.lock();
        lanes.closed = true;
        lanes.queries.jobs.clear();
        lanes.passages.jobs.clear();
    }

    fn next_turn(&self, passages: &mut Option<Batch>) -> Turn {
        let mut lanes = self.shared.lock();
        loop {
            if lanes.closed {
                return Turn::Stop;
            }
            let passages_wait = passages.is_some() || !lanes.passages.jobs.is_empty();
            if !passages_wait || self.queries_in_a_row < QUERIES_IN_A_ROW {
                let jobs = lanes.queries.take_batch();
                if !jobs.is_empty() {
                    return Turn::Queries(jobs);
                }
            }
            if passages.is_none() {
                let jobs = lanes.passages.take_batch();
                *passages = (!jobs.is_empty()).then(|| Batch::new(jobs));
            }
            if passages.is_some() {
                return Turn::Passages;
            }
            if lanes.queries.jobs.is_empty() {
                lanes = self.shared.changed.wait(lanes).unwrap_or_else(PoisonError::into_inner);
            }
        }
    }
}

/// Requests in work: their texts ordered by length, so that what is run together needs little padding.
struct Batch {
    jobs: Vec<Option<Job>>,
    vectors: Vec<Vec<TextVectors>>,
    /// (request, text) by falling length: the longest slice first, so that its memory is there for all others.
    order: Vec<(usize, usize)>,
    next: usize,
}

impl Batch {
    fn new(jobs: Vec<Job>) -> Self {
        let mut order: Vec<_> =
            jobs.iter().enumerate().flat_map(|(j, job)| (0..job.texts.len()).map(move |t| (j, t))).collect();
        order.sort_by_key(|&(j, t)| std::cmp::Reverse(jobs[j].texts[t].len()));
        let vectors = jobs.iter().map(|job| vec![TextVectors::default(); job.texts.len()]).collect();
        Self { jobs: jobs.into_iter().map(Some).collect(), vectors, order, next: 0 }
    }

    /// Runs the next slice; whether more are left. Finished requests are answered, abandoned ones left out.
    fn step(&mut self, model: &mut impl TextModel, role: EmbedRole, slice: usize) -> bool {
        for job in &mut self.jobs {
            if job.as_ref().is_some_and(|job| job.reply.is_closed()) {
                *job = None;
            }
        }
        let places = self.next_places(slice);
        self.run_places(model, role, &places);
        let done = self.next >= self.order.len();
        if done {
            self.answer_all();
        }
        !done
    }

    fn next_places(&mut self, slice: usize) -> Vec<(usize, usize)> {
        let (mut places, mut bytes) = (Vec::with_capacity(slice), 0);
        while let Some(&(j, t)) = self.order.get(self.next).filter(|_| places.len() < slice) {
            let size = self.jobs[j].as_ref().map(|job| job.texts[t].len());
            bytes += size.unwrap_or(0);
            if !places.is_empty() && bytes > SLICE_BYTES {
                break;
            }
            self.next += 1;
            if size.is_some() {
                places.push((j, t));
            }
        }
        places
    }

    fn run_places(&mut self, model: &mut impl TextModel, role: EmbedRole, places: &[(usize, usize)]) {
        let texts: Vec<String> = places
            .iter()
            .filter_map(|&(j, t)| self.jobs[j].as_mut().map(|job| std::mem::take(&mut job.texts[t])))
            .collect();
        if texts.is_empty() {
            return;
        }
        let result = catch_unwind(AssertUnwindSafe(|| model.embed(&texts, role)))
            .unwrap_or_else(|_| Err(RetrieverError::EmbeddingFailed("the model panicked".to_owned())));
        match result {
            Ok(vectors) if vectors.len() == places.len() => {
                for (&(j, t), vector) in places.iter().zip(vectors) {
                    self.vectors[j][t] = vector;
                }
            }
            Ok(vectors) => self.fail(places, &format!("{} vectors for {} texts", vectors.len(), places.len())),
            Err(error) => self.fail(places, &error.to_string()),
        }
    }

    fn fail(&mut self, places: &[(usize, usize)], detail: &str) {
        tracing::error!(detail, texts = places.len(), "embedding failed");
        for &(j, _) in places {
            if let Some(job) = self.jobs[j].take() {
                let _ = job.reply.send(Err(RetrieverError::EmbeddingFailed(detail.to_owned())));
            }
        }
    }

    fn answer_all(&mut self) {
        for (job, vectors) in self.jobs.iter_mut().zip(&mut self.vectors) {
            if let Some(job) = job.take() {
                // An error only says that nobody waits any more.
                let _ = job.reply.send(Ok(std::mem::take(vectors)));
            }
        }
    }
}
