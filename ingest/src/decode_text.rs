//! Bytes to text: byte order marks, declared character sets, UTF-8, and a guess for everything older.

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

/// How far into a page its character set may be declared (HTML Standard, "prescan a byte stream").
const DECLARATION_WITHIN: usize = 1024;

/// Decodes plain text or Markdown. Never fails: bytes that are wrong in the encoding become U+FFFD.
pub(crate) fn decode_text(bytes: &[u8]) -> Cow<'_, str> {
    decode_with(bytes, None)
}

/// Decodes a web page; its own declaration is believed before any guess.
pub(crate) fn decode_html(bytes: &[u8]) -> Cow<'_, str> {
    decode_with(bytes, declared_charset(bytes))
}

fn decode_with<'a>(bytes: &'a [u8], declared: Option<&'static Encoding>) -> Cow<'a, str> {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        return encoding.decode_without_bom_handling(&bytes[mark..]).0;
    }
    if let Some(encoding) = utf16_without_mark(bytes) {
        return encoding.decode_without_bom_handling(bytes).0;
    }
    if let Some(encoding) = declared {
        let (text, wrong) = encoding.decode_without_bom_handling(bytes);
        if !wrong {
            return text;
        }
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Cow::Borrowed(text);
    }
    guess(bytes).decode_without_bom_handling(bytes).0
}

fn guess(bytes: &[u8]) -> &'static Encoding {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(bytes, true);
    detector.guess(None, Utf8Detection::Allow)
}

/// UTF-16 that lacks its mark, told by where the NULs of its Latin letters, digits and spaces stand.
pub(crate) fn utf16_without_mark(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = &bytes[..bytes.len().min(4096)];
    let nul = |side: usize| head.iter().skip(side).step_by(2).filter(|b| **b == 0).count();
    let (even, odd) = (nul(0), nul(1));
    let enough = head.len() / 20;
    match (even, odd) {
        (0, n) if n > enough => Some(UTF_16LE),
        (n, 0) if n > enough => Some(UTF_16BE),
        _ => None,
    }
}

fn declared_charset(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = bytes[..bytes.len().min(DECLARATION_WITHIN)].to_ascii_lowercase();
    let at = head.windows(7).position(|w| w == b"charset")? + 7;
    let rest = head[at..].trim_ascii_start().strip_prefix(b"=")?.trim_ascii_start();
    let rest = rest.strip_prefix(b"\"").or_else(|| rest.strip_prefix(b"'")).unwrap_or(rest);
    let end = rest.iter().position(|b| !(b.is_ascii_alphanumeric() || b"-_:.".contains(b))).unwrap_or(rest.len());
    let encoding = Encoding::for_label(&rest[..end])?;
    // A page whose declaration could be read as ASCII is not UTF-16, whatever it says.
    Some(if encoding == UTF_16LE || encoding == UTF_16BE { UTF_8 } else { encoding })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_declarations_and_guesses() {
        assert_eq!(decode_text(b"\xef\xbb\xbfcaf\xc3\xa9"), "café");
        assert_eq!(decode_text(b"\xff\xfeh\0i\0"), "hi");
        assert_eq!(decode_text(b"h\0i\0 \0y\0o\0u\0"), "hi you");
        assert_eq!(decode_html(b"<meta charset=\"big5\">\xa4\xa4\xa4\xe5"), "<meta charset=\"big5\">中文");
        assert_eq!(decode_html(b"<meta charset=utf-16>caf\xc3\xa9"), "<meta charset=utf-16>café");
        let latin = b"The caf\xe9 in the na\xefve \x93quoted\x94 fa\xe7ade was closed.";
        assert_eq!(decode_text(latin), "The café in the naïve “quoted” façade was closed.");
    }

    #[test]
    fn chinese_without_a_mark() {
        let text = "自然科學概論本講義收錄課程各單元的閱讀文本，請於上課前先讀完該單元。";
        let (big5, _, _) = encoding_rs::BIG5.encode(text);
        assert_eq!(decode_text(&big5), text);
        let text = "这本讲义收录课程各单元的阅读文本，请于上课前先读完该单元。图书馆概论。";
        let (gb, _, _) = encoding_rs::GB18030.encode(text);
        assert_eq!(decode_text(&gb), text);
    }
}
