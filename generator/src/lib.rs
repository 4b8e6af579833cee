//! Text generation: the `LLaMA` engine, grounded answers and their checks.

mod answer;
mod engine;
mod error;
mod server;

pub use answer::{AnswerConfig, AnswerEvent, AnswerRequest, Answerer, Locate, Place, standalone_question};
pub use engine::{EngineCounts, GgufModel, GgufModelSettings, TokenModel};
pub use error::{GeneratorError, GeneratorResult};
pub use server::{ServerModel, ServerSettings};
