//! The models: those that are served, those that are downloaded while the service runs, and those that Lectern makes.

mod choose_generator;
mod model_path;
mod pull_models;
mod served_models;
mod tuned_models;

pub use choose_generator::resolve_generator;
pub use model_path::model_path;
pub use pull_models::{Pull, Pulls};
pub use served_models::{ServedModel, ServedModels, UnknownModel, load_models, load_one};
pub use tuned_models::TunedModels;
