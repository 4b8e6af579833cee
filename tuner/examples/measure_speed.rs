//! Times training steps as `reference/peft_speed.py` does in `PyTorch`: `measure_speed MODEL [STEPS]`.
//!
//! Four rows of 512 tokens, of which the last 50 are the answer; rank 16 on all linear layers. Nothing is shared.

use std::{ops::ControlFlow, path::PathBuf};

use domain::ports::{Message, Role};
use tuner::{AdapterConfig, Base, Event, Row, TextCodec, TuneSettings, Tuning};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let path: PathBuf = arguments.next().ok_or("name a model")?.into();
    let steps: usize = arguments.next().map_or(Ok(4), |n| n.parse())?;
    let (base, codec) = (Base::open(&path)?, TextCodec::open(&path)?);
    // Digits are a token each, and so is the space before one.
    let words = |count: usize, from: usize| {
        (from..from + count).fold(String::new(), |text, n| text + " " + &(n % 10).to_string())
    };
    let row = |n: usize| Row {
        id: n.to_string(),
        task: "time".to_owned(),
        language: domain::Language::English,
        group: String::new(),
        messages: vec![
            Message { role: Role::User, content: words(216, n) },
            Message { role: Role::Assistant, content: words(24, n) },
        ],
    };
    let rows: Vec<Row> = (0..steps * 4).map(row).collect();
    let settings = TuneSettings { accumulate: 1, ..TuneSettings::default() };
    let folder = tempfile::tempdir()?;
    let data = (rows.as_slice(), [].as_slice());
    let mut tuning = Tuning::new(&base, "base", &codec, data, AdapterConfig::default(), settings, folder.path())?;
    println!("{} tokens in {} steps", tuning.tokens(), tuning.steps());
    tuning.run(|event| {
        if let Event::Step(p) = event {
            println!("{:.0} tokens/s, loss {:.4}", p.tokens_per_second, p.loss);
        }
        ControlFlow::Continue(())
    })?;
    Ok(())
}
