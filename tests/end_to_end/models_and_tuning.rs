//! `lectern tune`, `lectern models` and `lectern eval` with the real base model and the adapter that is shipped.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use lectern_tests::lectern_binary;
use serde_json::{Value, json};

const BASE: &str = "smollm2-135m-instruct";

fn command(args: &[&str]) -> Command {
    let mut command = Command::new(lectern_binary());
    command.args(args);
    command
}

fn lectern(args: &[&str]) -> Output {
    command(args).output().unwrap()
}

/// What a command printed, which must have ended well.
fn printed(args: &[&str]) -> String {
    let output = lectern(args);
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// What a command complained of, which must have failed.
fn complaint(args: &[&str]) -> String {
    let output = lectern(args);
    assert_eq!(output.status.code(), Some(1), "{args:?}");
    String::from_utf8(output.stderr).unwrap()
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn write_lines(file: &Path, lines: &[Value]) {
    fs::write(file, lines.iter().map(Value::to_string).collect::<Vec<_>>().join("\n")).unwrap();
}

/// Questions on six short passages.
fn questions() -> Vec<Value> {
    let facts = [
        ("iron", "26", "Fe"),
        ("gold", "79", "Au"),
        ("tin", "50", "Sn"),
        ("lead", "82", "Pb"),
        ("silver", "47", "Ag"),
        ("copper", "29", "Cu"),
    ];
    facts
        .iter()
        .flat_map(|(name, number, symbol)| {
            let context = format!("The metal {name} has the atomic number {number}. Its symbol is {symbol}.");
            let question = |what: &str, answer: &str| {
                json!({
                    "id": format!("{name}-{what}"), "lang": "en", "context": context, "answer": answer,
                    "question": format!("What is the {what} of {name}?"), "title": name,
                })
            };
            [question("atomic number", number), question("symbol", symbol)]
        })
        .collect()
}

/// Training rows of them in a folder.
fn rows(folder: &Path) -> PathBuf {
    let set = folder.join("questions.jsonl");
    write_lines(&set, &questions());
    let report = printed(&["tune", "prepare", path(folder), path(&set), "--sizes", "1,2", "--json"]);
    let report: Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report["items"], 12, "{report}");
    folder.join("train.jsonl")
}

#[test]
fn question_sets_become_rows_and_bad_lines_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let train = fs::read_to_string(rows(folder.path())).unwrap();
    assert!(train.lines().count() > 12 && train.contains("26 [1]"), "{train}");
    let bad = folder.path().join("bad.jsonl");
    write_lines(&bad, &[json!({"id": "1", "lang": "en", "context": "Tin.", "question": "What?", "answer": "Lead"})]);
    let said = complaint(&["tune", "prepare", path(folder.path()), path(&bad)]);
    assert!(said.contains("line 1") && said.contains("`Lead` does not occur"), "{said}");
    let said = complaint(&["tune", "--data", path(&bad), "--base", BASE, "--out", path(folder.path())]);
    assert!(said.contains("lectern tune prepare"), "{said}");
}

#[test]
fn a_killed_run_goes_on_to_the_same_end() {
    let folder = tempfile::tempdir().unwrap();
    let data = rows(folder.path());
    let (whole, killed) = (folder.path().join("whole"), folder.path().join("killed"));
    let tune = |out: &Path| {
        let mut tune = command(&["tune", "--data", path(&data), "--base", BASE, "--out", path(out), "--json"]);
        tune.args([
            "--sequence",
            "160",
            "--rank",
            "2",
            "--alpha",
            "4",
            "--checkpoint-every",
            "2",
            "--evaluate-rows",
            "4",
        ]);
        tune
    };
    let steps = |stdout: &[u8]| -> Vec<Value> {
        let lines = String::from_utf8_lossy(stdout).into_owned();
        lines.lines().map(|l| serde_json::from_str(l).unwrap()).filter(|l: &Value| l["rate"].is_number()).collect()
    };
    let undisturbed = steps(&tune(&whole).output().unwrap().stdout);
    assert!(undisturbed.len() >= 4, "{undisturbed:?}");
    assert!(whole.join("adapter_model.safetensors").is_file() && whole.join("loss.svg").is_file());

    let mut child = tune(&killed).stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    // After the first checkpoint, in the middle of a step.
    let third = lines.map_while(Result::ok).find(|l| l.contains("\"step\":3,"));
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(third.is_some());
    let resumed = steps(&tune(&killed).output().unwrap().stdout);
    assert!(resumed.len() < undisturbed.len(), "it began anew");
    assert_eq!(resumed.last().unwrap()["loss"], undisturbed.last().unwrap()["loss"]);
}

#[test]
fn the_shipped_adapter_makes_the_shipped_model() {
    let folder = tempfile::tempdir().unwrap();
    let adapter = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tuner/adapters/smollm2-135m-lectern");
    let made = folder.path().join("made.gguf");
    printed(&["models", "merge", "--base", BASE, "--adapter", path(&adapter), "--out", path(&made)]);
    let verified = printed(&["models", "verify", "smollm2-135m-lectern", path(&made)]);
    assert!(verified.contains("smollm2-135m-lectern/model.gguf: whole"), "{verified}");
    assert!(!verified.contains("WRONG"), "{verified}");
    let inspected: Value =
        serde_json::from_str(&printed(&["models", "inspect", "smollm2-135m-lectern", "--json"])).unwrap();
    assert!(inspected.to_string().contains("llama"), "{inspected}");

    let small = folder.path().join("small.gguf");
    printed(&["models", "quantize", path(&made), "--as", "q4_0", "--out", path(&small)]);
    let length = |file: &Path| fs::metadata(file).unwrap().len();
    assert!(length(&small) < length(&made));
    let bytes = fs::read(&small).unwrap();
    fs::write(&small, &bytes[..bytes.len() - 1000]).unwrap();
    let cut = lectern(&["models", "verify", path(&small)]);
    assert_eq!(cut.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&cut.stdout).contains("ends early"), "{cut:?}");
}

#[test]
fn an_adapter_of_another_model_names_the_tensor() {
    let folder = tempfile::tempdir().unwrap();
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tuner/tests/fixtures/llama/adapter");
    let out = folder.path().join("out.gguf");
    let said = complaint(&["models", "merge", "--base", BASE, "--adapter", path(&from), "--out", path(&out)]);
    assert!(said.contains("lora_A.weight") && said.contains("expected"), "{said}");
    assert!(!out.exists());
    let said = complaint(&["models", "convert", path(folder.path()), "--out", path(&out)]);
    assert!(said.contains("config.json"), "{said}");
}

#[test]
fn answers_choices_and_tokens_are_measured() {
    let folder = tempfile::tempdir().unwrap();
    let passages = [
        json!({"id": "p1", "title": "Light", "lang": "en", "text": "Plants split water with light. The oxygen they give off comes from the water."}),
        json!({"id": "p2", "title": "Bread", "lang": "en", "text": "Yeast turns sugar into carbon dioxide, which lets dough rise."}),
    ];
    write_lines(&folder.path().join("passages.jsonl"), &passages);
    let asked = [
        json!({"question": "What lets dough rise?", "answers": ["carbon dioxide"], "passage_id": "p2", "lang": "en"}),
        json!({"question": "Who won the football world cup in 1998?", "answers": [], "passage_id": "p1", "lang": "en"}),
    ];
    write_lines(&folder.path().join("questions.jsonl"), &asked);
    for (mode, name) in [("answer", "report.html"), ("quote", "report.md")] {
        let report = folder.path().join(name);
        let asked = ["eval", "answers", path(folder.path()), "--mode", mode, "--users", "2", "--report", path(&report)];
        let summary: Value = serde_json::from_str(&printed(&[&asked[..], &["--json"]].concat())).unwrap();
        assert_eq!(summary["found"], 1.0, "{summary}");
        assert_eq!(summary["in_text_or_quote"], 1.0, "{summary}");
        assert_eq!(summary["cites_gold"], 1.0, "{summary}");
        assert_eq!(summary["verbatim"], 1.0, "{summary}");
        assert_eq!(summary["refused_unanswerable"], 1.0, "{summary}");
        // The unanswerable question is doubted more than the other: some threshold tells them apart.
        let curve = summary["refusals"].as_array().unwrap();
        assert!(curve.iter().any(|point| point["f1"] == 1.0), "{summary}");
        let report = fs::read_to_string(&report).unwrap();
        assert!(
            report.contains("Where questions ended") && report.contains("refused, and nothing answers it"),
            "{report}"
        );
    }
    let choices = folder.path().join("mcq.jsonl");
    let item = |options: Value| json!({"lang": "en", "passage": passages[1]["text"], "question": "What lets dough rise?", "options": options, "answer_index": 1});
    write_lines(&choices, &[item(json!(["granite", "carbon dioxide", "a parliament"]))]);
    let measured: Value = serde_json::from_str(&printed(&["eval", "mcq", path(&choices), "--json"])).unwrap();
    assert_eq!(measured["with_passage"], 1.0, "{measured}");
    write_lines(&choices, &[item(json!(["granite"]))]);
    assert!(complaint(&["eval", "mcq", path(&choices)]).contains("question 1"));
    let exam = folder.path().join("exam");
    fs::create_dir(&exam).unwrap();
    for subject in ["bread", "light"] {
        let questions =
            ",Question,A,B,C,D,Answer\n0,What lets dough rise?,granite,a parliament,carbon dioxide,nine,C\n";
        fs::write(exam.join(format!("{subject}.csv")), questions).unwrap();
    }
    let letters = ["eval", "mcq", path(&exam), "--form", "letters", "--shots", "1", "--dev", path(&exam), "--json"];
    let by_subject: Vec<Value> = printed(&letters).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let subjects: Vec<_> = by_subject.iter().map(|line| (line["subject"].as_str().unwrap(), &line["items"])).collect();
    assert_eq!(subjects, [("bread", &json!(1)), ("light", &json!(1)), ("mean", &json!(2))]);
    assert_eq!(by_subject[2]["chance"], 0.25, "{by_subject:?}");
    let file = folder.path().join("passages.jsonl");
    let counted = printed(&["eval", "tokens", path(&file), "--models", BASE, "--json"]);
    let counted: Value = serde_json::from_str(counted.trim()).unwrap();
    assert!((3.0..6.0).contains(&counted["characters_per_token"].as_f64().unwrap()), "{counted}");
}

#[test]
fn quizzes_are_measured_and_given_to_a_judge() {
    let folder = tempfile::tempdir().unwrap();
    let (file, rows) = (folder.path().join("plants.md"), folder.path().join("rows.jsonl"));
    fs::write(&file, super::PLANTS).unwrap();
    let measured = printed(&["eval", "quiz", path(&file), "--count", "4", "--out", path(&rows), "--json"]);
    let measured: Value = serde_json::from_str(&measured).unwrap();
    assert!(measured["accepted"].as_u64() > Some(0) && measured["accepted"] == measured["proven"], "{measured}");
    assert_eq!((&measured["quotes_verbatim"], &measured["keys_verbatim"]), (&json!(1.0), &json!(1.0)), "{measured}");
    assert_eq!(measured["choices"].as_u64(), Some(fs::read_to_string(&rows).unwrap().lines().count() as u64));
    let judged: Value = serde_json::from_str(&printed(&["eval", "mcq", path(&rows), "--json"])).unwrap();
    assert_eq!((&judged["items"], &judged["language"]), (&measured["choices"], &json!("en")), "{judged}");
}
