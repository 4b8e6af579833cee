//! A model with adapters beside its weights, against models that have them in their weights.

use candle_core::{
    Device, Tensor,
    quantized::{GgmlDType, QTensor},
};
use domain::{
    AdapterWeights, Language, LowRankUpdate,
    ports::{ContinuationScore, LanguageModel, Message, Role, ScoreRequest},
};
use engine::{EngineError, GgufModel, GgufModelSettings};

use crate::tiny::Tiny;

const MATRICES: [&str; 7] = ["attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"];

fn name(matrix: &str) -> String {
    format!("blk.0.{matrix}.weight")
}

/// The same model with floats for weights: quantizing would hide what an adapter changes.
fn floats() -> Tiny {
    let mut tiny = Tiny::new();
    for tensor in tiny.tensors.values_mut() {
        *tensor = QTensor::quantize(&tensor.dequantize(&Device::Cpu).unwrap(), GgmlDType::F32).unwrap();
    }
    tiny
}

fn adapter(tiny: &Tiny, name_: &str, rank: usize, matrices: &[&str]) -> AdapterWeights {
    let updates = matrices.iter().map(|matrix| {
        let (rows, columns) = tiny.tensors[&name(matrix)].shape().dims2().unwrap();
        let numbers = |count: usize, step: usize| {
            (0..count).map(|i| ((i * step + rank * 31) % 101) as f32 / 101.0 - 0.5).collect::<Vec<f32>>()
        };
        LowRankUpdate { tensor: name(matrix), rank, a: numbers(rank * columns, 37), b: numbers(rows * rank, 53) }
    });
    AdapterWeights { name: name_.to_owned(), tuned: true, updates: updates.collect() }
}

/// `W + B A` in the weights themselves.
fn merged(mut tiny: Tiny, adapter: &AdapterWeights) -> Tiny {
    for LowRankUpdate { tensor, rank, a, b } in &adapter.updates {
        let old = tiny.tensors[tensor].dequantize(&Device::Cpu).unwrap();
        let (rows, columns) = old.dims2().unwrap();
        let a = Tensor::from_vec(a.clone(), (*rank, columns), &Device::Cpu).unwrap();
        let b = Tensor::from_vec(b.clone(), (rows, *rank), &Device::Cpu).unwrap();
        let new = (old + b.matmul(&a).unwrap()).unwrap();
        tiny.tensors.insert(tensor.clone(), QTensor::quantize(&new, GgmlDType::F32).unwrap());
    }
    tiny
}

fn load(tiny: &Tiny, adapters: &[AdapterWeights]) -> Result<GgufModel, EngineError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tiny.gguf");
    tiny.write(&path);
    GgufModel::load_with(&path, None, vec![Language::English], adapters, &GgufModelSettings::default())
}

/// A prompt of several pages, so that there is something to be shared by mistake.
async fn score(model: &GgufModel, question: usize) -> Vec<ContinuationScore> {
    let content = format!("{} question {question}", "The same beginning for all. ".repeat(6));
    let messages = vec![Message { role: Role::User, content }];
    let continuations = vec!["one answer".to_owned(), "or another".to_owned()];
    model.score(ScoreRequest { messages, continuations }).await.unwrap()
}

fn distance(a: &[ContinuationScore], b: &[ContinuationScore]) -> f32 {
    let each = a.iter().zip(b).map(|(a, b)| (a.log_probability - b.log_probability).abs());
    each.fold(0.0, f32::max)
}

#[tokio::test]
async fn requests_with_different_adapters_run_side_by_side_as_if_each_were_merged() {
    let all = [adapter(&floats(), "all", 3, &MATRICES), adapter(&floats(), "some", 8, &["attn_q", "ffn_down"])];
    let model = load(&floats(), &all).unwrap();
    let (first, second) = (model.adapted(0, &all[0]), model.adapted(1, &all[1]));
    assert_eq!((first.info().id.as_str(), first.info().tuned, model.info().tuned), ("all", true, false));
    let alone = [load(&floats(), &[]).unwrap(), load(&merged(floats(), &all[0]), &[]).unwrap()];
    let last = load(&merged(floats(), &all[1]), &[]).unwrap();
    for question in 0..3 {
        let together = tokio::join!(score(&model, question), score(&first, question), score(&second, question));
        let right = (score(&alone[0], question).await, score(&alone[1], question).await, score(&last, question).await);
        assert_eq!(together.0, right.0, "without an adapter nothing changes at all");
        for (found, right) in [(&together.1, &right.1), (&together.2, &right.2)] {
            let (error, change) = (distance(found, right), distance(right, &together.0));
            println!("error {error:.4} of a change of {change:.2}");
            assert!(error < 0.02 * change, "{found:?} instead of {right:?}");
        }
    }
}

#[test]
fn an_adapter_of_another_model_is_refused_with_its_name_and_the_matrix() {
    let error = |change: fn(&mut LowRankUpdate)| {
        let mut other = adapter(&floats(), "biology", 2, &["attn_q"]);
        change(&mut other.updates[0]);
        load(&floats(), &[other]).err().expect("it must not load").to_string()
    };
    let message = error(|u| u.tensor = "blk.9.attn_q.weight".to_owned());
    assert!(message.contains("biology") && message.contains("blk.9.attn_q.weight"), "{message}");
    for message in [error(|u| u.a.truncate(1)), error(|u| u.b.truncate(1)), error(|u| u.rank = 0)] {
        assert!(message.contains("biology") && message.contains("32 rows and 32 columns"), "{message}");
    }
}
