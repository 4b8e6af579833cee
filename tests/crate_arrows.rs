//! The crates of the workspace depend on each other one way only, as `ARCHITECTURE.md` has it.

use std::{
    collections::BTreeSet,
    fs,
    path::{Component, Path, PathBuf},
};

use toml::{Table, Value};

/// A crate's folder, and the folders of the crates that it may depend on. An arrow that is not here fails the test: think
/// twice before adding one.
const ALLOWED: [(&str, &[&str]); 17] = [
    ("domain", &[]),
    ("generator/text", &["domain"]),
    ("generator/gguf", &["domain"]),
    ("generator/engine", &["domain", "generator/gguf", "generator/text"]),
    ("generator/answer", &["domain", "generator/text"]),
    ("generator/quiz", &["domain", "generator/text"]),
    ("generator/quiz_files", &["domain", "generator/text"]),
    ("ingest", &["domain"]),
    ("retriever", &["domain", "generator/text"]),
    ("provision", &["domain", "generator/gguf"]),
    ("tuner", &["domain", "generator/gguf"]),
    (
        "api/server",
        &[
            "domain",
            "generator/answer",
            "generator/engine",
            "generator/quiz",
            "generator/quiz_files",
            "ingest",
            "provision",
            "retriever",
            "tuner",
        ],
    ),
    ("api/client", &["api/server", "ingest", "tuner"]),
    ("api/eval", &["api/client", "api/server", "domain", "generator/answer", "ingest", "retriever", "tuner"]),
    (
        "api/cli",
        &[
            "api/client",
            "api/eval",
            "api/server",
            "domain",
            "generator/quiz_files",
            "generator/text",
            "ingest",
            "provision",
            "tuner",
        ],
    ),
    ("tests", &[]),
    ("benches", &["domain", "ingest", "retriever", "tests"]),
];

fn manifest(folder: &Path) -> Table {
    let path = folder.join("Cargo.toml");
    fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display())).parse().unwrap()
}

/// `a/../b` without the detour.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        if part == Component::ParentDir {
            plain.pop();
        } else {
            plain.push(part);
        }
    }
    plain
}

/// All dependencies in a manifest: of the crate, of its tests and of its build, for every target.
fn dependencies(table: &Table) -> Vec<(&String, &Value)> {
    let kinds = ["dependencies", "dev-dependencies", "build-dependencies"];
    let own = kinds.iter().filter_map(|kind| table.get(*kind)?.as_table()).flatten();
    let targets = table.get("target").and_then(Value::as_table).into_iter().flatten();
    own.chain(targets.filter_map(|(_, target)| target.as_table()).flat_map(dependencies)).collect()
}

#[test]
fn crates_depend_on_each_other_one_way() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let workspace = manifest(root);
    let members: Vec<&str> =
        workspace["workspace"]["members"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    let shared = workspace["workspace"]["dependencies"].as_table().unwrap();
    let mut faults = Vec::new();
    for member in &members {
        let Some((_, allowed)) = ALLOWED.iter().find(|(folder, _)| folder == member) else {
            faults.push(format!("{member} is not in the table"));
            continue;
        };
        let folder = root.join(member);
        let manifest = manifest(&folder);
        let path_of = |(name, value): (&String, &Value)| {
            let path = |value: &Value| value.get("path").and_then(Value::as_str).map(Path::new).map(Path::to_owned);
            path(value).map(|p| folder.join(p)).or_else(|| Some(root.join(path(shared.get(name)?)?)))
        };
        let used: BTreeSet<PathBuf> =
            dependencies(&manifest).into_iter().filter_map(path_of).map(|p| plain(&p)).collect();
        let used = used.iter().map(|path| path.strip_prefix(root).unwrap().to_str().unwrap().to_owned());
        faults.extend(used.filter(|to| !allowed.contains(&to.as_str())).map(|to| format!("{member} -> {to}")));
    }
    let gone = ALLOWED.iter().filter(|(folder, _)| !members.contains(folder));
    faults.extend(gone.map(|(folder, _)| format!("{folder} is in the table and not in the workspace")));
    assert!(faults.is_empty(), "{faults:#?}");
}
