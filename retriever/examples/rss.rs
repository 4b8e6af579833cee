//! Scratch.
use domain::ports::*;
use retriever::*;
fn rss() -> u64 {
    std::fs::read_to_string("/proc/self/status")
        .unwrap()
        .lines()
        .filter(|l| l.starts_with("VmRSS") || l.starts_with("VmHWM"))
        .map(|l| {
            eprintln!("{l}");
            0
        })
        .sum()
}
fn main() {
    let rt = tokio::runtime::Runtime::new().unwrap();
    let m = std::path::PathBuf::from("/root/.cache/lectern/models");
    if std::env::args().nth(1).as_deref() == Some("tok") {
        rss();
        let t = tokenizers::Tokenizer::from_file(m.join("multilingual-e5-small/tokenizer.json")).unwrap();
        eprintln!("loaded");
        rss();
        let t2 = t.clone();
        eprintln!("cloned");
        rss();
        drop(t);
        drop(t2);
        return;
    }
    rss();
    let t0 = std::time::Instant::now();
    let e = E5Embedder::load(
        &EmbedderFiles::in_dir(m.join("multilingual-e5-small")),
        &m.join("onnxruntime/libonnxruntime.so"),
        EmbedderSettings::default(),
    )
    .unwrap();
    eprintln!("loaded {:?}", t0.elapsed());
    rss();
    for round in 0..3 {
        let t0 = std::time::Instant::now();
        for k in 0..6 {
            let texts: Vec<String> = (0..32).map(|i| format!("word{i} ").repeat(40 + i * (k + 1))).collect();
            rt.block_on(e.embed(texts, EmbedRole::Passage)).unwrap();
        }
        eprintln!("round {round} {:?}", t0.elapsed());
        rss();
    }
    let t0 = std::time::Instant::now();
    for i in 0..50 {
        rt.block_on(e.embed(vec![format!("What is the capital of country number {i}?")], EmbedRole::Query)).unwrap();
    }
    eprintln!("50 queries one by one {:?}", t0.elapsed());
    let t0 = std::time::Instant::now();
    let s = "光合作用 plants make sugar from light. ".repeat(200);
    for _ in 0..20 {
        e.count(&s);
    }
    eprintln!("count {} bytes: {:?} each", s.len(), t0.elapsed() / 20);
    let e = std::sync::Arc::new(e);
    let t0 = std::time::Instant::now();
    rt.block_on(async {
        let mut js = tokio::task::JoinSet::new();
        for i in 0..200 {
            let e = e.clone();
            js.spawn(async move {
                e.embed(vec![format!("What is the capital of country number {i}?")], EmbedRole::Query).await.unwrap();
            });
        }
        while js.join_next().await.is_some() {}
    });
    eprintln!("200 queries at once {:?}", t0.elapsed());
    rss();
}
