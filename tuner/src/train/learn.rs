//! A training run: steps over packed sequences, with evaluation, checkpoints, and a way to stop and go on.

use std::{
    collections::BTreeSet,
    ops::ControlFlow,
    path::{Path, PathBuf},
    time::Instant,
};

use serde::Serialize;

use super::{
    Evaluation, TuneSettings,
    checkpoint::{self, RunState},
    evaluate::evaluate,
    fingerprint, loss_curve,
    optimizer::{Optimizer, scale_and_clip},
    pack::{Packed, TokenRows},
};
use crate::{
    TunerError, TunerResult,
    adapter::{Adapter, AdapterConfig, write_adapter},
    base::Base,
    files::write_whole,
    network::{DeviceNetwork, Dropout, Network, Prediction, Sequence},
    random::Random,
    rows::Row,
    text::TextCodec,
};

/// The file of a run's state, in its folder.
const CHECKPOINT: &str = "checkpoint.safetensors";
/// The picture of its losses.
const CURVE: &str = "loss.svg";

/// What a run says while it runs.
#[derive(Clone, Debug)]
pub enum Event {
    /// A step is done.
    Step(Progress),
    /// An evaluation is done; whether it is the best so far, and so its adapter was written.
    Evaluated(Evaluation, bool),
    /// The state is on the disk.
    Checkpoint(PathBuf),
}

/// Where a run stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// Steps done, and in all.
    pub step: usize,
    /// In all.
    pub steps: usize,
    /// Mean loss of an answer's token in this step, in nats.
    pub loss: f64,
    /// The learning rate.
    pub rate: f64,
    /// Length of the gradient before it was shortened.
    pub gradient: f64,
    /// Tokens seen since the run began, shared ones once.
    pub tokens: usize,
    /// Tokens per second of this step.
    pub tokens_per_second: f64,
    /// Seconds left, by the run's speed so far.
    pub seconds_left: f64,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Steps done.
    pub steps: usize,
    /// Loss of each.
    pub losses: Vec<f64>,
    /// Evaluations by steps done.
    pub evaluations: Vec<(usize, Evaluation)>,
    /// Why it ended.
    pub end: End,
}

/// Why a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// The rows were seen as often as was asked for.
    Epochs,
    /// As many tokens were seen as was asked for.
    Tokens,
    /// As many evaluations as `patience` says were no better.
    NoGain,
    /// It was broken off from outside.
    Stopped,
}

impl End {
    /// Whether all steps were made.
    pub const fn is_whole(self) -> bool {
        matches!(self, Self::Epochs | Self::Tokens)
    }
}

/// A run that is ready to start.
pub struct Tuning<'a> {
    base: &'a Base,
    base_name: String,
    settings: TuneSettings,
    adapter: Adapter,
    rows: TokenRows,
    held_out: TokenRows,
    steps: Vec<Vec<Packed>>,
    /// Whether the limit of tokens ends them before the epochs do.
    limited: bool,
    evaluation: Vec<Packed>,
    folder: PathBuf,
    state: RunState,
    optimizer: Optimizer,
    gradient: Vec<f32>,
    gpu: Option<DeviceNetwork>,
}

impl<'a> Tuning<'a> {
    /// Turns rows into tokens and packs them; one that does not fit into the sequence is an error. `base_name` goes into
    /// the adapter's config.
    pub fn new(
        base: &'a Base,
        base_name: &str,
        codec: &TextCodec,
        (train, held_out): (&[Row], &[Row]),
        adapter: AdapterConfig,
        settings: TuneSettings,
        folder: &Path,
    ) -> TunerResult<Self> {
        settings.check(base.shape.context)?;
        let task_prompts = prompts_of(train, held_out)?;
        let adapter = Adapter { task_prompts, ..Adapter::new(&base.shape, adapter, settings.seed)? };
        if train.is_empty() {
            return Err(TunerError::NoRows { what: "to train on" });
        }
        let rows = TokenRows::encode(train, codec, settings.sequence)?;
        let chosen = choose(held_out, settings.evaluate_rows, settings.seed);
        let held_out = TokenRows::encode(&chosen, codec, settings.sequence)?;
        let evaluation = held_out.pack(settings.sequence, Random::new(0));
        let (steps, limited) = plan(&rows, &settings);
        let fingerprint = fingerprint::of_run(base, &adapter, &rows, &settings);
        let state = RunState { fingerprint, measured: fingerprint::of_rows(&held_out), ..RunState::default() };
        let (optimizer, gradient) = (Optimizer::new(adapter.values.len()), vec![0.0; adapter.values.len()]);
        std::fs::create_dir_all(folder).map_err(|e| crate::error::unreadable(folder, e))?;
        let (base_name, folder) = (base_name.to_owned(), folder.to_owned());
        Ok(Self {
            base,
            base_name,
            settings,
            adapter,
            rows,
            held_out,
            steps,
            limited,
            evaluation,
            folder,
            state,
            optimizer,
            gradient,
            gpu: None,
        })
    }

    /// Computes on a GPU from here on: the base in `BF16`, the adapter in 32 bits.
    pub fn use_gpu(&mut self) -> TunerResult<()> {
        self.gpu = Some(DeviceNetwork::on_gpu(self.base)?);
        Ok(())
    }

    /// Goes on from the checkpoint in the run's folder. Returns the steps that are done; 0 where there is none.
    pub fn resume(&mut self) -> TunerResult<usize> {
        let path = self.folder.join(CHECKPOINT);
        if !path.exists() {
            return Ok(0);
        }
        let saved = checkpoint::read(&path, &self.state.fingerprint, self.adapter.values.len())?;
        let measured = std::mem::replace(&mut self.state, saved.state).measured;
        if self.state.measured != measured {
            // Losses on other rows can't be compared.
            (self.state.measured, self.state.best, self.state.without_gain) = (measured, None, 0);
        }
        self.adapter.values = saved.values;
        self.optimizer = saved.optimizer;
        Ok(self.state.step)
    }

    /// Steps in all.
    pub fn steps(&self) -> usize {
        self.steps.len()
    }

    /// Tokens in all, shared ones once.
    pub fn tokens(&self) -> usize {
        self.steps.iter().flatten().map(|p| p.tokens).sum()
    }

    /// Tokens that the network would read if nothing were shared.
    pub fn unshared_tokens(&self) -> usize {
        let row = |r: usize| self.rows.rows[r].tokens.len();
        self.steps.iter().flatten().flat_map(Packed::rows).map(row).sum()
    }

    /// The adapter as it stands.
    pub const fn adapter(&self) -> &Adapter {
        &self.adapter
    }

    /// Evaluates the adapter as it stands on the held-out rows.
    pub fn evaluate(&self) -> TunerResult<Evaluation> {
        evaluate(|sequence| self.predict(sequence), &self.held_out, &self.evaluation)
    }

    /// Trains to the end, until nothing gets better, or until `watch` breaks off; the state is written first. The best
    /// adapter so far (the last, where nothing is held out) lies in the folder in PEFT's form.
    pub fn run(&mut self, mut watch: impl FnMut(&Event) -> ControlFlow<()>) -> TunerResult<Outcome> {
        let mut stopped = false;
        while self.state.step < self.steps.len() && !stopped && !self.is_out_of_patience() {
            let progress = self.step()?;
            stopped |= watch(&Event::Step(progress)).is_break();
            let (step, last) = (self.state.step, self.state.step == self.steps.len());
            if step % self.settings.evaluate_every == 0 || last {
                stopped |= self.evaluate_and_keep(&mut watch)?;
            }
            if step % self.settings.checkpoint_every == 0 || last || stopped || self.is_out_of_patience() {
                let path = self.folder.join(CHECKPOINT);
                checkpoint::write(&path, &self.state, &self.adapter.values, &self.optimizer)?;
                let svg = loss_curve::draw(&self.state.losses, &self.state.evaluations);
                write_whole(&self.folder.join(CURVE), svg.as_bytes())?;
                stopped |= watch(&Event::Checkpoint(path)).is_break();
            }
        }
        Ok(Outcome {
            steps: self.state.step,
            losses: self.state.losses.clone(),
            evaluations: self.state.evaluations.clone(),
            end: self.end(),
        })
    }

    fn end(&self) -> End {
        match self.state.step == self.steps.len() {
            true if self.limited => End::Tokens,
            true => End::Epochs,
            false if self.is_out_of_patience() => End::NoGain,
            false => End::Stopped,
        }
    }

    const fn is_out_of_patience(&self) -> bool {
        self.settings.patience > 0 && self.state.without_gain >= self.settings.patience
    }

    const fn network(&self) -> Network<'_> {
        Network { base: self.base, adapter: &self.adapter, recompute: self.settings.recompute }
    }

    fn predict(&self, sequence: &Sequence) -> TunerResult<Vec<Prediction>> {
        match &self.gpu {
            Some(gpu) => gpu.predict(&self.adapter, sequence),
            None => Ok(self.network().predict(sequence)),
        }
    }

    fn train(
        &self,
        sequence: &Sequence,
        dropout: Option<Dropout>,
        gradient: &mut [f32],
    ) -> TunerResult<Vec<Prediction>> {
        match &self.gpu {
            Some(gpu) => gpu.train(&self.adapter, sequence, dropout, gradient),
            None => Ok(self.network().train(sequence, dropout, gradient)),
        }
    }

    fn step(&mut self) -> TunerResult<Progress> {
        let started = Instant::now();
        let (step, steps) = (self.state.step, self.steps.len());
        let (mut loss, mut weight, mut tokens) = (0.0, 0.0, 0);
        let mut gradient = std::mem::take(&mut self.gradient);
        gradient.fill(0.0);
        for (n, packed) in self.steps[step].iter().enumerate() {
            let sequence = packed.sequence(&self.rows);
            let number = (step * self.settings.accumulate + n) as u64;
            let share = self.adapter.config.dropout;
            let dropout = Some(Dropout { share, seed: self.settings.seed, sequence: number });
            let predictions = self.train(&sequence, dropout, &mut gradient)?;
            for (prediction, goal) in predictions.iter().zip(&sequence.goals) {
                loss += f64::from(prediction.loss * goal.weight);
                weight += f64::from(goal.weight);
            }
            tokens += packed.tokens;
        }
        let loss = loss / weight.max(1.0);
        let length = scale_and_clip(&mut gradient, weight.max(1.0), self.settings.clip);
        if !loss.is_finite() || !length.is_finite() {
            let path = self.folder.join(CHECKPOINT);
            return Err(TunerError::Diverged { step: step + 1, loss, checkpoint: path.exists().then_some(path) });
        }
        let rate = self.settings.rate(step, steps);
        self.optimizer.step(&mut self.adapter.values, &gradient, step, rate, &self.settings);
        self.gradient = gradient;
        let seconds = started.elapsed().as_secs_f64();
        self.state.step += 1;
        self.state.tokens += tokens;
        self.state.seconds += seconds;
        self.state.losses.push(loss);
        let left = self.steps[step + 1..].iter().flatten().map(|p| p.tokens).sum::<usize>();
        Ok(Progress {
            step: step + 1,
            steps,
            loss,
            rate,
            gradient: length,
            tokens: self.state.tokens,
            tokens_per_second: tokens as f64 / seconds,
            seconds_left: left as f64 * self.state.seconds / self.state.tokens.max(1) as f64,
        })
    }

    /// Evaluates and writes the adapter where it is the best so far. Returns whether `watch` breaks off.
    fn evaluate_and_keep(&mut self, watch: &mut impl FnMut(&Event) -> ControlFlow<()>) -> TunerResult<bool> {
        if self.evaluation.is_empty() {
            write_adapter(&self.folder, &self.adapter, &self.base_name, self.settings.half)?;
            return Ok(false);
        }
        let evaluation = self.evaluate()?;
        if !evaluation.loss.is_finite() {
            let path = self.folder.join(CHECKPOINT);
            let checkpoint = path.exists().then_some(path);
            return Err(TunerError::Diverged { step: self.state.step, loss: evaluation.loss, checkpoint });
        }
        let better = self.state.best.is_none_or(|best| evaluation.loss < best);
        if better {
            self.state.best = Some(evaluation.loss);
            self.state.without_gain = 0;
            write_adapter(&self.folder, &self.adapter, &self.base_name, self.settings.half)?;
        } else {
            self.state.without_gain += 1;
        }
        self.state.evaluations.push((self.state.step, evaluation.clone()));
        Ok(watch(&Event::Evaluated(evaluation, better)).is_break())
    }
}

/// The version of Lectern's own wordings that the rows are in, if they are; rows of both can't be served by one model.
fn prompts_of(train: &[Row], held_out: &[Row]) -> TunerResult<Option<u32>> {
    let versions: BTreeSet<u32> = train.iter().chain(held_out).filter_map(Row::task_prompts).collect();
    let mut versions = versions.into_iter();
    match (versions.next(), versions.next()) {
        (Some(a), Some(b)) => {
            let problem =
                format!("rows of versions {a} and {b} of the task prompts are mixed; one adapter serves one of them");
            Err(TunerError::BadSetting { setting: "data", problem })
        }
        (version, _) => Ok(version),
    }
}

/// Whole groups, in random order, until there are enough rows.
fn choose(rows: &[Row], most: usize, seed: u64) -> Vec<Row> {
    let mut groups: Vec<&[Row]> = rows.chunk_by(|a, b| !a.group.is_empty() && a.group == b.group).collect();
    Random::derived(seed, &[3]).shuffle(&mut groups);
    let mut chosen: Vec<Row> = Vec::new();
    for group in groups {
        if chosen.len() >= most {
            break;
        }
        chosen.extend_from_slice(group);
    }
    chosen
}

/// The sequences of each step of all epochs, and whether the limit of tokens cut them short.
fn plan(rows: &TokenRows, settings: &TuneSettings) -> (Vec<Vec<Packed>>, bool) {
    let (mut all, mut tokens) = (Vec::new(), 0);
    let epoch = |n: usize| rows.pack(settings.sequence, Random::derived(settings.seed, &[4, n as u64]));
    let mut left = (0..settings.epochs).flat_map(epoch);
    let full = |tokens| settings.max_tokens > 0 && tokens >= settings.max_tokens;
    for packed in left.by_ref() {
        tokens += packed.tokens;
        all.push(packed);
        if full(tokens) {
            break;
        }
    }
    let limited = full(tokens) && left.next().is_some();
    (all.chunks(settings.accumulate).map(<[Packed]>::to_vec).collect(), limited)
}
