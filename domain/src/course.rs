//! A course: what documents, quizzes and conversations belong to.

use serde::{Deserialize, Serialize};

use crate::{CourseId, Language};

/// A course.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Course {
    /// Its id.
    pub id: CourseId,
    /// What the teacher calls it.
    pub title: String,
    /// The language of its material, where the teacher said so.
    pub language: Option<Language>,
    /// The adapter or generator that its answers and quizzes are made with; null: the settings' generator.
    pub model: Option<String>,
    /// How many documents it holds.
    pub documents: u64,
    /// When it was made, RFC 3339 in UTC.
    pub created_at: String,
}
