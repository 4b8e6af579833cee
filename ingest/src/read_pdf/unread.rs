//! Pages that were not read, and why.

use domain::ReadWarning;

/// Why a page was not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    /// PDFium can't make a page of it.
    Damaged,
    /// A picture is needed and PDFium can't draw one.
    NotDrawn,
    /// There are no models.
    NotInstalled,
    /// The models or their library can't be loaded: why.
    NotStarted(String),
    /// A network failed: how.
    Failed(String),
}

impl Reason {
    const fn code(&self) -> &'static str {
        match self {
            Self::Damaged => "page_damaged",
            Self::NotDrawn => "page_not_drawn",
            Self::NotInstalled => "recognition_not_installed",
            Self::NotStarted(_) => "recognition_not_started",
            Self::Failed(_) => "recognition_failed",
        }
    }

    /// As the end of a sentence.
    fn words(&self) -> String {
        match self {
            Self::Damaged => "it is damaged".to_owned(),
            Self::NotDrawn => "it can't be drawn".to_owned(),
            Self::NotInstalled => "text recognition is not installed (`lectern models pull pp-ocrv5`)".to_owned(),
            Self::NotStarted(why) => format!("text recognition does not start ({why})"),
            Self::Failed(why) => format!("text recognition failed ({why})"),
        }
    }
}

/// The pages that were not read, by reason.
#[derive(Default)]
pub(super) struct Unread(Vec<(Reason, Vec<u32>)>);

impl Unread {
    pub(super) fn add(&mut self, page: u32, reason: Reason) {
        match self.0.iter_mut().find(|(known, _)| known.code() == reason.code()) {
            Some((_, pages)) => pages.push(page),
            None => self.0.push((reason, vec![page])),
        }
    }

    /// Why recognition gave no text, as the end of a sentence; `None` where it did its work.
    pub(super) fn reason(&self) -> Option<String> {
        self.0.iter().map(|(reason, _)| reason).find(|r| **r != Reason::Damaged).map(Reason::words)
    }

    pub(super) fn warnings(self) -> Vec<ReadWarning> {
        let warning = |(reason, pages): (Reason, Vec<u32>)| {
            let (have, were) = if pages.len() == 1 { ("has", "was") } else { ("have", "were") };
            let what = match &reason {
                Reason::Damaged => format!("{were} damaged and left out."),
                other => format!("{have} no text layer and {were} not read: {}.", other.words()),
            };
            ReadWarning { code: reason.code().to_owned(), detail: format!("{} {what}", named(&pages)), pages }
        };
        self.0.into_iter().map(warning).collect()
    }
}

/// `Page 3`, `Pages 3–5, 9`. The pages are in order.
fn named(pages: &[u32]) -> String {
    let range = |run: &[u32]| match run {
        [first, .., last] => format!("{first}–{last}"),
        one => one.iter().map(u32::to_string).collect(),
    };
    let ranges: Vec<String> = pages.chunk_by(|a, b| a + 1 == *b).map(range).collect();
    format!("{} {}", if pages.len() == 1 { "Page" } else { "Pages" }, ranges.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_gathered_by_reason() {
        let mut unread = Unread::default();
        for page in [1, 2, 3, 7] {
            unread.add(page, Reason::NotInstalled);
        }
        unread.add(5, Reason::Damaged);
        assert!(unread.reason().is_some_and(|why| why.contains("models pull")));
        let warnings = unread.warnings();
        assert_eq!((warnings[0].code.as_str(), &warnings[0].pages), ("recognition_not_installed", &vec![1, 2, 3, 7]));
        assert!(warnings[0].detail.starts_with("Pages 1–3, 7 have no text layer and were not read: "));
        assert_eq!(warnings[1].detail, "Page 5 was damaged and left out.");
    }
}
