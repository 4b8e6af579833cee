//! Makes a cross-encoder's graph of the embedder's `model.onnx` and an adapter, to try a checkpoint out.

use std::{fs, path::Path, process::ExitCode};

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [base, adapter, out] = args.as_slice() else {
        eprintln!("usage: make_cross_encoder model.onnx adapter_model.safetensors OUT.onnx");
        return ExitCode::from(2);
    };
    let tuned = fs::read(adapter).map_err(|e| format!("{adapter}: {e}"));
    let made = tuned.and_then(|tuned| {
        provision::make_cross_encoder(Path::new(base), &tuned, Path::new(out)).map_err(|e| e.to_string())
    });
    match made {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
