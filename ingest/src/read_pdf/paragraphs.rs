//! Lines in reading order to paragraphs.

use domain::BlockKind;

use super::lines::{Line, Span};
use crate::{
    numbered_heading::numbered_heading,
    script::{ends_sentence, is_han},
};

/// Lines that belong together.
#[derive(Clone, Debug)]
pub(super) struct Paragraph {
    pub lines: Vec<Line>,
    pub kind: BlockKind,
    /// Depth of a heading; 0 for the rest.
    pub level: u8,
}

impl Paragraph {
    pub(super) fn chars(&self) -> usize {
        self.lines.iter().map(Line::chars).sum()
    }

    pub(super) fn size(&self) -> f32 {
        self.lines.first().map_or(0.0, Line::size)
    }

    pub(super) fn bold(&self) -> bool {
        self.lines.iter().all(Line::bold)
    }

    /// Whether it is a table whose next page this line is: as many columns, between the same edges.
    fn goes_on_as_table(&self, next: &Line) -> bool {
        let Some(last) = self.lines.last() else { return false };
        let columns = |line: &Line| line.cells.as_ref().and_then(|cells| cells.rows.first()).map(Vec::len);
        let same_edges =
            (last.span.left - next.span.left).abs() < 3.0 && (last.span.right - next.span.right).abs() < 3.0;
        last.page() + 1 == next.page() && columns(last).is_some() && columns(last) == columns(next) && same_edges
    }
}

/// Groups lines into paragraphs; a paragraph may go on in the next column or on the next page.
pub(super) fn paragraphs(lines: Vec<Line>) -> Vec<Paragraph> {
    let leading = usual_leading(&lines);
    let regions = region_spans(&lines);
    let mut out: Vec<Paragraph> = Vec::new();
    for (line, region) in lines.into_iter().zip(regions) {
        match out.last_mut() {
            Some(paragraph) if goes_on(paragraph, &line, &region, leading) => paragraph.lines.push(line),
            _ => out.push(begin(line)),
        }
    }
    out
}

fn begin(line: Line) -> Paragraph {
    let text = line.text();
    let kind = match () {
        () if line.cells.is_some() => BlockKind::Table,
        () if starts_item(&text) => BlockKind::ListItem,
        () if is_caption(&text) => BlockKind::Caption,
        () => BlockKind::Paragraph,
    };
    Paragraph { lines: vec![line], kind, level: 0 }
}

/// The extent of the region that each line stands in.
fn region_spans(lines: &[Line]) -> Vec<Span> {
    let mut spans = Vec::with_capacity(lines.len());
    for region in lines.chunk_by(|a, b| a.region == b.region && a.page() == b.page()) {
        let around = region.iter().map(|l| l.span).reduce(Span::union);
        spans.extend(around.into_iter().cycle().take(region.len()));
    }
    spans
}

/// From top of line to top of line within paragraphs, in sizes: the lower quartile, because the rest holds the gaps
/// between paragraphs.
fn usual_leading(lines: &[Line]) -> f32 {
    let mut ratios: Vec<f32> = lines
        .windows(2)
        .filter(|pair| pair[0].page() == pair[1].page() && pair[0].region == pair[1].region)
        .map(|pair| (pair[1].span.bottom - pair[0].span.bottom) / pair[0].size().max(0.1))
        .filter(|ratio| (0.9..2.5).contains(ratio))
        .collect();
    ratios.sort_by(f32::total_cmp);
    ratios.get(ratios.len() / 4).copied().unwrap_or(1.2).clamp(1.0, 1.8)
}

fn goes_on(paragraph: &Paragraph, line: &Line, region: &Span, leading: f32) -> bool {
    let Some(last) = paragraph.lines.last() else { return false };
    if last.cells.is_some() || line.cells.is_some() {
        return paragraph.goes_on_as_table(line);
    }
    if !same_face(last, line) {
        return false;
    }
    let text = line.text();
    if starts_item(&text) || is_caption(&text) && line.chars() < 120 {
        return false;
    }
    let ended = ends_sentence(&last.text());
    if last.page() != line.page() || last.region != line.region {
        return !ended && flows_over(paragraph, last, &text);
    }
    let step = line.span.bottom - last.span.bottom;
    if step > leading * 1.3 * last.size() || step < -0.5 * last.size() {
        return false;
    }
    let rows = paragraph.lines.iter().all(Line::is_row);
    if rows || line.is_row() {
        return rows && line.is_row();
    }
    if numbered_heading(&text).is_some() && (line.bold() || ended) {
        return false;
    }
    let short = last.span.right < region.right - 0.25 * region.width();
    let indented = line.span.left > last.span.left + 0.8 * line.size();
    !(ended && (short || indented && paragraph.kind != BlockKind::ListItem))
}

/// Whether a paragraph goes on across a column or a page: it was running text, and what follows does not begin anew.
fn flows_over(paragraph: &Paragraph, last: &Line, next: &str) -> bool {
    let first = next.chars().next().unwrap_or(' ');
    let continues = first.is_lowercase() || is_han(first) || "，、。；：）」』".contains(first);
    if last.text().ends_with('-') && first.is_lowercase() {
        return true;
    }
    // A name or a number may go on a Latin sentence, if there was a sentence and not a line of a list.
    let named = paragraph.lines.len() > 1 && first.is_alphanumeric() && numbered_heading(next).is_none();
    let widest = paragraph.lines.iter().map(|l| l.span.width()).fold(0.0, f32::max);
    let full = last.span.width() >= 0.8 * widest && !last.is_row();
    full && (continues || named)
}

/// The same size, and both bold or both not.
fn same_face(a: &Line, b: &Line) -> bool {
    let (x, y) = (a.size(), b.size());
    (x - y).abs() <= 0.08 * x.max(y) && a.bold() == b.bold()
}

fn starts_item(text: &str) -> bool {
    let bullets = ['•', '◦', '▪', '■', '●', '○', '‣', '–', '➢', '✓', '\u{f0b7}'];
    if let Some(rest) = text.strip_prefix(bullets) {
        return rest.starts_with(' ') || rest.chars().next().is_some_and(char::is_alphanumeric);
    }
    let inner = text.strip_prefix('(').unwrap_or(text);
    let label = inner.chars().take_while(char::is_ascii_alphanumeric).count();
    let rest = &inner[label..];
    let short = label == 1 || (label == 2 && inner.chars().take(2).all(|c| c.is_ascii_digit()));
    short && (rest.starts_with(") ") || (rest.starts_with(". ") && inner.starts_with(|c: char| c.is_ascii_digit())))
}

fn is_caption(text: &str) -> bool {
    let numbered =
        |rest: &str| rest.trim_start().starts_with(|c: char| c.is_ascii_digit() || "一二三四五六七八九十".contains(c));
    let latin = ["Figure ", "Fig. ", "Table ", "Abbildung ", "Tabelle "];
    if let Some(rest) = latin.iter().find_map(|word| text.strip_prefix(word)) {
        let number = rest.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(rest.len());
        return numbered(rest) && (rest[..number].ends_with('.') || rest[number..].starts_with(':'));
    }
    text.strip_prefix(['圖', '图', '表']).is_some_and(|rest| text.chars().count() < 60 && numbered(rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_of_items_and_captions() {
        for item in ["• one", "– two", "1. three", "(a) four", "12) five"] {
            assert!(starts_item(item), "{item}");
        }
        for other in ["1.1 Heading", "A. Smith was", "1912 was", "a word", "-5 degrees"] {
            assert!(!starts_item(other), "{other}");
        }
        assert!(is_caption("Figure 3: A cat") && is_caption("圖 2 恆星") && !is_caption("Table 3 shows that"));
    }
}
