//! A `LoRA` adapter (Hu et al. 2021, arXiv 2106.09685): for each adapted linear layer `y = W x + scale · B A x`.

mod peft_files;

use std::ops::Range;

pub(crate) use peft_files::{from_bytes, to_bytes};
pub use peft_files::{read_adapter, write_adapter};

use crate::{
    TunerError, TunerResult,
    base::{Shape, Target},
    random::Random,
};

/// What an adapter sits on and how strongly it acts.
#[derive(Clone, Debug, PartialEq)]
pub struct AdapterConfig {
    /// Rows of `A`, columns of `B`.
    pub rank: usize,
    /// The product is multiplied by `alpha / rank`.
    pub alpha: f32,
    /// Share of `A`'s inputs that are dropped while training.
    pub dropout: f32,
    /// Which linear layers.
    pub targets: Vec<Target>,
    /// In which layers; all of them where it is empty.
    pub layers: Vec<usize>,
    /// Multiply by `alpha / sqrt(rank)` instead (Kalajdzievski 2023, arXiv 2312.03732).
    pub rank_stabilized: bool,
}

impl Default for AdapterConfig {
    fn default() -> Self {
        Self {
            rank: 16,
            alpha: 32.0,
            dropout: 0.0,
            targets: Target::ALL.to_vec(),
            layers: Vec::new(),
            rank_stabilized: false,
        }
    }
}

impl AdapterConfig {
    /// What the product of the two matrices is multiplied by.
    pub fn scale(&self) -> f32 {
        let rank = self.rank as f32;
        self.alpha / if self.rank_stabilized { rank.sqrt() } else { rank }
    }

    /// Numbers that an adapter of this kind trains.
    pub(crate) fn parameters(&self, shape: &Shape) -> usize {
        let layers = if self.layers.is_empty() { shape.layers } else { self.layers.len() };
        let sides = self.targets.iter().map(|target| shape.linear(*target)).map(|(outputs, inputs)| outputs + inputs);
        layers * self.rank * sides.sum::<usize>()
    }

    pub(crate) fn check(&self, shape: &Shape) -> TunerResult<()> {
        let bad = |setting, problem: String| Err(TunerError::BadSetting { setting, problem });
        if self.rank == 0 || self.rank > shape.width {
            return bad("rank", format!("is {}, must be between 1 and the width, {}", self.rank, shape.width));
        }
        if !(0.0..1.0).contains(&self.dropout) {
            return bad("dropout", format!("is {}, must be at least 0 and below 1", self.dropout));
        }
        if !self.alpha.is_finite() {
            return bad("alpha", "is no number".to_owned());
        }
        if self.targets.is_empty() {
            return bad("targets", "is empty; name at least one linear layer".to_owned());
        }
        match self.layers.iter().find(|l| **l >= shape.layers) {
            Some(layer) => bad("layers", format!("names layer {layer}, the base has {}", shape.layers)),
            None => Ok(()),
        }
    }
}

/// Linear layers that read the same input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StackKind {
    Qkv,
    Output,
    GateUp,
    Down,
}

impl StackKind {
    pub(crate) const ALL: [Self; 4] = [Self::Qkv, Self::Output, Self::GateUp, Self::Down];

    pub(crate) const fn targets(self) -> &'static [Target] {
        match self {
            Self::Qkv => &[Target::Query, Target::Key, Target::Value],
            Self::Output => &[Target::Output],
            Self::GateUp => &[Target::Gate, Target::Up],
            Self::Down => &[Target::Down],
        }
    }
}

/// One adapted linear layer.
#[derive(Clone, Debug)]
pub(crate) struct Module {
    pub layer: usize,
    pub target: Target,
    pub outputs: usize,
    pub inputs: usize,
    /// Its first row in its stack.
    pub row: usize,
    /// `A`, `[rank, inputs]`, in the adapter's values.
    pub a: Range<usize>,
    /// `B`, `[outputs, rank]`.
    pub b: Range<usize>,
}

impl Module {
    /// The name of the weights it changes, in GGUF.
    pub(crate) fn tensor_name(&self) -> String {
        format!("blk.{}.{}.weight", self.layer, self.target.gguf())
    }
}

/// The matrices of all adapted layers, in one vector: per stack first all `A`, then all `B`.
#[derive(Clone, Debug)]
pub struct Adapter {
    pub(crate) config: AdapterConfig,
    pub(crate) modules: Vec<Module>,
    /// Which modules sit on a stack: `[layer][stack]`.
    pub(crate) stacks: Vec<[Range<usize>; 4]>,
    pub(crate) values: Vec<f32>,
    /// The version of [`domain::task_prompts`] that it was trained on, if it was.
    pub(crate) task_prompts: Option<u32>,
}

impl Adapter {
    /// A new adapter, which changes nothing yet: `A` uniform in `±1/√inputs` as in PEFT, `B` zero.
    pub fn new(shape: &Shape, config: AdapterConfig, seed: u64) -> TunerResult<Self> {
        let mut adapter = Self::zeros(shape, config)?;
        let mut random = Random::new(seed);
        for module in &adapter.modules {
            let bound = 1.0 / (module.inputs as f32).sqrt();
            for value in &mut adapter.values[module.a.clone()] {
                *value = (random.float() * 2.0 - 1.0) * bound;
            }
        }
        Ok(adapter)
    }

    /// The places of all matrices, every value zero.
    pub(crate) fn zeros(shape: &Shape, config: AdapterConfig) -> TunerResult<Self> {
        config.check(shape)?;
        let (mut modules, mut stacks, mut end) = (Vec::new(), Vec::new(), 0);
        for layer in 0..shape.layers {
            let adapted = config.layers.is_empty() || config.layers.contains(&layer);
            stacks.push(StackKind::ALL.map(|kind| {
                let first = modules.len();
                if adapted {
                    end = place(shape, &config, layer, kind, end, &mut modules);
                }
                first..modules.len()
            }));
        }
        Ok(Self { config, modules, stacks, values: vec![0.0; end], task_prompts: None })
    }

    /// What it was made with.
    pub const fn config(&self) -> &AdapterConfig {
        &self.config
    }

    /// Numbers that are trained.
    pub fn parameters(&self) -> usize {
        self.values.len()
    }

    /// The modules on a stack of a layer.
    pub(crate) fn on(&self, layer: usize, kind: StackKind) -> &[Module] {
        self.stacks.get(layer).map_or(&[], |s| &self.modules[s[kind as usize].clone()])
    }

    /// The first layer with a module: below it no gradient is needed.
    pub(crate) fn first_layer(&self) -> usize {
        self.modules.first().map_or(0, |m| m.layer)
    }
}

/// Gives the modules of one stack their places, from `end` on; returns the new end.
fn place(
    shape: &Shape,
    config: &AdapterConfig,
    layer: usize,
    kind: StackKind,
    mut end: usize,
    modules: &mut Vec<Module>,
) -> usize {
    let mut take = |values: usize| {
        end += values;
        end - values..end
    };
    let (first, mut row) = (modules.len(), 0);
    for target in kind.targets() {
        let (outputs, inputs) = shape.linear(*target);
        if config.targets.contains(target) {
            let a = take(config.rank * inputs);
            modules.push(Module { layer, target: *target, outputs, inputs, row, a, b: 0..0 });
        }
        row += outputs;
    }
    for module in modules.iter_mut().skip(first) {
        module.b = take(module.outputs * config.rank);
    }
    end
}
