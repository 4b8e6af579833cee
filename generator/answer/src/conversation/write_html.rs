//! A conversation as a page to read and to print: each mark leads to its footnote.

use std::fmt::Write;

use domain::Language;
use text::{as_html, clean, page_word};

use super::{WrittenTurn, minute, noted};

const STYLE: &str = "
@page { margin: 20mm 18mm; }
:root { color-scheme: light; }
body { max-width: 44rem; margin: 2rem auto; padding: 0 1rem; color: #111; background: #fff;
  font: 12pt/1.5 Georgia, 'Noto Serif', 'Noto Serif CJK TC', 'Songti TC', 'PMingLiU', serif; }
h1 { font-size: 1.5rem; line-height: 1.25; }
h2 { margin: 2rem 0 0; font-size: 1.15rem; line-height: 1.3; break-after: avoid; }
h1, h2, p, li { overflow-wrap: anywhere; }
.when { margin: 0; color: #555; font-size: .85em; }
ol { padding-left: 2rem; color: #333; font-size: .92em; }
li { break-inside: avoid; }
sup a { text-decoration: none; }
@media print { body { max-width: none; margin: 0; padding: 0; } }
";

/// The conversation as a page.
pub(super) fn write(title: &str, turns: &[WrittenTurn]) -> String {
    let language = turns.first().map_or(Language::English, |turn| turn.language);
    let title = as_html(&clean(title));
    let mut out = format!(
        "<!DOCTYPE html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n\
         <style>{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n",
        language.tag()
    );
    let mut notes = 0;
    for turn in turns {
        section(&mut out, turn, notes);
        notes += turn.citations.len();
    }
    out + "</main>\n</body>\n</html>\n"
}

/// `before`: how many footnotes the turns before have.
fn section(out: &mut String, turn: &WrittenTurn, before: usize) {
    let (tag, question) = (turn.language.tag(), as_html(&clean(&turn.question)));
    let when = minute(&turn.created_at);
    let _ = write!(out, "<section lang=\"{tag}\">\n<h2>{question}</h2>\n<p class=\"when\">{when}</p>\n<p>");
    for sentence in noted(turn, before) {
        out.extend([&as_html(sentence.gap), &as_html(&clean(sentence.text))].map(String::as_str));
        for note in sentence.notes {
            let _ = write!(out, "<sup><a href=\"#note-{note}\">{note}</a></sup>");
        }
    }
    out.push_str("</p>\n");
    if !turn.citations.is_empty() {
        out.push_str("<ol>\n");
        let page = page_word(turn.language);
        for (n, citation) in (before + 1..).zip(&turn.citations) {
            let (quote, place) = (as_html(&clean(&citation.quote)), as_html(&clean(&citation.source(page))));
            let _ = writeln!(out, "<li id=\"note-{n}\" value=\"{n}\">“{quote}” {place}</li>");
        }
        out.push_str("</ol>\n");
    }
    out.push_str("</section>\n");
}
