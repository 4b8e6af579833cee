//! Where lines of text are: the map of a differentiable-binarization network (Liao et al., 2020) to slanted boxes.

use super::{
    enclose::enclose,
    picture::{Picture, Slanted},
};

/// Pixels likelier than this are text; boxes whose mean is below the second are not. Values of PP-OCRv5's makers.
const TEXT: f32 = 0.3;
const BOX: f32 = 0.6;
/// The network marks the middle of lines; boxes grow by area × this / perimeter.
const GROW: f32 = 1.5;
/// Thinner in the map is no text, in its pixels.
const THINNEST: f32 = 3.0;
/// Boxes this many times as high as wide hold words that stand one below the other.
const TALL: f32 = 1.5;
/// More lines than this no page has.
const MOST_LINES: usize = 2000;
/// The network takes sides that are multiples of this.
const MULTIPLE: usize = 32;

/// The network's input size for a picture whose longer side is to be `longest`.
pub(super) fn input_size(picture: &Picture, longest: usize) -> (usize, usize) {
    let scale = (longest as f32 / picture.width.max(picture.height) as f32).min(1.5);
    let side = |pixels: usize| ((pixels as f32 * scale / MULTIPLE as f32).round() as usize).max(1) * MULTIPLE;
    (side(picture.width), side(picture.height))
}

/// The network's input: colours around the means of `ImageNet`.
pub(super) fn input(picture: &Picture, size: (usize, usize)) -> Vec<f32> {
    const MEAN: [f32; 3] = [0.485, 0.456, 0.406];
    const DEVIATION: [f32; 3] = [0.229, 0.224, 0.225];
    picture.cut(&picture.whole(), size, |channel, v| (v - MEAN[channel]) / DEVIATION[channel])
}

/// The boxes of lines in the network's map of `size`, in pixels of the picture, in the order of their tops.
pub(super) fn boxes(map: &[f32], size: (usize, usize), picture: &Picture) -> Vec<Slanted> {
    let scale = (picture.width as f32 / size.0 as f32, picture.height as f32 / size.1 as f32);
    let mut seen: Vec<bool> = map.iter().map(|v| *v <= TEXT).collect();
    let mut boxes = Vec::new();
    for start in 0..map.len() {
        if !seen[start] && boxes.len() < MOST_LINES {
            let (points, mean) = component(start, map, size, &mut seen);
            let points = points.into_iter().map(|(x, y)| (x * scale.0, y * scale.1)).collect();
            boxes.extend(
                enclose(points).filter(|b| mean >= BOX && b.height.min(b.width) > THINNEST * scale.0).map(grown),
            );
        }
    }
    boxes
}

fn grown(b: Slanted) -> Slanted {
    let by = b.width * b.height * GROW / (2.0 * (b.width + b.height));
    downward(Slanted { width: b.width + 2.0 * by, height: b.height + 2.0 * by, ..b })
}

/// Makes words run downwards where the box is much taller than wide. Before it has grown, that of a single digit is too.
fn downward(b: Slanted) -> Slanted {
    if b.height >= TALL * b.width {
        return Slanted { along: (-b.along.1, b.along.0), width: b.height, height: b.width, ..b };
    }
    b
}

/// The corners of the pixels at the ends of each row of a connected component, and the mean of its pixels.
fn component(start: usize, map: &[f32], (width, height): (usize, usize), seen: &mut [bool]) -> (Vec<(f32, f32)>, f32) {
    let mut rows: std::collections::BTreeMap<usize, (usize, usize)> = std::collections::BTreeMap::new();
    let (mut sum, mut count) = (0.0, 0.0);
    let mut open = vec![start];
    seen[start] = true;
    while let Some(at) = open.pop() {
        let (x, y) = (at % width, at / width);
        sum += map[at];
        count += 1.0;
        let row = rows.entry(y).or_insert((x, x));
        *row = (row.0.min(x), row.1.max(x));
        let (left, right) = (x.saturating_sub(1), (x + 1).min(width - 1));
        for next_y in y.saturating_sub(1)..=(y + 1).min(height - 1) {
            for next_x in left..=right {
                let next = next_y * width + next_x;
                if !std::mem::replace(&mut seen[next], true) {
                    open.push(next);
                }
            }
        }
    }
    let corners = |(y, (from, to)): (&usize, &(usize, usize))| {
        let (x0, x1, y0, y1) = (*from as f32, *to as f32 + 1.0, *y as f32, *y as f32 + 1.0);
        [(x0, y0), (x1, y0), (x0, y1), (x1, y1)]
    };
    (rows.iter().flat_map(corners).collect(), sum / count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_box_for_each_patch() {
        let picture = Picture { width: 128, height: 64, rgb: vec![0; 128 * 64 * 3] };
        let mut map = vec![0.0; 64 * 32];
        for (y, x) in (4..9).flat_map(|y| (10..50).map(move |x| (y, x))) {
            map[y * 64 + x] = 0.9;
        }
        map[20 * 64 + 5] = 0.9;
        let found = boxes(&map, (64, 32), &picture);
        assert_eq!(found.len(), 1, "a single pixel is no line");
        let by = 80.0 * 10.0 * GROW / 180.0;
        assert!((found[0].width - 80.0 - 2.0 * by).abs() < 0.1 && (found[0].centre.1 - 13.0).abs() < 0.1, "{found:?}");
        assert_eq!(input_size(&picture, 1280), (192, 96));
        let digit = Slanted { centre: (9.0, 9.0), along: (1.0, 0.0), width: 20.0, height: 32.0 };
        assert!(grown(digit).along.0 > 0.5 && grown(Slanted { height: 90.0, ..digit }).along.1 > 0.5);
    }
}
