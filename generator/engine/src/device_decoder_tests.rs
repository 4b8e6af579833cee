//! candle's tensors against the engine's own kernels, on the CPU.

use std::{path::Path, sync::Arc};

use candle_core::{Device, quantized::GgmlDType};
use domain::{AdapterWeights, LowRankUpdate};

use super::{
    against_candle::{VOCABULARY, distance, write_model},
    decoder::Decoder,
    device_decoder::DeviceDecoder,
    kernels::{Isa, Pool},
    network::{BatchEntry, Network, WantedLogits},
    read_gguf::GgufFile,
};
use crate::EngineError;

fn adapter(tensor: &str, (rows, columns): (usize, usize)) -> AdapterWeights {
    let numbers = |count: usize, step: usize| (0..count).map(|i| ((i * step) % 101) as f32 / 200.0 - 0.25).collect();
    let (a, b) = (numbers(3 * columns, 37), numbers(rows * 3, 53));
    let updates = vec![LowRankUpdate { tensor: tensor.to_owned(), rank: 3, a, b }];
    AdapterWeights { name: "biology".into(), tuned: true, updates }
}

/// Both networks of the same file.
fn load(path: &Path, adapters: &[AdapterWeights]) -> [Box<dyn Network>; 2] {
    let file = GgufFile::open(path).unwrap();
    let pool = Arc::new(Pool::new(2).unwrap());
    [
        Box::new(DeviceDecoder::load(&file, adapters, &Device::Cpu, 12).unwrap()),
        Box::new(Decoder::load(&file, adapters, Isa::best(), pool, 12).unwrap()),
    ]
}

/// Three texts over several steps: a long one in pieces, others beside it, one with an adapter.
fn logits(network: &mut dyn Network) -> Vec<Vec<f32>> {
    let text = |seed: u32, n: u32| -> Vec<u32> { (0..n).map(|i| (i * 31 + seed * 17) % VOCABULARY as u32).collect() };
    let texts = [text(1, 70), text(2, 33), text(3, 5)];
    let pages: [&[u32]; 3] = [&[4, 1, 2], &[7, 5], &[9]];
    let entry = |n: usize, tokens: std::ops::Range<usize>, wanted| BatchEntry {
        tokens: &texts[n][tokens.clone()],
        position: tokens.start,
        pages: pages[n],
        wanted,
        adapter: usize::from(n == 1),
    };
    let steps = [
        vec![entry(0, 0..50, WantedLogits::Nothing), entry(1, 0..32, WantedLogits::Last)],
        vec![entry(0, 50..69, WantedLogits::Nothing)],
        vec![
            entry(0, 69..70, WantedLogits::Last),
            entry(2, 0..5, WantedLogits::Each),
            entry(1, 32..33, WantedLogits::Last),
        ],
    ];
    steps.iter().flat_map(|batch| network.forward(batch).unwrap()).collect()
}

#[test]
fn both_networks_give_the_same_logits() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tiny.gguf");
    let adapters = [adapter("blk.1.ffn_up.weight", (512, 256))];
    for family in ["llama", "qwen2", "qwen3"] {
        // Quantized weights meet activations that each rounds in its own way.
        for (kind, bound) in [(GgmlDType::F32, 0.002), (GgmlDType::Q8_0, 0.1), (GgmlDType::Q4K, 0.1)] {
            write_model(&path, family, kind, kind != GgmlDType::Q8_0);
            let [mut device, mut own] = load(&path, &adapters);
            let (found, wanted) = (logits(&mut *device), logits(&mut *own));
            assert_eq!((found.len(), wanted.len()), (8, 8));
            for (found, wanted) in found.iter().zip(&wanted) {
                let apart = distance(found, wanted);
                assert!(apart < bound, "{family} {kind:?}: {apart}");
            }
            let [mut without, _] = load(&path, &[]);
            let changed = distance(&logits(&mut *without)[0], &found[0]);
            assert!(changed > 2.0 * bound, "the adapter changes what it is asked for: {changed}");
        }
    }
}

#[test]
fn what_does_not_fit_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tiny.gguf");
    write_model(&path, "llama", GgmlDType::F32, true);
    let file = GgufFile::open(&path).unwrap();
    for other in [adapter("blk.1.ffn_up.weight", (512, 8)), adapter("blk.9.ffn_up.weight", (512, 256))] {
        let made = DeviceDecoder::load(&file, &[other], &Device::Cpu, 2);
        assert!(matches!(made.err(), Some(EngineError::AdapterMismatch { .. })));
    }
    let mut network = DeviceDecoder::load(&file, &[], &Device::Cpu, 2).unwrap();
    for tokens in [&[300][..], &[1; 33]] {
        let entry = BatchEntry { tokens, position: 0, pages: &[1], wanted: WantedLogits::Last, adapter: 0 };
        assert!(network.forward(&[entry]).is_err(), "{tokens:?}");
    }
    if Device::new_cuda(0).is_err() {
        let error = DeviceDecoder::on_gpu(&file, &[], 2).err().unwrap();
        assert_eq!(error.code(), "gpu_missing");
        assert!(error.to_string().contains("--features cuda"), "{error}");
    }
}
