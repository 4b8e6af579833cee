//! Web pages to blocks: what a reader of the page reads, without its navigation, scripts and footers.

use domain::{BlockKind, ParsedDocument};
use scraper::{ElementRef, Html, Node, node::Element};

use crate::{
    Format, IngestError,
    build_document::{DocumentBuilder, collapse, markdown_table},
};

/// A cell longer than this makes its table a layout table: old pages put whole articles into one.
const LONGEST_CELL: usize = 600;

/// Reads a web page that was decoded already.
pub(crate) fn read_html(text: &str, name: &str) -> Result<ParsedDocument, IngestError> {
    read_html_into(DocumentBuilder::default(), text).finish_flowing(Format::Html, name)
}

/// Reads a web page into a document that has begun: a chapter of a book.
pub(crate) fn read_html_into(document: DocumentBuilder, text: &str) -> DocumentBuilder {
    let page = Html::parse_document(text);
    let mut reader = HtmlReader { document, ..HtmlReader::default() };
    reader.walk(&page);
    reader.flush();
    reader.document
}

/// The words of a piece of HTML, for HTML inside Markdown.
pub(crate) fn html_to_text(html: &str) -> String {
    let fragment = Html::parse_fragment(html);
    let mut reader = HtmlReader::default();
    reader.walk(&fragment);
    reader.flush();
    reader.document.finish_flowing(Format::Html, "").map(|doc| doc.text).unwrap_or_default()
}

type TreeNode<'a> = <ElementRef<'a> as std::ops::Deref>::Target;

#[derive(Default)]
struct HtmlReader {
    document: DocumentBuilder,
    buffer: String,
    kinds: Vec<BlockKind>,
    heading: u8,
    /// The next number of each open list; `None` for bullets.
    lists: Vec<Option<u64>>,
    /// The node that was entered last was not opened: it has nothing to close.
    skipped: bool,
}

impl HtmlReader {
    /// Visits the tree without recursion: its depth is the author's choice, and the author may be hostile.
    fn walk(&mut self, page: &Html) {
        let root = page.tree.root();
        let mut node = root;
        loop {
            let child = if self.enter(node) == Descend::Into { node.first_child() } else { None };
            node = match child {
                Some(child) => child,
                None => match self.leave(node, root) {
                    Some(next) => next,
                    None => return,
                },
            };
        }
    }

    fn enter(&mut self, node: TreeNode<'_>) -> Descend {
        match (node.value(), ElementRef::wrap(node)) {
            (Node::Text(text), _) => self.buffer.push_str(text),
            (Node::Element(element), Some(within)) => {
                let descend = self.open(element, within);
                self.skipped = descend == Descend::Skip;
                return descend;
            }
            _ => {}
        }
        Descend::Into
    }

    /// Closes a node, and those around it that it was the last of; `None` when that was the whole tree.
    fn leave<'a>(&mut self, mut node: TreeNode<'a>, root: TreeNode<'a>) -> Option<TreeNode<'a>> {
        loop {
            let opened = !std::mem::take(&mut self.skipped);
            if let (Node::Element(element), true) = (node.value(), opened) {
                self.close(element.name());
            }
            if node == root {
                return None;
            }
            if let Some(next) = node.next_sibling() {
                return Some(next);
            }
            node = node.parent()?;
        }
    }

    fn open(&mut self, element: &Element, within: ElementRef<'_>) -> Descend {
        if is_furniture(element, within) {
            self.flush();
            return Descend::Skip;
        }
        match element.name() {
            "img" => self.inline(element.attr("alt").unwrap_or_default()),
            "br" => self.buffer.push(' '),
            "table" => return self.table(within),
            "ol" => self.open_list(Some(element.attr("start").and_then(|s| s.parse().ok()).unwrap_or(1))),
            "ul" | "menu" => self.open_list(None),
            "li" => self.open_item(),
            name => {
                if let Some(kind) = block_kind(name) {
                    if !self.at_item_number() {
                        self.flush();
                    }
                    self.heading = heading_depth(name).unwrap_or(self.heading);
                    self.kinds.push(kind);
                }
            }
        }
        Descend::Into
    }

    fn close(&mut self, name: &str) {
        match name {
            "ol" | "ul" | "menu" => {
                self.flush();
                self.lists.pop();
            }
            "li" => {
                self.flush();
                self.kinds.pop();
            }
            _ if block_kind(name).is_some() => {
                self.flush();
                self.kinds.pop();
            }
            _ => {}
        }
    }

    /// Whether an item has its number and nothing else yet.
    fn at_item_number(&self) -> bool {
        self.kinds.last() == Some(&BlockKind::ListItem)
            && self.buffer.trim().strip_suffix('.').is_some_and(|n| n.chars().all(|c| c.is_ascii_digit()))
    }

    fn inline(&mut self, text: &str) {
        self.buffer.push(' ');
        self.buffer.push_str(text);
        self.buffer.push(' ');
    }

    fn open_list(&mut self, first: Option<u64>) {
        self.flush();
        self.lists.push(first);
    }

    fn open_item(&mut self) {
        self.flush();
        self.kinds.push(BlockKind::ListItem);
        if let Some(Some(number)) = self.lists.last_mut() {
            self.buffer.push_str(&number.to_string());
            self.buffer.push_str(". ");
            *number = number.saturating_add(1);
        }
    }

    fn table(&mut self, table: ElementRef<'_>) -> Descend {
        let rows = table_rows(table);
        let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
        if columns < 2 || rows.iter().flatten().any(|cell| cell.len() > LONGEST_CELL) {
            self.flush();
            return Descend::Into;
        }
        self.flush();
        for caption in elements(table, &["caption"]) {
            self.document.push(BlockKind::Caption, &caption.text().collect::<String>());
        }
        self.document.push(BlockKind::Table, &markdown_table(&rows));
        Descend::Skip
    }

    fn flush(&mut self) {
        let text = std::mem::take(&mut self.buffer);
        // Inside an item a paragraph is part of the item; everywhere else the innermost block names the kind.
        let item = self.kinds.contains(&BlockKind::ListItem);
        match self.kinds.last().copied().unwrap_or(BlockKind::Paragraph) {
            BlockKind::Heading => self.document.push_heading(self.heading, &text),
            BlockKind::Paragraph if item => self.document.push(BlockKind::ListItem, &text),
            kind => self.document.push(kind, &text),
        }
    }
}

#[derive(PartialEq, Eq)]
enum Descend {
    Into,
    Skip,
}

/// Scripts, navigation, and the header and footer of the page (those of an article belong to it).
fn is_furniture(element: &Element, within: ElementRef<'_>) -> bool {
    match element.name() {
        "script" | "style" | "noscript" | "template" | "head" | "nav" | "svg" | "iframe" | "object" | "select"
        | "button" | "textarea" | "dialog" => true,
        "header" | "footer" | "aside" => !inside_article(within) && !has_title(within),
        _ => {
            matches!(element.attr("role"), Some("navigation" | "contentinfo" | "search"))
                || element.attr("hidden").is_some()
                || element.attr("aria-hidden") == Some("true")
        }
    }
}

fn inside_article(within: ElementRef<'_>) -> bool {
    within
        .ancestors()
        .take(64)
        .filter_map(ElementRef::wrap)
        .any(|e| matches!(e.value().name(), "main" | "article" | "section"))
}

fn has_title(within: ElementRef<'_>) -> bool {
    elements(within, &["h1"]).next().is_some()
}

fn elements<'a>(within: ElementRef<'a>, names: &'static [&'static str]) -> impl Iterator<Item = ElementRef<'a>> {
    within.descendants().filter_map(ElementRef::wrap).filter(move |e| names.contains(&e.value().name()))
}

fn table_rows(table: ElementRef<'_>) -> Vec<Vec<String>> {
    elements(table, &["tr"])
        .map(|row| elements(row, &["td", "th"]).map(cell_text).collect::<Vec<_>>())
        .filter(|row| row.iter().any(|cell| !cell.is_empty()))
        .collect()
}

fn cell_text(cell: ElementRef<'_>) -> String {
    collapse(&cell.text().collect::<Vec<_>>().join(" "))
}

fn block_kind(name: &str) -> Option<BlockKind> {
    Some(match name {
        "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => BlockKind::Heading,
        "pre" => BlockKind::Code,
        "figcaption" | "caption" => BlockKind::Caption,
        "dt" | "dd" => BlockKind::ListItem,
        "p" | "div" | "section" | "article" | "main" | "blockquote" | "figure" | "address" | "body" | "dl" | "form"
        | "fieldset" | "details" | "summary" | "hgroup" | "header" | "footer" | "aside" | "table" | "tr" | "td"
        | "th" | "center" | "hr" | "label" => BlockKind::Paragraph,
        _ => return None,
    })
}

fn heading_depth(name: &str) -> Option<u8> {
    name.strip_prefix('h').and_then(|n| n.parse().ok()).filter(|n| (1..=6).contains(n))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn furniture_goes_and_the_article_stays() {
        let page = "<!doctype html><head><title>T</title><script>var a='<p>no';</script></head><body>\
            <header><nav><a href=x>Home</a></nav></header><main><h1>A &amp; B</h1><p>One<br>two <b>three</b>.</p>\
            <ol start=3><li>x<ul><li>y</li></ul></li><li><p>z</p></li></ol>\
            <table><tr><th>h<th>i<tr><td>1<td>2</table><pre>a\n  b</pre><img alt='a cat'></main>\
            <aside>ads</aside><footer>(c)</footer>";
        let doc = read_html(page, "a.html").unwrap();
        let seen: Vec<(BlockKind, &str)> = doc.blocks.iter().map(|b| (b.kind, doc.slice(b.range))).collect();
        assert_eq!(
            seen,
            [
                (BlockKind::Heading, "A & B"),
                (BlockKind::Paragraph, "One two three."),
                (BlockKind::ListItem, "3. x"),
                (BlockKind::ListItem, "y"),
                (BlockKind::ListItem, "4. z"),
                (BlockKind::Table, "| h | i |\n|---|---|\n| 1 | 2 |"),
                (BlockKind::Code, "a\n  b"),
                (BlockKind::Paragraph, "a cat"),
            ]
        );
    }

    #[test]
    fn depth_does_not_matter() {
        let deep = format!("<html><body>{}word", "<div>".repeat(20_000));
        assert_eq!(read_html(&deep, "a.html").unwrap().text, "word");
        assert_eq!(read_html("<html><body><nav>x</nav>", "a.html").unwrap_err().code(), "no_text");
    }
}
