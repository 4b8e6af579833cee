//! `lectern`: the service and the same jobs as subcommands.

use std::process::ExitCode;

fn main() -> ExitCode {
    if let Some(complaint) = lectern::complaint() {
        eprintln!("{complaint}");
        return ExitCode::from(1);
    }
    lectern::run()
}
