//! Boxes of quotes: for sampled runs of words, the boxes found by byte range against those of the words themselves.

use std::path::Path;

use domain::{ByteRange, ParsedDocument, Rect};

use crate::common::read;

/// Quotes are this many words.
const QUOTE: usize = 12;
const SAMPLES: usize = 100;

pub fn measure(data: &Path) {
    let mut worst: f32 = 1.0;
    let (mut good, mut all) = (0, 0);
    for name in ["hist101", "sci201", "lib204", "econ110"] {
        let document = read(&data.join(format!("course/{name}.pdf")), None).expect("readable");
        let step = (document.words.len() / (SAMPLES / 4)).max(1);
        for start in (0..document.words.len().saturating_sub(QUOTE)).step_by(step).take(SAMPLES / 4) {
            let iou = iou(&document, start);
            worst = worst.min(iou);
            good += usize::from(iou >= 0.9);
            all += 1;
        }
    }
    println!(
        "{good} of {all} quotes have boxes that overlap their words' (IoU >= 0.9, drawn at 2 pixels a point); worst {worst:.3}"
    );
}

/// Intersection over union of the two sets of boxes, in pixels of half a point.
fn iou(document: &ParsedDocument, start: usize) -> f32 {
    let words = &document.words[start..start + QUOTE];
    let range = ByteRange::new(words[0].range.start, words[QUOTE - 1].range.end);
    // Found again by its words alone, as a citation is.
    let quote = document.slice(range);
    let at = document.text[..range.end].rfind(quote).unwrap_or(range.start);
    let found = document.boxes(ByteRange::new(at, at + quote.len()));
    // The gaps between neighbouring words are the quote's too.
    let own: Vec<Rect> = words
        .windows(2)
        .map(|pair| {
            if pair[0].rect.same_line(pair[1].rect) && (-3.0..30.0).contains(&(pair[1].rect.left - pair[0].rect.right))
            {
                pair[0].rect.union(pair[1].rect)
            } else {
                pair[0].rect
            }
        })
        .chain(words.last().map(|w| w.rect))
        .collect();
    let (mut both, mut either) = (0_u32, 0_u32);
    for page in own.iter().chain(&found).map(|r| r.page).collect::<std::collections::BTreeSet<_>>() {
        let on = |rects: &[Rect]| rects.iter().copied().filter(|r| r.page == page).collect::<Vec<_>>();
        let (own, found) = (on(&own), on(&found));
        let info = document.pages[page as usize - 1];
        for y in 0..(info.height * 2.0) as u32 {
            for x in 0..(info.width * 2.0) as u32 {
                let (x, y) = (x as f32 / 2.0, y as f32 / 2.0);
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
