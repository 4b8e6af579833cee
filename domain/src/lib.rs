//! The words every Lectern crate shares: courses, documents, blocks, chunks, citations and answers; the ports through
//! which the crates meet; and the kinds of error. Nothing here does I/O.

mod adapter;
mod answer;
mod chunk;
mod course;
mod document;
mod error;
mod error_code;
mod geometry;
mod ids;
mod job;
mod language;
mod place;
pub mod ports;
mod question_form;
mod quiz;
mod script;
mod search;
mod table_text;
pub mod task_prompts;

pub use adapter::{AdapterWeights, LowRankUpdate};
pub use answer::{Answer, AnswerMode, AnswerSentence, Citation, Prompt, PromptUse, Turn, Usage};
pub use chunk::{CHUNKER_VERSION, Chunk};
pub use course::Course;
pub use document::{
    Block, BlockKind, DocumentStatus, Failure, OutlineEntry, PageInfo, ParsedDocument, ReadWarning, Word,
};
pub use error::{ErrorKind, PortError, PortResult};
pub use error_code::ErrorCode;
pub use geometry::{ByteRange, Rect};
pub use ids::{AnswerId, ChunkId, ConversationId, CourseId, DocumentId, JobId, QuizId};
pub use job::{JobState, Progress};
pub use language::Language;
pub use place::Place;
pub use question_form::form_fault;
pub use quiz::{
    BLANK, Check, CognitiveLevel, Difficulty, LeftOut, MatchPair, Proof, Question, QuestionBody, QuestionKind, Quiz,
    QuizRequest,
};
pub use script::{Script, is_unspaced};
pub use search::{Hit, Passage, Scores, SearchFilter, SearchMode, SearchQuery};
