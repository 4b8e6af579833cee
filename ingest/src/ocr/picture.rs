//! Pictures in memory: RGB, resized, and cut along slanted boxes.

/// A picture of 8-bit RGB pixels.
#[derive(Clone, Debug)]
pub(crate) struct Picture {
    pub width: usize,
    pub height: usize,
    /// Three bytes a pixel, row by row.
    pub rgb: Vec<u8>,
}

/// A box that may be slanted, in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Slanted {
    /// Its middle.
    pub centre: (f32, f32),
    /// The direction in which its words run; of length 1.
    pub along: (f32, f32),
    /// Along the words.
    pub width: f32,
    /// Across them.
    pub height: f32,
}

impl Slanted {
    /// The point `x` from its beginning along the words and `y` from their top.
    pub(crate) fn point(&self, x: f32, y: f32) -> (f32, f32) {
        let (x, y) = (x - self.width / 2.0, y - self.height / 2.0);
        (self.centre.0 + self.along.0 * x - self.along.1 * y, self.centre.1 + self.along.1 * x + self.along.0 * y)
    }
}

impl Picture {
    /// From RGBA as PDFium draws it; `None` where there are not that many bytes.
    pub(crate) fn from_rgba(width: usize, height: usize, rgba: &[u8]) -> Option<Self> {
        let rgb: Vec<u8> = rgba.chunks_exact(4).flat_map(|p| [p[0], p[1], p[2]]).collect();
        (rgb.len() == width * height * 3 && !rgb.is_empty()).then_some(Self { width, height, rgb })
    }

    /// The colour at a place between pixels; beyond the edge that of the edge.
    fn sample(&self, x: f32, y: f32) -> [f32; 3] {
        let (x, y) = (x.clamp(0.0, self.width as f32 - 1.0), y.clamp(0.0, self.height as f32 - 1.0));
        let (left, top) = (x as usize, y as usize);
        let (right, bottom) = ((left + 1).min(self.width - 1), (top + 1).min(self.height - 1));
        let (fx, fy) = (x - left as f32, y - top as f32);
        let at = |x: usize, y: usize, c: usize| f32::from(self.rgb[(y * self.width + x) * 3 + c]);
        [0, 1, 2].map(|c| {
            let above = at(left, top, c) * (1.0 - fx) + at(right, top, c) * fx;
            let below = at(left, bottom, c) * (1.0 - fx) + at(right, bottom, c) * fx;
            above * (1.0 - fy) + below * fy
        })
    }

    /// A slanted box cut out and set straight, `height` pixels high, as the planes of a network's input: blue, green,
    /// red (the order its makers trained on), each value put through `value(channel, 0.0..=1.0)`. Returns its width too.
    pub(crate) fn cut(&self, from: &Slanted, size: (usize, usize), value: impl Fn(usize, f32) -> f32) -> Vec<f32> {
        let (width, height) = size;
        let plane = width * height;
        let mut out = vec![0.0; 3 * plane];
        let (dx, dy) = (from.width / width as f32, from.height / height as f32);
        // Shrinking, each pixel is the mean of several: what lies between them must not be lost.
        let (across, down) = ((dx.round() as usize).clamp(1, 4), (dy.round() as usize).clamp(1, 4));
        let parts = (across * down) as f32 * 255.0;
        for y in 0..height {
            for x in 0..width {
                let mut sum = [0.0_f32; 3];
                for part in 0..across * down {
                    let (px, py) = ((part % across) as f32 + 0.5, (part / across) as f32 + 0.5);
                    let at = from.point((x as f32 + px / across as f32) * dx, (y as f32 + py / down as f32) * dy);
                    let colour = self.sample(at.0 - 0.5, at.1 - 0.5);
                    sum.iter_mut().zip(colour).for_each(|(sum, c)| *sum += c);
                }
                for (channel, n) in [2, 1, 0].into_iter().enumerate() {
                    out[channel * plane + y * width + x] = value(channel, sum[n] / parts);
                }
            }
        }
        out
    }

    /// Whether all of it is nearly one colour.
    pub(crate) fn is_blank(&self) -> bool {
        let (least, most) = self.rgb.iter().fold((u8::MAX, u8::MIN), |(least, most), v| (least.min(*v), most.max(*v)));
        most.saturating_sub(least) < 24
    }

    /// All of it as a box.
    pub(crate) fn whole(&self) -> Slanted {
        let (width, height) = (self.width as f32, self.height as f32);
        Slanted { centre: (width / 2.0, height / 2.0), along: (1.0, 0.0), width, height }
    }

    /// Turned clockwise by a quarter.
    pub(crate) fn turned(&self) -> Self {
        let mut rgb = Vec::with_capacity(self.rgb.len());
        for x in 0..self.width {
            for y in (0..self.height).rev() {
                let at = (y * self.width + x) * 3;
                rgb.extend_from_slice(&self.rgb[at..at + 3]);
            }
        }
        Self { width: self.height, height: self.width, rgb }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turning_and_cutting() {
        let picture = Picture { width: 2, height: 1, rgb: vec![255, 0, 0, 0, 0, 255] };
        let turned = picture.turned();
        assert_eq!((turned.width, turned.height, turned.rgb.as_slice()), (1, 2, picture.rgb.as_slice()));
        let same = picture.cut(&picture.whole(), (2, 1), |_, v| v);
        assert_eq!(same, [0.0, 1.0, 0.0, 0.0, 1.0, 0.0]);
        // Read from right to left.
        let back = picture.cut(&Slanted { along: (-1.0, 0.0), ..picture.whole() }, (2, 1), |_, v| v);
        assert_eq!(back, [1.0, 0.0, 0.0, 0.0, 0.0, 1.0]);
    }
}
