//! Mutations of real files: bytes changed, moved and left out; in archives, in a part that is then packed again, so that
//! its checksum fits.

use std::io::{Cursor, Read, Write};

use rand::{RngExt, SeedableRng, rngs::StdRng};
use zip::{CompressionMethod, ZipArchive, ZipWriter, write::SimpleFileOptions};

/// Numbers that break what trusts them.
const NUMBERS: [&str; 8] =
    ["0", "-1", "65536", "2147483647", "-2147483648", "4294967295", "99999999999999999999", "1e308"];
const BYTES: [u8; 8] = [0, 1, 0x20, 0x3c, 0x5b, 0x7f, 0x80, 0xff];
/// Part of all mutations of archives that hit the archive itself.
const OUTER: f64 = 0.2;

/// The mutation number `seed` of one of these files; the same number is always the same one.
pub fn mutate(files: &[(String, Vec<u8>)], seed: u64) -> (String, Vec<u8>) {
    let mut rng = StdRng::seed_from_u64(seed);
    let (name, original) = &files[rng.random_range(0..files.len())];
    let mut bytes = original.clone();
    let inner = bytes.starts_with(b"PK\x03\x04") && !rng.random_bool(OUTER);
    match inner.then(|| repacked(original, &mut rng)).flatten() {
        Some(packed) => bytes = packed,
        None => change(&mut bytes, &mut rng),
    }
    (name.clone(), bytes)
}

/// The archive with one part changed.
fn repacked(archive: &[u8], rng: &mut StdRng) -> Option<Vec<u8>> {
    let mut from = ZipArchive::new(Cursor::new(archive)).ok()?;
    let chosen = rng.random_range(0..from.len());
    let mut to = ZipWriter::new(Cursor::new(Vec::new()));
    for index in 0..from.len() {
        let mut part = from.by_index(index).ok()?;
        let mut content = Vec::new();
        part.read_to_end(&mut content).ok()?;
        if index == chosen {
            change(&mut content, rng);
        }
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        to.start_file(part.name().ok()?.into_owned(), options).ok()?;
        to.write_all(&content).ok()?;
    }
    Some(to.finish().ok()?.into_inner())
}

fn change(bytes: &mut Vec<u8>, rng: &mut StdRng) {
    // Few changes go deep, many test what stands in front.
    for _ in 0..1_u32 << rng.random_range(0..6) {
        if bytes.is_empty() {
            return;
        }
        let at = rng.random_range(0..bytes.len());
        let longest = 1 << rng.random_range(0..12);
        let length = rng.random_range(1..=bytes.len().min(longest));
        let end = (at + length).min(bytes.len());
        match rng.random_range(0..9) {
            0 => bytes[at] ^= 1 << rng.random_range(0..8),
            1 => bytes[at] = BYTES[rng.random_range(0..BYTES.len())],
            2 => drop(bytes.drain(at..end)),
            3 => {
                let copy = bytes[at..end].to_vec();
                let to = rng.random_range(0..=bytes.len());
                drop(bytes.splice(to..to, copy));
            }
            4 => bytes[at..end].fill(rng.random()),
            5 => bytes[at..end].iter_mut().for_each(|b| *b = rng.random()),
            6 | 7 => number(bytes, at, rng),
            _ if rng.random_bool(0.1) => bytes.truncate(at),
            _ => {
                let other = rng.random_range(0..bytes.len() - (end - at) + 1);
                bytes.copy_within(at..end, other);
            }
        }
    }
}

/// Puts another number in the place of the next one written in digits.
fn number(bytes: &mut Vec<u8>, at: usize, rng: &mut StdRng) {
    let Some(start) = bytes[at..].iter().position(u8::is_ascii_digit).map(|n| at + n) else { return };
    let digits = bytes[start..].iter().take_while(|b| b.is_ascii_digit()).count();
    let other = NUMBERS[rng.random_range(0..NUMBERS.len())];
    drop(bytes.splice(start..start + digits, other.bytes()));
}
