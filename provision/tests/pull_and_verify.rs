//! Pulling, checking and mending, with sources that are local files: no network, no models.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Mutex,
};

use provision::{Catalogue, FileState, ModelStore, Progress, ProvisionError, Silent, Status};
use sha2::{Digest, Sha256};

/// Remembers the notes.
#[derive(Default)]
struct Notes(Mutex<Vec<String>>);

impl Progress for Notes {
    fn begin(&self, _id: &str, _what: &str, _total: u64) {}
    fn advance(&self, _id: &str, _done: u64) {}
    fn note(&self, _id: &str, message: &str) {
        self.0.lock().unwrap().push(message.to_owned());
    }
    fn finish(&self, _id: &str) {}
}

/// Wants to stop at once.
struct Stop;

impl Progress for Stop {
    fn begin(&self, _id: &str, _what: &str, _total: u64) {}
    fn advance(&self, _id: &str, _done: u64) {}
    fn note(&self, _id: &str, _message: &str) {}
    fn finish(&self, _id: &str) {}
    fn cancelled(&self) -> bool {
        true
    }
}

fn hex(bytes: &[u8]) -> String {
    format!("{:x}", Sha256::digest(bytes))
}

/// A folder with a source file `good`, and a catalogue of one entry `m` with `m.bin` (from these sources) and a text.
struct Case {
    folder: tempfile::TempDir,
    catalogue: Catalogue,
}

const GOOD: &[u8] = b"the right bytes";

impl Case {
    fn new(pinned: bool, sources: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("good"), GOOD).unwrap();
        fs::write(folder.path().join("wrong"), b"the wrong bytes").unwrap();
        let sources: Vec<_> =
            sources.iter().map(|s| format!("{{ path = '{}' }}", folder.path().join(s).display())).collect();
        let pin = if pinned { format!("bytes = {}\nsha256 = '{}'", GOOD.len(), hex(GOOD)) } else { String::new() };
        let text = format!(
            "[[model]]\nid='m'\nkind='generator'\ntitle='M'\nlicence='MIT'\ndefault=true\n\
             [[model.files]]\nname='m.bin'\n{pin}\nsources=[{}]\n\
             [[model.files]]\nname='config.json'\ntext='{{}}'\n",
            sources.join(", ")
        );
        let path = folder.path().join("models.toml");
        fs::write(&path, text).unwrap();
        let catalogue = Catalogue::load(&path).unwrap();
        Self { folder, catalogue }
    }

    fn models(&self) -> PathBuf {
        self.folder.path().join("models")
    }

    fn store(&self) -> ModelStore {
        ModelStore::new(self.models(), None)
    }

    fn pull(&self, store: &ModelStore) -> provision::Result<()> {
        store.pull(&self.catalogue.defaults(), &Silent)
    }
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_pulled_entry_is_present_whole_and_alone() {
    let case = Case::new(true, &["good"]);
    let (store, entry) = (case.store(), case.catalogue.get("m").unwrap());
    assert_eq!(store.status(entry), Status::Missing);
    case.pull(&store).unwrap();
    assert_eq!(store.status(entry), Status::Present);
    assert!(store.verify(entry).unwrap().is_ok());
    assert_eq!(store.require(entry).unwrap(), case.models().join("m"));
    assert_eq!(fs::read(store.path("m", "m.bin")).unwrap(), GOOD);
    assert_eq!(names(&case.models().join("m")), ["config.json", "m.bin"]);
    assert_eq!(names(&case.models().join(".staging")), ["lock"]);
}

#[test]
fn sources_that_fail_fall_through_in_order_and_are_reported() {
    let case = Case::new(true, &["absent", "wrong", "good"]);
    let notes = Notes::default();
    case.store().pull(&case.catalogue.defaults(), &notes).unwrap();
    let notes = notes.0.into_inner().unwrap();
    assert_eq!(notes.len(), 2, "{notes:?}");
    assert!(notes[0].contains("absent: can't be opened"), "{notes:?}");
    assert!(notes[1].contains("wrong: gave another file: its sha256 is"), "{notes:?}");
}

#[test]
fn when_no_source_serves_one_message_names_all_and_nothing_is_in_place() {
    let case = Case::new(true, &["absent", "wrong"]);
    let store = case.store();
    let error = case.pull(&store).unwrap_err();
    let ProvisionError::Unobtainable { missing } = &error else { panic!("{error}") };
    assert_eq!(missing.len(), 1);
    assert_eq!((missing[0].file.as_str(), missing[0].attempts.len()), ("m.bin", 2));
    assert!(!store.path("m", "m.bin").exists());
    assert_eq!(store.status(case.catalogue.get("m").unwrap()), Status::Partial { files: vec!["m.bin".into()] });
}

#[test]
fn a_missing_truncated_or_altered_file_refuses_and_a_pull_mends_it() {
    let case = Case::new(true, &["good"]);
    let entry = case.catalogue.get("m").unwrap();
    case.pull(&case.store()).unwrap();
    let path = case.store().path("m", "m.bin");
    let spoilt: [Option<&[u8]>; 3] = [None, Some(&GOOD[..5]), Some(b"the right bytez")];
    for content in spoilt {
        match content {
            Some(content) => fs::write(&path, content).unwrap(),
            None => fs::remove_file(&path).unwrap(),
        }
        let store = case.store();
        let message = store.require(entry).unwrap_err().to_string();
        assert!(message.contains("m.bin") && message.contains("`lectern models pull m`"), "{message}");
        assert!(!store.verify(entry).unwrap().is_ok());
        case.pull(&store).unwrap();
        store.require(entry).unwrap();
    }
}

#[test]
fn verify_hashes_again_whatever_is_remembered() {
    let case = Case::new(true, &["good"]);
    let (store, entry) = (case.store(), case.catalogue.get("m").unwrap());
    case.pull(&store).unwrap();
    let path = store.path("m", "m.bin");
    let changed = fs::metadata(&path).unwrap().modified().unwrap();
    fs::write(&path, b"the right bytez").unwrap();
    fs::File::options().write(true).open(&path).unwrap().set_modified(changed).unwrap();
    store.require(entry).unwrap();
    let report = store.verify(entry).unwrap();
    assert!(matches!(report.files[0].state, FileState::Damaged(_)), "{report:?}");
}

#[test]
fn an_unpinned_file_is_recorded_once_and_checked_ever_after() {
    let case = Case::new(false, &["good"]);
    let (store, entry) = (case.store(), case.catalogue.get("m").unwrap());
    case.pull(&store).unwrap();
    assert_eq!(names(&case.models().join("m")), ["config.json", "m.bin", "m.bin.sha256"]);
    fs::write(store.path("m", "m.bin"), b"other").unwrap();
    assert!(matches!(case.store().require(entry), Err(ProvisionError::Damaged { .. })));
    fs::write(case.folder.path().join("good"), b"the source changed").unwrap();
    assert!(matches!(case.pull(&case.store()), Err(ProvisionError::Unobtainable { .. })));
}

#[test]
fn a_mirror_comes_first_and_another_store_is_one() {
    let case = Case::new(true, &["good"]);
    case.pull(&case.store()).unwrap();
    fs::remove_file(case.folder.path().join("good")).unwrap();
    let other = ModelStore::new(case.folder.path().join("other"), Some(case.models()));
    case.pull(&other).unwrap();
    other.require(case.catalogue.get("m").unwrap()).unwrap();
}

#[test]
fn a_mirror_with_another_file_is_not_believed() {
    let case = Case::new(true, &["good"]);
    let mirror = case.folder.path().join("mirror");
    fs::create_dir_all(mirror.join("m")).unwrap();
    fs::write(mirror.join("m/m.bin"), b"the wrong bytes").unwrap();
    let store = ModelStore::new(case.models(), Some(mirror));
    case.pull(&store).unwrap();
    assert_eq!(fs::read(store.path("m", "m.bin")).unwrap(), GOOD);
}

#[test]
fn a_wish_to_stop_leaves_nothing_in_place() {
    let case = Case::new(true, &["good"]);
    let store = case.store();
    let outcome = store.pull(&case.catalogue.defaults(), &Stop);
    assert!(matches!(outcome, Err(ProvisionError::Cancelled)));
    assert!(!store.path("m", "m.bin").exists());
}

#[test]
fn pulls_into_one_folder_wait_for_each_other() {
    let case = Case::new(true, &["good"]);
    std::thread::scope(|scope| {
        let pulls: Vec<_> = (0..4).map(|_| scope.spawn(|| case.pull(&case.store()))).collect();
        for pull in pulls {
            pull.join().unwrap().unwrap();
        }
    });
    case.store().require(case.catalogue.get("m").unwrap()).unwrap();
}
