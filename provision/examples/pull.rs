//! Pulls the default set, or the named entries, into a folder: `cargo run --example pull -- FOLDER [ID…]`.

use std::path::PathBuf;

use provision::{Catalogue, ModelStore, progress_for_stderr};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("which folder?")?;
    let ids: Vec<String> = arguments.collect();
    let catalogue = Catalogue::builtin()?;
    let entries = if ids.is_empty() {
        catalogue.defaults()
    } else {
        ids.iter().map(|id| catalogue.get(id)).collect::<provision::Result<_>>()?
    };
    let store = ModelStore::new(folder, std::env::var_os("LECTERN_MODEL_MIRROR").map(PathBuf::from));
    if let Err(error) = store.pull(&entries, progress_for_stderr().as_ref()) {
        return Err(error.to_string().into());
    }
    for entry in entries {
        println!("{}: {}", entry.id, store.require(entry)?.display());
    }
    Ok(())
}
