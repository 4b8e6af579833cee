//! The same network in candle's tensors and with its autograd, for a GPU: frozen weights in 16 bits, the adapter in 32.
//!
//! It is slower than the network by hand on a CPU and takes more memory, but runs wherever candle does. Its gradients
//! are tested against those of the network by hand.

use candle_core::{D, DType, Device, Result, Tensor, Var, backprop::GradStore};

use super::{Dropout, Goal, Prediction, Sequence, Span, linear::dropped};
use crate::{
    TunerError, TunerResult,
    adapter::{Adapter, Module, StackKind},
    base::{Base, Shape, Stack},
};

/// A base on a device.
pub(crate) struct DeviceNetwork {
    device: Device,
    dtype: DType,
    shape: Shape,
    embedding: Tensor,
    layers: Vec<Layer>,
    final_norm: Tensor,
    /// The embedding serves where it is missing.
    head: Option<Tensor>,
    /// The angle per position of each pair of a head's numbers.
    frequencies: Vec<f64>,
}

struct Layer {
    attention_norm: Tensor,
    qkv: Frozen,
    output: Frozen,
    feed_norm: Tensor,
    gate_up: Frozen,
    down: Frozen,
}

/// A stack's weights.
struct Frozen {
    weight: Tensor,
    bias: Option<Tensor>,
}

/// A module's matrices, in 32 bits.
struct Trained {
    a: Var,
    b: Var,
}

/// One sequence's way through the network.
struct Pass<'a> {
    network: &'a DeviceNetwork,
    adapter: &'a Adapter,
    trained: &'a [Trained],
    dropout: Option<Dropout>,
    /// `[tokens, 1, head / 2]`.
    cosines: Tensor,
    sines: Tensor,
    /// `[tokens, tokens]`: 0 where a token is seen, else minus infinity.
    mask: Tensor,
}

impl DeviceNetwork {
    /// Copies the base to the first GPU, in `BF16`.
    pub(crate) fn on_gpu(base: &Base) -> TunerResult<Self> {
        let device = Device::new_cuda(0).map_err(|error| TunerError::NoGpu { reason: error.to_string() })?;
        Self::load(base, device, DType::BF16)
    }

    pub(crate) fn load(base: &Base, device: Device, dtype: DType) -> TunerResult<Self> {
        Self::copy(base, device, dtype).map_err(|error| failed("the model is copied to the GPU", &error))
    }

    fn copy(base: &Base, device: Device, dtype: DType) -> Result<Self> {
        let (shape, place) = (base.shape.clone(), &device);
        let matrix =
            |values: &[f32], rows, columns| Tensor::from_slice(values, (rows, columns), place)?.to_dtype(dtype);
        let vector = |values: &[f32]| Tensor::from_slice(values, values.len(), place);
        let frozen = |stack: &Stack| {
            let weight = matrix(&stack.weight, stack.outputs, stack.inputs)?;
            let bias = stack.bias.as_deref().map(|bias| vector(bias)?.to_dtype(dtype)).transpose()?;
            Ok::<_, candle_core::Error>(Frozen { weight, bias })
        };
        let layers = base.layers.iter().map(|layer| {
            Ok(Layer {
                attention_norm: vector(&layer.attention_norm)?,
                qkv: frozen(&layer.qkv)?,
                output: frozen(&layer.output)?,
                feed_norm: vector(&layer.feed_norm)?,
                gate_up: frozen(&layer.gate_up)?,
                down: frozen(&layer.down)?,
            })
        });
        let layers = layers.collect::<Result<Vec<_>>>()?;
        let embedding = matrix(&base.embedding, shape.vocabulary, shape.width)?;
        let head = base.head.as_deref().map(|head| matrix(head, shape.vocabulary, shape.width)).transpose()?;
        let final_norm = vector(&base.final_norm)?;
        let frequencies = base.frequencies.clone();
        Ok(Self { device, dtype, shape, embedding, layers, final_norm, head, frequencies })
    }

    /// How the goals are predicted.
    pub(crate) fn predict(&self, adapter: &Adapter, sequence: &Sequence) -> TunerResult<Vec<Prediction>> {
        let run = || Ok(self.losses(adapter, &self.upload(adapter)?, sequence, None)?.1);
        run().map_err(|error: candle_core::Error| failed("a sequence is evaluated on the GPU", &error))
    }

    /// The same, and adds the gradient of the weighted sum of losses to `gradient`.
    pub(crate) fn train(
        &self,
        adapter: &Adapter,
        sequence: &Sequence,
        dropout: Option<Dropout>,
        gradient: &mut [f32],
    ) -> TunerResult<Vec<Prediction>> {
        let mut run = || {
            let trained = self.upload(adapter)?;
            let (loss, predictions) = self.losses(adapter, &trained, sequence, dropout)?;
            let gradients = loss.backward()?;
            for (module, trained) in adapter.modules.iter().zip(&trained) {
                add(&gradients, &trained.a, &mut gradient[module.a.clone()])?;
                add(&gradients, &trained.b, &mut gradient[module.b.clone()])?;
            }
            Ok(predictions)
        };
        run().map_err(|error: candle_core::Error| failed("a sequence is trained on the GPU", &error))
    }

    fn upload(&self, adapter: &Adapter) -> Result<Vec<Trained>> {
        let rank = adapter.config.rank;
        let matrix = |values: &[f32], rows, columns| Var::from_slice(values, (rows, columns), &self.device);
        let one = |module: &Module| {
            let a = matrix(&adapter.values[module.a.clone()], rank, module.inputs)?;
            Ok(Trained { a, b: matrix(&adapter.values[module.b.clone()], module.outputs, rank)? })
        };
        adapter.modules.iter().map(one).collect()
    }

    /// The weighted sum of losses, and how each goal is predicted.
    fn losses(
        &self,
        adapter: &Adapter,
        trained: &[Trained],
        sequence: &Sequence,
        dropout: Option<Dropout>,
    ) -> Result<(Tensor, Vec<Prediction>)> {
        let (cosines, sines) = self.angles(&sequence.positions)?;
        let mask = self.mask(&sequence.spans, sequence.tokens.len())?;
        let dropout = dropout.filter(|d| d.share > 0.0);
        let pass = Pass { network: self, adapter, trained, dropout, cosines, sines, mask };
        let tokens = Tensor::from_slice(&sequence.tokens, sequence.tokens.len(), &self.device)?;
        let mut x = self.embedding.index_select(&tokens, 0)?;
        for n in 0..self.layers.len() {
            x = pass.layer(n, &x)?;
        }
        self.cross_entropy(&x, &sequence.goals)
    }

    /// Logits are made for the goals' positions only.
    fn cross_entropy(&self, x: &Tensor, goals: &[Goal]) -> Result<(Tensor, Vec<Prediction>)> {
        let list = |of: fn(&Goal) -> u32| Tensor::from_iter(goals.iter().map(of), &self.device);
        let (positions, tokens) = (list(|g| g.position as u32)?, list(|g| g.token)?);
        let weights = Tensor::from_iter(goals.iter().map(|g| g.weight), &self.device)?;
        let states = self.norm(&x.index_select(&positions, 0)?, &self.final_norm)?;
        let logits = states.matmul(&self.head.as_ref().unwrap_or(&self.embedding).t()?)?.to_dtype(DType::F32)?;
        let highest = logits.max_keepdim(D::Minus1)?.detach();
        let logits = logits.broadcast_sub(&highest)?;
        let sums = logits.exp()?.sum_keepdim(D::Minus1)?.log()?.squeeze(1)?;
        let losses = (sums - logits.gather(&tokens.unsqueeze(1)?, 1)?.squeeze(1)?)?;
        let best = logits.argmax(D::Minus1)?.to_vec1::<u32>()?;
        let shown = losses.to_vec1::<f32>()?.into_iter().zip(best);
        Ok(((losses * weights)?.sum_all()?, shown.map(|(loss, best)| Prediction { loss, best }).collect()))
    }

    fn norm(&self, x: &Tensor, weight: &Tensor) -> Result<Tensor> {
        let x = x.to_dtype(DType::F32)?;
        let mean = (x.sqr()?.mean_keepdim(D::Minus1)? + f64::from(self.shape.norm_eps))?;
        x.broadcast_div(&mean.sqrt()?)?.broadcast_mul(weight)?.to_dtype(self.dtype)
    }

    /// Cosines and sines of the rotary embedding, `[tokens, 1, head / 2]` each.
    fn angles(&self, positions: &[u32]) -> Result<(Tensor, Tensor)> {
        let half = self.frequencies.len();
        let all = || positions.iter().flat_map(|at| self.frequencies.iter().map(|f| f64::from(*at) * f));
        let table = |of: fn(f64) -> f64| {
            let values: Vec<f32> = all().map(|a| of(a) as f32).collect();
            Tensor::from_vec(values, (positions.len(), 1, half), &self.device)?.to_dtype(self.dtype)
        };
        Ok((table(f64::cos)?, table(f64::sin)?))
    }

    fn mask(&self, spans: &[Span], tokens: usize) -> Result<Tensor> {
        let mut mask = vec![f32::NEG_INFINITY; tokens * tokens];
        for span in spans {
            for token in span.own.clone() {
                let row = &mut mask[token * tokens..][..tokens];
                row[span.prefix.clone()].fill(0.0);
                row[span.own.start..=token].fill(0.0);
            }
        }
        Tensor::from_vec(mask, (tokens, tokens), &self.device)
    }
}

impl Pass<'_> {
    fn layer(&self, n: usize, x: &Tensor) -> Result<Tensor> {
        let Some(layer) = self.network.layers.get(n) else { return Ok(x.clone()) };
        let normed = self.network.norm(x, &layer.attention_norm)?;
        let mixed = self.attention(&self.linear(n, StackKind::Qkv, &layer.qkv, &normed)?)?;
        let middle = (x + self.linear(n, StackKind::Output, &layer.output, &mixed)?)?;
        let normed = self.network.norm(&middle, &layer.feed_norm)?;
        let gate_up = self.linear(n, StackKind::GateUp, &layer.gate_up, &normed)?;
        let hidden = self.network.shape.hidden;
        let gated = (gate_up.narrow(1, 0, hidden)?.silu()? * gate_up.narrow(1, hidden, hidden)?)?;
        &middle + self.linear(n, StackKind::Down, &layer.down, &gated)?
    }

    /// `x Wᵀ + bias`, and for each module of the stack `scale · x Aᵀ Bᵀ` in its own columns.
    fn linear(&self, layer: usize, kind: StackKind, frozen: &Frozen, x: &Tensor) -> Result<Tensor> {
        let mut y = x.matmul(&frozen.weight.t()?)?;
        if let Some(bias) = &frozen.bias {
            y = y.broadcast_add(bias)?;
        }
        let modules = self.adapter.on(layer, kind);
        if modules.is_empty() {
            return Ok(y);
        }
        let (tokens, outputs) = y.dims2()?;
        let empty = |columns| Tensor::zeros((tokens, columns), y.dtype(), y.device());
        let (mut parts, mut column) = (Vec::new(), 0);
        let first = self.adapter.stacks[layer][kind as usize].start;
        for (module, trained) in modules.iter().zip(&self.trained[first..]) {
            if column < module.row {
                parts.push(empty(module.row - column)?);
            }
            parts.push(self.beside(module, trained, x)?);
            column = module.row + module.outputs;
        }
        if column < outputs {
            parts.push(empty(outputs - column)?);
        }
        y + Tensor::cat(&parts, 1)?
    }

    fn beside(&self, module: &Module, trained: &Trained, x: &Tensor) -> Result<Tensor> {
        let dtype = self.network.dtype;
        let x = match self.dropout {
            // The same numbers as on the CPU.
            Some(dropout) => {
                let kept = dropped(&vec![1.0; x.elem_count()], module, dropout);
                (x * Tensor::from_vec(kept, x.shape(), x.device())?.to_dtype(dtype)?)?
            }
            None => x.clone(),
        };
        let (a, b) = (trained.a.to_dtype(dtype)?, trained.b.to_dtype(dtype)?);
        x.matmul(&a.t()?)?.matmul(&b.t()?)? * f64::from(self.adapter.config.scale())
    }

    fn attention(&self, qkv: &Tensor) -> Result<Tensor> {
        let Shape { heads, kv_heads, head, .. } = self.network.shape;
        let tokens = qkv.dim(0)?;
        let part = |from: usize, count: usize| qkv.narrow(1, from * head, count * head)?.reshape((tokens, count, head));
        let queries = self.rotate(&part(0, heads)?)?.transpose(0, 1)?.contiguous()?;
        // Each key head serves as many query heads.
        let per_query = |x: &Tensor| {
            let group = heads / kv_heads;
            let x = x.transpose(0, 1)?.unsqueeze(1)?;
            x.broadcast_as((kv_heads, group, tokens, head))?.contiguous()?.reshape((heads, tokens, head))
        };
        let keys = per_query(&self.rotate(&part(heads, kv_heads)?)?)?;
        let values = per_query(&part(heads + kv_heads, kv_heads)?)?;
        let scores = queries.matmul(&keys.t()?)?.to_dtype(DType::F32)?;
        let scores = (scores * (1.0 / (head as f64).sqrt()))?.broadcast_add(&self.mask)?;
        let highest = scores.max_keepdim(D::Minus1)?.detach();
        let parts = scores.broadcast_sub(&highest)?.exp()?;
        let shares = parts.broadcast_div(&parts.sum_keepdim(D::Minus1)?)?.to_dtype(self.network.dtype)?;
        shares.matmul(&values)?.transpose(0, 1)?.contiguous()?.reshape((tokens, heads * head))
    }

    /// Rotates `[tokens, heads, head]` in Hugging Face's halves.
    fn rotate(&self, x: &Tensor) -> Result<Tensor> {
        let half = x.dim(2)? / 2;
        let (low, high) = (x.narrow(2, 0, half)?, x.narrow(2, half, half)?);
        let (cosines, sines) = (&self.cosines, &self.sines);
        let new_low = (low.broadcast_mul(cosines)? - high.broadcast_mul(sines)?)?;
        let new_high = (high.broadcast_mul(cosines)? + low.broadcast_mul(sines)?)?;
        Tensor::cat(&[new_low, new_high], 2)
    }
}

fn add(gradients: &GradStore, of: &Var, to: &mut [f32]) -> Result<()> {
    if let Some(gradient) = gradients.get(of) {
        let values = gradient.flatten_all()?.to_vec1::<f32>()?;
        to.iter_mut().zip(values).for_each(|(to, value)| *to += value);
    }
    Ok(())
}

fn failed(stage: &'static str, error: &candle_core::Error) -> TunerError {
    TunerError::Compute { stage, reason: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{
            Network,
            tests::{busy_adapter, example, tiny_base, tiny_shape},
        },
        *,
    };
    use crate::{adapter::AdapterConfig, base::Target};

    fn close(ours: &[f32], others: &[f32], tolerance: f32) {
        let length = |v: &mut dyn Iterator<Item = f32>| v.map(|x| x * x).sum::<f32>().sqrt();
        let apart = length(&mut ours.iter().zip(others).map(|(a, b)| a - b));
        let size = length(&mut others.iter().copied());
        assert!(size > 0.1 && apart < tolerance * size, "{apart} apart, {size} long");
    }

    /// Losses and gradients by hand and by candle's autograd.
    fn compare(config: AdapterConfig, dropout: Option<Dropout>, dtype: DType, tolerance: f32) {
        let shape = tiny_shape();
        let (base, adapter) = (tiny_base(&shape, 1), busy_adapter(&shape, config));
        for shared in [true, false] {
            let sequence = example(shared);
            let mut by_hand = vec![0.0; adapter.values.len()];
            let network = Network { base: &base, adapter: &adapter, recompute: false };
            let wanted = network.train(&sequence, dropout, &mut by_hand);
            let device = DeviceNetwork::load(&base, Device::Cpu, dtype).unwrap();
            let mut gradient = vec![0.0; adapter.values.len()];
            let found = device.train(&adapter, &sequence, dropout, &mut gradient).unwrap();
            let losses = |list: &[Prediction]| list.iter().map(|p| p.loss).collect::<Vec<_>>();
            close(&losses(&found), &losses(&wanted), tolerance);
            close(&gradient, &by_hand, tolerance);
            let predicted = device.predict(&adapter, &sequence).unwrap();
            close(&losses(&predicted), &losses(&network.predict(&sequence)), tolerance);
        }
    }

    #[test]
    fn autograd_gives_the_gradients_that_were_written_by_hand() {
        let dropout = Dropout { share: 0.3, seed: 4, sequence: 2 };
        for dropout in [None, Some(dropout)] {
            compare(AdapterConfig { rank: 3, ..AdapterConfig::default() }, dropout, DType::F32, 1e-4);
        }
        let targets = vec![Target::Key, Target::Up];
        let some = AdapterConfig { rank: 2, targets, layers: vec![1], ..AdapterConfig::default() };
        compare(some, None, DType::F32, 1e-4);
    }

    #[test]
    fn sixteen_bits_change_little() {
        compare(AdapterConfig { rank: 3, ..AdapterConfig::default() }, None, DType::F16, 0.02);
    }

    #[test]
    fn no_gpu_is_said_in_words() {
        if Device::new_cuda(0).is_err() {
            let error = DeviceNetwork::on_gpu(&tiny_base(&tiny_shape(), 1)).err().unwrap();
            assert!(error.to_string().contains("--features cuda"), "{error}");
        }
    }
}
