//! Which paragraphs are headings, and how deep: by size, weight and numbering against the running text of the document.

use domain::BlockKind;

use super::paragraphs::Paragraph;
use crate::{numbered_heading::numbered_heading, script::is_han};

/// Larger than running text by this factor is a heading's size.
const LARGER: f32 = 1.12;
/// A heading has no more lines, and no more characters, than these.
const MOST_LINES: usize = 4;
const MOST_CHARS: usize = 200;

/// Marks headings and gives them levels: each face (size, weight) that headings have is a level, the largest the first.
pub(super) fn mark_headings(paragraphs: &mut [Paragraph]) {
    let body = Body::of(paragraphs);
    let mut faces: Vec<(i32, bool)> = Vec::new();
    for paragraph in paragraphs.iter_mut() {
        if body.stands_out(paragraph) {
            paragraph.kind = BlockKind::Heading;
            faces.push(face(paragraph));
        }
    }
    faces.sort_unstable_by(|a, b| b.cmp(a));
    faces.dedup();
    for paragraph in paragraphs.iter_mut().filter(|p| p.kind == BlockKind::Heading) {
        let rank = faces.iter().position(|f| *f == face(paragraph)).unwrap_or(0);
        paragraph.level = rank.min(5) as u8 + 1;
    }
}

/// Half points, so that rounding in the file makes no difference.
fn face(paragraph: &Paragraph) -> (i32, bool) {
    (half_points(paragraph.size()), paragraph.bold())
}

fn half_points(size: f32) -> i32 {
    (size * 2.0).round() as i32
}

/// The face of running text: the one that most characters have.
struct Body {
    size: f32,
    bold: bool,
}

impl Body {
    fn of(paragraphs: &[Paragraph]) -> Self {
        let mut chars = std::collections::BTreeMap::<(i32, bool), usize>::new();
        for line in paragraphs.iter().flat_map(|p| &p.lines) {
            *chars.entry((half_points(line.size()), line.bold())).or_default() += line.chars();
        }
        let (size, bold) = chars.into_iter().max_by_key(|(_, n)| *n).map_or((20, false), |(face, _)| face);
        Self { size: size as f32 / 2.0, bold }
    }

    fn stands_out(&self, paragraph: &Paragraph) -> bool {
        let chars = paragraph.chars();
        if paragraph.lines.len() > MOST_LINES
            || chars > MOST_CHARS
            || matches!(paragraph.kind, BlockKind::Caption | BlockKind::Table)
        {
            return false;
        }
        let text = paragraph.lines.iter().map(super::lines::Line::text).collect::<Vec<_>>().join(" ");
        let wordy = text.chars().filter(|c| c.is_alphabetic()).count() >= 2 || text.chars().any(is_han);
        let sentence = text.ends_with(['.', '。', ',', '，', '；', ';', '、']) && numbered_heading(&text).is_none();
        if !wordy || sentence || paragraph.lines.iter().any(super::lines::Line::is_row) {
            return false;
        }
        let large = paragraph.size() >= self.size * LARGER;
        let heavy = paragraph.bold() && !self.bold && paragraph.size() >= self.size * 0.95;
        let item = paragraph.kind == BlockKind::ListItem && numbered_heading(&text).is_none();
        (large || heavy) && !item
    }
}
