//! From settings to a running service.

mod app;
mod data_lock;
mod generator_choice;
mod serve;
mod settings;
mod start_error;

pub use app::{App, load_embedder, load_passage_reader, load_reranker, reader};
pub use data_lock::{Address, DataLock};
pub use generator_choice::GeneratorChoice;
pub use serve::{router, serve};
pub use settings::{Device, ModelServer, Models, Overrides, Places, Settings, SettingsError};
pub use start_error::StartError;
