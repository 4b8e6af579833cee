//! Text generation: the `LLaMA` engine, grounded answers and their checks, quizzes and their proofs.

mod answer;
mod engine;
mod error;
mod quiz;

pub use answer::{AnswerConfig, AnswerEvent, AnswerRequest, Answerer, Locate, Place, standalone_question};
pub use engine::{EngineCounts, GgufModel, GgufModelSettings, TokenModel};
pub use error::{GeneratorError, GeneratorResult};
pub use quiz::{MadeQuiz, QuizConfig, QuizEvent, QuizMaker, QuizSource, SourceItem};
