//! Where a place of a PDF page is seen.

use domain::Rect;
use pdfium_render::prelude::{PdfPage, PdfPoints, PdfRect, PdfRenderConfig};

/// The way from PDF's coordinates (any origin, y upwards, unrotated) to the page as displayed.
pub(super) struct Display {
    page: u32,
    size: (f32, f32),
    origin: (f32, f32),
    along_x: (f32, f32),
    along_y: (f32, f32),
}

impl Display {
    /// PDFium converts to whole pixels only, so three points of a very large picture of the page give the mapping.
    pub(super) fn of(page: &PdfPage<'_>, number: u32) -> Option<Self> {
        const PIXELS: f32 = 1_000_000.0;
        const STEP: f32 = 500.0;
        let (width, height) = (page.width().value, page.height().value);
        if !(width > 0.0 && height > 0.0 && width.is_finite() && height.is_finite()) {
            return None;
        }
        let scale = PIXELS / width.max(height);
        let config = PdfRenderConfig::new().set_fixed_size((width * scale) as i32, (height * scale) as i32);
        let map = |x: f32, y: f32| {
            let (x, y) = page.points_to_pixels(PdfPoints::new(x), PdfPoints::new(y), &config).ok()?;
            Some((x as f32 / scale, y as f32 / scale))
        };
        let (origin, x, y) = (map(0.0, 0.0)?, map(STEP, 0.0)?, map(0.0, STEP)?);
        let slope = |to: (f32, f32)| ((to.0 - origin.0) / STEP, (to.1 - origin.1) / STEP);
        Some(Self { page: number, size: (width, height), origin, along_x: slope(x), along_y: slope(y) })
    }

    pub(super) fn point(&self, x: f32, y: f32) -> (f32, f32) {
        (
            self.origin.0 + self.along_x.0 * x + self.along_y.0 * y,
            self.origin.1 + self.along_x.1 * x + self.along_y.1 * y,
        )
    }

    /// Whether any of it is on the page: words beside the page are seen by nobody, and must not be answered from.
    pub(super) fn shows(&self, r: &Rect) -> bool {
        let (width, height) = self.size;
        r.right >= 0.0 && r.bottom >= 0.0 && r.left <= width && r.top <= height
    }

    pub(super) fn rect(&self, bounds: &PdfRect) -> Rect {
        let (a, b) = (
            self.point(bounds.left().value, bounds.bottom().value),
            self.point(bounds.right().value, bounds.top().value),
        );
        Rect { page: self.page, left: a.0.min(b.0), top: a.1.min(b.1), right: a.0.max(b.0), bottom: a.1.max(b.1) }
    }
}
