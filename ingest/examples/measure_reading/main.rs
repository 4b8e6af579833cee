//! Measures reading on real documents: `measure_reading [course|scans|corpus|boxes|speed]`; `benches/reading.sh` calls it.
//!
//! Without `LECTERN_DATA` it says that it was skipped. Needs the libraries and models under `LECTERN_MODELS`, and
//! `lectern-reader` built beside it.

mod boxes;
mod common;
mod corpus;
mod course;
mod scans;
mod speed;

type Measure = fn(&std::path::Path);

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.first().is_some_and(|first| first == speed::WORKER) {
        return speed::work(&arguments[1..]);
    }
    let Some(data) = common::data() else { return };
    let all: [(&str, Measure); 5] = [
        ("course", course::measure),
        ("scans", scans::measure),
        ("corpus", corpus::measure),
        ("boxes", boxes::measure),
        ("speed", speed::measure),
    ];
    for (name, measure) in all {
        if arguments.is_empty() || arguments.iter().any(|wanted| wanted == name) {
            println!("== {name}");
            measure(&data);
        }
    }
}
