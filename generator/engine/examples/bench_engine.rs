//! The engine's speed on given token ids, one measurement per line of standard input, so that another engine can be
//! measured in turn (see `benches/beside_llama_cpp.py`).
//!
//! `bench_engine MODEL [THREADS] [CHUNK]`, then lines `prefill N`, `decode CONTEXT COUNT`, `next ID ID …`, `load`, `rss`, `bytes`,
//! `bandwidth`, `multiplications N`, `peak`; each is answered by one line with the figure: tokens per second, the likeliest
//! next token's id, seconds, megabytes, bytes per token, gigabytes per second, multiplications, multiplications per second.

use std::{io::BufRead, path::Path, time::Instant};

use engine::{GgufModelSettings, TokenModel};

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let path = args.get(1).expect("a GGUF file");
    let number = |n: usize| args.get(n).and_then(|v| v.parse::<usize>().ok());
    let mut settings = GgufModelSettings::default();
    settings.threads = number(2).unwrap_or(settings.threads);
    settings.prefill_chunk = number(3).unwrap_or(settings.prefill_chunk);
    let started = Instant::now();
    let mut model = TokenModel::load(Path::new(path), &settings).unwrap();
    let load = started.elapsed().as_secs_f64();
    for line in std::io::stdin().lock().lines() {
        let line = line.unwrap();
        let words: Vec<&str> = line.split_whitespace().collect();
        let n = |i: usize| words.get(i).and_then(|w| w.parse::<usize>().ok()).unwrap_or(0);
        match words.first().copied() {
            Some("prefill") => println!("{:.2}", prefill(&mut model, n(1))),
            Some("decode") => println!("{:.2}", decode(&mut model, n(1), n(2))),
            Some("next") => println!("{}", likeliest(&mut model, &words[1..])),
            Some("load") => println!("{load:.3}"),
            Some("rss") => println!("{:.1}", resident()),
            Some("bytes") => println!("{}", model.bytes_per_token()),
            Some("multiplications") => println!("{}", model.multiplications(n(1))),
            Some("peak") => println!("{}", model.peak()),
            Some("bandwidth") => println!("{:.2}", bandwidth(settings.threads)),
            _ => println!("unknown: {line}"),
        }
    }
}

/// The ids that both engines read: a fixed sequence of ordinary tokens.
fn ids(count: usize) -> Vec<u32> {
    let mut state = 12_345u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        20 + (state >> 33) as u32 % 40_000
    };
    (0..count).map(|_| next()).collect()
}

/// Tokens per second of reading `count` tokens.
fn prefill(model: &mut TokenModel, count: usize) -> f64 {
    let tokens = ids(count);
    model.truncate(0);
    let started = Instant::now();
    model.read(&tokens).unwrap();
    count as f64 / started.elapsed().as_secs_f64()
}

/// The id that the model finds likeliest after these.
fn likeliest(model: &mut TokenModel, ids: &[&str]) -> u32 {
    let tokens: Vec<u32> = ids.iter().map(|id| id.parse().unwrap()).collect();
    model.truncate(0);
    best(&model.read(&tokens).unwrap())
}

fn best(logits: &[f32]) -> u32 {
    (0u32..).zip(logits).max_by(|a, b| a.1.total_cmp(b.1)).map_or(0, |(token, _)| token)
}

/// Tokens per second of writing `count` tokens after `context`.
fn decode(model: &mut TokenModel, context: usize, count: usize) -> f64 {
    model.truncate(0);
    let mut logits = model.read(&ids(context)).unwrap();
    let started = Instant::now();
    for _ in 0..count {
        logits = model.read(&[best(&logits)]).unwrap();
    }
    count as f64 / started.elapsed().as_secs_f64()
}

/// Most memory held so far, in megabytes.
fn resident() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|n| n.parse::<f64>().ok()).unwrap_or(0.0) / 1024.0
}

/// Gigabytes per second that all threads together read from memory: the best of five.
fn bandwidth(threads: usize) -> f64 {
    let blocks: Vec<Vec<u64>> = (0..threads).map(|i| vec![i as u64 + 1; 32 << 20]).collect();
    let bytes = blocks.iter().map(|b| b.len() * 8).sum::<usize>() as f64;
    let once = || {
        let started = Instant::now();
        std::thread::scope(|scope| {
            for block in &blocks {
                scope.spawn(move || {
                    let mut sums = [0u64; 16];
                    for part in block.chunks_exact(16) {
                        for (sum, v) in sums.iter_mut().zip(part) {
                            *sum = sum.wrapping_add(*v);
                        }
                    }
                    std::hint::black_box(sums);
                });
            }
        });
        bytes / started.elapsed().as_secs_f64() / 1e9
    };
    (0..5).map(|_| once()).fold(0.0, f64::max)
}
