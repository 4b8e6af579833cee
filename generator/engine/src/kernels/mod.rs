//! The arithmetic: products with quantized weights, attention, and what is done to rows between them.
//!
//! The one place with `unsafe`: vector instructions are unsafe to call in Rust, threads write disjoint parts of one
//! output, and the pool hands borrowed closures to its threads. Everything `pub(crate)` here is safe to call.
#![allow(unsafe_code)]
// Generic kernels must be inlined into the function that enables their instructions.
#![allow(clippy::inline_always, clippy::wildcard_imports)]
// Register tiles are arrays of arrays that one index runs through together; bytes change their sign on purpose.
#![allow(clippy::needless_range_loop, clippy::cast_possible_wrap)]

mod activations;
mod aligned;
mod attention;
#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod blocks;
mod isa;
mod kv_memory;
mod matrix;
mod peak;
mod pool;
mod portable;
mod product;
mod rows;
mod simd;
#[cfg(test)]
mod tests;

pub(crate) use activations::Activations;
pub(crate) use attention::{Attend, Queries, QueryRow, attention};
pub(crate) use isa::Isa;
pub(crate) use kv_memory::{KvMemory, PAGE};
pub(crate) use matrix::{Matrix, is_supported};
pub(crate) use peak::peak;
pub(crate) use pool::Pool;
pub(crate) use product::{Product, products};
pub(crate) use rows::{RopePairs, add_row, add_scaled_row, rms_norm, rope, swiglu};
