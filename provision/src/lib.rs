//! What Lectern downloads (models and native libraries): the catalogue, where each file comes from, its checksum, the
//! folder it lives in, and the progress of getting it there. All calls block.
//!
//! The way of a file: `pull` asks `obtain_file`, which tries the sources in order, each writing to the staging folder
//! through a hashing `sink`; what has the right checksum is moved into place in one step. `store` answers whether
//! what is there is whole.

mod catalogue;
mod convert_e5;
mod cross_encoder;
mod error;
mod inspect_gguf;
mod obtain_file;
mod place_file;
mod progress;
mod pull;
mod read_e5_container;
mod read_onnx;
mod remember_verified;
mod show_progress;
mod sink;
mod sources;
mod store;
mod write_onnx;
mod write_protobuf;

pub use catalogue::{Catalogue, Convert, Entry, FileSpec, HubFile, MadeFrom, ModelKind, PypiMember, Source, WheelTags};
pub use convert_e5::convert_e5_to_onnx;
pub use cross_encoder::make_cross_encoder;
pub use error::{Attempt, Missing, ProvisionError};
pub use inspect_gguf::{GgufSummary, inspect};
pub use progress::{Progress, Silent};
pub use show_progress::{PlainProgress, TerminalProgress, progress_for_stderr};
pub use store::{FileReport, FileState, Maker, ModelStore, Report, Status};

/// What this crate returns.
pub type Result<T> = std::result::Result<T, ProvisionError>;
