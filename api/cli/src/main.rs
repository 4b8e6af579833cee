//! `lectern`: the service and the same jobs as subcommands.

mod cli;
mod commands;

use std::{
    os::unix::process::CommandExt as _,
    process::{Command, ExitCode},
};

fn main() -> ExitCode {
    keep_quiet();
    cli::run()
}

/// Starts itself again with ONNX Runtime's telemetry turned off: the library looks for this variable when it is loaded, and
/// a process can't safely change its own.
fn keep_quiet() {
    const VARIABLE: &str = "ORT_DISABLE_TELEMETRY";
    if std::env::var_os(VARIABLE).is_none()
        && let Ok(program) = std::env::current_exe()
    {
        let failed = Command::new(program).args(std::env::args_os().skip(1)).env(VARIABLE, "1").exec();
        eprintln!("lectern: could not turn ONNX Runtime's telemetry off: {failed}");
    }
}
