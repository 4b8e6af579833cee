//! Makes training rows: `prepare OUT_FOLDER QUESTIONS.jsonl... [--languages en,zh-Hant] [--kept-back PASSAGES.jsonl]...`.

use std::path::{Path, PathBuf};

use tuner::{PrepareSettings, prepare, read_passages, read_questions, write_rows};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut settings = PrepareSettings::default();
    let (mut files, mut kept_back): (Vec<PathBuf>, Vec<String>) = (Vec::new(), Vec::new());
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
        match argument.as_str() {
            "--languages" => settings.languages = serde_json::from_str(&json_list(&value()?))?,
            "--kept-back" => kept_back.extend(read_passages(Path::new(&value()?))?),
            "--sizes" => settings.sizes = serde_json::from_str(&format!("[{}]", value()?))?,
            "--refusals" => settings.refusals = value()?.parse()?,
            "--stems" => settings.stems = value()?.parse()?,
            "--distractors" => settings.distractors = value()?.parse()?,
            "--seed" => settings.seed = value()?.parse()?,
            _ => files.push(argument.into()),
        }
    }
    let Some((out, sets)) = files.split_first() else { return Err("name a folder and question sets".into()) };
    let mut items = Vec::new();
    for set in sets {
        items.extend(read_questions(set)?);
    }
    let prepared = prepare(&items, &kept_back, &settings)?;
    std::fs::create_dir_all(out)?;
    write_rows(&out.join("train.jsonl"), &prepared.train)?;
    write_rows(&out.join("held_out.jsonl"), &prepared.held_out)?;
    println!("{:#?}", prepared.report);
    Ok(())
}

fn json_list(names: &str) -> String {
    let quoted: Vec<String> = names.split(',').map(|n| format!("\"{n}\"")).collect();
    format!("[{}]", quoted.join(","))
}
