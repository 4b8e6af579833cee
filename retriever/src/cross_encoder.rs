//! A cross-encoder: one model reads question and passage together and says how well they fit (Nogueira and Cho, 2019).
//! Through fastembed and ONNX Runtime. It reads slowly: only the first few hits are given to it.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use domain::{
    PortResult,
    ports::{BoxFuture, Reranker},
};
use fastembed::{OnnxSource, RerankInitOptionsUserDefined, TextRerank, UserDefinedRerankingModel};
use tokio::sync::Semaphore;

use crate::{
    RetrieverError,
    load_onnx::{environment, tokenizer_files, unavailable},
    run_blocking::BlockingGate,
};

/// Most tokens of question and passage together; what is over is cut from the longer of the two.
const MAX_TOKENS: usize = 512;
/// Pairs that are read at once: more are no faster on a processor, and need more memory.
const BATCH: usize = 4;

/// A loaded model. It reads for one search after another.
pub struct CrossEncoder {
    model: Arc<Mutex<TextRerank>>,
    gate: BlockingGate,
    waiting: Semaphore,
    queue: usize,
}

impl std::fmt::Debug for CrossEncoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CrossEncoder").field("queue", &self.queue).finish_non_exhaustive()
    }
}

impl CrossEncoder {
    /// Loads `model.onnx` and the tokenizer's files from `dir`, and tries them out. Takes seconds and blocks.
    ///
    /// `onnxruntime` is the shared library's path. `queue`: searches that may wait; more are refused as `Overloaded`.
    pub fn load(dir: &Path, onnxruntime: &Path, threads: usize, queue: usize) -> Result<Self, RetrieverError> {
        let environment = environment(onnxruntime)?;
        let path = dir.join("model.onnx");
        let files = UserDefinedRerankingModel::new(OnnxSource::File(path.clone()), tokenizer_files(dir)?);
        let options = RerankInitOptionsUserDefined::new()
            .with_max_length(MAX_TOKENS)
            .with_environment(environment)
            .with_intra_threads(threads.max(1))
            // Idle threads sleep: spinning ones would take the cores from the language model beside them.
            .with_session_config("session.intra_op.allow_spinning", "0");
        let mut model = TextRerank::try_new_from_user_defined(files, options).map_err(unavailable(&path))?;
        score(&mut model, "a", &["b".to_owned()]).map_err(unavailable(&path))?;
        let (gate, waiting) = (BlockingGate::single(), Semaphore::new(queue));
        Ok(Self { model: Arc::new(Mutex::new(model)), gate, waiting, queue })
    }
}

impl Reranker for CrossEncoder {
    fn rerank<'a>(&'a self, query: &'a str, texts: &'a [String]) -> BoxFuture<'a, PortResult<Vec<f32>>> {
        Box::pin(async move {
            let busy = RetrieverError::RerankerBusy { capacity: self.queue };
            let _place = self.waiting.try_acquire().map_err(|_| busy)?;
            let (model, query, texts) = (Arc::clone(&self.model), query.to_owned(), texts.to_vec());
            let work = move || score(&mut model.lock().unwrap_or_else(PoisonError::into_inner), &query, &texts);
            Ok(self.gate.run(work).await?)
        })
    }
}

/// One score per text, in order.
fn score(model: &mut TextRerank, query: &str, texts: &[String]) -> Result<Vec<f32>, RetrieverError> {
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    // A graph whose logits are no column makes fastembed panic.
    let run = catch_unwind(AssertUnwindSafe(|| model.rerank(query, &texts, false, Some(BATCH))));
    let failed = |detail: String| RetrieverError::RerankingFailed(detail);
    let ranked =
        run.map_err(|_| failed("its logits are not one a pair".to_owned()))?.map_err(|e| failed(e.to_string()))?;
    let mut scores = vec![f32::NEG_INFINITY; texts.len()];
    for result in ranked {
        if let Some(score) = scores.get_mut(result.index) {
            *score = result.score;
        }
    }
    Ok(scores)
}
