//! The network of `decoder` in candle's own tensors, for a GPU: weights stay quantized, everything else is in 32 bits.
//!
//! Keys and values lie in the same pages, so that the scheduler runs either. It is held against `decoder` on the CPU.

use std::{collections::HashMap, fs::File, io::BufReader, ops::Range, sync::Arc};

use candle_core::{
    D, DType, Device, Module, Result, Tensor,
    quantized::{QMatMul, QTensor},
};
use domain::{AdapterWeights, LowRankUpdate};
use gguf::GgufError;

use super::{
    decoder::{check, frequencies, kept_rows},
    kernels::PAGE,
    network::{BatchEntry, Network},
    read_gguf::{Architecture, GgufFile, Shape},
};
use crate::{EngineError, EngineResult};

/// A network on a device, with the memory of its keys and values.
pub(crate) struct DeviceDecoder {
    shape: Shape,
    device: Device,
    /// In 16 bits.
    embedding: Tensor,
    layers: Vec<DeviceLayer>,
    output_norm: Tensor,
    output: QMatMul,
    /// Angle per position of each pair of a head's numbers.
    frequencies: Vec<f32>,
}

struct DeviceLayer {
    attention_norm: Tensor,
    query: DeviceLinear,
    key: DeviceLinear,
    value: DeviceLinear,
    query_norm: Option<Tensor>,
    key_norm: Option<Tensor>,
    attention_output: DeviceLinear,
    feed_norm: Tensor,
    gate: DeviceLinear,
    up: DeviceLinear,
    down: DeviceLinear,
    /// `[pages · PAGE, KV heads · head]` each.
    keys: Tensor,
    values: Tensor,
}

/// A matrix and what is added to its product.
struct DeviceLinear {
    matrix: QMatMul,
    bias: Option<Tensor>,
    /// Each adapter's change; empty where none changes it.
    changes: Vec<Option<DeviceLowRank>>,
}

/// Both matrices as they are multiplied with: `[inputs, rank]` and `[rank, outputs]`.
struct DeviceLowRank {
    a: Tensor,
    b: Tensor,
}

/// One entry's rows in the step, and where its keys and values lie.
struct EntryRows {
    rows: Range<usize>,
    adapter: usize,
    /// Its tokens' slots in the memory, in runs that lie together: the first slot, the first row, how many.
    runs: Vec<(usize, usize, usize)>,
    /// Slots of all tokens up to its last.
    seen: Tensor,
    /// `[rows, seen]`: 0 where a token is seen, else minus infinity; none for a single token, which sees all.
    mask: Option<Tensor>,
}

/// Reads a file's tensors.
struct TensorReader<'a> {
    file: &'a GgufFile,
    reader: BufReader<File>,
    device: &'a Device,
    adapters: &'a [AdapterWeights],
    changes: HashMap<&'a str, Vec<(usize, &'a LowRankUpdate)>>,
}

impl DeviceDecoder {
    /// Loads a file's network onto the first GPU.
    pub(crate) fn on_gpu(file: &GgufFile, adapters: &[AdapterWeights], pages: usize) -> EngineResult<Self> {
        let device = Device::new_cuda(0).map_err(|error| EngineError::NoGpu { reason: first_line(&error) })?;
        Self::load(file, adapters, &device, pages)
    }

    /// Reads the weights; `pages` pages of keys and values are set aside.
    pub(crate) fn load(
        file: &GgufFile,
        adapters: &[AdapterWeights],
        device: &Device,
        pages: usize,
    ) -> EngineResult<Self> {
        let shape = file.shape;
        let mut source = TensorReader::new(file, adapters, device)?;
        let layer = |n| source.layer(n, &shape, pages * PAGE);
        let layers = (0..shape.layers).map(layer).collect::<EngineResult<_>>()?;
        source.all_taken()?;
        let embedding = source.tensor("token_embd.weight")?;
        let output = if source.has("output.weight") { source.tensor("output.weight")? } else { embedding.clone() };
        let factors = source.optional_vector("rope_freqs.weight")?;
        let factors = factors.map(|factors| factors.to_vec1::<f32>()).transpose().map_err(|e| loading(&e))?;
        Ok(Self {
            shape,
            device: device.clone(),
            embedding: embedding.dequantize_f16(device).map_err(|e| loading(&e))?,
            layers,
            output_norm: source.vector("output_norm.weight")?,
            output: QMatMul::from_arc(output).map_err(|e| loading(&e))?,
            frequencies: frequencies(&shape, factors.as_deref()),
        })
    }

    /// Bytes of one page of keys and values.
    pub(crate) const fn page_bytes(shape: &Shape) -> usize {
        PAGE * shape.layers * 2 * shape.kv_heads * shape.head * size_of::<f32>()
    }

    fn step(&self, batch: &[BatchEntry<'_>]) -> Result<Vec<Vec<f32>>> {
        let places = self.places(batch)?;
        let tokens: Vec<u32> = batch.iter().flat_map(|f| f.tokens).copied().collect();
        let tokens = Tensor::from_slice(&tokens, tokens.len(), &self.device)?;
        let angles = self.angles(batch)?;
        let mut x = self.embedding.index_select(&tokens, 0)?.to_dtype(DType::F32)?;
        for layer in &self.layers {
            x = self.layer(layer, &x, &angles, &places)?;
        }
        let kept: Vec<u32> = kept_rows(batch).into_iter().map(|row| row as u32).collect();
        if kept.is_empty() {
            return Ok(Vec::new());
        }
        let kept = Tensor::from_slice(&kept, kept.len(), &self.device)?;
        let states = self.norm(&x.index_select(&kept, 0)?, &self.output_norm)?;
        self.output.forward(&states)?.to_vec2()
    }

    fn places(&self, batch: &[BatchEntry<'_>]) -> Result<Vec<EntryRows>> {
        let mut row = 0;
        let place = |entry: &BatchEntry<'_>| {
            let rows = row..row + entry.tokens.len();
            row = rows.end;
            let slot = |position: usize| {
                entry.pages.get(position / PAGE).map_or(0, |page| *page as usize) * PAGE + position % PAGE
            };
            let (first, end) = (entry.position, entry.position + entry.tokens.len());
            let (mut runs, mut at) = (Vec::new(), first);
            while at < end {
                let count = (PAGE - at % PAGE).min(end - at);
                runs.push((slot(at), rows.start + at - first, count));
                at += count;
            }
            let seen: Vec<u32> = (0..end).map(|position| slot(position) as u32).collect();
            let mask = |row: usize, column: usize| if column <= first + row { 0.0 } else { f32::NEG_INFINITY };
            let mask = (rows.len() > 1).then(|| {
                let values: Vec<f32> = (0..rows.len()).flat_map(|r| (0..end).map(move |c| mask(r, c))).collect();
                Tensor::from_vec(values, (rows.len(), end), &self.device)
            });
            let seen = Tensor::from_slice(&seen, seen.len(), &self.device)?;
            Ok(EntryRows { rows, adapter: entry.adapter, runs, seen, mask: mask.transpose()? })
        };
        batch.iter().map(place).collect()
    }

    /// Cosines and sines, `[rows, 1, head / 2]`.
    fn angles(&self, batch: &[BatchEntry<'_>]) -> Result<(Tensor, Tensor)> {
        let positions = batch.iter().flat_map(|f| f.position..f.position + f.tokens.len());
        let angles: Vec<f32> = positions.flat_map(|at| self.frequencies.iter().map(move |f| at as f32 * f)).collect();
        let half = self.frequencies.len();
        let angles = Tensor::from_slice(&angles, (angles.len() / half, 1, half), &self.device)?;
        Ok((angles.cos()?, angles.sin()?))
    }

    fn norm(&self, x: &Tensor, weight: &Tensor) -> Result<Tensor> {
        let mean = (x.sqr()?.mean_keepdim(D::Minus1)? + f64::from(self.shape.epsilon))?;
        x.broadcast_div(&mean.sqrt()?)?.broadcast_mul(weight)
    }

    fn layer(
        &self,
        layer: &DeviceLayer,
        x: &Tensor,
        angles: &(Tensor, Tensor),
        places: &[EntryRows],
    ) -> Result<Tensor> {
        let normed = self.norm(x, &layer.attention_norm)?;
        let queries = self.norm_and_rope(&layer.query.forward(&normed, places)?, layer.query_norm.as_ref(), angles)?;
        let keys = self.norm_and_rope(&layer.key.forward(&normed, places)?, layer.key_norm.as_ref(), angles)?;
        let values = layer.value.forward(&normed, places)?.contiguous()?;
        let keys = keys.flatten_from(1)?.contiguous()?;
        for (slot, row, count) in places.iter().flat_map(|place| &place.runs) {
            layer.keys.slice_set(&keys.narrow(0, *row, *count)?.contiguous()?, 0, *slot)?;
            layer.values.slice_set(&values.narrow(0, *row, *count)?.contiguous()?, 0, *slot)?;
        }
        let attended: Vec<Tensor> =
            places.iter().map(|place| self.attention(layer, &queries, place)).collect::<Result<_>>()?;
        let x = (x + layer.attention_output.forward(&Tensor::cat(&attended, 0)?, places)?)?;
        let normed = self.norm(&x, &layer.feed_norm)?;
        let gated = (layer.gate.forward(&normed, places)?.silu()? * layer.up.forward(&normed, places)?)?;
        &x + layer.down.forward(&gated, places)?
    }

    /// Normalises (where the network does) and rotates: `[rows, heads, head]`.
    fn norm_and_rope(&self, x: &Tensor, norm: Option<&Tensor>, (cosines, sines): &(Tensor, Tensor)) -> Result<Tensor> {
        let (rows, width) = x.dims2()?;
        let head = self.shape.head;
        let mut x = x.reshape((rows, width / head, head))?;
        if let Some(norm) = norm {
            x = self.norm(&x, norm)?;
        }
        let turned = |one: &Tensor, other: &Tensor| {
            let first = (one.broadcast_mul(cosines)? - other.broadcast_mul(sines)?)?;
            Ok::<_, candle_core::Error>((first, (other.broadcast_mul(cosines)? + one.broadcast_mul(sines)?)?))
        };
        if self.shape.architecture == Architecture::Llama {
            // Neighbours make a pair.
            let pairs = x.reshape((rows, width / head, head / 2, 2))?;
            let side = |n| pairs.narrow(3, n, 1)?.squeeze(3)?.contiguous();
            let (one, other) = turned(&side(0)?, &side(1)?)?;
            Tensor::stack(&[one, other], 3)?.reshape((rows, width / head, head))
        } else {
            let side = |n: usize| x.narrow(2, n * head / 2, head / 2)?.contiguous();
            let (one, other) = turned(&side(0)?, &side(1)?)?;
            Tensor::cat(&[one, other], 2)
        }
    }

    fn attention(&self, layer: &DeviceLayer, queries: &Tensor, place: &EntryRows) -> Result<Tensor> {
        let Shape { heads, kv_heads, head, .. } = self.shape;
        let (rows, group) = (place.rows.len(), heads / kv_heads);
        let seen = place.seen.dim(0)?;
        let memory = |all: &Tensor| {
            let own = all.index_select(&place.seen, 0)?.reshape((seen, kv_heads, head))?;
            own.transpose(0, 1)?.contiguous()
        };
        let (keys, values) = (memory(&layer.keys)?, memory(&layer.values)?);
        let queries = queries.narrow(0, place.rows.start, rows)?.transpose(0, 1)?.contiguous()?;
        let queries = queries.reshape((kv_heads, group * rows, head))?;
        let scores = (queries.matmul(&keys.t()?.contiguous()?)? * (1.0 / (head as f64).sqrt()))?;
        let mut scores = scores.reshape((kv_heads, group, rows, seen))?;
        if let Some(mask) = &place.mask {
            scores = scores.broadcast_add(mask)?;
        }
        let parts = scores.broadcast_sub(&scores.max_keepdim(D::Minus1)?)?.exp()?;
        let shares = parts.broadcast_div(&parts.sum_keepdim(D::Minus1)?)?;
        let mixed = shares.reshape((kv_heads, group * rows, seen))?.matmul(&values)?;
        mixed.reshape((heads, rows, head))?.transpose(0, 1)?.contiguous()?.reshape((rows, heads * head))
    }
}

impl Network for DeviceDecoder {
    fn forward(&mut self, batch: &[BatchEntry<'_>]) -> EngineResult<Vec<Vec<f32>>> {
        check(&self.shape, batch)?;
        let failed = |e| EngineError::Compute { stage: "computing on the GPU", reason: first_line(&e) };
        self.step(batch).map_err(failed)
    }
}

impl DeviceLinear {
    fn forward(&self, x: &Tensor, places: &[EntryRows]) -> Result<Tensor> {
        let mut y = self.matrix.forward(x)?;
        if let Some(bias) = &self.bias {
            y = y.broadcast_add(bias)?;
        }
        let change = |place: &EntryRows| self.changes.get(place.adapter.checked_sub(1)?)?.as_ref();
        if places.iter().all(|place| change(place).is_none()) {
            return Ok(y);
        }
        let part = |place: &EntryRows| {
            let own = y.narrow(0, place.rows.start, place.rows.len())?;
            let Some(DeviceLowRank { a, b }) = change(place) else { return Ok(own) };
            own + x.narrow(0, place.rows.start, place.rows.len())?.matmul(a)?.matmul(b)?
        };
        Tensor::cat(&places.iter().map(part).collect::<Result<Vec<_>>>()?, 0)
    }
}

impl<'a> TensorReader<'a> {
    fn new(file: &'a GgufFile, adapters: &'a [AdapterWeights], device: &'a Device) -> EngineResult<Self> {
        let opened = File::open(&file.path);
        let opened = opened.map_err(|source| GgufError::Unreadable { path: file.path.clone(), source })?;
        let mut changes: HashMap<&str, Vec<_>> = HashMap::new();
        for (n, adapter) in adapters.iter().enumerate() {
            for update in &adapter.updates {
                changes.entry(&update.tensor).or_default().push((n, update));
            }
        }
        Ok(Self { file, reader: BufReader::new(opened), device, adapters, changes })
    }

    fn has(&self, name: &str) -> bool {
        self.file.content.tensor_infos.contains_key(name)
    }

    fn tensor(&mut self, name: &str) -> EngineResult<Arc<QTensor>> {
        let tensor = self.file.content.tensor(&mut self.reader, name, self.device).map_err(|e| loading(&e))?;
        Ok(Arc::new(tensor))
    }

    fn vector(&mut self, name: &str) -> EngineResult<Tensor> {
        self.tensor(name)?.dequantize(self.device).map_err(|e| loading(&e))
    }

    fn optional_vector(&mut self, name: &str) -> EngineResult<Option<Tensor>> {
        self.has(name).then(|| self.vector(name)).transpose()
    }

    fn linear(&mut self, n: usize, part: &str) -> EngineResult<DeviceLinear> {
        let name = format!("blk.{n}.{part}.weight");
        let tensor = self.tensor(&name)?;
        let (rows, columns) = tensor.shape().dims2().map_err(|e| loading(&e))?;
        Ok(DeviceLinear {
            matrix: QMatMul::from_arc(tensor).map_err(|e| loading(&e))?,
            bias: self.optional_vector(&format!("blk.{n}.{part}.bias"))?,
            changes: self.changes(&name, rows, columns)?,
        })
    }

    fn changes(&mut self, tensor: &str, rows: usize, columns: usize) -> EngineResult<Vec<Option<DeviceLowRank>>> {
        let Some(updates) = self.changes.remove(tensor) else { return Ok(Vec::new()) };
        let mut list: Vec<Option<DeviceLowRank>> = self.adapters.iter().map(|_| None).collect();
        for (n, LowRankUpdate { rank, a, b, .. }) in updates {
            if *rank == 0 || a.len() != rank * columns || b.len() != rows * rank {
                let problem =
                    format!("its matrices for `{tensor}` do not fit that one's {rows} rows and {columns} columns");
                return Err(self.mismatch(n, problem));
            }
            let matrix = |values: &[f32], rows: usize, columns: usize| {
                Tensor::from_slice(values, (rows, columns), self.device)?.t()?.contiguous()
            };
            let (a, b) = (matrix(a, *rank, columns), matrix(b, rows, *rank));
            let (a, b) = (a.map_err(|e| loading(&e))?, b.map_err(|e| loading(&e))?);
            if let Some(place) = list.get_mut(n) {
                *place = Some(DeviceLowRank { a, b });
            }
        }
        Ok(list)
    }

    /// Fails where an adapter changes what the model does not have.
    fn all_taken(&self) -> EngineResult<()> {
        let left = self.changes.iter().min_by_key(|(tensor, _)| **tensor);
        let n = left.and_then(|(_, updates)| updates.first()).map_or(0, |(n, _)| *n);
        left.map_or(Ok(()), |(tensor, _)| {
            Err(self.mismatch(n, format!("it changes `{tensor}`, which the model does not have")))
        })
    }

    fn mismatch(&self, n: usize, problem: String) -> EngineError {
        let adapter = self.adapters.get(n).map(|a| a.name.clone()).unwrap_or_default();
        EngineError::AdapterMismatch { adapter, problem }
    }

    fn layer(&mut self, n: usize, shape: &Shape, slots: usize) -> EngineResult<DeviceLayer> {
        let memory = || Tensor::zeros((slots, shape.kv_heads * shape.head), DType::F32, self.device);
        let (keys, values) = (memory().map_err(|e| loading(&e))?, memory().map_err(|e| loading(&e))?);
        let name = |part: &str| format!("blk.{n}.{part}.weight");
        Ok(DeviceLayer {
            attention_norm: self.vector(&name("attn_norm"))?,
            query: self.linear(n, "attn_q")?,
            key: self.linear(n, "attn_k")?,
            value: self.linear(n, "attn_v")?,
            query_norm: self.optional_vector(&name("attn_q_norm"))?,
            key_norm: self.optional_vector(&name("attn_k_norm"))?,
            attention_output: self.linear(n, "attn_output")?,
            feed_norm: self.vector(&name("ffn_norm"))?,
            gate: self.linear(n, "ffn_gate")?,
            up: self.linear(n, "ffn_up")?,
            down: self.linear(n, "ffn_down")?,
            keys,
            values,
        })
    }
}

fn loading(error: &candle_core::Error) -> EngineError {
    EngineError::Compute { stage: "loading the model onto the GPU", reason: first_line(error) }
}

/// candle appends a backtrace where one is enabled; the user has no use for it.
fn first_line(error: &candle_core::Error) -> String {
    error.to_string().lines().next().unwrap_or_default().to_owned()
}
