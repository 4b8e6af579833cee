//! Brings the database up to date: each file of `migrations/` once, in order. What was run is recorded with its checksum.
//!
//! Listed by hand: sqlx's macro would build the database engine a second time, for the compiler.

use sqlx::{
    SqlSafeStr as _, SqlitePool,
    migrate::{MigrateError, Migration, MigrationType, Migrator},
};

/// Name and text, in order; the number in front is the version.
const FILES: &[(&str, &str)] = &[
    ("0001_courses_documents_jobs", include_str!("../../migrations/0001_courses_documents_jobs.sql")),
    ("0002_quizzes", include_str!("../../migrations/0002_quizzes.sql")),
    ("0003_course_model", include_str!("../../migrations/0003_course_model.sql")),
    ("0004_answers", include_str!("../../migrations/0004_answers.sql")),
    ("0005_reader_version", include_str!("../../migrations/0005_reader_version.sql")),
    ("0006_conversations", include_str!("../../migrations/0006_conversations.sql")),
    ("0007_quiz_passages", include_str!("../../migrations/0007_quiz_passages.sql")),
];

/// Runs what this database has not seen.
pub(super) async fn run(pool: &SqlitePool) -> Result<(), MigrateError> {
    let migration = |(version, (name, text)): (i64, &(&'static str, &'static str))| {
        let description = name.trim_start_matches(|c: char| c.is_ascii_digit() || c == '_').replace('_', " ");
        Migration::new(version, description.into(), MigrationType::Simple, text.into_sql_str(), false)
    };
    Migrator::with_migrations((1..).zip(FILES).map(migration).collect()).run(pool).await
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::FILES;

    #[test]
    fn every_file_is_listed_in_order() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
        let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.collect();
        names.sort();
        let listed: Vec<String> = FILES.iter().map(|(name, _)| format!("{name}.sql")).collect();
        assert_eq!(names, listed);
        for (n, (name, _)) in FILES.iter().enumerate() {
            assert!(name.starts_with(&format!("{:04}_", n + 1)), "{name}");
        }
    }
}
