//! Why Lectern can't start.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use domain::PortError;
use provision::ProvisionError;

use crate::store::StoreError;

/// Why Lectern can't start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The data folder can't be used.
    #[error("the data folder {} cannot be used: {error}. Choose another with --data-dir", .folder.display())]
    DataDir {
        /// The folder.
        folder: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// Another process works on the data folder.
    #[error(
        "the data folder {} is in use by another lectern that is just starting or stopping. Wait, or choose another \
         with --data-dir", .0.display()
    )]
    DataDirInUse(PathBuf),
    /// The address can't be listened on.
    #[error("cannot listen on {0}: {1}. Choose another with --port")]
    Address(SocketAddr, std::io::Error),
    /// A model or library is missing or damaged.
    #[error(transparent)]
    Models(#[from] ProvisionError),
    /// An adapter can't be read, or does not fit the generator.
    #[error("the adapter `{name}` in {} can't be used with models.generator: {error}", .folder.display())]
    Adapter {
        /// Its name in the settings.
        name: String,
        /// Its folder.
        folder: PathBuf,
        /// Why.
        error: tuner::TunerError,
    },
    /// An adapter that the settings do not name.
    #[error("there is no adapter `{0}`: name it with its folder under [adapters] in the settings")]
    NoAdapter(String),
    /// A model could not be loaded, or an index not be opened.
    #[error("{0}")]
    Port(#[from] PortError),
    /// The database or the file store could not be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The system refused a signal handler, a file or a connection.
    #[error("{0}")]
    System(std::io::Error),
    /// A thread died while starting.
    #[error("starting broke off: {0}")]
    Thread(#[from] tokio::task::JoinError),
}

impl StartError {
    /// What makes an I/O error one about this data folder.
    pub fn data_dir(folder: &Path) -> impl FnOnce(std::io::Error) -> Self {
        |error| Self::DataDir { folder: folder.to_owned(), error }
    }
}
