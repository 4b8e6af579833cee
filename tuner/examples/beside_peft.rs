//! Our half of `reference/beside_peft.py`: trains a new adapter on four rows, all of them in every step, so that the order
//! of the data is the same for both. `beside_peft MODEL ROWS.jsonl STEPS FOLDER` leaves the rows' tokens and the adapter as
//! it is before the first step in FOLDER, and prints each step as a JSON line.

use std::{ops::ControlFlow, path::Path};

use serde_json::json;
use tuner::{Adapter, AdapterConfig, Base, Event, Row, TextCodec, TuneSettings, Tuning, read_rows, write_adapter};

/// Rows of one step, and the most tokens that one may have: four fill a sequence.
const ROWS: usize = 4;
const LONGEST: usize = 512;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [model, rows, steps, folder] = arguments.as_slice() else { return Err("MODEL ROWS.jsonl STEPS FOLDER".into()) };
    let (model, folder) = (Path::new(model), Path::new(folder));
    let (base, codec) = (Base::open(model)?, TextCodec::open(model)?);
    let (mut chosen, mut encoded) = (Vec::<Row>::new(), Vec::new());
    for row in read_rows(Path::new(rows))? {
        let text = codec.encode_conversation(&row.messages)?;
        let is_new = chosen.iter().all(|c| c.group != row.group);
        if is_new && chosen.len() < ROWS && (LONGEST * 3 / 4..=LONGEST).contains(&text.tokens.len()) {
            encoded.push(json!({ "tokens": text.tokens, "prompt": text.prompt }));
            chosen.push(row);
        }
    }
    let epochs = steps.parse()?;
    let settings = TuneSettings { accumulate: 1, epochs, evaluate_every: epochs, ..TuneSettings::default() };
    let config = AdapterConfig::default();
    std::fs::write(folder.join("rows.json"), serde_json::to_vec(&encoded)?)?;
    write_adapter(&folder.join("start"), &Adapter::new(base.shape(), config.clone(), settings.seed)?, "base", false)?;
    let data = (chosen.as_slice(), [].as_slice());
    let mut tuning = Tuning::new(&base, "base", &codec, data, config, settings, &folder.join("end"))?;
    tuning.run(|event| {
        if let Event::Step(p) = event {
            println!("{}", json!({ "loss": p.loss, "rate": p.rate, "tokens_per_second": p.tokens_per_second }));
        }
        ControlFlow::Continue(())
    })?;
    Ok(())
}
