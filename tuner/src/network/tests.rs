//! The network's gradients against finite differences, its sharing of beginnings, and recomputation.

use super::{Dropout, Goal, Network, Sequence, Span};
use crate::{
    adapter::{Adapter, AdapterConfig},
    base::{Architecture, Base, LayerWeights, Shape, Stack},
    random::Random,
};

pub(crate) fn tiny_shape() -> Shape {
    Shape {
        architecture: Architecture::Qwen2,
        layers: 2,
        width: 16,
        hidden: 24,
        heads: 4,
        kv_heads: 2,
        head: 4,
        vocabulary: 37,
        context: 256,
        norm_eps: 1e-5,
        rope_base: 10_000.0,
    }
}

fn values(random: &mut Random, count: usize, size: f32) -> Vec<f32> {
    (0..count).map(|_| (random.float() * 2.0 - 1.0) * size).collect()
}

/// A random base with biases.
pub(crate) fn tiny_base(shape: &Shape, seed: u64) -> Base {
    let mut random = Random::new(seed);
    let mut stack = |outputs: usize, inputs: usize, bias: bool| Stack {
        weight: values(&mut random, outputs * inputs, 0.5),
        bias: bias.then(|| values(&mut random, outputs, 0.3)),
        outputs,
        inputs,
    };
    let (q, kv) = (shape.heads * shape.head, shape.kv_heads * shape.head);
    let layers = (0..shape.layers).map(|_| LayerWeights {
        attention_norm: vec![1.1; shape.width],
        qkv: stack(q + 2 * kv, shape.width, true),
        output: stack(shape.width, q, false),
        feed_norm: vec![0.9; shape.width],
        gate_up: stack(2 * shape.hidden, shape.width, false),
        down: stack(shape.width, shape.hidden, false),
    });
    let layers = layers.collect();
    Base {
        shape: shape.clone(),
        embedding: values(&mut random, shape.vocabulary * shape.width, 1.0),
        layers,
        final_norm: values(&mut random, shape.width, 1.0),
        head: None,
        frequencies: (0..shape.head / 2).map(|pair| 10_000f64.powf(-2.0 * pair as f64 / shape.head as f64)).collect(),
    }
}

/// An adapter whose `B` is not zero, so that both matrices have gradients.
pub(crate) fn busy_adapter(shape: &Shape, config: AdapterConfig) -> Adapter {
    let mut adapter = Adapter::new(shape, config, 5).expect("a valid config");
    let mut random = Random::new(6);
    adapter.values.iter_mut().for_each(|v| *v += (random.float() - 0.5) * 0.2);
    adapter
}

fn tokens(random: &mut Random, count: usize) -> Vec<u32> {
    (0..count).map(|_| random.below(37) as u32).collect()
}

/// Rows one after the other, each with `prefix` before it when `shared` is false, once for all when it is true.
fn packed(prefix: &[u32], rows: &[Vec<u32>], shared: bool) -> Sequence {
    let mut sequence = Sequence::default();
    let push = |sequence: &mut Sequence, tokens: &[u32], from: usize, prefix| {
        let at = sequence.tokens.len();
        sequence.tokens.extend(tokens);
        sequence.positions.extend((from..from + tokens.len()).map(|p| p as u32));
        sequence.spans.push(Span { own: at..at + tokens.len(), prefix });
        at
    };
    let goals = |sequence: &mut Sequence, at: usize, row: &[u32]| {
        for (n, token) in row.iter().enumerate().skip(2) {
            sequence.goals.push(Goal { position: at + n - 1, token: *token, weight: 1.0 });
        }
    };
    if shared {
        push(&mut sequence, prefix, 0, 0..0);
    }
    for row in rows {
        if shared {
            let at = push(&mut sequence, row, prefix.len(), 0..prefix.len());
            goals(&mut sequence, at, row);
        } else {
            let whole = [prefix, row].concat();
            let at = push(&mut sequence, &whole, 0, 0..0);
            goals(&mut sequence, at + prefix.len(), row);
        }
    }
    sequence
}

pub(crate) fn example(shared: bool) -> Sequence {
    let mut random = Random::new(9);
    // Longer than a block of attention.
    let prefix = tokens(&mut random, 70);
    let rows = [3, 9, 66].map(|n| tokens(&mut random, n));
    packed(&prefix, &rows, shared)
}

fn loss(network: Network<'_>, sequence: &Sequence) -> f64 {
    network.predict(sequence).iter().zip(&sequence.goals).map(|(p, g)| f64::from(p.loss * g.weight)).sum()
}

#[test]
fn gradients_match_finite_differences() {
    let shape = tiny_shape();
    let (base, config) = (tiny_base(&shape, 1), AdapterConfig { rank: 3, ..AdapterConfig::default() });
    let mut adapter = busy_adapter(&shape, config);
    let sequence = example(true);
    let mut gradient = vec![0.0; adapter.values.len()];
    Network { base: &base, adapter: &adapter, recompute: false }.train(&sequence, None, &mut gradient);
    let norm = gradient.iter().map(|g| f64::from(*g).powi(2)).sum::<f64>().sqrt();
    let mut random = Random::new(77);
    for module in adapter.modules.clone() {
        for range in [module.a, module.b] {
            // Along a random direction in this matrix: one number that all its entries take part in.
            let direction: Vec<f32> = range.clone().map(|_| random.float() - 0.5).collect();
            let along: f64 = gradient[range.clone()].iter().zip(&direction).map(|(g, d)| f64::from(g * d)).sum();
            let mut at = |step: f32| {
                let saved = adapter.values.clone();
                adapter.values[range.clone()].iter_mut().zip(&direction).for_each(|(v, d)| *v += step * d);
                let loss = loss(Network { base: &base, adapter: &adapter, recompute: false }, &sequence);
                adapter.values = saved;
                loss
            };
            let step = 2e-3;
            let measured = (at(step) - at(-step)) / f64::from(2.0 * step);
            let error = (measured - along).abs();
            assert!(error < 2e-3 * norm.max(1.0), "{:?}: {along} by hand, {measured} measured", module.target);
        }
    }
}

#[test]
fn a_shared_beginning_gives_the_gradients_of_separate_rows() {
    let shape = tiny_shape();
    let base = tiny_base(&shape, 2);
    let adapter = busy_adapter(&shape, AdapterConfig { rank: 4, ..AdapterConfig::default() });
    let run = |shared: bool, recompute: bool| {
        let mut gradient = vec![0.0; adapter.values.len()];
        let network = Network { base: &base, adapter: &adapter, recompute };
        let predictions = network.train(&example(shared), None, &mut gradient);
        (predictions, gradient)
    };
    let (together, apart, again) = (run(true, false), run(false, false), run(true, true));
    assert_eq!(together.0.len(), apart.0.len());
    for (a, b) in together.0.iter().zip(&apart.0) {
        assert!((a.loss - b.loss).abs() < 1e-4 && a.best == b.best, "{a:?} {b:?}");
    }
    let size = apart.1.iter().fold(0.0f32, |m, x| m.max(x.abs()));
    for (a, b) in together.1.iter().zip(&apart.1) {
        assert!((a - b).abs() < 1e-4 * size, "{a} {b}");
    }
    assert_eq!(together.1, again.1, "recomputation gives the same numbers");
}

#[test]
fn dropout_drops_the_same_values_on_the_way_back() {
    let shape = tiny_shape();
    let base = tiny_base(&shape, 3);
    let config = AdapterConfig { rank: 4, dropout: 0.5, ..AdapterConfig::default() };
    let mut adapter = busy_adapter(&shape, config);
    let sequence = example(false);
    let dropout = Some(Dropout { share: 0.5, seed: 4, sequence: 8 });
    let run = |adapter: &Adapter| {
        let mut gradient = vec![0.0; adapter.values.len()];
        let network = Network { base: &base, adapter, recompute: false };
        let predictions = network.train(&sequence, dropout, &mut gradient);
        (predictions.iter().map(|p| f64::from(p.loss)).sum::<f64>(), gradient)
    };
    let (_, gradient) = run(&adapter);
    let norm = gradient.iter().map(|g| g * g).sum::<f32>().sqrt();
    let step = 1e-3;
    let mut moved = |sign: f32| {
        let saved = adapter.values.clone();
        adapter.values.iter_mut().zip(&gradient).for_each(|(v, g)| *v += sign * step * g / norm);
        let loss = run(&adapter).0;
        adapter.values = saved;
        loss
    };
    let measured = (moved(1.0) - moved(-1.0)) / f64::from(2.0 * step);
    assert!((measured / f64::from(norm) - 1.0).abs() < 0.01, "{measured} measured, {norm} by hand");
}
