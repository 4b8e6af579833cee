//! How the parts of an Open Packaging archive (ECMA-376, part 2) refer to each other.

use super::{archive::Archive, xml};
use crate::IngestError;

/// One reference of a part to another.
pub(super) struct Relation {
    pub id: String,
    /// The last piece of its type: `slide`, `notesSlide`, `styles`, …
    pub kind: String,
    /// The other part's name in the archive.
    pub target: String,
}

/// What the part `name` refers to within the archive; nothing where it has no relations.
pub(super) fn relations(archive: &mut Archive<'_>, name: &str) -> Result<Vec<Relation>, IngestError> {
    let (folder, file) = name.rsplit_once('/').unwrap_or(("", name));
    let part = if folder.is_empty() { format!("_rels/{file}.rels") } else { format!("{folder}/_rels/{file}.rels") };
    let Some(bytes) = archive.part(&part)? else { return Ok(Vec::new()) };
    let root = xml::parse(&bytes, &part)?;
    let internal = root.elements().filter(|e| e.attribute("TargetMode") != Some("External"));
    Ok(internal
        .filter_map(|e| {
            Some(Relation {
                id: e.attribute("Id")?.to_owned(),
                kind: e.attribute("Type")?.rsplit('/').next()?.to_owned(),
                target: resolve(folder, e.attribute("Target")?),
            })
        })
        .collect())
}

/// `../notes/a.xml` seen from `ppt/slides` is `ppt/notes/a.xml`.
pub(super) fn resolve(folder: &str, target: &str) -> String {
    let mut pieces: Vec<&str> = if target.starts_with('/') { Vec::new() } else { folder.split('/').collect() };
    for piece in target.split('/') {
        match piece {
            "" | "." => {}
            ".." => drop(pieces.pop()),
            other => pieces.push(other),
        }
    }
    pieces.retain(|p| !p.is_empty());
    pieces.join("/")
}

/// The main part: what the archive itself refers to as its document.
pub(super) fn main_part(archive: &mut Archive<'_>, usual: &str) -> Result<String, IngestError> {
    let found = relations(archive, "")?.into_iter().find(|r| r.kind == "officeDocument").map(|r| r.target);
    Ok(found.filter(|name| archive.has(name)).unwrap_or_else(|| usual.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::resolve;

    #[test]
    fn targets_are_relative_to_their_part() {
        assert_eq!(resolve("ppt/slides", "../notesSlides/n.xml"), "ppt/notesSlides/n.xml");
        assert_eq!(resolve("word", "/word/styles.xml"), "word/styles.xml");
        assert_eq!(resolve("", "../../etc/passwd"), "etc/passwd");
    }
}
