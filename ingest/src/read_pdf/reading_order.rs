//! The order in which a reader reads the lines of a page: one column, two, or more, with wide lines between them.
//!
//! A recursive cut in the manner of XY-cut (Nagy and Seth, 1984), with the order of the content stream as a witness: a
//! blank band across the page parts two regions only where everything above it was also written before everything below
//! it. Without that, a gap that two columns happen to share would send the reader from half of the left column to the
//! right one.

use super::{
    lines::{Line, Span},
    row_columns::part_rows,
};

/// How many columns within columns are looked for.
const DEEPEST: usize = 4;
/// A gutter is at least this wide, in line heights.
const GUTTER: f32 = 0.5;
/// How many places for a gutter are tried.
const MOST_CANDIDATES: usize = 96;

/// Orders the lines of one page and numbers the regions they stand in.
pub(super) fn reading_order(lines: Vec<Line>) -> Vec<Line> {
    let mut out = Vec::with_capacity(lines.len());
    let mut region = 0;
    order(part_rows(lines), DEEPEST, &mut region, &mut out);
    out
}

fn order(lines: Vec<Line>, depth: usize, region: &mut usize, out: &mut Vec<Line>) {
    let slabs = slabs(lines);
    let several = slabs.len() > 1;
    for slab in slabs {
        match gutter(&slab).filter(|_| depth > 0) {
            Some(at) => order_columns(slab, at, depth, region, out),
            None => emit(slab, region, out, several),
        }
    }
    *region += 1;
}

/// Lines of one column, from top to bottom; pieces of one base line are joined.
fn emit(mut lines: Vec<Line>, region: &mut usize, out: &mut Vec<Line>, same_region: bool) {
    lines.sort_by(|a, b| a.span.top.total_cmp(&b.span.top).then(a.span.left.total_cmp(&b.span.left)));
    let mut rows: Vec<Line> = Vec::with_capacity(lines.len());
    for line in lines {
        let beside = |row: &&mut Line| row.cells.is_none() && row.span.same_line(&line.span);
        match rows.iter_mut().rev().take(3).find(beside).filter(|_| line.cells.is_none()) {
            Some(row) if row.span.right <= line.span.left + 1.0 => row.append(line),
            Some(row) if line.span.right <= row.span.left + 1.0 => {
                let left = std::mem::replace(row, line);
                // The piece that was found first stands on the right.
                let right = left;
                row.append(right);
            }
            Some(row) if row.has_room_for(&line) => row.weave(line),
            _ => rows.push(line),
        }
    }
    if !same_region {
        *region += 1;
    }
    for mut row in rows {
        row.region = *region;
        out.push(row);
    }
}

/// Cuts at blank bands across the whole width that the content stream confirms.
fn slabs(mut lines: Vec<Line>) -> Vec<Vec<Line>> {
    lines.sort_by(|a, b| a.span.top.total_cmp(&b.span.top));
    // The first line in the stream of all that stand lower, for each line.
    let mut first_below = vec![usize::MAX; lines.len() + 1];
    for n in (0..lines.len()).rev() {
        first_below[n] = first_below[n + 1].min(lines[n].order);
    }
    let mut slabs: Vec<Vec<Line>> = Vec::new();
    let (mut bottom, mut last_above) = (f32::MIN, 0);
    for (n, line) in lines.into_iter().enumerate() {
        let blank = line.span.top >= bottom - 0.15 * line.span.height();
        let (top_bottom, order) = (line.span.bottom, line.order);
        match slabs.last_mut() {
            Some(slab) if !(blank && last_above < first_below[n]) => slab.push(line),
            _ => slabs.push(vec![line]),
        }
        bottom = bottom.max(top_bottom);
        last_above = last_above.max(order);
    }
    slabs
}

/// Lines that cross the gutter are read between what stands above and below them; the rest side by side.
fn order_columns(mut lines: Vec<Line>, at: f32, depth: usize, region: &mut usize, out: &mut Vec<Line>) {
    lines.sort_by(|a, b| a.span.top.total_cmp(&b.span.top));
    let mut band = Band::default();
    for line in lines {
        match side(&line.span, at) {
            Side::Left => band.left.push(line),
            Side::Right => band.right.push(line),
            Side::Across => {
                std::mem::take(&mut band).read(depth, region, out);
                *region += 1;
                emit(vec![line], region, out, true);
            }
        }
    }
    band.read(depth, region, out);
}

#[derive(Default)]
struct Band {
    left: Vec<Line>,
    right: Vec<Line>,
}

impl Band {
    fn read(self, depth: usize, region: &mut usize, out: &mut Vec<Line>) {
        for column in [self.left, self.right] {
            if !column.is_empty() {
                *region += 1;
                order(column, depth - 1, region, out);
            }
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Left,
    Right,
    Across,
}

fn side(span: &Span, at: f32) -> Side {
    let slack = 0.2 * span.height();
    match () {
        () if span.right <= at + slack => Side::Left,
        () if span.left >= at - slack => Side::Right,
        () => Side::Across,
    }
}

/// The place that puts the most lines side by side in columns; `None` where there are no columns.
fn gutter(lines: &[Line]) -> Option<f32> {
    if lines.len() < 4 {
        return None;
    }
    let mut lefts: Vec<f32> = lines.iter().map(|l| l.span.left).collect();
    lefts.sort_by(f32::total_cmp);
    lefts.dedup_by(|a, b| (*a - *b).abs() < 2.0);
    let step = lefts.len().div_ceil(MOST_CANDIDATES).max(1);
    let best = lefts
        .into_iter()
        .skip(1)
        .step_by(step)
        .map(|at| (in_columns(lines, at), at))
        .max_by(|a, b| a.0.cmp(&b.0).then(b.1.total_cmp(&a.1)))?;
    (best.0 * 2 >= lines.len().min(12)).then_some(best.1).filter(|_| best.0 >= 4)
}

/// How many lines stand in columns when the gutter ends at `at`.
fn in_columns(lines: &[Line], at: f32) -> usize {
    let mut sorted: Vec<(&Line, Side)> = lines.iter().map(|l| (l, side(&l.span, at))).collect();
    sorted.sort_by(|a, b| a.0.span.top.total_cmp(&b.0.span.top));
    sorted.split(|(_, side)| *side == Side::Across).filter(|band| is_columnar(band)).map(<[_]>::len).sum()
}

/// Two lines or more on each side, a gutter between them, side by side and not one after the other, and written column
/// by column: rows of a table change sides with each row.
fn is_columnar(band: &[(&Line, Side)]) -> bool {
    let of = |side: Side| band.iter().filter(move |(_, s)| *s == side).map(|(line, _)| *line);
    let (lefts, rights) = (of(Side::Left).count(), of(Side::Right).count());
    if lefts < 2 || rights < 2 {
        return false;
    }
    let around = |side: Side| of(side).map(|l| l.span).reduce(Span::union);
    let (Some(left), Some(right)) = (around(Side::Left), around(Side::Right)) else { return false };
    let height = usual_height(band);
    let beside = left.bottom.min(right.bottom) - left.top.max(right.top) > 1.5 * height;
    let apart = right.left - left.right > GUTTER * height;
    beside && apart && (changes_of_side(band) * 5 <= band.len() || both_filled(band, left, right))
}

/// The height of most lines: a table is one line too, but a high one.
fn usual_height(band: &[(&Line, Side)]) -> f32 {
    let mut heights: Vec<f32> = band.iter().map(|(line, _)| line.span.height()).collect();
    heights.sort_by(f32::total_cmp);
    heights.get(heights.len() / 2).copied().unwrap_or(0.0)
}

fn changes_of_side(band: &[(&Line, Side)]) -> usize {
    let mut stream: Vec<(usize, Side)> = band.iter().map(|(line, side)| (line.order, *side)).collect();
    stream.sort_by_key(|(order, _)| *order);
    stream.windows(2).filter(|pair| pair[0].1 != pair[1].1).count().saturating_sub(1)
}

/// Running text fills its column; the cells of a table do not. Lines count by their length: the labels of a figure are
/// many and short.
fn both_filled(band: &[(&Line, Side)], left: Span, right: Span) -> bool {
    let filled = |side: Side, around: Span| {
        let widths = || band.iter().filter(|(_, s)| *s == side).map(|(line, _)| line.span.width());
        let full = widths().filter(|width| *width > 0.8 * around.width());
        widths().count() >= 5 && full.sum::<f32>() * 2.0 > widths().sum::<f32>()
    };
    filled(Side::Left, left) && filled(Side::Right, right)
}

#[cfg(test)]
mod tests {
    use super::{
        super::lines::{page_lines, tests::glyphs},
        *,
    };

    fn read(pieces: &[(&str, f32, f32)]) -> Vec<String> {
        let all: Vec<_> = pieces.iter().flat_map(|(text, left, top)| glyphs(text, *left, *top)).collect();
        reading_order(page_lines(&all)).iter().map(Line::text).collect()
    }

    #[test]
    fn columns_are_read_one_after_the_other() {
        let seen = read(&[
            ("a wide title across both of the columns here", 50.0, 0.0),
            ("left one more text", 50.0, 20.0),
            ("left two more text", 50.0, 32.0),
            ("left three with text", 50.0, 44.0),
            ("right one more text", 200.0, 20.0),
            ("right two more text", 200.0, 32.0),
            ("right three with it", 200.0, 44.0),
        ]);
        assert!(seen[0].starts_with("a wide") && seen[3].starts_with("left three") && seen[4].starts_with("right one"));
    }

    #[test]
    fn rows_stay_rows() {
        let seen = read(&[
            ("Week", 50.0, 0.0),
            ("Topic", 200.0, 0.0),
            ("1", 50.0, 12.0),
            ("Stars", 200.0, 12.0),
            ("2", 50.0, 24.0),
            ("Power", 200.0, 24.0),
        ]);
        assert_eq!(seen, ["Week Topic", "1 Stars", "2 Power"]);
    }

    #[test]
    fn a_figure_in_one_column_does_not_join_the_two() {
        let mut pieces = Vec::new();
        for n in 0..12 {
            let top = 12.0 * n as f32;
            pieces.push(("left words fill it", 50.0, top));
            if n < 4 {
                pieces.extend([("hit", 185.0, top), ("was", 215.0, top), ("coast", 240.0, top)]);
            } else {
                pieces.push(("right words fill it", 180.0, top));
            }
        }
        let seen = read(&pieces);
        assert!(seen[..12].iter().all(|l| l.starts_with("left")), "{seen:?}");
    }

    #[test]
    fn a_table_at_the_top_of_a_column_does_not_widen_the_gutter() {
        let column = |left: f32| (0..6).flat_map(move |n| glyphs("words that fill it", left, 60.0 + 12.0 * n as f32));
        // The gutter is twelve points wide; the table is forty high.
        let mut lines = page_lines(&column(50.0).chain(column(152.0)).collect::<Vec<_>>());
        let mut table = page_lines(&glyphs("a table", 60.0, 10.0)).remove(0);
        table.span.bottom = 50.0;
        table.order = lines.len();
        lines.push(table);
        let seen = reading_order(lines);
        assert!(seen[1..7].iter().all(|line| line.span.left < 100.0), "{seen:?}");
    }

    #[test]
    fn columns_written_row_by_row_are_still_columns() {
        let mut pieces = Vec::new();
        for n in 0..10 {
            pieces.push(("left words fill it", 50.0, 12.0 * n as f32));
            pieces.push(("right words fill it", 180.0, 12.0 * n as f32));
        }
        let seen = read(&pieces);
        assert_eq!(seen.len(), 20);
        assert!(seen[..10].iter().all(|l| l.starts_with("left")));
    }
}
