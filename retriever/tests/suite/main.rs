//! The retriever's tests, one binary: linking the vector engine once is slow enough.

mod common;
mod cross_encoder;
mod e5_model;
mod embedding_queue;
mod index_state;
mod measures;
mod packing;
mod vector_indexes;
