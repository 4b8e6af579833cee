//! How long fusing two rankings and analysing a text take: what a query costs beside its embedding.

use criterion::{Criterion, criterion_group, criterion_main};

fn analyse(c: &mut Criterion) {
    let english = "The oxygen that is left over comes from the water, not from the carbon dioxide. ".repeat(10);
    let chinese = "雲林縣和彰化縣的沿海地區，就是因為養殖漁業長期抽取地下水，成為地層下陷最嚴重的地方。".repeat(10);
    c.bench_function("analyse 800 English characters", |b| b.iter(|| retriever::analyse(&english)));
    c.bench_function("analyse 400 Chinese characters", |b| b.iter(|| retriever::analyse(&chinese)));
}

criterion_group!(benches, analyse);
criterion_main!(benches);
