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
    /// How many documents it holds.
    pub documents: u64,
    /// When it was made, RFC 3339 in UTC.
    pub created_at: String,
}
