//! `lectern models`.

use std::{path::Path, process::ExitCode};

use client::{CommandResult, Output};
use provision::{Catalogue, Entry, FileState, ModelStore, Status};
use serde_json::{Value, json};
use server::{Models, Places, Settings, TunedModels, model_path, resolve_generator};

use crate::cli::ModelsAction;

/// Lists, downloads, checks or describes models.
pub fn run(settings: &Settings, places: &Places, output: Output, action: ModelsAction) -> CommandResult {
    let catalogue = Catalogue::builtin()?;
    let store = ModelStore::new(&places.models, places.mirror.clone()).with_maker(TunedModels);
    match action {
        ModelsAction::List => list(&catalogue, &store, output),
        ModelsAction::Pull { ids } => pull(settings, &catalogue, &store, output, &ids)?,
        ModelsAction::Verify { ids } => return verify(&catalogue, &store, output, &ids),
        ModelsAction::Inspect { model } => {
            let summary = provision::inspect(&model_path(places, &model))?;
            output.print(&json!(summary), || summary.to_string());
        }
        ModelsAction::Merge { base, adapters, mix, out } => {
            tuner::merge(&model_path(places, &base), &adapters, mix, &out)?;
            written(output, &out)?;
        }
        ModelsAction::Quantize { model, mix, out } => {
            tuner::quantize(&model_path(places, &model), mix, &out)?;
            written(output, &out)?;
        }
        ModelsAction::Convert { folder, mix, out } => {
            tuner::convert(&folder, mix, &out)?;
            written(output, &out)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn written(output: Output, out: &Path) -> std::io::Result<()> {
    let bytes = std::fs::metadata(out)?.len();
    output.print(&json!({ "file": out, "bytes": bytes }), || {
        format!("wrote {}: {} MB", out.display(), bytes / 1_000_000)
    });
    Ok(())
}

fn state(store: &ModelStore, entry: &Entry) -> &'static str {
    match store.status(entry) {
        Status::Present => "installed",
        Status::Partial { .. } => "incomplete",
        Status::Missing => "not installed",
    }
}

fn list(catalogue: &Catalogue, store: &ModelStore, output: Output) {
    let shown: Vec<Value> = catalogue
        .entries()
        .iter()
        .map(|e| {
            json!({
                "id": e.id, "kind": e.kind, "title": e.title, "languages": e.languages, "licence": e.licence,
                "default": e.default, "bytes": e.bytes(), "state": state(store, e),
            })
        })
        .collect();
    output.print(&json!({ "models": shown }), || {
        let line = |e: &Entry| {
            let size = e.bytes().map_or("? MB".to_owned(), |b| format!("{} MB", b / 1_000_000));
            let languages = e.languages.join(", ");
            format!("{:<28} {:<13} {size:>8}  {} [{languages}] {}", e.id, state(store, e), e.title, e.licence)
        };
        catalogue.entries().iter().map(line).collect::<Vec<_>>().join("\n")
    });
}

/// What the settings ask for, and the libraries that come with it.
fn needed<'a>(settings: &Settings, catalogue: &'a Catalogue) -> Result<Vec<&'a Entry>, provision::ProvisionError> {
    let Models { generator, embedder, reranker, passage_reader, ocr, .. } = &settings.models;
    let generator = resolve_generator(generator, catalogue)?;
    [generator.catalogue_id().unwrap_or_default(), embedder, reranker, passage_reader, ocr, "onnxruntime", "pdfium"]
        .into_iter()
        .filter(|id| !id.is_empty())
        .map(|id| catalogue.get(id))
        .collect()
}

fn pull(
    settings: &Settings,
    catalogue: &Catalogue,
    store: &ModelStore,
    output: Output,
    ids: &[String],
) -> Result<(), provision::ProvisionError> {
    let entries = if ids.is_empty() {
        needed(settings, catalogue)?
    } else {
        ids.iter().map(|id| catalogue.get(id)).collect::<Result<_, _>>()?
    };
    let entries = catalogue.with_bases(&entries)?;
    let progress = provision::progress_for_stderr();
    store.pull(&entries, progress.as_ref())?;
    let ids: Vec<&str> = entries.iter().map(|e| e.id.as_str()).collect();
    output.print(&json!({ "installed": ids }), || format!("installed: {}", ids.join(", ")));
    Ok(())
}

fn verify(catalogue: &Catalogue, store: &ModelStore, output: Output, ids: &[String]) -> CommandResult {
    let (paths, ids): (Vec<&String>, Vec<&String>) =
        ids.iter().partition(|id| catalogue.get(id).is_err() && Path::new(id).exists());
    let entries: Vec<&Entry> = if ids.is_empty() && paths.is_empty() {
        catalogue.entries().iter().filter(|e| store.status(e) != Status::Missing).collect()
    } else {
        ids.into_iter().map(|id| catalogue.get(id)).collect::<Result<_, _>>()?
    };
    let mut whole = true;
    for path in paths {
        let findings = tuner::check_model(Path::new(path))?;
        whole &= findings.iter().all(|f| f.good);
        let line = |f: &tuner::Finding| format!("{path}: {}{}", if f.good { "" } else { "WRONG: " }, f.found);
        output.print(&json!({ "model": path, "findings": findings }), || {
            findings.iter().map(line).collect::<Vec<_>>().join("\n")
        });
    }
    for entry in entries {
        let report = store.verify(entry)?;
        whole &= report.is_ok();
        for file in &report.files {
            let said = match &file.state {
                FileState::Whole => "whole".to_owned(),
                FileState::Unrecorded => "no checksum is known yet".to_owned(),
                FileState::Missing => format!("missing: run `lectern models pull {}`", entry.id),
                FileState::Damaged(detail) => format!("{detail}: run `lectern models pull {}`", entry.id),
            };
            let shown = json!({ "model": entry.id, "file": file.name, "sha256": file.sha256, "state": said });
            output.print(&shown, || format!("{}/{}: {said}", entry.id, file.name));
        }
    }
    Ok(if whole { ExitCode::SUCCESS } else { ExitCode::from(1) })
}
