//! A folder's safetensors files: which there are, which are missing, and what their headers claim.
//! Format: <https://huggingface.co/docs/safetensors/index#format>.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    io::Read as _,
    path::{Path, PathBuf},
};

use serde::Deserialize;
use serde_json::Value as Json;

use crate::{TunerError, TunerResult, error::unreadable};

/// A header longer than this is no header.
const LONGEST_HEADER: u64 = 100_000_000;

/// The parts of a folder's weights.
#[derive(Debug, Default)]
pub(crate) struct WeightFiles {
    /// All `model*.safetensors`.
    pub present: Vec<PathBuf>,
    /// Names that the index lists, or that follow from the numbers in other names, without a file.
    pub missing: Vec<String>,
}

impl WeightFiles {
    /// Looks into the folder.
    pub(crate) fn find(folder: &Path) -> TunerResult<Self> {
        let entries = std::fs::read_dir(folder).map_err(|e| unreadable(folder, e))?;
        let mut names: BTreeSet<String> =
            entries.flatten().map(|e| e.file_name().to_string_lossy().into_owned()).collect();
        names.retain(|name| is_part(name));
        let mut expected: BTreeSet<String> = names.iter().flat_map(|name| siblings(name)).collect();
        expected.extend(listed(folder));
        Ok(Self {
            present: names.iter().map(|name| folder.join(name)).collect(),
            missing: expected.difference(&names).cloned().collect(),
        })
    }
}

fn is_part(name: &str) -> bool {
    name.starts_with("model") && Path::new(name).extension().is_some_and(|e| e == "safetensors")
}

/// The files that `model.safetensors.index.json` lists.
fn listed(folder: &Path) -> BTreeSet<String> {
    let read = || -> Option<Json> {
        serde_json::from_slice(&std::fs::read(folder.join("model.safetensors.index.json")).ok()?).ok()
    };
    let index = read().unwrap_or_default();
    let files = index["weight_map"].as_object().into_iter().flatten().filter_map(|(_, file)| file.as_str());
    files.map(str::to_owned).collect()
}

/// All names of a set, by one of them: `model-00001-of-00002.safetensors`.
fn siblings(name: &str) -> Vec<String> {
    let parts = || -> Option<(&str, &str)> {
        let (head, count) = name.strip_suffix(".safetensors")?.rsplit_once("-of-")?;
        Some((head.rsplit_once('-')?.0, count))
    };
    let Some((head, count)) = parts() else { return Vec::new() };
    let all = count.parse::<usize>().ok().filter(|n| *n <= 10_000).unwrap_or_default();
    let width = count.len();
    (1..=all).map(|n| format!("{head}-{n:0width$}-of-{count}.safetensors")).collect()
}

/// What a safetensors file says about itself.
pub(crate) struct Header {
    /// Dimensions, by tensor.
    pub tensors: BTreeMap<String, Vec<usize>>,
    /// Bytes of the file if it holds all that the header claims.
    pub needed: u64,
}

#[derive(Deserialize)]
struct Claim {
    shape: Vec<usize>,
    data_offsets: (u64, u64),
}

/// Reads the header alone, whatever follows it.
pub(crate) fn read_header(path: &Path) -> TunerResult<Header> {
    let mut file = File::open(path).map_err(|e| unreadable(path, e))?;
    let has = file.metadata().map_err(|e| unreadable(path, e))?.len();
    let bad = |problem: &str| TunerError::BadModel { problem: format!("{} {problem}", path.display()) };
    let mut length = [0; 8];
    let read = file.read_exact(&mut length);
    let length = u64::from_le_bytes(length);
    if read.is_err() || length > LONGEST_HEADER.min(has.saturating_sub(8)) {
        return Err(bad("ends within its header; download it again"));
    }
    let mut bytes = vec![0; length as usize];
    file.read_exact(&mut bytes).map_err(|e| unreadable(path, e))?;
    let no_header = |_| bad("does not begin with a safetensors header");
    let mut claims: BTreeMap<String, Json> = serde_json::from_slice(&bytes).map_err(no_header)?;
    claims.remove("__metadata__");
    let (mut tensors, mut end) = (BTreeMap::new(), 0);
    for (name, claim) in claims {
        let claim: Claim = serde_json::from_value(claim).map_err(no_header)?;
        end = end.max(claim.data_offsets.1);
        tensors.insert(name, claim.shape);
    }
    Ok(Header { tensors, needed: end.saturating_add(8 + length) })
}
