//! Pages that are pictures: drawn, recognised, and put in order like any other page.

use domain::{PageInfo, ParsedDocument, Rect};
use pdfium_render::prelude::{PdfPage, PdfPageObjectCommon, PdfPageObjectType, PdfPageObjectsCommon, PdfRenderConfig};

use super::{
    Content,
    glyphs::{Glyph, Space},
    lines::{Line, picture_lines},
    ruled_tables::gather_ruled_tables,
    rules::Rules,
    unread::Reason,
};
use crate::{
    IngestError, OcrModels, ReadOptions,
    decode_picture::decode_picture,
    detect_format,
    ocr::{Ocr, Picture, TextLine, find_strokes},
};

/// What pages are drawn at, in pixels a point: 200 dots an inch.
const SCALE: f32 = 200.0 / 72.0;
/// The longest side of a drawn page, in pixels.
const LONGEST: f32 = 3600.0;
/// A page with a picture and fewer characters than this has no text layer but a stamp or a page number.
const FEW_CHARS: usize = 30;
/// More than this share of characters without a meaning, and the text layer's mapping is broken.
const MEANINGLESS: f32 = 0.25;
/// The longer side of a picture, in points: that of A4.
const PICTURE_POINTS: f32 = 842.0;

/// Reads a picture file as a document of one page.
pub(crate) fn read_picture(bytes: &[u8], options: ReadOptions<'_>) -> Result<ParsedDocument, IngestError> {
    let format = detect_format(bytes, "")?;
    let picture = decode_picture(bytes, format)?;
    let mut content = Content::new(options.ocr);
    content.add_picture(picture_page(&picture), Some(picture));
    content.into_document(format)
}

/// A picture as the only page of a document.
pub(super) fn picture_page(picture: &Picture) -> PageInfo {
    let scale = PICTURE_POINTS / picture.width.max(picture.height) as f32;
    PageInfo { number: 1, width: picture.width as f32 * scale, height: picture.height as f32 * scale }
}

/// Whether the page must be looked at to be read: no text, a little beside a picture, or text that means nothing.
pub(super) fn is_picture(lines: &[Line], page: &PdfPage<'_>) -> bool {
    let chars = lines.iter().map(Line::chars).sum::<usize>();
    let meaningless = || {
        let all = lines.iter().flat_map(|l| &l.words).flat_map(|w| w.text.chars());
        all.filter(|c| matches!(c, '\u{fffd}' | '\u{e000}'..='\u{f8ff}')).count()
    };
    chars == 0 || (chars < FEW_CHARS && has_large_picture(page)) || meaningless() as f32 > MEANINGLESS * chars as f32
}

fn has_large_picture(page: &PdfPage<'_>) -> bool {
    let half = page.width().value * page.height().value * 0.5;
    page.objects().iter().take(1000).any(|object| {
        object.object_type() == PdfPageObjectType::Image
            && object.bounds().is_ok_and(|b| b.width().value * b.height().value > half)
    })
}

/// The page as a picture; `None` for one that can't be drawn.
pub(super) fn draw(page: &PdfPage<'_>) -> Option<Picture> {
    let (width, height) = (page.width().value, page.height().value);
    if !(width > 1.0 && height > 1.0 && width.is_finite() && height.is_finite()) {
        return None;
    }
    let scale = SCALE.min(LONGEST / width.max(height));
    let config = PdfRenderConfig::new().set_fixed_size((width * scale) as i32, (height * scale) as i32);
    let bitmap = page.render_with_config(&config).ok()?;
    let size = (usize::try_from(bitmap.width()).ok()?, usize::try_from(bitmap.height()).ok()?);
    Picture::from_rgba(size.0, size.1, &bitmap.as_rgba_bytes())
}

/// Recognises text; loads its networks when the first page needs them.
pub(super) struct Recogniser<'a> {
    models: Option<&'a OcrModels>,
    loaded: Option<Result<Ocr, String>>,
}

impl<'a> Recogniser<'a> {
    pub(super) const fn new(models: Option<&'a OcrModels>) -> Self {
        Self { models, loaded: None }
    }

    /// The lines of a page's picture, or why there are none. A blank page has none and needs no reason.
    pub(super) fn read(&mut self, page: PageInfo, picture: Option<Picture>) -> Result<Vec<Line>, Reason> {
        let picture = picture.ok_or(Reason::NotDrawn)?;
        if picture.is_blank() {
            return Ok(Vec::new());
        }
        let models = self.models.ok_or(Reason::NotInstalled)?;
        let ocr = match self.loaded.get_or_insert_with(|| Ocr::load(models)) {
            Ok(ocr) => ocr,
            Err(why) => return Err(Reason::NotStarted(why.clone())),
        };
        let found = ocr.read(&picture).map_err(Reason::Failed)?;
        Ok(lines(&found, page, &picture))
    }
}

/// Recognised lines as the lines of a page, its ruled tables gathered.
fn lines(found: &[TextLine], page: PageInfo, picture: &Picture) -> Vec<Line> {
    let scale = page.width / picture.width as f32;
    let slope = median(found.iter().filter(|l| l.place.along.0 > 0.5).map(|l| l.place.along.1 / l.place.along.0));
    let height = median(found.iter().map(|l| l.place.height));
    let mut sorted: Vec<&TextLine> = found.iter().collect();
    let top = |l: &TextLine| l.place.centre.1 - slope * l.place.centre.0;
    sorted.sort_by(|a, b| top(a).total_cmp(&top(b)));
    let runs: Vec<Vec<Glyph>> = sorted.into_iter().map(|line| glyphs(line, page, scale, height * scale)).collect();
    let (along, across) = find_strokes(picture, slope, height);
    gather_ruled_tables(picture_lines(&runs, slope), &Rules::of_strokes(&along, &across, scale))
}

fn median(values: impl Iterator<Item = f32>) -> f32 {
    let mut values: Vec<f32> = values.collect();
    values.sort_by(f32::total_cmp);
    values.get(values.len().saturating_sub(1) / 2).copied().unwrap_or(0.0)
}

/// The characters of a line with their boxes in points. Heights that differ little are those of the running text: the
/// networks see no finer.
fn glyphs(line: &TextLine, page: PageInfo, scale: f32, usual: f32) -> Vec<Glyph> {
    let height = line.place.height * scale;
    let size = if (height / usual - 1.0).abs() < 0.2 { usual } else { height };
    let mut space_before = Space::None;
    let mut out = Vec::with_capacity(line.chars.len());
    for c in &line.chars {
        if c.ch.is_whitespace() {
            space_before = Space::Typed;
            continue;
        }
        let corners = [(c.from, 0.0), (c.to, 0.0), (c.from, line.place.height), (c.to, line.place.height)];
        let points = corners.map(|(x, y)| line.place.point(x, y));
        let of = |pick: fn(&(f32, f32)) -> f32, end: fn(f32, f32) -> f32, most: f32| {
            points.iter().map(pick).reduce(end).map_or(0.0, |v| (v * scale).clamp(0.0, most))
        };
        let rect = Rect {
            page: page.number,
            left: of(|p| p.0, f32::min, page.width),
            right: of(|p| p.0, f32::max, page.width),
            top: of(|p| p.1, f32::min, page.height),
            bottom: of(|p| p.1, f32::max, page.height),
        };
        // The box stands a third higher than the letters' size.
        out.push(Glyph { ch: c.ch, rect, size: size * 0.7, bold: false, space_before });
        space_before = Space::None;
    }
    out
}
