//! An answer as it is given and kept.

use domain::{Answer, AnswerId, AnswerSentence, Citation, Usage};
use serde::Serialize;
use utoipa::ToSchema;

use super::Explanation;

/// Milliseconds.
#[expect(clippy::struct_field_names, reason = "JSON has no types: the unit is in the name")]
#[derive(Clone, Copy, Debug, Default, Serialize, ToSchema)]
pub struct Timings {
    /// Until the passages were found.
    pub retrieve_ms: u64,
    /// Until the first words of the answer.
    pub first_token_ms: u64,
    /// In all.
    pub total_ms: u64,
}

/// An answer, or a refusal with the nearest passages as its citations.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AskResponse {
    /// Names it for `PATCH /api/v1/answers/{id}`; null where no answers are kept.
    pub id: Option<AnswerId>,
    /// Its number in its conversation; null where it is not kept in one.
    pub turn: Option<u32>,
    /// The text with its marks: `… in 1912 [1].`
    pub answer: String,
    /// Its sentences.
    pub sentences: Vec<AnswerSentence>,
    /// Verbatim quotes with their places.
    pub citations: Vec<Citation>,
    /// Whether the material was found not to hold an answer.
    pub refused: bool,
    /// Whether what is shown may well not answer the question, because the material says nothing nearer.
    pub unsure: bool,
    /// Who wrote it, in mode `answer`.
    pub model: String,
    /// How long it took.
    pub timings: Timings,
    /// Tokens read and written.
    pub usage: Usage,
    /// How it came about, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explanation: Option<Explanation>,
}

impl AskResponse {
    /// An answer, who wrote it and how long it took.
    pub fn new(answer: Answer, timings: Timings, model: &str) -> Self {
        let unsure = answer.is_unsure();
        let Answer { text, sentences, citations, refused, usage, .. } = answer;
        Self {
            id: None,
            turn: None,
            answer: text,
            sentences,
            citations,
            refused,
            unsure,
            model: model.to_owned(),
            timings,
            usage,
            explanation: None,
        }
    }
}
