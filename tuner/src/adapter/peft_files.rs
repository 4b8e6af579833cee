//! Reads and writes adapters in PEFT's form: `adapter_config.json` and `adapter_model.safetensors`.

use std::{collections::HashMap, path::Path};

use domain::task_prompts::MODEL_KEY;
use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use serde::{Deserialize, Serialize};

use super::{Adapter, AdapterConfig, Module};
use crate::{
    TunerError, TunerResult,
    base::{Shape, Target},
    error::unreadable,
    files::write_whole,
};

/// Files of a folder that holds an adapter.
const CONFIG: &str = "adapter_config.json";
const TENSORS: &str = "adapter_model.safetensors";

/// The fields of `adapter_config.json` that matter here, and those that PEFT needs.
#[derive(Serialize, Deserialize)]
#[allow(clippy::struct_excessive_bools, reason = "the file's form is PEFT's")]
struct PeftConfig {
    peft_type: String,
    #[serde(default)]
    task_type: Option<String>,
    #[serde(default)]
    base_model_name_or_path: Option<String>,
    r: usize,
    lora_alpha: f32,
    #[serde(default)]
    lora_dropout: f32,
    target_modules: TargetModules,
    #[serde(default)]
    layers_to_transform: Option<Layers>,
    #[serde(default)]
    use_rslora: bool,
    #[serde(default = "none")]
    bias: String,
    #[serde(default)]
    fan_in_fan_out: bool,
    #[serde(default)]
    inference_mode: bool,
    #[serde(default)]
    use_dora: bool,
    #[serde(default)]
    modules_to_save: Option<Vec<String>>,
    #[serde(default)]
    rank_pattern: HashMap<String, usize>,
    #[serde(default)]
    alpha_pattern: HashMap<String, f32>,
}

fn none() -> String {
    "none".to_owned()
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum TargetModules {
    Names(Vec<String>),
    Pattern(String),
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Layers {
    Many(Vec<usize>),
    One(usize),
}

/// Writes the adapter into `folder`, each file whole or not at all. `base` names the model it belongs to; with `half` its
/// numbers are stored as 16-bit floats.
pub fn write_adapter(folder: &Path, adapter: &Adapter, base: &str, half: bool) -> TunerResult<()> {
    std::fs::create_dir_all(folder).map_err(|e| unreadable(folder, e))?;
    let config = &adapter.config;
    let peft = PeftConfig {
        peft_type: "LORA".to_owned(),
        task_type: Some("CAUSAL_LM".to_owned()),
        base_model_name_or_path: Some(base.to_owned()),
        r: config.rank,
        lora_alpha: config.alpha,
        lora_dropout: config.dropout,
        target_modules: TargetModules::Names(config.targets.iter().map(|t| t.name().to_owned()).collect()),
        layers_to_transform: (!config.layers.is_empty()).then(|| Layers::Many(config.layers.clone())),
        use_rslora: config.rank_stabilized,
        bias: none(),
        fan_in_fan_out: false,
        inference_mode: true,
        use_dora: false,
        modules_to_save: None,
        rank_pattern: HashMap::new(),
        alpha_pattern: HashMap::new(),
    };
    let path = folder.join(TENSORS);
    write_whole(&path, &tensor_file(adapter, half, &path)?)?;
    let path = folder.join(CONFIG);
    let mut json = serde_json::to_vec_pretty(&peft).map_err(|e| unreadable(&path, e.into()))?;
    json.push(b'\n');
    write_whole(&path, &json)
}

fn tensor_file(adapter: &Adapter, half: bool, path: &Path) -> TunerResult<Vec<u8>> {
    let mut parts = Vec::new();
    for module in &adapter.modules {
        for (matrix, range, shape) in matrices(module, adapter.config.rank) {
            let values = &adapter.values[range];
            let bytes = if half { to_half_bytes(values) } else { to_bytes(values) };
            parts.push((tensor_name(module, matrix), bytes, shape));
        }
    }
    let bad = |e: safetensors::SafeTensorError| bad(path, e.to_string());
    let kind = if half { Dtype::F16 } else { Dtype::F32 };
    let views: Vec<(&str, TensorView<'_>)> = parts
        .iter()
        .map(|(name, bytes, shape)| Ok((name.as_str(), TensorView::new(kind, shape.to_vec(), bytes)?)))
        .collect::<Result<_, _>>()
        .map_err(bad)?;
    let mut about = HashMap::from([("format".to_owned(), "pt".to_owned())]);
    about.extend(adapter.task_prompts.map(|version| (MODEL_KEY.to_owned(), version.to_string())));
    safetensors::serialize(views, Some(about)).map_err(bad)
}

/// Reads the adapter in `folder` and checks that it fits a base of this shape.
pub fn read_adapter(folder: &Path, shape: &Shape) -> TunerResult<Adapter> {
    let path = folder.join(CONFIG);
    let text = std::fs::read_to_string(&path).map_err(|e| unreadable(&path, e))?;
    let peft: PeftConfig = serde_json::from_str(&text).map_err(|e| bad(&path, e.to_string()))?;
    check_supported(&path, &peft)?;
    let path = folder.join(TENSORS);
    let bytes = std::fs::read(&path).map_err(|e| unreadable(&path, e))?;
    let tensors = SafeTensors::deserialize(&bytes).map_err(|e| bad(&path, e.to_string()))?;
    let (_, header) = SafeTensors::read_metadata(&bytes).map_err(|e| bad(&path, e.to_string()))?;
    let about = header.metadata().as_ref().and_then(|about| about.get(MODEL_KEY)?.parse().ok());
    let config = to_config(&peft, &tensors);
    let mut adapter = Adapter { task_prompts: about, ..Adapter::zeros(shape, config)? };
    let mut used = 0;
    for module in adapter.modules.clone() {
        for (matrix, range, expected) in matrices(&module, adapter.config.rank) {
            let values = read_tensor(&path, &tensors, &tensor_name(&module, matrix), expected)?;
            adapter.values[range].copy_from_slice(&values);
            used += 1;
        }
    }
    if used < tensors.len() {
        let known: Vec<String> = adapter.modules.iter().flat_map(|m| ["A", "B"].map(|x| tensor_name(m, x))).collect();
        let other = tensors.names().into_iter().find(|n| !known.iter().any(|k| k == n)).unwrap_or_default().to_owned();
        return Err(bad(&path, format!("it adapts `{other}`, which the base has not or which is not supported")));
    }
    Ok(adapter)
}

fn check_supported(path: &Path, peft: &PeftConfig) -> TunerResult<()> {
    let problem = if peft.peft_type != "LORA" {
        format!("its kind is {}, supported is LORA", peft.peft_type)
    } else if peft.use_dora || peft.fan_in_fan_out {
        "use_dora and fan_in_fan_out are not supported".to_owned()
    } else if peft.bias != "none" || peft.modules_to_save.as_ref().is_some_and(|m| !m.is_empty()) {
        "trained biases and modules_to_save are not supported".to_owned()
    } else if !peft.rank_pattern.is_empty() || !peft.alpha_pattern.is_empty() {
        "rank_pattern and alpha_pattern are not supported".to_owned()
    } else {
        return Ok(());
    };
    Err(bad(path, problem))
}

/// Targets are read off the tensors' names: PEFT also allows patterns such as `all-linear` in the config.
fn to_config(peft: &PeftConfig, tensors: &SafeTensors<'_>) -> AdapterConfig {
    let names = tensors.names();
    let adapted = |t: &Target| names.iter().any(|n| n.contains(&format!(".{}.", t.path())));
    let mut layers: Vec<usize> = names.iter().filter_map(|n| layer_of(n)).collect();
    layers.sort_unstable();
    layers.dedup();
    let all = layers.iter().copied().eq(0..layers.len()) && peft.layers_to_transform.is_none();
    AdapterConfig {
        rank: peft.r,
        alpha: peft.lora_alpha,
        dropout: peft.lora_dropout,
        targets: Target::ALL.into_iter().filter(adapted).collect(),
        layers: if all { Vec::new() } else { layers },
        rank_stabilized: peft.use_rslora,
    }
}

fn layer_of(name: &str) -> Option<usize> {
    name.split_once(".layers.")?.1.split('.').next()?.parse().ok()
}

fn read_tensor(path: &Path, tensors: &SafeTensors<'_>, name: &str, expected: [usize; 2]) -> TunerResult<Vec<f32>> {
    let Ok(view) = tensors.tensor(name) else { return Err(TunerError::MissingTensor { name: name.to_owned() }) };
    if view.shape() != expected {
        let (found, expected) = (view.shape().to_vec(), expected.to_vec());
        return Err(TunerError::WrongShape { name: name.to_owned(), found, expected });
    }
    match view.dtype() {
        Dtype::F32 => Ok(from_bytes(view.data())),
        Dtype::F16 => Ok(halves(view.data()).map(|h| half::f16::from_bits(h).to_f32()).collect()),
        Dtype::BF16 => Ok(halves(view.data()).map(|h| f32::from_bits(u32::from(h) << 16)).collect()),
        other => Err(bad(path, format!("the tensor `{name}` is of type {other:?}; supported are F32, F16, BF16"))),
    }
}

fn halves(bytes: &[u8]) -> impl Iterator<Item = u16> {
    bytes.as_chunks().0.iter().map(|b| u16::from_le_bytes(*b))
}

fn matrices(module: &Module, rank: usize) -> [(&'static str, std::ops::Range<usize>, [usize; 2]); 2] {
    [("A", module.a.clone(), [rank, module.inputs]), ("B", module.b.clone(), [module.outputs, rank])]
}

fn tensor_name(module: &Module, matrix: &str) -> String {
    format!("base_model.model.model.layers.{}.{}.lora_{matrix}.weight", module.layer, module.target.path())
}

/// Little-endian, as safetensors stores floats.
pub(crate) fn to_bytes(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|v| v.to_le_bytes()).collect()
}

fn to_half_bytes(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|v| half::f16::from_f32(*v).to_le_bytes()).collect()
}

/// The reverse.
pub(crate) fn from_bytes(bytes: &[u8]) -> Vec<f32> {
    bytes.as_chunks().0.iter().map(|b| f32::from_le_bytes(*b)).collect()
}

fn bad(path: &Path, problem: String) -> TunerError {
    TunerError::BadAdapter { path: path.to_owned(), problem }
}
