//! Finding passages: embedding, the vector index (in process or on a Qdrant server), the keyword index, fusion of both
//! rankings, packing of what was found into a prompt's budget, and the measures of how well all of it works.
//!
//! [`HybridRetriever`] implements the ports [`domain::ports::ChunkStore`] and [`domain::ports::ChunkSearcher`];
//! [`E5Embedder`] implements [`domain::ports::Embedder`] and [`domain::ports::TokenCounter`], [`CrossEncoder`]
//! [`domain::ports::Reranker`].

mod analyse_text;
mod cross_encoder;
mod describe_index;
mod edge_vectors;
mod embed_e5;
mod fuse_rankings;
mod keyword_index;
mod keyword_query;
mod keyword_schema;
mod language_bias;
mod late_interaction;
mod load_onnx;
mod measure_retrieval;
mod near_duplicates;
mod pack_context;
mod queue_embedding;
mod rank_metrics;
mod read_passages;
mod read_questions;
mod rerank_candidates;
mod retriever_error;
mod run_blocking;
mod search_chunks;
mod server_vectors;
mod small_tokenizer;
mod store_chunks;
mod vector_index;

pub use analyse_text::{ANALYSER_VERSION, analyse};
pub use cross_encoder::CrossEncoder;
pub use edge_vectors::EdgeVectorIndex;
pub use embed_e5::{E5Embedder, EmbedderFiles, EmbedderSettings};
pub use fuse_rankings::{FusedHit, Fusion, Ranked, fuse};
pub use keyword_index::{KeywordHit, KeywordIndex};
pub use measure_retrieval::{CrossEncoders, ModeReport, evaluate, index_passages};
pub use pack_context::{PackSources, neighbour_keys, pack_passages};
pub use queue_embedding::{EmbeddingQueue, TextModel};
pub use rank_metrics::{RankMetrics, percentile};
pub use read_passages::CrossEncoderReader;
pub use read_questions::{EvalPassage, EvalQuestion, EvalSet, spread};
pub use retriever_error::RetrieverError;
pub use server_vectors::{ServerSettings, ServerVectorIndex};
pub use store_chunks::{HybridRetriever, RetrieverSettings};
pub use vector_index::{VectorHit, VectorIndex, VectorPoint};
