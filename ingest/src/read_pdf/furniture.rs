//! Running headers, footers and page numbers: lines that stand at the same place on most pages go.

use std::collections::HashMap;

use domain::PageInfo;

use super::lines::Line;

/// How much of a page, at its top and at its bottom, may hold furniture.
const MARGIN: f32 = 0.13;
/// Two lines stand at the same place when their distance from the edge rounds to the same multiple of this (points).
const GRID: f32 = 4.0;
/// More than this share of all characters is not furniture but a form, or a document that repeats itself.
const MOST_REMOVED: f32 = 0.3;
/// The same for documents of two or three pages, where an invoice and its copy repeat as much.
const MOST_REMOVED_OF_FEW: f32 = 0.2;
/// Fewer pages than this are few.
const FEW_PAGES: usize = 4;

/// Removes the furniture of a document's pages.
pub(super) fn remove_furniture(pages: &mut [Vec<Line>], infos: &[PageInfo]) {
    let with_text = pages.iter().filter(|lines| !lines.is_empty()).count();
    if with_text < 2 {
        return;
    }
    let mut seen: HashMap<Key, usize> = HashMap::new();
    for (lines, info) in pages.iter().zip(infos) {
        let mut keys: Vec<Key> = lines.iter().filter_map(|line| key(line, info)).collect();
        keys.sort_unstable();
        keys.dedup();
        for key in keys {
            *seen.entry(key).or_default() += 1;
        }
    }
    // Headers that differ between left and right pages still stand on nearly half of them.
    let enough = if with_text < FEW_PAGES { with_text } else { (with_text * 2).div_ceil(5).max(3) };
    let furniture = |line: &Line, info: &PageInfo| {
        key(line, info).is_some_and(|k| k.neighbours().iter().filter_map(|n| seen.get(n)).sum::<usize>() >= enough)
    };
    let chars = |lines: &[Line]| lines.iter().map(Line::chars).sum::<usize>();
    let all: usize = pages.iter().map(|lines| chars(lines)).sum();
    let gone: usize =
        pages.iter().zip(infos).flat_map(|(lines, i)| lines.iter().filter(|l| furniture(l, i))).map(Line::chars).sum();
    let most = if with_text < FEW_PAGES { MOST_REMOVED_OF_FEW } else { MOST_REMOVED };
    if gone as f32 > most * all as f32 {
        return;
    }
    for (lines, info) in pages.iter_mut().zip(infos) {
        lines.retain(|line| !furniture(line, info));
    }
}

/// What makes two lines of different pages the same furniture: place, and words with numbers made equal.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Key {
    from_bottom: bool,
    distance: i32,
    words: String,
}

impl Key {
    /// Itself and the places next to it: a place may fall on either side of a grid line.
    fn neighbours(&self) -> [Self; 3] {
        [-1, 0, 1].map(|by| Self { distance: self.distance + by, ..self.clone() })
    }
}

fn key(line: &Line, info: &PageInfo) -> Option<Key> {
    let (top, bottom) = line
        .words
        .iter()
        .fold((f32::MAX, f32::MIN), |(top, bottom), w| (w.rect.top.min(top), w.rect.bottom.max(bottom)));
    let from_bottom = top > info.height * (1.0 - MARGIN);
    if !from_bottom && bottom > info.height * MARGIN {
        return None;
    }
    let distance = if from_bottom { info.height - bottom } else { top };
    Some(Key { from_bottom, distance: (distance / GRID).round() as i32, words: numbers_made_equal(&line.text()) })
}

fn numbers_made_equal(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars().filter(|c| !c.is_whitespace()) {
        if c.is_numeric() {
            if !out.ends_with('#') {
                out.push('#');
            }
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{
        super::lines::{page_lines, tests::glyphs},
        *,
    };

    #[test]
    fn what_repeats_in_the_margins_goes() {
        let info = |number| PageInfo { number, width: 600.0, height: 800.0 };
        let infos: Vec<PageInfo> = (1..=4).map(info).collect();
        let mut pages: Vec<Vec<Line>> = (1..=4)
            .map(|n| {
                let mut page = glyphs("A running header", 50.0, 30.0);
                page.extend(glyphs(
                    &format!("body number {n} with its own long words {}", "x".repeat(40 * n)),
                    50.0,
                    300.0,
                ));
                page.extend(glyphs(&format!("Page {n} of 12"), 250.0, 770.0));
                page_lines(&page)
            })
            .collect();
        remove_furniture(&mut pages, &infos);
        assert!(pages.iter().all(|lines| lines.len() == 1 && lines[0].text().starts_with("body")));
    }
}
