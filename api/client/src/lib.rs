//! A client of the REST API, what its users repeat (finding a course, going through pages, waiting for a job), and how
//! commands print.

mod call;
mod command;
mod course_questions;
mod courses;
mod follow;

pub use call::{CallError, Client, connect};
pub use command::{CommandResult, NOTHING_FOUND, Output, parse_name};
pub use course_questions::{CourseQuestions, course_questions, quiz_questions};
pub use courses::{all_pages, course_id, create_course, known_course};
pub use follow::{follow_document, follow_quiz, quiz_id};
