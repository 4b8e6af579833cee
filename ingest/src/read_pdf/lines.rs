//! Glyphs to words and lines. A line here is a run of words that follow each other in the content stream on one base
//! line: a line of a column, a row of a table.

use std::ops::Range;

use domain::Rect;

use super::glyphs::{Glyph, Space};
use crate::script::is_unspaced;

/// Wider than this (in sizes) a gap parts words even where PDFium saw no space.
const WORD_GAP: f32 = 0.28;
/// Wider than this (in sizes) a gap parts the cells of a row.
pub(super) const CELL_GAP: f32 = 1.8;
/// How far back (in sizes) a glyph may begin and still follow: kerning, accents.
const KERNING: f32 = 0.4;

/// A box in reading space: x runs with the words of a line, y with the lines, whichever way the page is written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Span {
    pub left: f32,
    pub right: f32,
    pub top: f32,
    pub bottom: f32,
}

impl Span {
    pub(super) const fn union(self, other: Self) -> Self {
        Self {
            left: self.left.min(other.left),
            right: self.right.max(other.right),
            top: self.top.min(other.top),
            bottom: self.bottom.max(other.bottom),
        }
    }

    pub(super) const fn height(&self) -> f32 {
        self.bottom - self.top
    }

    pub(super) const fn width(&self) -> f32 {
        self.right - self.left
    }

    /// Whether the heights overlap by more than half of the lower.
    pub(super) fn same_line(&self, other: &Self) -> bool {
        let overlap = self.bottom.min(other.bottom) - self.top.max(other.top);
        overlap > self.height().min(other.height()) * 0.5
    }
}

/// A word, or one character of a script without spaces.
#[derive(Clone, Debug)]
pub(super) struct Word {
    pub text: String,
    pub rect: Rect,
    pub span: Span,
    pub size: f32,
    pub bold: bool,
    pub space_before: Space,
}

/// Words on one base line.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub words: Vec<Word>,
    pub span: Span,
    /// Its place in the content stream of its page.
    pub order: usize,
    /// The column it was found in; set by the reading order, and different on each page.
    pub region: usize,
    /// For a table, which reads as one line: where its cells are among the words.
    pub cells: Option<Cells>,
}

/// The cells of a table, row by row: ranges of words.
#[derive(Clone, Debug, Default)]
pub(super) struct Cells {
    pub rows: Vec<Vec<Range<usize>>>,
}

impl Line {
    fn new(word: Word, order: usize) -> Self {
        Self { span: word.span, words: vec![word], order, region: 0, cells: None }
    }

    /// A line of these words; `None` without any.
    pub(super) fn of_words(words: Vec<Word>, order: usize) -> Option<Self> {
        let span = words.iter().map(|w| w.span).reduce(Span::union)?;
        Some(Self { words, span, order, region: 0, cells: None })
    }

    fn straighten(&mut self, slope: f32) {
        for word in &mut self.words {
            let Span { left, right, top, bottom } = word.span;
            let (up, on) = (slope * f32::midpoint(left, right), slope * f32::midpoint(top, bottom));
            word.span = Span { left: left + on, right: right + on, top: top - up, bottom: bottom - up };
        }
        self.span = self.words.iter().map(|w| w.span).reduce(Span::union).unwrap_or(self.span);
    }

    pub(super) fn page(&self) -> u32 {
        self.words.first().map_or(1, |w| w.rect.page)
    }

    pub(super) fn chars(&self) -> usize {
        self.words.iter().map(|w| w.text.chars().count()).sum()
    }

    /// The size most of its characters have, in points.
    pub(super) fn size(&self) -> f32 {
        let mut sizes: Vec<(f32, usize)> = self.words.iter().map(|w| (w.size, w.text.chars().count())).collect();
        sizes.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut left = self.chars() / 2;
        for (size, chars) in sizes {
            if chars > left {
                return size;
            }
            left -= chars;
        }
        0.1
    }

    /// Whether most of its characters are bold.
    pub(super) fn bold(&self) -> bool {
        let bold: usize = self.words.iter().filter(|w| w.bold).map(|w| w.text.chars().count()).sum();
        bold * 10 > self.chars() * 8
    }

    /// Its words, as a reader sees them.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        for word in &self.words {
            if !text.is_empty() && needs_space(&text, word) {
                text.push(' ');
            }
            text.push_str(&word.text);
        }
        text
    }

    /// Whether it has gaps as between the cells of a row.
    pub(super) fn is_row(&self) -> bool {
        self.cells.is_none() && self.words.windows(2).any(|pair| is_cell_gap(&pair[0], &pair[1]))
    }

    /// Whether `other` stands in its gaps: no word of the one covers a word of the other.
    pub(super) fn has_room_for(&self, other: &Self) -> bool {
        let apart = |a: &Word, b: &Word| a.span.right <= b.span.left + 1.0 || b.span.right <= a.span.left + 1.0;
        self.words.iter().all(|a| other.words.iter().all(|b| apart(a, b)))
    }

    /// Puts the words of `other`, which stands in its gaps on the same base line, between its own.
    pub(super) fn weave(&mut self, other: Self) {
        self.append(other);
        self.words.sort_by(|a, b| a.span.left.total_cmp(&b.span.left));
    }

    /// Puts the words of `other`, which stands to the right on the same base line, behind its own.
    pub(super) fn append(&mut self, mut other: Self) {
        if let Some(first) = other.words.first_mut() {
            first.space_before = first.space_before.max(Space::Gap);
        }
        self.span = self.span.union(other.span);
        self.words.append(&mut other.words);
    }
}

/// Whether a reader would see an empty cell's width between two words.
pub(super) fn is_cell_gap(before: &Word, after: &Word) -> bool {
    after.span.left - before.span.right > CELL_GAP * before.size.max(after.size)
}

/// Whether a space stands between the text so far and the next word of its line. Gaps between Chinese characters are
/// justification, and gaps between Chinese and Latin are the typesetter's; only Latin words are parted by them.
pub(super) fn needs_space(before: &str, word: &Word) -> bool {
    let left = before.chars().next_back().is_some_and(is_unspaced);
    let right = word.text.chars().next().is_some_and(is_unspaced);
    match (left, right) {
        (true, true) => false,
        (false, false) => word.space_before > Space::None,
        _ => word.space_before == Space::Typed,
    }
}

/// The lines of a page in the order of its content stream.
pub(super) fn page_lines(glyphs: &[Glyph]) -> Vec<Line> {
    lines_in(glyphs, Direction::of(glyphs))
}

/// The lines of a picture, given one by one. `slope` is how far the page is tilted (down by this for each point to the
/// right); in reading space it stands straight.
pub(super) fn picture_lines(runs: &[Vec<Glyph>], slope: f32) -> Vec<Line> {
    let all: Vec<Glyph> = runs.iter().flatten().copied().collect();
    let direction = Direction::of(&all);
    let mut lines: Vec<Line> = runs.iter().flat_map(|run| lines_in(run, direction)).collect();
    for (order, line) in lines.iter_mut().enumerate() {
        line.order = order;
        if direction == Direction::Rightward {
            line.straighten(slope);
        }
    }
    lines
}

fn lines_in(glyphs: &[Glyph], direction: Direction) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for word in words(glyphs, direction) {
        match lines.last_mut() {
            Some(line) if follows(line, &word) => {
                line.span = line.span.union(word.span);
                line.words.push(word);
            }
            _ => lines.push(Line::new(word, lines.len())),
        }
    }
    lines
}

fn follows(line: &Line, word: &Word) -> bool {
    let Some(last) = line.words.last() else { return false };
    let slack = KERNING * last.size;
    let onward = word.span.left >= last.span.right - slack;
    let leftward = word.text.chars().any(is_right_to_left) && word.span.right <= last.span.left + slack;
    last.span.same_line(&word.span) && (onward || leftward)
}

fn words(glyphs: &[Glyph], direction: Direction) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    let mut before: Option<(&Glyph, Span)> = None;
    for glyph in glyphs {
        let span = direction.span(&glyph.rect);
        let gap = before.map_or(Space::None, |(last, at)| gap(last, &at, glyph, &span));
        let space = glyph.space_before.max(gap);
        match (words.last_mut(), before) {
            (Some(word), Some((last, at))) if space == Space::None && continues(last, &at, glyph, &span) => {
                word.text.push(glyph.ch);
                word.rect = word.rect.union(glyph.rect);
                word.span = word.span.union(span);
            }
            _ => words.push(Word {
                text: glyph.ch.to_string(),
                rect: glyph.rect,
                span,
                size: glyph.size,
                bold: glyph.bold,
                space_before: space,
            }),
        }
        before = Some((glyph, span));
    }
    words
}

fn gap(last: &Glyph, at: &Span, glyph: &Glyph, span: &Span) -> Space {
    if span.left - at.right > WORD_GAP * last.size.max(glyph.size) { Space::Gap } else { Space::None }
}

fn continues(last: &Glyph, at: &Span, glyph: &Glyph, span: &Span) -> bool {
    if is_unspaced(last.ch) || is_unspaced(glyph.ch) || last.rect.page != glyph.rect.page {
        return false;
    }
    let slack = KERNING * last.size.max(glyph.size);
    let onward = span.left >= at.right - slack || span.left >= at.left;
    let leftward = is_right_to_left(glyph.ch) && span.right <= at.left + slack;
    at.same_line(span) && (onward || leftward)
}

const fn is_right_to_left(c: char) -> bool {
    matches!(c, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefe}')
}

/// Which way most of a page's text runs, as displayed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Direction {
    Rightward,
    /// Vertical Chinese and Japanese, or a page turned clockwise.
    Downward,
    Upward,
    UpsideDown,
}

impl Direction {
    fn of(glyphs: &[Glyph]) -> Self {
        let (mut along, mut down, mut up, mut back) = (0usize, 0usize, 0usize, 0usize);
        for pair in glyphs.windows(2) {
            let (a, b) = (pair[0].rect, pair[1].rect);
            let (dx, dy) = ((b.left + b.right - a.left - a.right) / 2.0, (b.top + b.bottom - a.top - a.bottom) / 2.0);
            let far = 2.0 * pair[0].size.max(pair[1].size);
            if dx.abs() > far || dy.abs() > far {
                continue;
            }
            match (dx.abs() >= dy.abs(), dx > 0.0, dy > 0.0) {
                (true, true, _) => along += 1,
                (true, false, _) if !is_right_to_left(pair[1].ch) => back += 1,
                (false, _, true) => down += 1,
                (false, _, false) => up += 1,
                _ => {}
            }
        }
        let others = |n: usize| n > along + 2 && n * 2 > along + down + up + back;
        match () {
            () if others(down) => Self::Downward,
            () if others(up) => Self::Upward,
            () if others(back) => Self::UpsideDown,
            () => Self::Rightward,
        }
    }

    const fn span(self, r: &Rect) -> Span {
        let (left, right, top, bottom) = match self {
            Self::Rightward => (r.left, r.right, r.top, r.bottom),
            Self::Downward => (r.top, r.bottom, -r.right, -r.left),
            Self::Upward => (-r.bottom, -r.top, r.left, r.right),
            Self::UpsideDown => (-r.right, -r.left, -r.bottom, -r.top),
        };
        Span { left, right, top, bottom }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(crate) fn glyphs(text: &str, left: f32, top: f32) -> Vec<Glyph> {
        let mut at = left;
        let mut space_before = Space::None;
        let mut out = Vec::new();
        for ch in text.chars() {
            if ch == ' ' {
                space_before = Space::Typed;
            } else {
                let rect = Rect { page: 1, left: at, top, right: at + 5.0, bottom: top + 10.0 };
                out.push(Glyph { ch, rect, size: 10.0, bold: false, space_before });
                space_before = Space::None;
            }
            at += 5.0;
        }
        out
    }

    #[test]
    fn words_part_at_spaces_and_around_chinese() {
        let lines = page_lines(&glyphs("Use 漢字 in Word", 0.0, 0.0));
        let words: Vec<&str> = lines[0].words.iter().map(|w| w.text.as_str()).collect();
        assert_eq!(words, ["Use", "漢", "字", "in", "Word"]);
        assert_eq!(lines[0].text(), "Use 漢字 in Word");
    }

    #[test]
    fn vertical_text_reads_down_and_then_left() {
        let mut down = Vec::new();
        for (n, ch) in "縦書きの文章です".chars().enumerate() {
            let (column, row) = (n / 4, n % 4);
            let (left, top) = (100.0 - 20.0 * column as f32, 10.0 * row as f32);
            let rect = Rect { page: 1, left, top, right: left + 10.0, bottom: top + 10.0 };
            down.push(Glyph { ch, rect, size: 10.0, bold: false, space_before: Space::None });
        }
        let lines = page_lines(&down);
        assert_eq!(lines.iter().map(Line::text).collect::<Vec<_>>(), ["縦書きの", "文章です"]);
        assert!(lines[0].span.bottom < lines[1].span.top);
    }
}
