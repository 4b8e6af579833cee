//! Trains an adapter: `tune --data TRAIN.jsonl --held-out HELD.jsonl --base MODEL --out FOLDER [--resume] [settings]`.

use std::{ops::ControlFlow, path::PathBuf};

use tuner::{AdapterConfig, Base, Evaluation, Event, Progress, TextCodec, TuneSettings, Tuning, read_rows};

#[derive(Default)]
struct Options {
    data: Vec<PathBuf>,
    held_out: Vec<PathBuf>,
    base: PathBuf,
    out: PathBuf,
    resume: bool,
    settings: TuneSettings,
    adapter: AdapterConfig,
}

fn read_options() -> Result<Options, Box<dyn std::error::Error>> {
    let mut options = Options::default();
    let (settings, adapter) = (&mut options.settings, &mut options.adapter);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
        match argument.as_str() {
            "--data" => options.data.push(value()?.into()),
            "--held-out" => options.held_out.push(value()?.into()),
            "--base" => options.base = value()?.into(),
            "--out" => options.out = value()?.into(),
            "--resume" => options.resume = true,
            "--max-tokens" => settings.max_tokens = value()?.parse()?,
            "--epochs" => settings.epochs = value()?.parse()?,
            "--sequence" => settings.sequence = value()?.parse()?,
            "--accumulate" => settings.accumulate = value()?.parse()?,
            "--learning-rate" => settings.learning_rate = value()?.parse()?,
            "--seed" => settings.seed = value()?.parse()?,
            "--evaluate-every" => settings.evaluate_every = value()?.parse()?,
            "--evaluate-rows" => settings.evaluate_rows = value()?.parse()?,
            "--patience" => settings.patience = value()?.parse()?,
            "--recompute" => settings.recompute = true,
            "--rank" => adapter.rank = value()?.parse()?,
            "--alpha" => adapter.alpha = value()?.parse()?,
            "--dropout" => adapter.dropout = value()?.parse()?,
            other => return Err(format!("{other} is not known").into()),
        }
    }
    Ok(options)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let options = read_options()?;
    let read = |files: &[PathBuf]| -> Result<Vec<_>, tuner::TunerError> {
        files.iter().map(|f| read_rows(f)).collect::<Result<Vec<_>, _>>().map(|rows| rows.concat())
    };
    let (train, held_out) = (read(&options.data)?, read(&options.held_out)?);
    let (base, codec) = (Base::open(&options.base)?, TextCodec::open(&options.base)?);
    let name = options.base.display().to_string();
    let rows = (train.as_slice(), held_out.as_slice());
    let mut tuning = Tuning::new(&base, &name, &codec, rows, options.adapter, options.settings, &options.out)?;
    let done = if options.resume { tuning.resume()? } else { 0 };
    println!(
        "{} rows, {} steps ({done} done), {} tokens (unshared {}), {} parameters",
        train.len(),
        tuning.steps(),
        tuning.tokens(),
        tuning.unshared_tokens(),
        tuning.adapter().parameters()
    );
    if done == 0 {
        print_evaluation(&tuning.evaluate(), false);
    }
    let outcome = tuning.run(|event| {
        match event {
            Event::Step(progress) => print_progress(progress),
            Event::Evaluated(evaluation, best) => print_evaluation(evaluation, *best),
            Event::Checkpoint(_) => {}
        }
        ControlFlow::Continue(())
    })?;
    println!("{} steps, finished: {}", outcome.steps, outcome.finished);
    Ok(())
}

fn print_progress(p: &Progress) {
    let (minutes, seconds) = (p.seconds_left as u64 / 60, p.seconds_left as u64 % 60);
    println!(
        "step {}/{} loss {:.4} gradient {:.2} rate {:.1e} tokens {} {:.0}/s left {minutes}:{seconds:02}",
        p.step, p.steps, p.loss, p.gradient, p.rate, p.tokens, p.tokens_per_second
    );
}

fn print_evaluation(e: &Evaluation, best: bool) {
    let (precision, recall) = (100.0 * e.refusal_precision, 100.0 * e.refusal_recall);
    print!("held out: loss {:.4}, refusals precision {precision:.1} recall {recall:.1}", e.loss);
    for (task, t) in &e.tasks {
        print!("; {task} ({}) loss {:.3} exact {:.1}", t.rows, t.loss, 100.0 * t.exact);
    }
    println!("{}", if best { " (best)" } else { "" });
}
