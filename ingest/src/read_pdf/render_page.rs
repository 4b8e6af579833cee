//! A page, or a picture file, as a picture with marks over the quoted words.

use std::io::Cursor;

use domain::Rect;
use pdfium_render::prelude::{PdfPage, PdfRenderConfig};

use super::{open, picture_pages::picture_page};
use crate::{Format, IngestError, ReadOptions, decode_picture::decode_picture, ocr};

/// Yellow of a marker pen. It is multiplied with the page, so that the words stay black.
const MARKER: [u16; 3] = [255, 228, 64];
/// The most pixels of a picture; a page that is very tall is drawn narrower.
const MOST_PIXELS: f32 = 24.0e6;
/// Marks reach this far beyond the words, in points.
const BLEED: f32 = 1.0;

/// Draws page `number` (from 1), `width` pixels wide, as PNG.
pub(crate) fn render_page(
    bytes: &[u8],
    options: ReadOptions<'_>,
    number: u32,
    width: u32,
    highlights: &[Rect],
) -> Result<Vec<u8>, IngestError> {
    let file = open(bytes, options)?;
    let pages = file.pages().len() as usize;
    if number == 0 || number as usize > pages {
        return Err(IngestError::PageNotFound { page: number, pages });
    }
    let damaged = |what: &str| IngestError::DocumentDamaged { detail: format!("page {number} {what}") };
    let page = file.pages().get(number.cast_signed() - 1).map_err(|_| damaged("can't be read"))?;
    draw(&page, width).ok_or_else(|| damaged("can't be drawn"))?.marked(number, highlights)
}

/// Draws a picture file, which is one page, at most `width` pixels wide, as PNG.
pub(crate) fn render_picture(
    bytes: &[u8],
    format: Format,
    number: u32,
    width: u32,
    highlights: &[Rect],
) -> Result<Vec<u8>, IngestError> {
    if number != 1 {
        return Err(IngestError::PageNotFound { page: number, pages: 1 });
    }
    shrink(&decode_picture(bytes, format)?, width as usize).marked(number, highlights)
}

/// A picture no wider than `width`, each pixel the mean of those it stands for.
fn shrink(from: &ocr::Picture, width: usize) -> Picture {
    let width = width.clamp(1, from.width);
    let height = (from.height * width / from.width).max(1);
    let span = |n: usize, of: usize, to: usize| n * of / to..((n + 1) * of / to).max(n * of / to + 1);
    let mut rgba = Vec::with_capacity(width * height * 4);
    for y in 0..height {
        let rows = span(y, from.height, height);
        for x in 0..width {
            let columns = span(x, from.width, width);
            let mut sum = [0; 3];
            for row in rows.clone() {
                let line = &from.rgb[(row * from.width + columns.start) * 3..(row * from.width + columns.end) * 3];
                for pixel in line.chunks_exact(3) {
                    sum.iter_mut().zip(pixel).for_each(|(sum, value)| *sum += usize::from(*value));
                }
            }
            let parts = rows.len() * columns.len();
            rgba.extend(sum.map(|sum| (sum / parts) as u8));
            rgba.push(u8::MAX);
        }
    }
    let scale = width as f32 / picture_page(from).width;
    Picture { rgba, width: width as u32, height: height as u32, scale }
}

fn draw(page: &PdfPage<'_>, width: u32) -> Option<Picture> {
    let (across, down) = (page.width().value, page.height().value);
    if !(across > 0.0 && down > 0.0 && across.is_finite() && down.is_finite()) {
        return None;
    }
    let scale = (width as f32 / across).min((MOST_PIXELS / (across * down)).sqrt());
    let size = |points: f32| (points * scale).round().max(1.0);
    let config = PdfRenderConfig::new().set_fixed_size(size(across) as i32, size(down) as i32);
    let bitmap = page.render_with_config(&config).ok()?;
    let (width, height) = (u32::try_from(bitmap.width()).ok()?, u32::try_from(bitmap.height()).ok()?);
    let rgba = bitmap.as_rgba_bytes();
    let whole = rgba.len() == width as usize * height as usize * 4;
    whole.then_some(Picture { rgba, width, height, scale })
}

struct Picture {
    rgba: Vec<u8>,
    width: u32,
    height: u32,
    /// Pixels per point.
    scale: f32,
}

impl Picture {
    /// As PNG, with the highlights of page `number`.
    fn marked(mut self, number: u32, highlights: &[Rect]) -> Result<Vec<u8>, IngestError> {
        for highlight in highlights.iter().filter(|h| h.page == number) {
            self.mark(highlight);
        }
        self.into_png()
            .map_err(|e| IngestError::ReaderUnavailable { detail: format!("the picture can't be written: {e}") })
    }

    fn mark(&mut self, at: &Rect) {
        let pixel = |points: f32, most: u32| (points * self.scale).clamp(0.0, most as f32) as usize;
        let columns = pixel(at.left - BLEED, self.width)..pixel(at.right + BLEED, self.width);
        let rows = pixel(at.top - BLEED, self.height)..pixel(at.bottom + BLEED, self.height);
        if columns.is_empty() {
            return;
        }
        for row in self.rgba.chunks_exact_mut(self.width as usize * 4).take(rows.end).skip(rows.start) {
            for pixel in row[columns.start * 4..columns.end * 4].chunks_exact_mut(4) {
                for (value, marker) in pixel.iter_mut().zip(MARKER) {
                    *value = (u16::from(*value) * marker / 255) as u8;
                }
            }
        }
    }

    fn into_png(self) -> Result<Vec<u8>, png::EncodingError> {
        let rgb: Vec<u8> = self.rgba.chunks_exact(4).flat_map(|p| [p[0], p[1], p[2]]).collect();
        let mut out = Cursor::new(Vec::new());
        let mut encoder = png::Encoder::new(&mut out, self.width, self.height);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&rgb)?;
        writer.finish()?;
        Ok(out.into_inner())
    }
}
