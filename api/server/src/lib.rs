//! The service. `http` speaks REST and turns every error into its answer; `services` do what is asked and know nothing of
//! HTTP; `jobs` are the workers beside the requests; `models` are those that are served, downloaded and made; `store`
//! keeps metadata and files; `bootstrap` reads the settings and wires all of it.

mod bootstrap;
mod http;
mod jobs;
mod models;
mod services;
mod store;

pub use bootstrap::{
    Address, DataLock, Device, GeneratorChoice, Models, Overrides, Places, Settings, SettingsError, StartError,
    load_embedder, load_passage_reader, load_reranker, reader, router, serve,
};
pub use http::openapi;
pub use models::{TunedModels, load_one, model_path, resolve_generator};
