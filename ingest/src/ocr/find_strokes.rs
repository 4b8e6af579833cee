//! Ruled lines in a picture of a page: thin dark runs along its lines of text and across them.

use super::picture::Picture;

/// Of what is thicker than twice this, in pixels, only the edges are lines.
const THICKEST: isize = 8;
/// Light pixels that may interrupt a line, and the share of its pixels that are dark at least.
const GAP: usize = 4;
const DARK: f32 = 0.85;
/// In heights of a line of text: no stroke of a letter is as long.
const SHORTEST_ALONG: f32 = 3.0;
const SHORTEST_ACROSS: f32 = 2.0;
/// How far from the paper's to the ink's brightness a pixel counts as dark.
const INK: f32 = 0.35;
/// More strokes than this are a drawing's.
const MOST_STROKES: usize = 4000;

/// A ruled line on the page set straight: along it (`at` is its y) or across it (`at` is its x), in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Stroke {
    pub at: f32,
    pub from: f32,
    pub to: f32,
}

/// The strokes along the lines of text and those across them. `slope`: how far lines fall for each pixel to the right;
/// `height`: that of a line of text, in pixels.
pub(crate) fn find_strokes(picture: &Picture, slope: f32, height: f32) -> (Vec<Stroke>, Vec<Stroke>) {
    let ink = Ink::of(picture);
    let along = ink.strokes(slope, (SHORTEST_ALONG * height) as usize, |a, b| (a, b), (picture.width, picture.height));
    let across =
        ink.strokes(-slope, (SHORTEST_ACROSS * height) as usize, |a, b| (b, a), (picture.height, picture.width));
    if along.len().max(across.len()) > MOST_STROKES {
        return (Vec::new(), Vec::new());
    }
    (along, across)
}

/// Which pixels are dark.
struct Ink {
    width: usize,
    height: usize,
    dark: Vec<bool>,
}

impl Ink {
    fn of(picture: &Picture) -> Self {
        let grey: Vec<u8> = picture
            .rgb
            .chunks_exact(3)
            .map(|p| ((u32::from(p[0]) + 2 * u32::from(p[1]) + u32::from(p[2])) / 4) as u8)
            .collect();
        let mut counts = [0_usize; 256];
        for v in &grey {
            counts[usize::from(*v)] += 1;
        }
        let quantile = |share: f32| {
            let (mut left, wanted) = (0, (share * grey.len() as f32) as usize);
            let past = |n: &usize| {
                left += n;
                left > wanted
            };
            counts.iter().position(past).unwrap_or(255) as f32
        };
        let (ink, paper) = (quantile(0.01), quantile(0.5));
        let darkest = paper - INK * (paper - ink);
        let dark = grey.iter().map(|v| f32::from(*v) < darkest).collect();
        Self { width: picture.width, height: picture.height, dark }
    }

    fn at(&self, (x, y): (usize, usize)) -> bool {
        x < self.width && y < self.height && self.dark[y * self.width + x]
    }

    /// Runs of dark pixels along an axis of `size.0` pixels; `place` makes x and y of the places along and across it.
    fn strokes(
        &self,
        slope: f32,
        shortest: usize,
        place: fn(usize, usize) -> (usize, usize),
        size: (usize, usize),
    ) -> Vec<Stroke> {
        let (length, breadth) = size;
        let drift = (slope * length as f32).abs().ceil() as isize;
        let mut strokes = Vec::new();
        for start in -drift..breadth.cast_signed() + drift {
            let thin_dark = |along: usize| {
                let across = start + (slope * along as f32).round() as isize;
                let dark = |by: isize| {
                    usize::try_from(across + by).is_ok_and(|across| across < breadth && self.at(place(along, across)))
                };
                [0, -1, 1].into_iter().any(dark) && !(dark(THICKEST) && dark(-THICKEST))
            };
            let whole =
                |run: &Run| run.to - run.from >= shortest && run.dark as f32 >= DARK * (run.to - run.from) as f32;
            let runs = runs((0..length).filter(|along| thin_dark(*along)));
            let stroke = |run: Run| Stroke { at: start as f32 + 0.5, from: run.from as f32, to: run.to as f32 };
            strokes.extend(runs.into_iter().filter(whole).map(stroke));
            if strokes.len() > MOST_STROKES {
                break;
            }
        }
        strokes
    }
}

/// Pixels from `from` to before `to`, of which `dark` are dark.
struct Run {
    from: usize,
    to: usize,
    dark: usize,
}

fn runs(dark: impl Iterator<Item = usize>) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for at in dark {
        match runs.last_mut() {
            Some(run) if at - run.to <= GAP => (run.to, run.dark) = (at + 1, run.dark + 1),
            _ => runs.push(Run { from: at, to: at + 1, dark: 1 }),
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A page of light noise with these dark boxes (left, top, width, height), tilted by `slope`.
    fn page(boxes: &[(usize, usize, usize, usize)], slope: f32) -> Picture {
        let (width, height) = (400, 300);
        let mut rgb: Vec<u8> = (0..width * height * 3).map(|n| 230 + (n * 7919 % 19) as u8).collect();
        for (left, top, w, h) in boxes {
            for (x, y) in (*left..left + w).flat_map(|x| (*top..top + h).map(move |y| (x, y))) {
                let (dx, dy) = ((slope * y as f32).round() as isize, (slope * x as f32).round() as isize);
                let at = (y.saturating_add_signed(dy) * width + x.saturating_add_signed(-dx)) * 3;
                rgb[at..at + 3].fill(40);
            }
        }
        Picture { width, height, rgb }
    }

    #[test]
    fn lines_are_found_on_a_tilted_page_and_letters_are_not() {
        for slope in [0.0, 0.012] {
            let grid = [(50, 60, 300, 2), (50, 120, 300, 2), (200, 60, 2, 60)];
            let other = [(60, 80, 22, 3), (70, 75, 3, 20)];
            let (along, across) = find_strokes(&page(&[grid.as_slice(), &other].concat(), slope), slope, 25.0);
            assert!(along.iter().all(|s| (s.at - 61.0).abs() < 3.0 || (s.at - 121.0).abs() < 3.0), "{along:?}");
            assert!(across.iter().all(|s| (s.at - 201.0).abs() < 3.0), "{across:?}");
            let long = |strokes: &[Stroke], length: f32| strokes.iter().any(|s| s.to - s.from > length);
            assert!(long(&along, 290.0) && long(&across, 55.0), "{slope}");
        }
    }
}
