//! Tables with ruled lines: lines that cross make a grid, and the words within it are its cells.

use super::{
    glyphs::Space,
    lines::{Cells, Line, Span, Word},
    rules::{NEAR, Rule, Rules},
};

/// A grid with fewer filled cells than this share is a chart or a form's frame.
const LEAST_FILLED: f32 = 0.4;
/// More than this on a page is a drawing.
const MOST_GRIDS: usize = 64;
const MOST_CELLS: usize = 20_000;

/// Takes the words of ruled tables out of the lines of a page and puts each table in their place as one line.
pub(super) fn gather_ruled_tables(mut lines: Vec<Line>, rules: &Rules) -> Vec<Line> {
    // On a page whose text runs another way than its lines, nothing is known of rows; its words stand at negative places.
    let turned = |span: f32, rect: f32| span < 0.0 && rect >= 0.0;
    let words = || lines.iter().flat_map(|l| &l.words);
    if words().any(|w| turned(w.span.right, w.rect.right) || turned(w.span.bottom, w.rect.bottom)) {
        return lines;
    }
    for grid in grids(rules) {
        let inside = |word: &Word| grid.holds(&word.span);
        let order = lines.iter().filter(|l| l.cells.is_none() && l.words.iter().any(inside)).map(|l| l.order).min();
        let words = lines.iter().filter(|l| l.cells.is_none()).flat_map(|l| &l.words).filter(|w| inside(w));
        let Some(table) = grid.table(words, order.unwrap_or(0)) else { continue };
        lines = lines.into_iter().flat_map(|line| without(line, &grid)).collect();
        lines.push(table);
    }
    lines
}

/// What is left of a line when the words of a table are gone: what stood before it and behind it.
fn without(line: Line, grid: &Grid) -> Vec<Line> {
    if line.cells.is_some() || !line.words.iter().any(|w| grid.holds(&w.span)) {
        return vec![line];
    }
    let pieces = line.words.split(|w| grid.holds(&w.span)).filter(|piece| !piece.is_empty());
    pieces.filter_map(|piece| Line::of_words(piece.to_vec(), line.order)).collect()
}

/// Crossing lines: where columns and rows begin and end.
struct Grid {
    xs: Vec<f32>,
    ys: Vec<f32>,
    along: Vec<Rule>,
    across: Vec<Rule>,
}

impl Grid {
    fn span(&self) -> Span {
        let ends = |v: &[f32]| (v.first().copied().unwrap_or(0.0), v.last().copied().unwrap_or(0.0));
        let ((left, right), (top, bottom)) = (ends(&self.xs), ends(&self.ys));
        Span { left, right, top, bottom }
    }

    fn holds(&self, word: &Span) -> bool {
        let (around, x, y) = (self.span(), f32::midpoint(word.left, word.right), f32::midpoint(word.top, word.bottom));
        x > around.left && x < around.right && y > around.top && y < around.bottom
    }

    /// The cell that a word stands in: cells without a line between them are one, and it is the first of them.
    fn cell(&self, word: &Span) -> (usize, usize) {
        let (x, y) = (f32::midpoint(word.left, word.right), f32::midpoint(word.top, word.bottom));
        let place = |edges: &[f32], at: f32| {
            edges.partition_point(|e| *e <= at).saturating_sub(1).min(edges.len().saturating_sub(2))
        };
        let (mut row, mut column) = (place(&self.ys, y), place(&self.xs, x));
        while column > 0 && !crosses(&self.across, self.xs[column], y) {
            column -= 1;
        }
        while row > 0 && !crosses(&self.along, self.ys[row], x) {
            row -= 1;
        }
        (row, column)
    }

    /// A row as the rows that it holds: where all filled cells have as many lines, at the same heights, and most lines
    /// end in some cell before it is full, no rule parts them, but they are rows.
    fn unruled_rows(&self, row: Vec<Vec<Word>>) -> Vec<Vec<Vec<Word>>> {
        let lines: Vec<Vec<Vec<Word>>> = row.iter().map(|cell| lines_of(cell)).collect();
        let filled: Vec<(usize, &Vec<Vec<Word>>)> = lines.iter().enumerate().filter(|(_, l)| !l.is_empty()).collect();
        let [(_, first), others @ ..] = filled.as_slice() else { return vec![row] };
        let alike = |(_, other): &(usize, &Vec<Vec<Word>>)| {
            other.len() == first.len() && other.iter().zip(*first).all(|(a, b)| a[0].span.same_line(&b[0].span))
        };
        let ends = |n: &usize| filled.iter().any(|(column, lines)| self.has_room(*column, &lines[n - 1], &lines[*n]));
        let breaks = first.len() - 1;
        if others.is_empty() || !others.iter().all(alike) || (1..=breaks).filter(ends).count() * 2 < breaks {
            return vec![row];
        }
        let line = |n: usize| lines.iter().map(|cell| cell.get(n).cloned().unwrap_or_default()).collect();
        (0..first.len()).map(line).collect()
    }

    /// Whether the first word of the next line would have stood behind this line in its column.
    fn has_room(&self, column: usize, line: &[Word], next: &[Word]) -> bool {
        let (Some(first), Some(last), Some(word)) = (line.first(), line.last(), next.first()) else { return false };
        let padding = (first.span.left - self.xs[column]).max(0.0);
        self.xs[column + 1] - padding - last.span.right > word.span.width() + 0.5 * last.size
    }

    /// The table as one line; `None` where the grid holds no table.
    fn table<'a>(&self, words: impl Iterator<Item = &'a Word>, order: usize) -> Option<Line> {
        let (rows, columns) = (self.ys.len() - 1, self.xs.len() - 1);
        let mut cells: Vec<Vec<Vec<Word>>> = vec![vec![Vec::new(); columns]; rows];
        for word in words {
            let (row, column) = self.cell(&word.span);
            cells[row][column].push(word.clone());
        }
        let mut cells: Vec<Vec<Vec<Word>>> = cells.into_iter().flat_map(|row| self.unruled_rows(row)).collect();
        cells.retain(|row| row.iter().any(|cell| !cell.is_empty()));
        let used: Vec<usize> = (0..columns).filter(|c| cells.iter().any(|row| !row[*c].is_empty())).collect();
        let filled = cells.iter().flatten().filter(|cell| !cell.is_empty()).count();
        let enough = filled as f32 >= LEAST_FILLED * (cells.len() * used.len()) as f32;
        // In forms and frames most rows have words in one place only.
        let full = cells.iter().filter(|row| row.iter().filter(|cell| !cell.is_empty()).count() > 1).count();
        let enough = enough && full * 2 >= cells.len();
        (cells.len() > 1 && used.len() > 1 && enough).then(|| {
            let rows = cells.into_iter().map(|mut row| used.iter().map(|c| std::mem::take(&mut row[*c])).collect());
            Cells::line(rows.collect(), self.span(), order)
        })?
    }
}

/// The lines of a cell: none is empty.
fn lines_of(cell: &[Word]) -> Vec<Vec<Word>> {
    let mut lines: Vec<Vec<Word>> = Vec::new();
    for word in cell {
        match lines.last_mut().filter(|line| line[0].span.same_line(&word.span)) {
            Some(line) => line.push(word.clone()),
            None => lines.push(vec![word.clone()]),
        }
    }
    lines
}

fn crosses(rules: &[Rule], at: f32, through: f32) -> bool {
    rules.iter().any(|r| (r.at - at).abs() < NEAR && r.from <= through && through <= r.to)
}

/// Groups of rules that touch, with two rows and two columns at least.
fn grids(rules: &Rules) -> Vec<Grid> {
    let touch = |a: &Rule, b: &Rule| {
        let within = |r: &Rule, at: f32| r.from - NEAR <= at && at <= r.to + NEAR;
        within(a, b.at) && within(b, a.at)
    };
    let mut left: Vec<(bool, Rule)> =
        rules.along.iter().map(|r| (true, *r)).chain(rules.across.iter().map(|r| (false, *r))).collect();
    let mut grids = Vec::new();
    while let Some(first) = left.pop() {
        let mut group = vec![first];
        let mut at = 0;
        while at < group.len() {
            let (is_along, rule) = group[at];
            let (touching, rest) =
                left.into_iter().partition(|(along, other)| *along != is_along && touch(&rule, other));
            group.extend::<Vec<_>>(touching);
            left = rest;
            at += 1;
        }
        let of = |wanted: bool| group.iter().filter(|(along, _)| *along == wanted).map(|(_, r)| *r).collect::<Vec<_>>();
        let (along, across) = (of(true), of(false));
        let grid = Grid { ys: edges(&along), xs: edges(&across), along, across };
        let size = grid.ys.len().saturating_sub(1) * grid.xs.len().saturating_sub(1);
        if grid.ys.len() > 2 && grid.xs.len() > 2 && size <= MOST_CELLS {
            grids.push(grid);
        }
        if grids.len() > MOST_GRIDS {
            return Vec::new();
        }
    }
    grids
}

fn edges(rules: &[Rule]) -> Vec<f32> {
    let mut at: Vec<f32> = rules.iter().map(|r| r.at).collect();
    at.sort_by(f32::total_cmp);
    at.dedup_by(|b, a| *b - *a < NEAR);
    at
}

impl Cells {
    /// A table as a line: its words in the order of its cells, with the places where the cells begin.
    pub(super) fn line(rows: Vec<Vec<Vec<Word>>>, span: Span, order: usize) -> Option<Line> {
        let mut cells = Self::default();
        let mut words: Vec<Word> = Vec::new();
        for row in rows {
            let mut ranges = Vec::with_capacity(row.len());
            for mut cell in row {
                let start = words.len();
                if let Some(first) = cell.first_mut() {
                    first.space_before = Space::Gap;
                }
                words.append(&mut cell);
                ranges.push(start..words.len());
            }
            cells.rows.push(ranges);
        }
        let around = words.iter().map(|w| w.span).fold(span, Span::union);
        (!words.is_empty()).then_some(Line { words, span: around, order, region: 0, cells: Some(cells) })
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::lines::{page_lines, tests::glyphs},
        *,
    };

    fn rule(at: f32, from: f32, to: f32) -> Rule {
        Rule { at, from, to }
    }

    #[test]
    fn cells_by_their_lines() {
        let rules = Rules {
            along: [0.0, 40.0, 60.0].map(|at| rule(at, 0.0, 200.0)).to_vec(),
            across: [0.0, 100.0, 200.0].map(|at| rule(at, 0.0, 60.0)).to_vec(),
        };
        let pieces = [
            ("above", 0.0, -30.0),
            ("Quiz", 5.0, 5.0),
            ("Points", 105.0, 5.0),
            ("date", 5.0, 20.0),
            ("May", 5.0, 45.0),
            ("5", 105.0, 45.0),
        ];
        let all: Vec<_> = pieces.iter().flat_map(|(text, left, top)| glyphs(text, *left, *top)).collect();
        let lines = gather_ruled_tables(page_lines(&all), &rules);
        assert_eq!(lines.len(), 2);
        let table = lines[1].cells.as_ref().unwrap();
        let text = |row: usize, column: usize| {
            let words = &lines[1].words[table.rows[row][column].clone()];
            words.iter().map(|w| w.text.as_str()).collect::<Vec<_>>().join(" ")
        };
        assert_eq!([text(0, 0), text(0, 1), text(1, 0), text(1, 1)], ["Quiz date", "Points", "May", "5"]);
    }

    #[test]
    fn wrapped_words_stay_in_their_cell() {
        let rules = Rules {
            along: [0.0, 20.0, 60.0].map(|at| rule(at, 0.0, 200.0)).to_vec(),
            across: [0.0, 100.0, 200.0].map(|at| rule(at, 0.0, 60.0)).to_vec(),
        };
        let pieces = [
            ("kind", 5.0, 5.0),
            ("use", 105.0, 5.0),
            ("words that went on", 5.0, 25.0),
            ("and on some more", 5.0, 40.0),
            ("another long cell", 105.0, 25.0),
            ("with words", 105.0, 40.0),
        ];
        let all: Vec<_> = pieces.iter().flat_map(|(text, left, top)| glyphs(text, *left, *top)).collect();
        let lines = gather_ruled_tables(page_lines(&all), &rules);
        assert_eq!(lines[0].cells.as_ref().unwrap().rows.len(), 2);
    }

    #[test]
    fn rows_without_a_rule_between_them_are_still_rows() {
        let rules = Rules {
            along: [0.0, 20.0, 70.0].map(|at| rule(at, 0.0, 200.0)).to_vec(),
            across: [0.0, 100.0, 200.0].map(|at| rule(at, 0.0, 70.0)).to_vec(),
        };
        let rows = [["Article", "hit"], ["May", "Taiwan"], ["June", "Florida"], ["July", "Texas"]];
        let place = |n: usize| 5.0 + 15.0 * n as f32;
        let all: Vec<_> = rows
            .iter()
            .enumerate()
            .flat_map(|(n, row)| [glyphs(row[0], 5.0, place(n)), glyphs(row[1], 105.0, place(n))].concat())
            .collect();
        let lines = gather_ruled_tables(page_lines(&all), &rules);
        let table = lines[0].cells.as_ref().unwrap();
        assert_eq!(table.rows.len(), 4);
        assert_eq!(lines[0].words[table.rows[2][1].clone()][0].text, "Florida");
    }

    #[test]
    fn frames_and_underlines_are_no_tables() {
        let frame = Rules {
            along: vec![rule(0.0, 0.0, 200.0), rule(60.0, 0.0, 200.0)],
            across: vec![rule(0.0, 0.0, 60.0), rule(200.0, 0.0, 60.0)],
        };
        let lines = page_lines(&glyphs("only words in a frame", 5.0, 5.0));
        assert!(gather_ruled_tables(lines, &frame).iter().all(|l| l.cells.is_none()));
    }
}
