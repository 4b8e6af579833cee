//! Identifiers. Each kind has its own type, so that a course's id is never handed over as a document's.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A new id that sorts by the time of its making (UUIDv7).
            #[expect(clippy::new_without_default, reason = "a default would hide that each call differs")]
            pub fn new() -> Self {
                Self(Uuid::now_v7())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(s: &str) -> Result<Self, Self::Err> {
                s.parse().map(Self)
            }
        }
    };
}

id!(
    /// A course.
    CourseId
);
id!(
    /// A document within a course; the same bytes in two courses are two documents.
    DocumentId
);
id!(
    /// A unit of long work.
    JobId
);
id!(
    /// A quiz.
    QuizId
);
id!(
    /// A question that was answered, or refused.
    AnswerId
);
id!(
    /// Questions that belong together, with their answers.
    ConversationId
);
id!(
    /// A chunk, and at the same time its point in the vector index.
    ChunkId
);

impl ChunkId {
    /// The id of the `ordinal`-th chunk of the document with this sha256 (lower-case hexadecimal) in this course.
    ///
    /// A UUIDv5 in the course's namespace over digest, chunker version and ordinal: reading the same bytes twice gives
    /// the same ids, so every write to an index can be repeated.
    pub fn derive(course: CourseId, sha256: &str, ordinal: usize) -> Self {
        let name = format!("{sha256}/{}/{ordinal}", crate::CHUNKER_VERSION);
        Self(Uuid::new_v5(&course.0, name.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_chunk_has_the_same_id_and_another_course_another() {
        let (a, b) = (CourseId::new(), CourseId::new());
        assert_eq!(ChunkId::derive(a, "00ff", 3), ChunkId::derive(a, "00ff", 3));
        assert_ne!(ChunkId::derive(a, "00ff", 3), ChunkId::derive(b, "00ff", 3));
        assert_ne!(ChunkId::derive(a, "00ff", 3), ChunkId::derive(a, "00ff", 4));
    }
}
