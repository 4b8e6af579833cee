//! What a question asks of its reader.

use serde::{Deserialize, Serialize};

use super::words::words;
use crate::Language;

/// A type of question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QuestionType {
    /// What stands in the passage: who, what, when, where, how many.
    Detail,
    /// Why something is so.
    Cause,
    /// What something is for.
    Purpose,
    /// What comes of something.
    Consequence,
    /// What must be concluded.
    Inference,
    /// What the whole is about.
    MainIdea,
    /// What a word or an expression means here.
    Vocabulary,
    /// What comes before or after what.
    Sequence,
    /// In what things differ or are alike.
    Comparison,
    /// What somebody in a story feels, or why they act so.
    Feeling,
    /// What will happen.
    Prediction,
    /// What follows for a case that the passage does not name.
    Application,
}

impl QuestionType {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Detail,
        Self::Cause,
        Self::Purpose,
        Self::Consequence,
        Self::Inference,
        Self::MainIdea,
        Self::Vocabulary,
        Self::Sequence,
        Self::Comparison,
        Self::Feeling,
        Self::Prediction,
        Self::Application,
    ];

    /// Its name in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Detail => "detail",
            Self::Cause => "cause",
            Self::Purpose => "purpose",
            Self::Consequence => "consequence",
            Self::Inference => "inference",
            Self::MainIdea => "main_idea",
            Self::Vocabulary => "vocabulary",
            Self::Sequence => "sequence",
            Self::Comparison => "comparison",
            Self::Feeling => "feeling",
            Self::Prediction => "prediction",
            Self::Application => "application",
        }
    }

    /// Its name in prompts.
    pub const fn word(self, language: Language) -> &'static str {
        words(language).types[self as usize]
    }
}
