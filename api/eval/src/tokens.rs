//! `lectern eval tokens`: how many characters and bytes a model's token holds, by language.

use std::{collections::BTreeMap, path::PathBuf, process::ExitCode};

use clap::Args;
use client::{CommandResult, Output};
use domain::Language;
use serde::Deserialize;
use serde_json::json;
use server::{Places, model_path};
use tuner::TextCodec;

/// What is counted.
#[derive(Debug, Args)]
pub struct TokensArgs {
    /// Texts: JSONL with `text` (or `context`, `passage`) and `lang`, or plain text files
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Models: ids of the catalogue, GGUF files, or folders with a tokenizer
    #[arg(long, required = true, num_args = 1.., value_name = "MODEL")]
    models: Vec<String>,
}

#[derive(Deserialize)]
struct Line {
    #[serde(alias = "context", alias = "passage")]
    text: String,
    #[serde(default)]
    lang: Option<Language>,
}

/// Counts, and prints a table as surveys of models have it: a row for each model and language.
pub fn run(places: &Places, output: Output, args: &TokensArgs) -> CommandResult {
    let mut texts: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
    for file in &args.files {
        let text = std::fs::read_to_string(file).map_err(|e| format!("{}: {e}", file.display()))?;
        if file.extension().is_none_or(|e| e != "jsonl") {
            texts.entry("und").or_default().push(text);
            continue;
        }
        for (n, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let line: Line =
                serde_json::from_str(line).map_err(|e| format!("{} line {}: {e}", file.display(), n + 1))?;
            texts.entry(line.lang.unwrap_or(Language::Other).tag()).or_default().push(line.text);
        }
    }
    if !output.json {
        println!("{:<28} {:<8} {:>10} {:>16} {:>12}", "model", "language", "tokens", "characters/token", "bytes/token");
    }
    for model in &args.models {
        let codec = TextCodec::open(&model_path(places, model))?;
        for (language, texts) in &texts {
            let (mut tokens, mut characters, mut bytes) = (0, 0, 0);
            for text in texts {
                tokens += codec.encode(text)?.len();
                characters += text.chars().count();
                bytes += text.len();
            }
            let per = |n: usize| n as f64 / tokens.max(1) as f64;
            let shown = json!({
                "model": model, "language": language, "tokens": tokens, "characters_per_token": per(characters),
                "bytes_per_token": per(bytes),
            });
            output.print(&shown, || {
                format!("{model:<28} {language:<8} {tokens:>10} {:>16.2} {:>12.2}", per(characters), per(bytes))
            });
        }
    }
    Ok(ExitCode::SUCCESS)
}
