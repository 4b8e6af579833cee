//! The `lectern` program: command line, settings, wiring, HTTP routes, jobs and the metadata store.

mod access;
mod answer_question;
mod app;
mod cli;
mod client;
mod commands;
mod data_lock;
mod edit_quiz;
mod find_passages;
mod insight;
mod job_events;
mod keep_turn;
mod make_quizzes;
mod move_citations;
mod parsed_cache;
mod problem;
mod prove_questions;
mod pull_models;
mod quiz_sources;
mod read_documents;
mod routes;
mod run_jobs;
mod serve;
mod served_models;
mod settings;
mod store;
mod tuned_models;

pub use cli::run;
