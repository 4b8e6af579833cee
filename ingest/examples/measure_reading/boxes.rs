//! Boxes of quotes: for sampled runs of words, the boxes found by byte range against those of the words themselves.

use std::path::Path;

use domain::{ByteRange, ParsedDocument, Rect, Word};

use crate::common::read;

/// Quotes are this many words.
const QUOTE: usize = 12;
const SAMPLES: usize = 100;
/// Pixels a point.
const FINE: f32 = 4.0;
/// Points; between the cells of a table is more.
const WIDEST_SPACE: f32 = 12.0;

pub fn measure(data: &Path) {
    let mut worst: f32 = 1.0;
    let (mut good, mut all) = (0, 0);
    for name in ["hist101", "sci201", "lib204", "econ110"] {
        let document = read(&data.join(format!("course/{name}.pdf")), None).expect("readable");
        let step = (document.words.len() / (SAMPLES / 4)).max(1);
        for start in (0..document.words.len().saturating_sub(QUOTE)).step_by(step).take(SAMPLES / 4) {
            let iou = iou(&document, start);
            if iou < 0.9 && std::env::var_os("SHOW_BOXES").is_some() {
                let words = &document.words[start..start + QUOTE];
                let range = ByteRange::new(words[0].range.start, words[QUOTE - 1].range.end);
                println!("{name} {iou:.3} {:?}", document.slice(range));
                for word in words {
                    println!("   {:?}", word.rect);
                }
                for joined in document.boxes(range) {
                    println!("  box {joined:?}");
                }
            }
            worst = worst.min(iou);
            good += usize::from(iou >= 0.9);
            all += 1;
        }
    }
    println!(
        "{good} of {all} quotes have boxes that overlap their words' (IoU >= 0.9, drawn at {FINE} pixels a point); worst {worst:.3}"
    );
}

/// Intersection over union of the two sets of boxes, in pixels.
fn iou(document: &ParsedDocument, start: usize) -> f32 {
    let words = &document.words[start..start + QUOTE];
    let range = ByteRange::new(words[0].range.start, words[QUOTE - 1].range.end);
    // Found again by its words alone, as a citation is.
    let quote = document.slice(range);
    let at = document.text[..range.end].rfind(quote).unwrap_or(range.start);
    let found = document.boxes(ByteRange::new(at, at + quote.len()));
    // The gaps between neighbouring words are the quote's too.
    let gap = |pair: &[Word]| {
        let (a, b) = (pair[0].rect, pair[1].rect);
        let between = Rect { left: a.right, right: b.left, top: a.top.max(b.top), bottom: a.bottom.min(b.bottom), ..a };
        (a.same_line(b) && (0.0..WIDEST_SPACE).contains(&(b.left - a.right))).then_some(between)
    };
    let own: Vec<Rect> = words.iter().map(|w| w.rect).chain(words.windows(2).filter_map(gap)).collect();
    let (mut both, mut either) = (0_u32, 0_u32);
    for page in own.iter().chain(&found).map(|r| r.page).collect::<std::collections::BTreeSet<_>>() {
        let on = |rects: &[Rect]| rects.iter().copied().filter(|r| r.page == page).collect::<Vec<_>>();
        let (own, found) = (on(&own), on(&found));
        let edge = |pick: fn(&Rect) -> f32, end: fn(f32, f32) -> f32| {
            (own.iter().chain(&found).map(pick).reduce(end).unwrap_or(0.0) * FINE) as u32
        };
        for y in edge(|r| r.top, f32::min)..=edge(|r| r.bottom, f32::max) {
            for x in edge(|r| r.left, f32::min)..=edge(|r| r.right, f32::max) {
                let (x, y) = ((x as f32 + 0.5) / FINE, (y as f32 + 0.5) / FINE);
                let (a, b) = (covers(&own, x, y), covers(&found, x, y));
                both += u32::from(a && b);
                either += u32::from(a || b);
            }
        }
    }
    both as f32 / either.max(1) as f32
}

fn covers(rects: &[Rect], x: f32, y: f32) -> bool {
    rects.iter().any(|r| x >= r.left && x < r.right && y >= r.top && y < r.bottom)
}
