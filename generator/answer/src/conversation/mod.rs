//! Conversations as text: their titles, and the files they are exported to.

mod title;
mod write_html;
mod write_markdown;

use domain::{AnswerSentence, Citation, Language};

pub use title::title_of;

/// What an item of a list begins with, as answers write it.
const ITEM: &str = "– ";

/// A turn to be written to a file.
#[derive(Clone, Debug, PartialEq)]
pub struct WrittenTurn {
    /// What was asked.
    pub question: String,
    /// The question's language.
    pub language: Language,
    /// What was answered, with marks.
    pub answer: String,
    /// The answer's sentences; none of a refusal.
    pub sentences: Vec<AnswerSentence>,
    /// What they cite; of a refusal the nearest passages.
    pub citations: Vec<Citation>,
    /// RFC 3339, UTC.
    pub created_at: String,
}

/// Which form a conversation is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConversationFormat {
    /// `CommonMark` with footnotes.
    Markdown,
    /// A page to read and to print.
    Html,
}

/// Writes a conversation to a file. Texts are plain: what would be markup in the format is escaped. Each citation is a
/// numbered footnote with its document, its page and the verbatim quote.
pub fn write_conversation(title: &str, turns: &[WrittenTurn], format: ConversationFormat) -> String {
    match format {
        ConversationFormat::Markdown => write_markdown::write(title, turns),
        ConversationFormat::Html => write_html::write(title, turns),
    }
}

/// A sentence with the footnotes it rests on.
struct Noted<'a> {
    /// What stands between it and the one before.
    gap: &'static str,
    text: &'a str,
    /// Their numbers in the file.
    notes: Vec<usize>,
}

/// An answer's sentences. `before`: how many footnotes the turns before have.
fn noted(turn: &WrittenTurn, before: usize) -> Vec<Noted<'_>> {
    let note = |n: &usize| turn.citations.iter().position(|c| c.n == *n).map(|at| before + at + 1);
    if turn.sentences.is_empty() {
        let notes = (1..=turn.citations.len()).map(|n| before + n).collect();
        return vec![Noted { gap: "", text: &turn.answer, notes }];
    }
    let mut noted: Vec<Noted<'_>> = Vec::with_capacity(turn.sentences.len());
    for sentence in &turn.sentences {
        let gap = noted.last().map_or("", |last| gap(last.text, &sentence.text));
        noted.push(Noted { gap, text: &sentence.text, notes: sentence.citations.iter().filter_map(note).collect() });
    }
    noted
}

/// The items of a list have lines of their own; Chinese sentences have no blank between them.
fn gap(before: &str, next: &str) -> &'static str {
    if next.starts_with(ITEM) {
        "\n"
    } else if before.trim_end().ends_with(['。', '！', '？', '；', '」', '』', '”', '）']) {
        ""
    } else {
        " "
    }
}

/// `2026-11-22 06:30 UTC` of an RFC 3339 moment.
fn minute(moment: &str) -> String {
    moment.get(..16).map_or_else(|| moment.to_owned(), |start| format!("{} UTC", start.replace('T', " ")))
}

#[cfg(test)]
mod tests {
    use domain::DocumentId;

    use super::*;

    fn citation(n: usize, quote: &str) -> Citation {
        Citation {
            n,
            document_id: DocumentId::new(),
            document_name: "a <b>_c_.md".to_owned(),
            page: 4,
            paged: true,
            heading_path: vec![],
            quote: quote.to_owned(),
            start: 0,
            end: quote.len(),
            boxes: Vec::new(),
            shown: None,
        }
    }

    fn sentence(text: &str, citations: &[usize]) -> AnswerSentence {
        AnswerSentence { text: text.to_owned(), citations: citations.to_vec(), support: 1.0 }
    }

    fn turns() -> Vec<WrittenTurn> {
        let answered = WrittenTurn {
            question: "Is 1 < 2\nand *why*?".to_owned(),
            language: Language::English,
            answer: String::new(),
            sentences: vec![sentence("It is.", &[2, 1]), sentence("– [x]<script>", &[1])],
            citations: vec![citation(1, "One # is\nless."), citation(2, "Two.")],
            created_at: "2026-11-22T06:30:01.123Z".to_owned(),
        };
        let refused = WrittenTurn {
            question: "為什麼？".to_owned(),
            language: Language::TraditionalChinese,
            answer: "找不到。".to_owned(),
            sentences: Vec::new(),
            citations: vec![citation(1, "水。")],
            ..answered.clone()
        };
        vec![answered, refused]
    }

    #[test]
    fn markdown_escapes_markup_and_numbers_footnotes_through_the_file() {
        let file = write_conversation("# My *talk*", &turns(), ConversationFormat::Markdown);
        let expected = "# \\# My \\*talk\\*\n\n\
                        ## Is 1 \\< 2 and \\*why\\*?\n\n2026-11-22 06:30 UTC\n\n\
                        It is.[^2][^1]\\\n– \\[x\\]\\<script\\>[^1]\n\n\
                        [^1]: “One \\# is\\\n    less.” a \\<b\\>\\_c\\_.md, page 4\n\n\
                        [^2]: “Two.” a \\<b\\>\\_c\\_.md, page 4\n\n\
                        ## 為什麼？\n\n2026-11-22 06:30 UTC\n\n\
                        找不到。[^3]\n\n\
                        [^3]: “水。” a \\<b\\>\\_c\\_.md, 頁 4\n";
        assert_eq!(file, expected);
    }

    #[test]
    fn html_escapes_markup_and_links_each_mark_to_its_footnote() {
        let file = write_conversation("<i>&", &turns(), ConversationFormat::Html);
        assert!(file.contains("<title>&lt;i&gt;&amp;</title>") && file.contains("<html lang=\"en\">"), "{file}");
        assert!(!file.contains("<script") && !file.contains("<b>"), "{file}");
        assert!(file.contains("– [x]&lt;script&gt;<sup><a href=\"#note-1\">1</a></sup>"), "{file}");
        assert!(file.contains("<li id=\"note-1\" value=\"1\">“One # is<br>less.” a &lt;b&gt;_c_.md, page 4</li>"));
        assert!(file.contains("<section lang=\"zh-Hant\">") && file.contains("<li id=\"note-3\" value=\"3\">"));
        for n in 1..=3 {
            assert_eq!(file.matches(&format!("id=\"note-{n}\"")).count(), 1, "{file}");
        }
    }
}
