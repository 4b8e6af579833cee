//! The ruled lines of a page: strokes and thin bars that run along or across it.

use pdfium_render::prelude::{
    PdfPage, PdfPageObject, PdfPageObjectsCommon, PdfPagePathObject, PdfPathSegmentType, PdfPathSegments,
};

use super::display::Display;
use crate::ocr::Stroke;

/// Drawings have more; their lines are no tables.
const MOST_RULES: usize = 4000;
const MOST_OBJECTS: usize = 50_000;
/// Shorter ones are dashes and parts of letters, in points.
const SHORTEST: f32 = 4.0;
/// How far from straight, in points.
const SLANT: f32 = 0.8;
/// Two lines this near are one: the edges of a bar, or cells that each draw their own border.
pub(super) const NEAR: f32 = 2.5;

/// A line along (`at` is its y) or across the page (`at` is its x), from `from` to `to`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rule {
    pub at: f32,
    pub from: f32,
    pub to: f32,
}

/// The rules of a page, as displayed.
#[derive(Clone, Debug, Default)]
pub(super) struct Rules {
    pub along: Vec<Rule>,
    pub across: Vec<Rule>,
}

/// Finds the rules of a page; none on a page that is a drawing.
pub(super) fn page_rules(page: &PdfPage<'_>, display: &Display) -> Rules {
    let mut rules = Rules::default();
    for object in page.objects().iter().take(MOST_OBJECTS) {
        if let PdfPageObject::Path(path) = &object {
            rules.add_path(path, display);
        }
        if rules.along.len() + rules.across.len() > MOST_RULES {
            return Rules::default();
        }
    }
    Rules { along: joined(rules.along), across: joined(rules.across) }
}

impl Rules {
    /// Those of a picture; `scale` is points a pixel.
    pub(super) fn of_strokes(along: &[Stroke], across: &[Stroke], scale: f32) -> Self {
        let rules = |strokes: &[Stroke]| {
            joined(strokes.iter().map(|s| Rule { at: s.at * scale, from: s.from * scale, to: s.to * scale }).collect())
        };
        Self { along: rules(along), across: rules(across) }
    }

    fn add_path(&mut self, path: &PdfPagePathObject<'_>, display: &Display) {
        let Ok(matrix) = path.matrix() else { return };
        let segments = path.segments().transform(matrix);
        let (mut first, mut last) = (None, None);
        for segment in segments.iter().take(MOST_RULES) {
            let (x, y) = segment.point();
            let point = display.point(x.value, y.value);
            if segment.segment_type() == PdfPathSegmentType::MoveTo {
                first = Some(point);
            } else if let (Some(from), PdfPathSegmentType::LineTo) = (last, segment.segment_type()) {
                self.add(from, point);
            }
            if let (true, Some(first)) = (segment.is_close(), first) {
                self.add(point, first);
            }
            last = Some(point);
        }
    }

    fn add(&mut self, a: (f32, f32), b: (f32, f32)) {
        let (dx, dy) = ((a.0 - b.0).abs(), (a.1 - b.1).abs());
        if dy < SLANT && dx > SHORTEST {
            self.along.push(Rule { at: f32::midpoint(a.1, b.1), from: a.0.min(b.0), to: a.0.max(b.0) });
        } else if dx < SLANT && dy > SHORTEST {
            self.across.push(Rule { at: f32::midpoint(a.0, b.0), from: a.1.min(b.1), to: a.1.max(b.1) });
        }
    }
}

/// Pieces of one line made one.
fn joined(mut rules: Vec<Rule>) -> Vec<Rule> {
    rules.retain(|r| r.at.is_finite() && r.from.is_finite() && r.to.is_finite());
    rules.sort_by(|a, b| a.at.total_cmp(&b.at));
    let mut out: Vec<Rule> = Vec::new();
    for group in rules.chunk_by(|a, b| b.at - a.at < NEAR / 2.0) {
        let at = group.iter().map(|r| r.at).sum::<f32>() / group.len() as f32;
        let mut pieces = group.to_vec();
        pieces.sort_by(|a, b| a.from.total_cmp(&b.from));
        let start = out.len();
        for piece in pieces {
            match out[start..].last_mut() {
                Some(last) if piece.from - last.to < NEAR => last.to = last.to.max(piece.to),
                _ => out.push(Rule { at, ..piece }),
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_joined() {
        let rule = |at, from, to| Rule { at, from, to };
        let seen =
            joined(vec![rule(10.0, 50.0, 90.0), rule(10.5, 0.0, 49.0), rule(30.0, 0.0, 9.0), rule(10.0, 99.0, 120.0)]);
        assert_eq!(seen.len(), 3);
        assert!((seen[0].from, seen[0].to) == (0.0, 90.0) && seen[1].from > 98.0 && seen[2].at > 29.0);
    }
}
