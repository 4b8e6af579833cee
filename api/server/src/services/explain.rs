//! How an answer came about, as it is shown on request.

use domain::{Answer, DocumentId, Passage, Prompt, Rect};
use serde::Serialize;
use utoipa::ToSchema;

/// A passage that the answer is drawn from.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PassageView {
    n: usize,
    document_id: DocumentId,
    document_name: String,
    /// First and last page.
    pages: (u32, u32),
    heading_path: Vec<String>,
    text: String,
    score: f32,
    boxes: Vec<Rect>,
}

/// How an answer came about.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Explanation {
    /// What was searched with: the question, with what it needs of the conversation before it. Null for a question about
    /// the material itself, for which nothing is searched.
    pub query: Option<String>,
    /// What was found. A model may read less of each, and none of the sentences that give orders: see `prompts`.
    pub passages: Vec<PassageView>,
    /// What the model was given to read, in order; none where no model was asked.
    pub prompts: Vec<Prompt>,
    /// How likely it is that the material does not hold an answer, 0 to 1; null for a question about the material itself.
    pub doubt: Option<f32>,
    /// The doubt above which the question is refused.
    pub refuse_above: Option<f32>,
}

impl From<Passage> for PassageView {
    fn from(passage: Passage) -> Self {
        let Passage { n, document_id, document_name, pages, heading_path, text, score, boxes, .. } = passage;
        Self { n, document_id, document_name, pages, heading_path, text, score, boxes }
    }
}

impl Explanation {
    /// Of an answer that was drawn from these passages.
    pub fn new(query: Option<String>, passages: Vec<Passage>, answer: &Answer) -> Self {
        Self {
            query,
            passages: passages.into_iter().map(PassageView::from).collect(),
            prompts: answer.prompts.clone(),
            doubt: answer.refuse_above.map(|_| answer.doubt),
            refuse_above: answer.refuse_above,
        }
    }
}
