//! Compares files with the checksum lists that lie beside them.

use std::{fs::File, io, path::Path};

use sha2::{Digest as _, Sha256};

use super::Finding;
use crate::{TunerResult, error::unreadable};

/// Checks what the lists in `folder` say about the files that `counts` wants to know of.
pub(super) fn check(folder: &Path, counts: impl Fn(&str) -> bool) -> TunerResult<Vec<Finding>> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let mut lists: Vec<_> = std::fs::read_dir(folder)
        .map_err(|e| unreadable(folder, e))?
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| is_list(&path.file_name().unwrap_or_default().to_string_lossy().to_lowercase()))
        .collect();
    lists.sort();
    let mut findings = Vec::new();
    for list in lists {
        let text = std::fs::read_to_string(&list).map_err(|e| unreadable(&list, e))?;
        let own = list.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        for (sha256, name) in text.lines().filter_map(|line| read_line(line, &own)).filter(|(_, name)| counts(name)) {
            findings.push(compare(&folder.join(name), name, sha256)?);
        }
    }
    Ok(findings)
}

fn is_list(name: &str) -> bool {
    name.ends_with(".sha256") || name.contains("sha256sum") || name == "checksums.txt"
}

/// `<sha256>  <name>`, or the bare sha256 of the file that the list is named after.
fn read_line<'a>(line: &'a str, own: &'a str) -> Option<(&'a str, &'a str)> {
    let (sha256, name) = line.split_once(char::is_whitespace).unwrap_or((line, own));
    let name = name.trim().trim_start_matches('*').trim_start_matches("./");
    let plain = !name.is_empty() && !name.contains('/') && name != "..";
    (sha256.len() == 64 && sha256.bytes().all(|b| b.is_ascii_hexdigit()) && plain).then_some((sha256, name))
}

fn compare(path: &Path, name: &str, expected: &str) -> TunerResult<Finding> {
    if !path.is_file() {
        return Ok(Finding::wrong(format!(
            "{name} is on the checksum list but not there: a part of the model is missing"
        )));
    }
    let mut hash = Sha256::new();
    io::copy(&mut File::open(path).map_err(|e| unreadable(path, e))?, &mut hash).map_err(|e| unreadable(path, e))?;
    let found: String = hash.finalize().iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
    Ok(if found.eq_ignore_ascii_case(expected) {
        Finding::good(format!("{name} has the checksum that the list names"))
    } else {
        Finding::wrong(format!(
            "{name} has another checksum than the list names ({found}, not {expected}): it was cut off or is of another \
             version; download it again"
        ))
    })
}
