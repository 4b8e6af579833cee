//! Markdown (`CommonMark` with tables, front matter and footnotes) to blocks.

use domain::{BlockKind, ParsedDocument};
use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use crate::{
    Format, IngestError,
    build_document::{DocumentBuilder, markdown_table},
    read_html::html_to_text,
};

/// Reads Markdown that was decoded already.
pub(crate) fn read_markdown(text: &str, name: &str) -> Result<ParsedDocument, IngestError> {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_YAML_STYLE_METADATA_BLOCKS;
    let mut reader = MarkdownReader::default();
    for event in Parser::new_ext(text, options) {
        reader.take(event);
    }
    reader.flush();
    reader.document.finish_flowing(Format::Markdown, name)
}

#[derive(Default)]
struct MarkdownReader {
    document: DocumentBuilder,
    buffer: String,
    /// What the text gathered at present belongs to.
    kind: Option<BlockKind>,
    heading: u8,
    /// The next number of each open list; `None` for bullets.
    lists: Vec<Option<u64>>,
    rows: Vec<Vec<String>>,
    hidden: bool,
}

impl MarkdownReader {
    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(&tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) | Event::Code(text) | Event::InlineMath(text) | Event::DisplayMath(text) => {
                self.text(&text);
            }
            Event::Html(text) => self.buffer.push_str(&text),
            Event::SoftBreak => self.text(if self.kind == Some(BlockKind::Code) { "\n" } else { " " }),
            Event::HardBreak => self.text("\n"),
            Event::InlineHtml(_) | Event::FootnoteReference(_) | Event::Rule | Event::TaskListMarker(_) => {}
        }
    }

    fn text(&mut self, text: &str) {
        if !self.hidden {
            self.buffer.push_str(text);
        }
    }

    fn start(&mut self, tag: &Tag<'_>) {
        match tag {
            Tag::Heading { level, .. } => {
                self.flush();
                self.heading = depth(*level);
                self.kind = Some(BlockKind::Heading);
            }
            Tag::Paragraph if self.lists.is_empty() => self.begin(BlockKind::Paragraph),
            Tag::CodeBlock(_) => self.begin(BlockKind::Code),
            Tag::HtmlBlock => self.begin(BlockKind::Paragraph),
            Tag::List(first) => {
                self.flush();
                self.lists.push(*first);
            }
            Tag::Item => self.start_item(),
            Tag::Table(_) => {
                self.flush();
                self.rows.clear();
            }
            Tag::TableHead | Tag::TableRow => self.rows.push(Vec::new()),
            Tag::MetadataBlock(_) => {
                self.flush();
                self.hidden = true;
            }
            _ => {}
        }
    }

    fn start_item(&mut self) {
        self.begin(BlockKind::ListItem);
        if let Some(Some(number)) = self.lists.last_mut() {
            self.buffer.push_str(&number.to_string());
            self.buffer.push_str(". ");
            *number = number.saturating_add(1);
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::TableCell => {
                let cell = std::mem::take(&mut self.buffer);
                if let Some(row) = self.rows.last_mut() {
                    row.push(cell);
                }
            }
            TagEnd::Table => {
                let table = markdown_table(&std::mem::take(&mut self.rows));
                self.document.push(BlockKind::Table, &table);
            }
            TagEnd::MetadataBlock(_) => self.hidden = false,
            TagEnd::HtmlBlock => {
                let html = std::mem::take(&mut self.buffer);
                self.buffer = html_to_text(&html);
                self.flush();
            }
            TagEnd::List(_) => {
                self.flush();
                self.lists.pop();
            }
            TagEnd::Paragraph if !self.lists.is_empty() => self.buffer.push(' '),
            TagEnd::Heading(_) | TagEnd::Paragraph | TagEnd::CodeBlock | TagEnd::Item => self.flush(),
            _ => {}
        }
    }

    fn begin(&mut self, kind: BlockKind) {
        self.flush();
        self.kind = Some(kind);
    }

    fn flush(&mut self) {
        let text = std::mem::take(&mut self.buffer);
        match self.kind.take().unwrap_or(BlockKind::Paragraph) {
            BlockKind::Heading => self.document.push_heading(self.heading, &text),
            kind => self.document.push(kind, &text),
        }
    }
}

const fn depth(level: HeadingLevel) -> u8 {
    match level {
        HeadingLevel::H1 => 1,
        HeadingLevel::H2 => 2,
        HeadingLevel::H3 => 3,
        HeadingLevel::H4 => 4,
        HeadingLevel::H5 => 5,
        HeadingLevel::H6 => 6,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_of_every_kind_with_their_paths() {
        let source = "---\ntitle: x\n---\n# A\n\nOne *two*\nthree.\n\n## B\n\n1. first\n2. second\n   - deep\n\n\
                      | h | i |\n|---|---|\n| 1 | a\\|b |\n\n```\nfn  x()\n  y\n```\n\n<div>raw <b>html</b></div>\n";
        let doc = read_markdown(source, "a.md").unwrap();
        let seen: Vec<(BlockKind, &str)> = doc.blocks.iter().map(|b| (b.kind, doc.slice(b.range))).collect();
        assert_eq!(
            seen,
            [
                (BlockKind::Heading, "A"),
                (BlockKind::Paragraph, "One two three."),
                (BlockKind::Heading, "B"),
                (BlockKind::ListItem, "1. first"),
                (BlockKind::ListItem, "2. second"),
                (BlockKind::ListItem, "deep"),
                (BlockKind::Table, "| h | i |\n|---|---|\n| 1 | a\\|b |"),
                (BlockKind::Code, "fn  x()\n  y"),
                (BlockKind::Paragraph, "raw html"),
            ]
        );
        assert_eq!(doc.blocks[3].heading_path, ["A", "B"]);
        assert_eq!(doc.blocks[2].heading_path, ["A"]);
    }

    #[test]
    fn front_matter_alone_is_no_text() {
        assert_eq!(read_markdown("---\na: b\n---\n", "a.md").unwrap_err().code(), "no_text");
    }
}
