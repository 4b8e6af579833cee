//! Text generation: the `LLaMA` engine, grounded answers and their checks, conversations as files, quizzes and their
//! proofs.

mod answer;
mod conversation;
mod engine;
mod error;
mod mark_answers;
mod question_form;
mod quiz;
mod quiz_files;
mod server;

pub use answer::{
    AnswerConfig, AnswerEvent, AnswerRequest, Answerer, Locate, MaterialDocument, MaterialQuestion, Part, Place,
    about_material, material_passages, names_document, split_sentences, standalone_question,
};
pub use conversation::{ConversationFormat, WrittenTurn, title_of, write_conversation};
pub use engine::{ComputeDevice, EngineCounts, GgufModel, GgufModelSettings, TokenModel};
pub use error::{GeneratorError, GeneratorResult};
pub use mark_answers::{GivenAnswer, mark_answer};
pub use question_form::form_fault;
pub use quiz::{MadeQuiz, QuizConfig, QuizEvent, QuizMaker, QuizSource, SourceItem};
pub use quiz_files::{
    FileProblem, ImportedQuiz, MAX_IMPORT_BYTES, NotHeld, QuizFile, QuizFormat, export_quiz, import_quiz, shown_order,
};
pub use server::{ServerModel, ServerSettings};
