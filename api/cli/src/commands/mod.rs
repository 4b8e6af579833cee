//! The subcommands that are clients of the REST API, and those that work on models.

pub mod ask;
pub mod courses;
pub mod ingest;
mod material_parts;
pub mod models;
pub mod quiz;
pub mod search;
pub mod tune;

pub use material_parts::MaterialParts;
