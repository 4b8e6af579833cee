//! The engine from outside, through its port.

mod adapters;
mod common;
mod constraints;
mod gguf_files;
mod server_model;
#[path = "../tiny/mod.rs"]
mod tiny;
