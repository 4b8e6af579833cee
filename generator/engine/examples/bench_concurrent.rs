//! Eight requests at once against one after the other: `bench_concurrent MODEL [TOKENS]` prints tokens per second of both
//! and the longest gap between two pieces of text in any stream.

use std::{path::Path, time::Instant};

use domain::{
    Language,
    ports::{GenerateRequest, Generated, LanguageModel, Message, Role},
};
use engine::{GgufModel, GgufModelSettings};

const REQUESTS: usize = 8;

/// What one stream showed: tokens written, the first piece's time, and the longest gap after it, in seconds.
struct Stream {
    tokens: usize,
    first: f64,
    gap: f64,
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let args: Vec<String> = std::env::args().collect();
    let path = args.get(1).expect("a GGUF file");
    let tokens = args.get(2).and_then(|n| n.parse().ok()).unwrap_or(64);
    let settings = GgufModelSettings { queue: REQUESTS, ..GgufModelSettings::default() };
    let model = GgufModel::load(Path::new(path), None, vec![Language::English], &settings).unwrap();
    for seed in [0, 100] {
        // A warm-up of its own for each half: no prefix is shared between them.
        read(&model, request(seed + 99, 8)).await;
        let started = Instant::now();
        let mut streams = Vec::new();
        if seed == 0 {
            for n in 0..REQUESTS {
                streams.push(read(&model, request(seed + n, tokens)).await);
            }
        } else {
            let all = (0..REQUESTS).map(|n| read(&model, request(seed + n, tokens)));
            streams = futures_join(all.collect()).await;
        }
        let seconds = started.elapsed().as_secs_f64();
        let written: usize = streams.iter().map(|s| s.tokens).sum();
        let most = |f: fn(&Stream) -> f64| streams.iter().map(f).fold(0.0, f64::max);
        let how = if seed == 0 { "one after the other" } else { "all at once" };
        println!(
            "{how}: {:.1} tokens/s, {written} in {seconds:.2} s, longest wait for the first {:.2} s, longest gap {:.3} s",
            written as f64 / seconds,
            most(|s| s.first),
            most(|s| s.gap)
        );
    }
    println!("{:?}", model.counts());
}

/// Runs all on this thread, side by side.
async fn futures_join<'a>(streams: Vec<impl Future<Output = Stream> + 'a>) -> Vec<Stream> {
    let mut pinned: Vec<_> = streams.into_iter().map(Box::pin).collect();
    let mut done: Vec<Option<Stream>> = pinned.iter().map(|_| None).collect();
    std::future::poll_fn(move |context| {
        for (stream, done) in pinned.iter_mut().zip(&mut done) {
            if done.is_none()
                && let std::task::Poll::Ready(stream) = stream.as_mut().poll(context)
            {
                *done = Some(stream);
            }
        }
        if done.iter().any(Option::is_none) {
            return std::task::Poll::Pending;
        }
        std::task::Poll::Ready(done.iter_mut().filter_map(Option::take).collect())
    })
    .await
}

/// Some 300 tokens of prompt, different from the first word on.
fn request(n: usize, max_tokens: usize) -> GenerateRequest {
    let facts = (0..40).map(|i| format!("Fact {}: lake {} is {} m deep.", n + i, n * 7 + i, (n + 3) * (i + 11)));
    let content = format!("{n} {}\nTell a long story about these lakes.", facts.collect::<Vec<_>>().join(" "));
    let messages = vec![
        Message { role: Role::System, content: format!("You are storyteller number {n}.") },
        Message { role: Role::User, content },
    ];
    GenerateRequest { messages, max_tokens, ..GenerateRequest::default() }
}

async fn read(model: &GgufModel, request: GenerateRequest) -> Stream {
    let started = Instant::now();
    let mut generation = model.generate(request).await.unwrap();
    let mut stream = Stream { tokens: 0, first: 0.0, gap: 0.0 };
    let mut last: Option<Instant> = None;
    while let Some(event) = generation.next().await {
        match event.unwrap() {
            Generated::Text(_) => {
                match last {
                    None => stream.first = started.elapsed().as_secs_f64(),
                    Some(last) => stream.gap = stream.gap.max(last.elapsed().as_secs_f64()),
                }
                last = Some(Instant::now());
            }
            Generated::Finished { usage, .. } => stream.tokens = usage.completion_tokens,
        }
    }
    stream
}
