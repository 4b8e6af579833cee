//! What the service does, apart from how it is asked.

pub mod answer_question;
pub mod edit_quiz;
pub mod find_passages;
pub mod insight;
mod keep_turn;
mod move_citations;
pub mod parsed_cache;
mod prove_questions;
mod quiz_sources;
