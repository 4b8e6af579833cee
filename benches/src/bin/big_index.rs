//! How search grows with the index: p50 and p95 of hybrid search, memory and disk, at each of these sizes, in process. The
//! chunks are made up; each query is also read by the real embedder where it is installed, so that its time counts.
//!
//! Usage: `big_index [CHUNKS…]`, by default 10000. A million chunks take about 12 GB of disk, 4 GB of memory and an hour.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Instant,
};

use domain::{
    ByteRange, Chunk, ChunkId, CourseId, DocumentId, PortResult, Script, SearchFilter, SearchMode, SearchQuery,
    ports::{BoxFuture, ChunkSearcher, ChunkStore, EmbedRole, Embedder, LanguageBias, TextVectors},
};
use lectern_benches::{quantile, resident_mib};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use retriever::{E5Embedder, EmbedderFiles, EmbedderSettings, HybridRetriever, RetrieverSettings};

const DIMENSIONS: usize = 384;
/// Chunks of a document: a reader of some 200 pages.
const A_DOCUMENT: usize = 500;
const WORDS_A_CHUNK: usize = 100;
const VOCABULARY: f64 = 50_000.0;
const QUERIES: usize = 200;
const WORDS_A_QUERY: usize = 8;

/// Words are vectors that their spelling tells, texts the mean of their words: texts that share words are near.
struct Synthetic {
    /// Reads each query as well.
    real: Option<E5Embedder>,
}

/// The same word has the same vector, of length about 1.
fn word_vector(word: &str) -> impl Iterator<Item = f32> {
    let mut state =
        word.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
    (0..DIMENSIONS).map(move |_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        ((state >> 40) as f32 / (1_u32 << 24) as f32 - 0.5) * (12.0 / DIMENSIONS as f32).sqrt()
    })
}

fn vectors(text: &str) -> TextVectors {
    let tokens: Vec<f32> = text.split_whitespace().flat_map(word_vector).collect();
    let mut mean = vec![0.0_f32; DIMENSIONS];
    for token in tokens.chunks_exact(DIMENSIONS) {
        for (sum, x) in mean.iter_mut().zip(token) {
            *sum += x;
        }
    }
    let length = mean.iter().map(|x| x * x).sum::<f32>().sqrt().max(f32::MIN_POSITIVE);
    TextVectors { text: mean.iter().map(|x| x / length).collect(), tokens }
}

impl Embedder for Synthetic {
    fn dimensions(&self) -> usize {
        DIMENSIONS
    }

    fn identity(&self) -> &'static str {
        "synthetic-384"
    }

    fn language_bias(&self, script: Script, role: EmbedRole) -> Option<&LanguageBias> {
        self.real.as_ref()?.language_bias(script, role)
    }

    fn embed(&self, texts: Vec<String>, role: EmbedRole) -> BoxFuture<'_, PortResult<Vec<Vec<f32>>>> {
        Box::pin(async move { Ok(self.embed_tokens(texts, role).await?.into_iter().map(|text| text.text).collect()) })
    }

    fn embed_tokens(&self, texts: Vec<String>, role: EmbedRole) -> BoxFuture<'_, PortResult<Vec<TextVectors>>> {
        Box::pin(async move {
            if let (EmbedRole::Query, Some(real)) = (role, &self.real) {
                real.embed_tokens(texts.clone(), role).await?;
            }
            Ok(texts.iter().map(|text| vectors(text)).collect())
        })
    }
}

/// The real embedder, where it is installed.
fn real_embedder() -> Option<E5Embedder> {
    let home = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
    let models = std::env::var_os("LECTERN_MODELS").map_or_else(|| home.join(".cache/lectern/models"), PathBuf::from);
    let files = std::fs::read_dir(models.join("onnxruntime")).ok()?.filter_map(Result::ok).map(|entry| entry.path());
    let runtime = files.filter(|path| path.to_string_lossy().contains("libonnxruntime.so")).min()?;
    let files = EmbedderFiles::in_dir(models.join("multilingual-e5-small"));
    E5Embedder::load(&files, &runtime, EmbedderSettings::default()).ok()
}

/// A word; the n-th most frequent is drawn about once in n (Zipf's law).
fn word(rng: &mut StdRng) -> String {
    let rank = VOCABULARY.powf(rng.random_range(0.0..1.0)) as u32;
    format!("w{rank}q")
}

fn chunks(course: CourseId, document: DocumentId, rng: &mut StdRng) -> Vec<Chunk> {
    let mut start = 0;
    let mut chunk = |ordinal: usize| {
        let text = (0..WORDS_A_CHUNK).map(|_| word(rng)).collect::<Vec<_>>().join(" ");
        let range = ByteRange::new(start, start + text.len());
        start = range.end + 2;
        let page = ordinal as u32 / 3 + 1;
        Chunk {
            id: ChunkId::derive(course, &document.to_string(), ordinal),
            ordinal,
            tokens: WORDS_A_CHUNK,
            pages: (page, page),
            heading_path: vec![format!("Unit {}", ordinal / 20)],
            range,
            text,
        }
    };
    (0..A_DOCUMENT).map(&mut chunk).collect()
}

/// Bytes below a folder.
fn size_of(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let size = |entry: std::fs::DirEntry| match entry.metadata() {
        Ok(meta) if meta.is_dir() => size_of(&entry.path()),
        Ok(meta) => meta.len(),
        Err(_) => 0,
    };
    entries.map(size).sum()
}

/// What one query is to find: the words of a chunk, and the chunk.
type Wanted = (String, ChunkId);

fn wanted(chunk: &Chunk, rng: &mut StdRng) -> Wanted {
    let words: Vec<&str> = chunk.text.split_whitespace().collect();
    let picked = (0..WORDS_A_QUERY).map(|_| words[rng.random_range(0..words.len())]).collect::<Vec<_>>();
    (picked.join(" "), chunk.id)
}

/// Milliseconds of each query, sorted, and how many found their chunk first.
async fn measure(retriever: &HybridRetriever, course: CourseId, asked: &[Wanted]) -> (Vec<f64>, usize) {
    let (mut millis, mut found) = (Vec::with_capacity(asked.len()), 0);
    for (text, chunk) in asked {
        let query = SearchQuery {
            course,
            text: text.clone(),
            limit: 10,
            mode: SearchMode::Hybrid,
            filter: SearchFilter::default(),
        };
        let started = Instant::now();
        let hits = retriever.search(query).await.expect("a search succeeds");
        millis.push(started.elapsed().as_secs_f64() * 1000.0);
        found += usize::from(hits.first().is_some_and(|hit| hit.chunk_id == *chunk));
    }
    millis.sort_by(f64::total_cmp);
    (millis, found)
}

#[tokio::main]
async fn main() {
    let mut sizes: Vec<usize> = std::env::args().skip(1).filter_map(|size| size.parse().ok()).collect();
    if sizes.is_empty() {
        sizes.push(10_000);
    }
    sizes.sort_unstable();
    let real = real_embedder();
    println!("the query's embedding is {}", if real.is_some() { "counted" } else { "NOT counted: no model installed" });
    let folder = tempfile::tempdir().expect("a temporary folder");
    let opened = HybridRetriever::open(folder.path(), Arc::new(Synthetic { real }), RetrieverSettings::default());
    let (retriever, course) = (opened.expect("an index can be made"), CourseId::new());
    let (mut rng, mut asked, mut stored, started) = (StdRng::seed_from_u64(7), Vec::new(), 0, Instant::now());
    println!(
        "{:>9}  {:>7}  {:>7}  {:>9}  {:>10}  {:>8}  {:>7}",
        "chunks", "p50 ms", "p95 ms", "found 1st", "memory MiB", "disk MiB", "built s"
    );
    for size in sizes {
        while stored < size {
            let document = DocumentId::new();
            let chunks = chunks(course, document, &mut rng);
            retriever.put(course, document, &chunks, &|_, _| {}).await.expect("chunks can be stored");
            stored += chunks.len();
            asked.extend(chunks.iter().step_by(A_DOCUMENT / 10).map(|chunk| wanted(chunk, &mut rng)));
        }
        let built = started.elapsed().as_secs();
        // Of chunks all over the index; the first queries only warm it.
        let some: Vec<Wanted> = (0..QUERIES).map(|_| asked[rng.random_range(0..asked.len())].clone()).collect();
        measure(&retriever, course, &some[..QUERIES / 10]).await;
        let (millis, found) = measure(&retriever, course, &some).await;
        println!(
            "{stored:>9}  {:>7.1}  {:>7.1}  {:>7.1} %  {:>10}  {:>8}  {built:>7}",
            quantile(&millis, 0.5),
            quantile(&millis, 0.95),
            found as f64 / QUERIES as f64 * 100.0,
            resident_mib(std::process::id()),
            size_of(folder.path()) >> 20,
        );
    }
}
