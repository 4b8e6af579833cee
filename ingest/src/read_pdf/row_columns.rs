//! Two columns that were written line by line, across the gutter: their lines look like rows of a table until one sees
//! that all have one gap, at the same place, between pieces that fill their sides.

use super::lines::{Line, Span, is_cell_gap};

/// Fewer such lines may as well be a table.
const FEWEST: usize = 8;

/// Parts the lines of a page at a gutter that most of them share, and puts them in the order in which they would have
/// been written column by column; leaves them alone where there is no such gutter.
pub(super) fn part_rows(lines: Vec<Line>) -> Vec<Line> {
    let Some(at) = shared_gap(&lines) else { return lines };
    let mut out = Vec::with_capacity(lines.len() * 2);
    let (mut left, mut right) = (Vec::new(), Vec::new());
    for line in lines {
        match gaps(&line).into_iter().find(|gap| gap.left <= at && at <= gap.right) {
            Some(gap) => {
                let (before, after) = part(line, gap);
                left.extend(before);
                right.extend(after);
            }
            None if line.span.right <= at => left.push(line),
            None if line.span.left >= at => right.push(line),
            None => {
                out.append(&mut left);
                out.append(&mut right);
                out.push(line);
            }
        }
    }
    out.append(&mut left);
    out.append(&mut right);
    for (order, line) in out.iter_mut().enumerate() {
        line.order = order;
    }
    out
}

/// The middle of the gap that at least three fifths of the lines share.
fn shared_gap(lines: &[Line]) -> Option<f32> {
    let single: Vec<(Span, Span)> = lines.iter().filter_map(|l| single_gap(l).map(|gap| (l.span, gap))).collect();
    if single.len() < FEWEST || single.len() * 5 < lines.len() * 3 {
        return None;
    }
    let left = single.iter().map(|(_, gap)| gap.left).fold(f32::MIN, f32::max);
    let right = single.iter().map(|(_, gap)| gap.right).fold(f32::MAX, f32::min);
    let page = single.iter().map(|(line, _)| *line).reduce(Span::union)?;
    let full = |line: &Span, gap: &Span| {
        gap.left - line.left > 0.7 * (left - page.left) && line.right - gap.right > 0.7 * (page.right - right)
    };
    let filled = single.iter().filter(|(line, gap)| full(line, gap)).count();
    let sides = (left - page.left).min(page.right - right) > 0.25 * page.width();
    (right > left && sides && filled * 2 > single.len()).then_some(f32::midpoint(left, right))
}

fn single_gap(line: &Line) -> Option<Span> {
    match gaps(line).as_slice() {
        [gap] => Some(*gap),
        _ => None,
    }
}

fn gaps(line: &Line) -> Vec<Span> {
    if line.cells.is_some() {
        return Vec::new();
    }
    line.words
        .windows(2)
        .filter(|pair| is_cell_gap(&pair[0], &pair[1]))
        .map(|pair| Span { left: pair[0].span.right, right: pair[1].span.left, ..line.span })
        .collect()
}

fn part(line: Line, gap: Span) -> (Option<Line>, Option<Line>) {
    let order = line.order;
    let (left, right): (Vec<_>, Vec<_>) = line.words.into_iter().partition(|w| w.span.right <= gap.left);
    (Line::of_words(left, order), Line::of_words(right, order))
}
