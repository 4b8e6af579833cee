//! Merges an adapter into a GGUF file: `merge BASE.gguf ADAPTER_FOLDER OUT.gguf`.

use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [base, adapter, out] = arguments.as_slice() else {
        return Err("name a base, an adapter and a file to write".into());
    };
    Ok(tuner::merge(Path::new(base), Path::new(adapter), candle_core::quantized::GgmlDType::Q8_0, Path::new(out))?)
}
