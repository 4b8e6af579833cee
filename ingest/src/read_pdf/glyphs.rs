//! The characters of a page with their boxes, as PDFium finds them, in the order of the content stream.

use domain::Rect;
use pdfium_render::prelude::{PdfFontWeight, PdfPage, PdfPageTextChar};

use super::display::Display;

/// The most characters of a page: more is an attack or a broken font.
const MOST_GLYPHS: usize = 200_000;
/// PDFium's sign for a hyphen at the end of a line.
const LINE_END_HYPHEN: u32 = 2;
/// Font sizes below this are taken from the box: such files scale their text by other means.
const LEAST_SIZE: f32 = 1.5;

/// Space before a glyph.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Space {
    /// None.
    #[default]
    None,
    /// PDFium, or we, found a gap.
    Gap,
    /// The file has a space character.
    Typed,
}

/// One character.
#[derive(Clone, Copy, Debug)]
pub(super) struct Glyph {
    pub ch: char,
    pub rect: Rect,
    /// Points.
    pub size: f32,
    pub bold: bool,
    pub space_before: Space,
}

/// The visible characters of a page; none for a page that can't be read.
pub(super) fn page_glyphs(page: &PdfPage<'_>, display: &Display) -> Vec<Glyph> {
    let Ok(text) = page.text() else { return Vec::new() };
    let chars = text.chars();
    let mut glyphs = Vec::with_capacity(chars.len().min(MOST_GLYPHS));
    let (mut space, mut half) = (Space::None, None);
    for ch in chars.iter().take(MOST_GLYPHS) {
        match visible(ch.unicode_value(), &mut half) {
            Seen::Char(c) => {
                if let Some(glyph) = glyph(c, &ch, display, space) {
                    glyphs.push(glyph);
                    space = Space::None;
                }
            }
            Seen::Space => {
                let generated = ch.is_generated().unwrap_or(true);
                space = space.max(if generated { Space::Gap } else { Space::Typed });
            }
            Seen::Nothing => {}
        }
    }
    glyphs
}

enum Seen {
    Char(char),
    Space,
    Nothing,
}

/// What a code of PDFium's stands for. Characters beyond the basic plane come as two UTF-16 halves; `half` keeps the first.
fn visible(code: u32, half: &mut Option<u16>) -> Seen {
    let first = half.take();
    if code == LINE_END_HYPHEN {
        return Seen::Char('-');
    }
    if (0xd800..0xe000).contains(&code) {
        let unit = code as u16;
        if let Some(Some(Ok(c))) = first.map(|first| char::decode_utf16([first, unit]).next()) {
            return Seen::Char(c);
        }
        *half = Some(unit);
        return Seen::Nothing;
    }
    match char::from_u32(code) {
        Some(c) if c.is_whitespace() || c == '\u{200b}' => Seen::Space,
        Some(c) if c.is_control() || is_filler(c) => Seen::Nothing,
        Some(c) => Seen::Char(c),
        None => Seen::Nothing,
    }
}

/// Soft hyphens, byte order marks, direction marks and non-characters.
const fn is_filler(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{feff}' | '\u{200c}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{fffe}' | '\u{ffff}')
}

fn glyph(ch: char, from: &PdfPageTextChar<'_>, display: &Display, space_before: Space) -> Option<Glyph> {
    let loose = from.loose_bounds().ok().map(|b| display.rect(&b)).filter(has_area);
    let rect = loose.or_else(|| from.tight_bounds().ok().map(|b| display.rect(&b)))?;
    if !display.shows(&rect) {
        return None;
    }
    let height = rect.bottom - rect.top;
    let size =
        Some(from.scaled_font_size().value.abs()).filter(|s| s.is_finite() && *s >= LEAST_SIZE).unwrap_or(height);
    Some(Glyph { ch, rect, size: size.max(0.1), bold: is_bold(from), space_before })
}

fn has_area(rect: &Rect) -> bool {
    rect.right - rect.left > 0.01 && rect.bottom - rect.top > 0.01
}

/// PDFium knows no weight for many embedded fonts; their names tell.
fn is_bold(ch: &PdfPageTextChar<'_>) -> bool {
    let heavy = match ch.font_weight() {
        Some(
            PdfFontWeight::Weight600
            | PdfFontWeight::Weight700Bold
            | PdfFontWeight::Weight800
            | PdfFontWeight::Weight900,
        ) => true,
        Some(PdfFontWeight::Custom(weight)) => (600..=1000).contains(&weight),
        _ => false,
    };
    heavy || {
        let name = ch.font_name().to_ascii_lowercase();
        ["bold", "black", "heavy", "cmbx"].iter().any(|sign| name.contains(sign))
    }
}
