//! What the end-to-end tests and the side-by-side runs share: a real server in its own process, and small documents.

mod make_pdf;
mod server;

pub use make_pdf::{pdf, pdf_without_text};
pub use server::{Options, Server, lectern_binary};
