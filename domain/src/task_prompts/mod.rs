//! The only place where the tasks' prompts and answers are worded; serving must use exactly these.
//!
//! Two versions: a model is served in the one that it was tuned on, which its file names under [`MODEL_KEY`]. Version 1
//! (the names of this module itself) copies a span and names its passage; it stays as it is to the byte, for the adapter
//! that is shipped. [`v2`] numbers the sentences and points at them.

mod v1;
pub mod v2;

pub use v1::{
    MODEL_KEY, VERSION, answer_prompt, answer_text, distractor_prompt, read_answer, refusal, rewrite_prompt, rules,
    stem_prompt,
};

use crate::Language;

/// The version of the wordings whose system message this is; `None` for any other.
pub fn version_of(language: Language, system: &str) -> Option<u32> {
    [(VERSION, rules(language)), (v2::VERSION, v2::rules(language))]
        .into_iter()
        .find_map(|(version, rules)| (rules == system).then_some(version))
}

/// What a model says, in the wordings of `version`, where the passages do not hold the answer.
pub const fn refusal_of(version: u32, language: Language) -> &'static str {
    if version == v2::VERSION { v2::none(language) } else { refusal(language) }
}
