//! The queue in front of the model: full, abandoned, who goes first.

use std::{
    sync::{Arc, Mutex, mpsc},
    time::Duration,
};

use domain::{
    ErrorKind,
    ports::{EmbedRole, TextVectors},
};
use retriever::{EmbeddingQueue, RetrieverError, TextModel};

/// Runs one batch for each permit it is sent, and notes what it ran.
struct Gated {
    permits: mpsc::Receiver<()>,
    ran: Arc<Mutex<Vec<Vec<String>>>>,
}

impl TextModel for Gated {
    fn embed(&mut self, texts: &[String], _: EmbedRole) -> Result<Vec<TextVectors>, RetrieverError> {
        self.ran.lock().unwrap().push(texts.to_vec());
        let _ = self.permits.recv_timeout(Duration::from_secs(20));
        assert!(!texts.iter().any(|t| t == "panic"), "asked to");
        Ok(texts.iter().map(|t| TextVectors { text: vec![t.len() as f32], tokens: Vec::new() }).collect())
    }
}

type Ran = Arc<Mutex<Vec<Vec<String>>>>;

fn start(capacity: usize) -> (Arc<EmbeddingQueue>, mpsc::Sender<()>, Ran) {
    let (send, permits) = mpsc::channel();
    let ran = Ran::default();
    let queue = EmbeddingQueue::start(Gated { permits, ran: Arc::clone(&ran) }, capacity).unwrap();
    (Arc::new(queue), send, ran)
}

fn texts(names: &[&str]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

/// Queues a request and waits until it is queued (or, with an idle worker, running).
async fn queued(
    queue: &Arc<EmbeddingQueue>,
    names: &[&str],
    role: EmbedRole,
) -> tokio::task::JoinHandle<Result<Vec<TextVectors>, RetrieverError>> {
    let (queue, names) = (Arc::clone(queue), texts(names));
    let handle = tokio::spawn(async move { queue.embed(names, role).await });
    tokio::time::sleep(Duration::from_millis(50)).await;
    handle
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_says_so_and_does_nothing() {
    let (queue, permits, ran) = start(2);
    let running = queued(&queue, &["running"], EmbedRole::Query).await;
    let waiting = queued(&queue, &["a", "b"], EmbedRole::Query).await;
    let error = queue.embed(texts(&["c"]), EmbedRole::Query).await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::Overloaded, "embedder_busy"));
    for _ in 0..3 {
        permits.send(()).unwrap();
    }
    assert_eq!(running.await.unwrap().unwrap().len(), 1);
    assert_eq!(waiting.await.unwrap().unwrap().len(), 2);
    assert!(!ran.lock().unwrap().iter().flatten().any(|t| t == "c"));
}

#[tokio::test(flavor = "multi_thread")]
async fn abandoned_requests_never_reach_the_model_and_free_their_place() {
    let (queue, permits, ran) = start(1);
    let running = queued(&queue, &["running"], EmbedRole::Query).await;
    let abandoned = queued(&queue, &["abandoned"], EmbedRole::Query).await;
    abandoned.abort();
    assert!(abandoned.await.unwrap_err().is_cancelled());
    let next = queued(&queue, &["next"], EmbedRole::Query).await;
    for _ in 0..2 {
        permits.send(()).unwrap();
    }
    running.await.unwrap().unwrap();
    next.await.unwrap().unwrap();
    assert_eq!(*ran.lock().unwrap(), [texts(&["running"]), texts(&["next"])]);
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_queries_share_a_batch_and_overtake_passages() {
    let (queue, permits, ran) = start(64);
    let long: Vec<String> = (0..20).map(|n| "p".repeat(n + 1)).collect();
    let upload = {
        let (queue, long) = (Arc::clone(&queue), long.clone());
        tokio::spawn(async move { queue.embed(long, EmbedRole::Passage).await })
    };
    tokio::time::sleep(Duration::from_millis(50)).await;
    let first = queued(&queue, &["q1"], EmbedRole::Query).await;
    let second = queued(&queue, &["q2"], EmbedRole::Query).await;
    for _ in 0..8 {
        permits.send(()).unwrap();
    }
    first.await.unwrap().unwrap();
    second.await.unwrap().unwrap();
    let vectors = upload.await.unwrap().unwrap();
    let lengths: Vec<_> = vectors.into_iter().map(|v| v.text).collect();
    assert_eq!(lengths, (0..20).map(|n| vec![(n + 1) as f32]).collect::<Vec<_>>(), "in the order asked");
    let ran = ran.lock().unwrap();
    assert_eq!(ran[1], texts(&["q1", "q2"]), "queries go between two slices of the upload");
    assert!(ran[0].len() < 20 && ran[0].iter().map(String::len).min() > ran[2].iter().map(String::len).max());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panicking_batch_fails_alone() {
    let (queue, permits, _ran) = start(4);
    for _ in 0..4 {
        permits.send(()).unwrap();
    }
    let error = queue.embed(texts(&["panic"]), EmbedRole::Query).await.unwrap_err();
    assert_eq!(error.code(), "embedding_failed");
    assert_eq!(queue.embed(texts(&["fine"]), EmbedRole::Query).await.unwrap()[0].text, [4.0]);
    assert!(queue.embed(Vec::new(), EmbedRole::Query).await.unwrap().is_empty());
}
