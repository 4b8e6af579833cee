//! HTTP: the routes, who may call them, and the form of every error answer.

mod access;
mod problem;
mod routes;

pub use routes::{openapi, router};
