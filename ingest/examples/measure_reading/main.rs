//! Measures reading on real documents: `LECTERN_DATA=… cargo run --release --example measure_reading [course|scans|corpus|boxes]`.
//!
//! Without `LECTERN_DATA` it says that it was skipped. Needs the libraries and models under `LECTERN_MODELS`.

mod boxes;
mod common;
mod corpus;
mod course;
mod scans;

type Measure = fn(&std::path::Path);

fn main() {
    let Some(data) = common::data() else { return };
    let wanted = std::env::args().nth(1);
    let all: [(&str, Measure); 4] = [
        ("course", course::measure),
        ("scans", scans::measure),
        ("corpus", corpus::measure),
        ("boxes", boxes::measure),
    ];
    for (name, measure) in all {
        if wanted.as_deref().is_none_or(|w| w == name) {
            println!("== {name}");
            measure(&data);
        }
    }
}
