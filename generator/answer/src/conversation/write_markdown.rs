//! A conversation as Markdown, its citations as footnotes.

use std::fmt::Write;

use text::{as_markdown, clean, one_line, page_word};

use super::{WrittenTurn, minute, noted};

/// The conversation as text.
pub(super) fn write(title: &str, turns: &[WrittenTurn]) -> String {
    let line = |text: &str| as_markdown(&one_line(&clean(text)));
    let mut out = format!("# {}\n", line(title));
    let mut notes = 0;
    for turn in turns {
        let _ = write!(out, "\n## {}\n\n{}\n\n", line(&turn.question), minute(&turn.created_at));
        for sentence in noted(turn, notes) {
            let gap = if sentence.gap == "\n" { "\\\n" } else { sentence.gap };
            out.extend([gap, &as_markdown(&clean(sentence.text))]);
            for note in sentence.notes {
                let _ = write!(out, "[^{note}]");
            }
        }
        out.push('\n');
        let page = page_word(turn.language);
        for citation in &turn.citations {
            notes += 1;
            // Later lines of a footnote are indented.
            let quote = as_markdown(&clean(&citation.quote)).replace('\n', "\n    ");
            let _ = write!(out, "\n[^{notes}]: “{quote}” {}\n", line(&citation.source(page)));
        }
    }
    out
}
