//! PNG and JPEG files to pixels, within bounds.

use std::io::Cursor;

use zune_jpeg::{
    JpegDecoder,
    zune_core::{bytestream::ZCursor, colorspace::ColorSpace, options::DecoderOptions},
};

use crate::{Format, IngestError, ocr::Picture};

/// The most pixels of a picture: a large camera's.
const MOST_PIXELS: usize = 64_000_000;
const MOST_SIDE: usize = 20_000;

/// Decodes a picture, transparent parts white, turned as its camera was held.
pub(crate) fn decode_picture(bytes: &[u8], format: Format) -> Result<Picture, IngestError> {
    let picture = if format == Format::Jpeg { jpeg(bytes)? } else { png(bytes)? };
    if picture.rgb.len() != picture.width * picture.height * 3 || picture.rgb.is_empty() {
        return Err(damaged("it has another size than it says"));
    }
    Ok(picture)
}

fn damaged(detail: impl std::fmt::Display) -> IngestError {
    IngestError::DocumentDamaged { detail: format!("its picture can't be decoded: {detail}") }
}

fn check(width: usize, height: usize) -> Result<(), IngestError> {
    let small = width <= MOST_SIDE && height <= MOST_SIDE && width.saturating_mul(height) <= MOST_PIXELS;
    if small { Ok(()) } else { Err(damaged(format!("{width} × {height} pixels are too many"))) }
}

fn png(bytes: &[u8]) -> Result<Picture, IngestError> {
    let mut decoder = png::Decoder::new(Cursor::new(bytes));
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let header = decoder.read_header_info().map_err(damaged)?;
    let (width, height) = (header.width as usize, header.height as usize);
    check(width, height)?;
    let mut reader = decoder.read_info().map_err(damaged)?;
    let mut pixels = vec![0; reader.output_buffer_size().ok_or_else(|| damaged("its size is unknown"))?];
    let info = reader.next_frame(&mut pixels).map_err(damaged)?;
    pixels.truncate(info.buffer_size());
    let over_white = |value: u8, alpha: u8| {
        let (value, alpha) = (u16::from(value), u16::from(alpha));
        ((value * alpha + 255 * (255 - alpha)) / 255) as u8
    };
    let rgb = match info.color_type {
        png::ColorType::Rgb => pixels,
        png::ColorType::Rgba => {
            pixels.chunks_exact(4).flat_map(|p| [p[0], p[1], p[2]].map(|v| over_white(v, p[3]))).collect()
        }
        png::ColorType::GrayscaleAlpha => pixels.chunks_exact(2).flat_map(|p| [over_white(p[0], p[1]); 3]).collect(),
        _ => pixels.iter().flat_map(|v| [*v; 3]).collect(),
    };
    Ok(Picture { width, height, rgb })
}

fn jpeg(bytes: &[u8]) -> Result<Picture, IngestError> {
    let options = DecoderOptions::default().jpeg_set_out_colorspace(ColorSpace::RGB);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(|e| damaged(format!("{e:?}")))?;
    let (width, height) = decoder.dimensions().ok_or_else(|| damaged("its size is unknown"))?;
    check(width, height)?;
    let quarters = decoder.exif().map_or(0, |exif| quarters(exif));
    let rgb = decoder.decode().map_err(|e| damaged(format!("{e:?}")))?;
    let mut picture = Picture { width, height, rgb };
    if picture.rgb.len() == width * height * 3 {
        for _ in 0..quarters {
            picture = picture.turned();
        }
    }
    Ok(picture)
}

/// How many quarters clockwise a camera's picture must be turned (Exif 2.32, tag 0x0112); mirrored ones are left alone.
fn quarters(exif: &[u8]) -> usize {
    let little = exif.starts_with(b"II");
    let number = |at: usize, length: usize| {
        let bytes = exif.get(at..at + length)?;
        let value = |sum: usize, byte: &u8| sum << 8 | usize::from(*byte);
        Some(if little { bytes.iter().rev().fold(0, value) } else { bytes.iter().fold(0, value) })
    };
    let find = || {
        let directory = number(4, 4)?;
        let entries = number(directory, 2)?.min(512);
        let entry = (0..entries).map(|n| directory + 2 + n * 12).find(|at| number(*at, 2) == Some(0x0112))?;
        number(entry + 8, 2)
    };
    match find() {
        Some(6) => 1,
        Some(3) => 2,
        Some(8) => 3,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cameras_say_how_they_were_held() {
        let mut exif = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0".to_vec();
        assert_eq!(quarters(&exif), 1);
        exif[18] = 8;
        assert_eq!((quarters(&exif), quarters(b"II"), quarters(b"MM\0*\xff\xff\xff\xff")), (3, 0, 0));
    }

    #[test]
    fn hostile_pictures_are_refused() {
        let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\x7f\xff\xff\xff\x7f\xff\xff\xff\x08\x02\0\0\0\0\0\0\0";
        assert_eq!(decode_picture(png, Format::Png).unwrap_err().code(), "document_damaged");
        assert_eq!(decode_picture(b"\xff\xd8\xff\xe0", Format::Jpeg).unwrap_err().code(), "document_damaged");
    }
}
