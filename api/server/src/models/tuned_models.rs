//! The models that Lectern makes itself: a base and what tuning changed in it, which is compiled in.

use std::{error::Error, fs, path::Path};

use provision::Maker;
use tuner::Mix;

/// By recipe: an adapter's two files (see the README beside them), and how its changes are stored.
const RECIPES: &[(&str, &[u8], &[u8], Mix)] = &[(
    "smollm2-135m-lectern",
    include_bytes!("../../../../tuner/adapters/smollm2-135m-lectern/adapter_config.json"),
    include_bytes!("../../../../tuner/adapters/smollm2-135m-lectern/adapter_model.safetensors"),
    Mix::Q8_0,
)];

/// The cross-encoder's recipe and adapter.
const PASSAGE_READER: (&str, &[u8]) = (
    "lectern-passage-reader",
    include_bytes!("../../../../tuner/adapters/lectern-passage-reader/adapter_model.safetensors"),
);

/// Makes them.
pub struct TunedModels;

impl Maker for TunedModels {
    fn make(&self, recipe: &str, base: &Path, out: &Path) -> Result<(), Box<dyn Error + Send + Sync>> {
        if recipe == PASSAGE_READER.0 {
            return Ok(provision::make_cross_encoder(base, PASSAGE_READER.1, out)?);
        }
        let known = RECIPES.iter().find(|(name, ..)| *name == recipe);
        let (_, config, tensors, mix) = known.ok_or_else(|| format!("there is no recipe {recipe}"))?;
        let folder = tempfile::tempdir()?;
        fs::write(folder.path().join("adapter_config.json"), config)?;
        fs::write(folder.path().join("adapter_model.safetensors"), tensors)?;
        tuner::merge(base, &[(folder.path().to_owned(), 1.0)], *mix, out)?;
        Ok(())
    }
}
