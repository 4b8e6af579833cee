//! What the service does, apart from how it is asked: nothing here knows of HTTP.

mod answer_question;
mod answered;
pub mod edit_quiz;
mod error;
mod explain;
mod find_passages;
pub mod insight;
pub mod keep_turn;
mod library;
pub mod move_citations;
mod prove_questions;
mod quiz_sources;
mod recent;

pub use answer_question::{AnswerService, AskEvent, Asked};
pub use answered::{AskResponse, Timings};
pub use error::{ServiceError, ServiceResult};
pub use explain::{Explanation, PassageView};
pub use find_passages::{PassageBudget, PassageFinder, check_question};
pub use library::Library;
pub use prove_questions::Prover;
pub use quiz_sources::QuizSources;
