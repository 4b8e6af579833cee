//! Quizzes, their questions, and the proof that each carries.

use serde::{Deserialize, Serialize};

use crate::{Citation, CourseId, DocumentId, Language, QuizId};

/// The form of a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum QuestionKind {
    /// One key among three to five options.
    MultipleChoice,
    /// A statement to judge.
    TrueFalse,
    /// A blank in a sentence of the text.
    Cloze,
    /// A few words, with the variants that count as right.
    ShortAnswer,
    /// Events or steps to bring into order.
    Ordering,
    /// Terms and what belongs to them.
    Matching,
}

/// How hard a question is meant to be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Difficulty {
    /// The stem shares its words with the text, and the distractors are far.
    Easy,
    /// Neither of both.
    #[default]
    Medium,
    /// The stem is worded otherwise than the text, or the distractors are near.
    Hard,
}

/// What a question asks of the mind: the first three levels of Bloom's taxonomy as revised by Anderson and Krathwohl (2001).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum CognitiveLevel {
    /// To find again what was read.
    #[default]
    Recall,
    /// To say why, or what it means.
    Understand,
    /// To use it: to reckon with what was read.
    Apply,
}

/// A term and what belongs to it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MatchPair {
    /// The term.
    pub left: String,
    /// Its definition, date, person, …
    pub right: String,
}

/// What a question of each kind holds beside its stem.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum QuestionBody {
    /// One key among the options.
    MultipleChoice {
        /// In the order in which they are shown; three to five, all different.
        options: Vec<String>,
        /// The right one, worded exactly as among the options.
        key: String,
    },
    /// The stem is a statement.
    TrueFalse {
        /// Whether it is true.
        key: bool,
    },
    /// The stem holds one blank, [`BLANK`].
    Cloze {
        /// What the text has there.
        key: String,
        /// Other wordings that count as right.
        #[serde(default)]
        accepted: Vec<String>,
    },
    /// Answered in a few words.
    ShortAnswer {
        /// The answer, as the text has it.
        key: String,
        /// Other wordings that count as right.
        #[serde(default)]
        accepted: Vec<String>,
    },
    /// To be brought into order.
    Ordering {
        /// In the order in which they are shown.
        options: Vec<String>,
        /// The same, in the right order.
        key: Vec<String>,
    },
    /// To be matched.
    Matching {
        /// What belongs together; shown with the right sides shuffled.
        pairs: Vec<MatchPair>,
    },
}

/// The blank in a cloze's stem.
pub const BLANK: &str = "_____";

impl Quiz {
    /// The passage that a question is asked about.
    pub fn passage_of(&self, question: &Question) -> Option<&Citation> {
        let n = question.passage?;
        self.passages.iter().find(|p| p.n == n)
    }

    /// The passage that is to be shown before the question at this place, from 0: that of a question whose predecessor has
    /// another one or none.
    pub fn passage_before(&self, place: usize) -> Option<&Citation> {
        let question = self.questions.get(place)?;
        let before = place.checked_sub(1).and_then(|at| self.questions.get(at)).and_then(|q| q.passage);
        self.passage_of(question).filter(|p| before != Some(p.n))
    }
}

impl QuestionBody {
    /// Its kind.
    pub const fn kind(&self) -> QuestionKind {
        match self {
            Self::MultipleChoice { .. } => QuestionKind::MultipleChoice,
            Self::TrueFalse { .. } => QuestionKind::TrueFalse,
            Self::Cloze { .. } => QuestionKind::Cloze,
            Self::ShortAnswer { .. } => QuestionKind::ShortAnswer,
            Self::Ordering { .. } => QuestionKind::Ordering,
            Self::Matching { .. } => QuestionKind::Matching,
        }
    }
}

/// One thing that was checked about a question.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Check {
    /// Its stable name: `key_supported`, `answerable_with_passage`, `not_answerable_without`, `distractors_unsupported`,
    /// `options_alike`, `no_duplicate`, `stands_alone`, `language`, `well_formed`; `arithmetic` where the key is reckoned from
    /// the cited sentences.
    pub name: String,
    /// Whether it held.
    pub passed: bool,
    /// What was found, for the teacher.
    pub found: String,
}

/// What was checked about a question. It is proven where every check passed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Proof {
    /// Whether every check passed.
    pub proven: bool,
    /// All checks that ran, in their order.
    pub checks: Vec<Check>,
}

impl Proof {
    /// The proof that these checks make.
    pub fn new(checks: Vec<Check>) -> Self {
        Self { proven: !checks.is_empty() && checks.iter().all(|c| c.passed), checks }
    }
}

/// A question of a quiz.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Question {
    /// What is asked.
    pub stem: String,
    /// Options, key and what else its kind needs.
    #[serde(flatten)]
    pub body: QuestionBody,
    /// Why the key is right; shown after answering.
    #[serde(default)]
    pub explanation: String,
    /// The verbatim sentences that carry the key; empty for a question that came from a file or from a teacher.
    #[serde(default)]
    pub evidence: Vec<Citation>,
    /// How hard it is meant to be.
    #[serde(default)]
    pub difficulty: Difficulty,
    /// What it asks of the mind.
    #[serde(default)]
    pub level: CognitiveLevel,
    /// The language it is in.
    pub language: Language,
    /// What it counts.
    #[serde(default = "one_point")]
    pub points: f32,
    /// For the student, after answering.
    #[serde(default)]
    pub feedback: String,
    /// The teacher's words for finding it again.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Whether it must stay as it is when others are made again.
    #[serde(default)]
    pub locked: bool,
    /// Whether it is an exam item of the material, taken over as it stood.
    #[serde(default)]
    pub reused: bool,
    /// What was checked.
    #[serde(default)]
    pub proof: Proof,
    /// The number of the quiz's passage that it is asked about, from 1; none for a question that stands by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passage: Option<usize>,
}

const fn one_point() -> f32 {
    1.0
}

/// What a quiz is asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct QuizRequest {
    /// How many questions, 1 to 200.
    pub count: usize,
    /// Which kinds, in turn; multiple choice where it is empty.
    #[serde(default)]
    pub kinds: Vec<QuestionKind>,
    /// Only from passages in this language.
    #[serde(default)]
    pub language: Option<Language>,
    /// Only from these documents; all of the course where it is empty.
    #[serde(default)]
    pub document_ids: Vec<DocumentId>,
    /// Only from these pages, from 1; all where it is empty.
    #[serde(default)]
    pub pages: Vec<u32>,
    /// How hard.
    #[serde(default)]
    pub difficulty: Option<Difficulty>,
    /// What they ask of the mind.
    #[serde(default)]
    pub level: Option<CognitiveLevel>,
    /// The same seed on the same material gives the same quiz.
    #[serde(default)]
    pub seed: Option<u64>,
    /// Whether exam items of the material may be taken over.
    #[serde(default)]
    pub reuse_items: bool,
    /// Its title; made from the course's where there is none.
    #[serde(default)]
    pub title: Option<String>,
    /// For reading comprehension: so many questions, 2 to 5, on each passage, which is shown with them.
    #[serde(default)]
    pub questions_per_passage: Option<usize>,
}

/// Why candidates were left out: the name of the check that failed, and how many did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LeftOut {
    /// The check's name, or `no_key`, `no_distractors`, `kind_does_not_fit`, `budget`, `too_few_on_passage`.
    pub reason: String,
    /// How many.
    pub count: usize,
}

/// A quiz of a course.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Quiz {
    /// Its id.
    pub id: QuizId,
    /// The course whose material it asks about.
    pub course_id: CourseId,
    /// Its title.
    pub title: String,
    /// What was asked for.
    pub request: QuizRequest,
    /// Its questions; their number in the API is their place here, from 1.
    pub questions: Vec<Question>,
    /// The passages that questions of a reading set are asked about, verbatim; `n` is what a question's `passage` names.
    #[serde(default)]
    pub passages: Vec<Citation>,
    /// How many candidates were made.
    pub tried: usize,
    /// Why some were left out.
    pub left_out: Vec<LeftOut>,
    /// When it was asked for (RFC 3339, UTC).
    pub created_at: String,
    /// When it was last changed (RFC 3339, UTC).
    pub updated_at: String,
}
