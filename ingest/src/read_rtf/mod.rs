//! RTF to blocks: text in any of its encodings, headings by style or outline level, lists with their labels, tables.
//!
//! Written here because the crates there are give no code pages, in which every Chinese RTF from Windows is written.

mod tokens;

use std::collections::HashMap;

use domain::{BlockKind, ParsedDocument};
use encoding_rs::Encoding;

use self::tokens::{Token, Tokens};
use crate::{
    Format, IngestError,
    build_document::{DocumentBuilder, markdown_table},
};

/// Groups within groups; files nest a dozen deep.
const DEEPEST: usize = 1000;

/// Reads an RTF file.
pub(crate) fn read_rtf(bytes: &[u8], name: &str) -> Result<ParsedDocument, IngestError> {
    let mut reader = RtfReader::default();
    for token in Tokens::new(bytes) {
        reader.take(token)?;
    }
    reader.end_paragraph();
    reader.end_table();
    reader.document.finish_flowing(Format::Rtf, name)
}

/// Where text goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Destination {
    #[default]
    Body,
    /// Nowhere: pictures, colours, headers.
    Nowhere,
    /// `\fonttbl`: which font has which character set.
    Fonts,
    /// `\stylesheet`: which style is a heading.
    Styles,
    /// The label of a list item, as it was printed.
    Label,
}

/// What a group inherits.
#[derive(Clone, Copy, Debug, Default)]
struct State {
    destination: Destination,
    font: i32,
    hidden: bool,
    /// How many characters follow `\uN` for readers that don't know it.
    fallback: usize,
    style: i32,
    outline: Option<u8>,
    in_table: bool,
}

#[derive(Default)]
struct RtfReader {
    document: DocumentBuilder,
    state: State,
    stack: Vec<State>,
    /// Bytes that wait until it is known in which code page they are whole.
    bytes: Vec<u8>,
    /// The first half of a character beyond the basic plane.
    half: Option<u16>,
    skip: usize,
    code_page: Option<&'static Encoding>,
    fonts: HashMap<i32, &'static Encoding>,
    headings: HashMap<i32, u8>,
    style_name: String,
    text: String,
    label: String,
    cells: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl RtfReader {
    fn take(&mut self, token: Token<'_>) -> Result<(), IngestError> {
        match token {
            Token::Byte(byte) => self.byte(byte),
            _ => self.flush_bytes(),
        }
        match token {
            Token::Open if self.stack.len() >= DEEPEST => {
                return Err(IngestError::DocumentDamaged {
                    detail: format!("its groups nest more than {DEEPEST} deep"),
                });
            }
            Token::Open => self.stack.push(self.state),
            Token::Close => self.close(),
            Token::Word(word, number) => self.word(word, number),
            Token::Symbol(symbol) => self.symbol(symbol),
            Token::Byte(_) => {}
        }
        Ok(())
    }

    fn close(&mut self) {
        if self.state.destination == Destination::Styles {
            self.end_style();
        }
        self.skip = 0;
        self.state = self.stack.pop().unwrap_or_default();
    }

    fn byte(&mut self, byte: u8) {
        if self.skip > 0 {
            self.skip -= 1;
        } else if self.state.destination != Destination::Nowhere && !self.state.hidden {
            self.bytes.push(byte);
        }
    }

    fn flush_bytes(&mut self) {
        if self.bytes.is_empty() {
            return;
        }
        let bytes = std::mem::take(&mut self.bytes);
        let encoding =
            self.fonts.get(&self.state.font).copied().or(self.code_page).unwrap_or(encoding_rs::WINDOWS_1252);
        self.push_str(&encoding.decode_without_bom_handling(&bytes).0);
    }

    fn push_str(&mut self, text: &str) {
        if self.state.hidden {
            return;
        }
        match self.state.destination {
            Destination::Body => self.text.push_str(text),
            Destination::Label => self.label.push_str(text),
            Destination::Styles => self.style_name.push_str(text),
            Destination::Fonts | Destination::Nowhere => {}
        }
    }

    fn symbol(&mut self, symbol: u8) {
        match symbol {
            b'*' => self.state.destination = Destination::Nowhere,
            b'~' => self.push_str("\u{a0}"),
            b'_' => self.push_str("-"),
            b'\\' | b'{' | b'}' if self.skip > 0 => self.skip -= 1,
            b'\\' | b'{' | b'}' => self.push_str(char::from(symbol).encode_utf8(&mut [0; 4])),
            b'\n' | b'\r' => self.end_paragraph(),
            _ => {}
        }
    }

    fn word(&mut self, word: &str, number: Option<i32>) {
        if let Some(destination) = destination(word) {
            // An ignorable group that is known after all: `{\*\listtext`.
            let known = destination != Destination::Nowhere;
            if known || self.state.destination == Destination::Body {
                self.state.destination = destination;
            }
            return;
        }
        let value = number.unwrap_or(0);
        match word {
            "ansicpg" => self.code_page = code_page(value),
            "mac" => self.code_page = Some(encoding_rs::MACINTOSH),
            "f" => self.state.font = value,
            "fcharset" if self.state.destination == Destination::Fonts => {
                if let Some(encoding) = charset(value) {
                    self.fonts.insert(self.state.font, encoding);
                }
            }
            "s" => self.state.style = value,
            "outlinelevel" => self.state.outline = u8::try_from(value).ok().filter(|level| *level < 9),
            "v" | "deleted" => self.state.hidden = number != Some(0),
            "uc" => self.state.fallback = usize::try_from(value).unwrap_or(0).min(16),
            "u" => self.unicode(value),
            _ => self.layout(word),
        }
    }

    fn layout(&mut self, word: &str) {
        match word {
            "par" | "sect" => self.end_paragraph(),
            "line" => self.push_str("\n"),
            "tab" => self.push_str("\t"),
            "emdash" => self.push_str("—"),
            "endash" => self.push_str("–"),
            "bullet" => self.push_str("•"),
            "lquote" => self.push_str("‘"),
            "rquote" => self.push_str("’"),
            "ldblquote" => self.push_str("“"),
            "rdblquote" => self.push_str("”"),
            "plain" => self.state.hidden = false,
            "pard" => self.state = State { style: 0, outline: None, in_table: false, ..self.state },
            "intbl" => self.state.in_table = true,
            "cell" | "nestcell" => self.cells.push(std::mem::take(&mut self.text)),
            "row" | "nestrow" => self.rows.push(std::mem::take(&mut self.cells)),
            _ => {}
        }
    }

    /// `\uN`: a UTF-16 unit as a signed number.
    fn unicode(&mut self, value: i32) {
        self.skip = self.state.fallback.max(usize::from(self.stack.is_empty()));
        let unit = value as u16;
        match (self.half.take(), unit) {
            (_, 0xd800..=0xdbff) => self.half = Some(unit),
            (Some(first), _) => {
                if let Some(Ok(ch)) = char::decode_utf16([first, unit]).next() {
                    self.push_str(ch.encode_utf8(&mut [0; 4]));
                }
            }
            (None, _) => {
                if let Some(ch) = char::from_u32(u32::from(unit)) {
                    self.push_str(ch.encode_utf8(&mut [0; 4]));
                }
            }
        }
    }

    fn end_style(&mut self) {
        let name = std::mem::take(&mut self.style_name).trim().trim_end_matches(';').to_lowercase();
        let level = name.strip_prefix("heading ").and_then(|n| n.parse().ok());
        if let Some(level) = level.or((name == "title").then_some(1)) {
            self.headings.insert(self.state.style, level);
        }
    }

    fn end_paragraph(&mut self) {
        self.flush_bytes();
        if self.state.in_table {
            self.text.push(' ');
            return;
        }
        self.end_table();
        let text = std::mem::take(&mut self.text);
        let label = std::mem::take(&mut self.label);
        if text.trim().is_empty() {
            return;
        }
        let level = self.state.outline.map(|level| level + 1).or_else(|| self.headings.get(&self.state.style).copied());
        let bullet = label.trim().chars().all(|c| !c.is_alphanumeric());
        let whole = if bullet { text } else { format!("{} {text}", label.trim()) };
        match level {
            Some(level) => self.document.push_heading(level, &whole),
            None if label.is_empty() => self.document.push(BlockKind::Paragraph, &whole),
            None => self.document.push(BlockKind::ListItem, &whole),
        }
    }

    fn end_table(&mut self) {
        if !self.cells.is_empty() {
            self.rows.push(std::mem::take(&mut self.cells));
        }
        let rows = std::mem::take(&mut self.rows);
        if rows.iter().any(|row| row.len() > 1) {
            self.document.push(BlockKind::Table, &markdown_table(&rows));
        } else {
            for text in rows.into_iter().flatten() {
                self.document.push(BlockKind::Paragraph, &text);
            }
        }
    }
}

/// Control words that say where the text of their group goes.
fn destination(word: &str) -> Option<Destination> {
    Some(match word {
        "fonttbl" => Destination::Fonts,
        "stylesheet" => Destination::Styles,
        "listtext" | "pntext" => Destination::Label,
        "colortbl" | "info" | "pict" | "header" | "headerl" | "headerr" | "headerf" | "footer" | "footerl"
        | "footerr" | "footerf" | "fldinst" | "object" | "listtable" | "listoverridetable" | "rsidtbl"
        | "generator" | "themedata" | "datastore" | "latentstyles" | "annotation" | "bkmkstart" | "bkmkend"
        | "xmlnstbl" | "filetbl" | "revtbl" | "nonshppict" => Destination::Nowhere,
        _ => return None,
    })
}

fn code_page(number: i32) -> Option<&'static Encoding> {
    Some(match number {
        936 | 54936 => encoding_rs::GB18030,
        950 => encoding_rs::BIG5,
        932 => encoding_rs::SHIFT_JIS,
        949 => encoding_rs::EUC_KR,
        65001 => encoding_rs::UTF_8,
        10000 => encoding_rs::MACINTOSH,
        874 => encoding_rs::WINDOWS_874,
        1250..=1258 => Encoding::for_label(format!("windows-{number}").as_bytes())?,
        _ => return None,
    })
}

/// `\fcharset`; 0 and 1 say nothing.
fn charset(number: i32) -> Option<&'static Encoding> {
    code_page(match number {
        77 => 10000,
        128 => 932,
        129 => 949,
        134 => 936,
        136 => 950,
        161 => 1253,
        162 => 1254,
        163 => 1258,
        177 => 1255,
        178 => 1256,
        186 => 1257,
        204 => 1251,
        222 => 874,
        238 => 1250,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(rtf: &[u8]) -> Vec<(BlockKind, String)> {
        let doc = read_rtf(rtf, "a.rtf").unwrap();
        doc.blocks.iter().map(|b| (b.kind, doc.slice(b.range).to_owned())).collect()
    }

    #[test]
    fn styles_encodings_lists_and_tables() {
        let seen = read(
            b"{\\rtf1\\ansi\\ansicpg1252\\uc1{\\fonttbl{\\f0\\fcharset0 Arial;}{\\f1\\fcharset136 Ming;}}\
              {\\stylesheet{\\s0 Normal;}{\\s1 heading 1;}}{\\info{\\title no}}{\\*\\generator no;}\
              \\pard\\s1 Caf\\'e9\\par\\pard {\\f1 \\'a4\\'a4\\'a4\\'e5} \\u20013?\\u-10179?\\u-8704?\\par\
              {\\listtext 1.\\tab}Item \\{x\\}\\par\\pard\\intbl a\\cell b\\cell\\row\\intbl 1\\cell 2\\cell\\row\\pard End{\\v hidden}\\par}",
        );
        let expected = [
            (BlockKind::Heading, "Café"),
            (BlockKind::Paragraph, "中文 中😀"),
            (BlockKind::ListItem, "1. Item {x}"),
            (BlockKind::Table, "| a | b |\n|---|---|\n| 1 | 2 |"),
            (BlockKind::Paragraph, "End"),
        ];
        assert_eq!(seen, expected.map(|(kind, text)| (kind, text.to_owned())));
    }

    #[test]
    fn broken_and_deep_files_end() {
        assert!(read_rtf(&b"{".repeat(5000), "a.rtf").is_err());
        assert_eq!(read_rtf(b"{\\rtf1\\uc1\\b", "a.rtf").unwrap_err().code(), "no_text");
    }
}
