//! The reader process on its own; see `ingest::reader_main`.

use std::process::ExitCode;

fn main() -> ExitCode {
    ingest::reader_main(std::env::args_os().skip(1).collect())
}
