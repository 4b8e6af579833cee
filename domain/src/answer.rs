//! Answers, their sentences and their citations.

use serde::{Deserialize, Serialize};

use crate::{DocumentId, Rect, ports::Message};

/// How an answer is made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum AnswerMode {
    /// The model writes; every sentence is checked against what it cites.
    #[default]
    Answer,
    /// The best sentence of the material itself; no model is asked.
    Quote,
}

/// One turn of a conversation so far.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Turn {
    /// What was asked.
    pub question: String,
    /// What was answered.
    pub answer: String,
}

/// A verbatim piece of a document, with its place.
///
/// Law: `quote` is exactly the document's text at `start..end`. A citation for which this does not hold is never made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Citation {
    /// Its number in the answer, from 1.
    pub n: usize,
    /// The document.
    pub document_id: DocumentId,
    /// The document's name.
    pub document_name: String,
    /// The page the quote begins on, from 1; always 1 for formats without pages.
    pub page: u32,
    /// Whether its document has pages; where it has none, the headings say where the quote stands.
    #[serde(default = "paged")]
    pub paged: bool,
    /// Titles of the headings the quote stands under, outermost first.
    #[serde(default)]
    pub heading_path: Vec<String>,
    /// Verbatim words.
    pub quote: String,
    /// First byte in the document's text.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// Boxes of the quoted words; empty for formats without pages.
    pub boxes: Vec<Rect>,
    /// What to show in the quote's place where it is of a table: its cells with their columns' heads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shown: Option<String>,
}

/// Of citations kept before they told it.
const fn paged() -> bool {
    true
}

impl Citation {
    /// The document's name and where in it the quote stands: `a.pdf, page 4` with the language's `word` for a page, else
    /// `a.md, § Heading › Sub-heading`, or the name alone.
    pub fn source(&self, word: &str) -> String {
        let name = &self.document_name;
        match self.heading_path.as_slice() {
            _ if self.paged => format!("{name}, {word} {}", self.page),
            [] => name.clone(),
            path => format!("{name}, § {}", path.join(" › ")),
        }
    }

    /// The quote as a reader expects it.
    pub fn readable(&self) -> &str {
        self.shown.as_deref().unwrap_or(&self.quote)
    }
}

/// One sentence of an answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AnswerSentence {
    /// The sentence.
    pub text: String,
    /// Numbers of the citations that carry it.
    pub citations: Vec<usize>,
    /// How well they carry it, 0 to 1.
    pub support: f32,
}

/// How many tokens were read and written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Usage {
    /// Tokens of the prompt.
    pub prompt_tokens: usize,
    /// Tokens written.
    pub completion_tokens: usize,
}

/// What a model was asked for after a prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum PromptUse {
    /// An answer was written.
    Answer,
    /// Only how likely it is that the passage holds no answer.
    Doubt,
    /// Only how likely the question is after an answer.
    Weigh,
}

/// What a model was given to read, word for word; its chat template is put around it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Prompt {
    /// What was asked for after it.
    pub used_for: PromptUse,
    /// The messages.
    pub messages: Vec<Message>,
}

/// An answer, or a refusal with the nearest passages as its citations.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// The whole text, sentences with their marks: `… in 1912 [1].`
    pub text: String,
    /// Its sentences.
    pub sentences: Vec<AnswerSentence>,
    /// What they cite.
    pub citations: Vec<Citation>,
    /// Whether the material was found not to hold an answer.
    pub refused: bool,
    /// How likely it is that the material does not hold one, 0 to 1, whatever the threshold; 0 for questions about the
    /// material itself.
    #[serde(default)]
    pub doubt: f32,
    /// The doubt above which this one would be refused; none for questions about the material itself.
    #[serde(default)]
    pub refuse_above: Option<f32>,
    /// What the model was given to read; none where no model was asked.
    #[serde(default)]
    pub prompts: Vec<Prompt>,
    /// Tokens read and written by the model.
    pub usage: Usage,
}

/// Over this share of the doubt at which it would be refused, an answer may be none.
const UNSURE: f32 = 0.5;

impl Answer {
    /// Whether it was nearly refused: the nearest words are shown, which may answer something else.
    pub fn is_unsure(&self) -> bool {
        !self.refused && self.refuse_above.is_some_and(|most| self.doubt > UNSURE * most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_page_or_the_headings() {
        let kept = r#"{"n":1,"document_id":"01890a5d-ac96-774b-bcce-b302099a8057","document_name":"a.md","page":4,
            "quote":"It rained.","start":0,"end":10,"boxes":[]}"#;
        let mut citation: Citation = serde_json::from_str(kept).unwrap();
        assert_eq!(citation.source("page"), "a.md, page 4");
        citation.paged = false;
        assert_eq!(citation.source("page"), "a.md");
        citation.heading_path = vec!["Weather".into(), "Rain".into()];
        assert_eq!(citation.source("page"), "a.md, § Weather › Rain");
    }
}
