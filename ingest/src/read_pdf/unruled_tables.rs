//! Tables without ruled lines: rows that follow each other and keep the same columns free.

use std::ops::Range;

use super::lines::{Cells, Line, Span, Word, is_cell_gap};

/// Fewer rows are two words on a line.
const FEWEST_ROWS: usize = 3;
/// Between columns is at least this much, in sizes.
const COLUMN_GAP: f32 = 0.6;
/// Wider tables are figures.
const MOST_COLUMNS: usize = 24;
/// Two rows are no further apart than this, in sizes.
const ROW_STEP: f32 = 3.2;

/// Joins runs of rows, in reading order, into one line a table.
pub(super) fn gather_unruled_tables(lines: Vec<Line>) -> Vec<Line> {
    let mut out = Vec::with_capacity(lines.len());
    let mut run: Vec<Line> = Vec::new();
    for line in lines {
        if run.last().is_some_and(|last| !follows(last, &line)) {
            flush(&mut run, &mut out);
        }
        if line.cells.is_some() || (run.is_empty() && !line.is_row()) { out.push(line) } else { run.push(line) }
    }
    flush(&mut run, &mut out);
    out
}

fn follows(last: &Line, next: &Line) -> bool {
    let step = next.span.bottom - last.span.bottom;
    next.cells.is_none()
        && last.page() == next.page()
        && last.region == next.region
        && step > 0.0
        && step < ROW_STEP * last.size().max(next.size())
}

fn flush(run: &mut Vec<Line>, out: &mut Vec<Line>) {
    let mut lines = std::mem::take(run);
    while let Some(length) = (FEWEST_ROWS..=lines.len()).rev().take(64).find(|n| is_table(&lines[..*n])) {
        let rest = lines.split_off(length);
        let (order, region) = (lines[0].order, lines[0].region);
        let columns = columns(&lines);
        let span = lines.iter().map(|l| l.span).reduce(Span::union);
        let rows = rows(lines, &columns);
        if let Some(table) = span.and_then(|span| Cells::line(rows, span, order)) {
            out.push(Line { region, ..table });
        }
        lines = rest;
    }
    out.append(&mut lines);
}

/// Whether all lines keep at least one gutter free, and most of them have words on both sides of it.
fn is_table(lines: &[Line]) -> bool {
    if !lines[0].is_row() || !lines[lines.len() - 1].is_row() {
        return false;
    }
    let columns = columns(lines);
    if !(2..=MOST_COLUMNS).contains(&columns.len()) {
        return false;
    }
    let filled = |line: &Line| columns.iter().filter(|c| line.words.iter().any(|w| overlaps(w, c))).count();
    let rows = lines.iter().filter(|l| filled(l) * 2 > columns.len()).count();
    // The rest must be what did not fit into a cell: it stands in one column.
    rows >= FEWEST_ROWS
        && rows * 2 >= lines.len()
        && lines.iter().all(|l| filled(l) * 2 > columns.len() || filled(l) == 1 || begins_late(l, &columns))
        && !is_prose(lines, &columns)
        && !is_list(lines, &columns)
}

/// The marks of a list and its items are two columns as well.
fn is_list(lines: &[Line], columns: &[Range<f32>]) -> bool {
    let mark = |line: &Line| {
        let first: String = line.words.iter().filter(|w| overlaps(w, &columns[0])).map(|w| w.text.as_str()).collect();
        let letters = first.chars().filter(|c| c.is_alphanumeric()).count();
        first.is_empty() || letters == 0 || (letters < 3 && first.ends_with(['.', ')', '、', '）', '．']))
    };
    columns.len() == 2 && lines.iter().all(mark)
}

/// Whether a line leaves the first column free, as what did not fit into the cells of a row does.
fn begins_late(line: &Line, columns: &[Range<f32>]) -> bool {
    !line.words.iter().any(|w| overlaps(w, &columns[0]))
}

/// Two columns of running text have long lines on both sides.
fn is_prose(lines: &[Line], columns: &[Range<f32>]) -> bool {
    let words = |line: &&Line, c: &Range<f32>| {
        line.words.iter().filter(|w| overlaps(w, c)).map(|w| w.text.chars().count()).sum::<usize>()
    };
    let long = |c: &Range<f32>| lines.iter().filter(|l| words(l, c) > 25).count() * 2 > lines.len();
    columns.iter().filter(|c| long(c)).count() > 1
}

fn overlaps(word: &Word, column: &Range<f32>) -> bool {
    word.span.left < column.end && column.start < word.span.right
}

/// What the words of all lines cover together, as columns from left to right.
fn columns(lines: &[Line]) -> Vec<Range<f32>> {
    let gap = COLUMN_GAP * lines.iter().map(Line::size).fold(f32::MAX, f32::min);
    let mut pieces: Vec<Range<f32>> = lines.iter().flat_map(pieces).collect();
    pieces.sort_by(|a, b| a.start.total_cmp(&b.start));
    let mut columns: Vec<Range<f32>> = Vec::new();
    for piece in pieces {
        match columns.last_mut() {
            Some(column) if piece.start - column.end < gap => column.end = column.end.max(piece.end),
            _ => columns.push(piece),
        }
    }
    columns
}

/// The stretches of a line between its cell gaps.
fn pieces(line: &Line) -> Vec<Range<f32>> {
    let mut pieces: Vec<Range<f32>> = Vec::new();
    for (n, word) in line.words.iter().enumerate() {
        match pieces.last_mut() {
            Some(piece) if !is_cell_gap(&line.words[n - 1], word) => piece.end = piece.end.max(word.span.right),
            _ => pieces.push(word.span.left..word.span.right),
        }
    }
    pieces
}

/// Words by row and column; a line that stands in one column goes on the row above.
fn rows(lines: Vec<Line>, columns: &[Range<f32>]) -> Vec<Vec<Vec<Word>>> {
    let mut rows: Vec<Vec<Vec<Word>>> = Vec::new();
    for line in lines {
        let mut cells: Vec<Vec<Word>> = vec![Vec::new(); columns.len()];
        for word in line.words {
            let at = columns.iter().position(|c| overlaps(&word, c)).unwrap_or(0);
            cells[at].push(word);
        }
        let filled = cells.iter().filter(|cell| !cell.is_empty()).count();
        match rows.last_mut() {
            Some(row) if cells[0].is_empty() && (filled == 1 || filled * 2 <= columns.len()) => {
                for (above, mut cell) in row.iter_mut().zip(cells) {
                    above.append(&mut cell);
                }
            }
            _ => rows.push(cells),
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::{
        super::lines::{page_lines, tests::glyphs},
        *,
    };

    fn gather(rows: &[&[(&str, f32)]]) -> Vec<Line> {
        let placed = rows
            .iter()
            .enumerate()
            .flat_map(|(n, row)| row.iter().map(move |(text, left)| (*text, *left, 12.0 * n as f32)));
        let all: Vec<_> = placed.flat_map(|(text, left, top)| glyphs(text, left, top)).collect();
        gather_unruled_tables(page_lines(&all))
    }

    #[test]
    fn columns_that_stay_free_make_a_table() {
        let seen = gather(&[
            &[("Week", 0.0), ("Topic", 100.0), ("Points", 250.0)],
            &[("1", 0.0), ("A long topic", 100.0), ("5", 250.0)],
            &[("that goes on", 100.0)],
            &[("2", 0.0), ("Stars", 100.0), ("8", 250.0)],
        ]);
        assert_eq!(seen.len(), 1);
        let rows = &seen[0].cells.as_ref().unwrap().rows;
        assert_eq!((rows.len(), rows[1].len()), (3, 3));
        assert_eq!(seen[0].words[rows[1][1].clone()].len(), 6);
    }

    #[test]
    fn lists_are_no_tables() {
        let seen = gather(&[
            &[("1.", 0.0), ("One item", 60.0)],
            &[("2.", 0.0), ("Another", 60.0)],
            &[("3.", 0.0), ("The last", 60.0)],
        ]);
        assert!(seen.iter().all(|l| l.cells.is_none()));
    }

    #[test]
    fn text_with_gaps_is_no_table() {
        let seen =
            gather(&[&[("Name", 0.0), ("Class", 150.0)], &[("a line of words that crosses the whole width", 0.0)]]);
        assert!(seen.iter().all(|l| l.cells.is_none()));
    }
}
