//! HTTP: the routes, who may call them, and the form of every error answer.

mod access;
pub mod problem;
mod routes;

pub use routes::{AskResponse, Explanation, Timings, openapi, router};
