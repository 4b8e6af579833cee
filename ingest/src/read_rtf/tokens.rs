//! RTF's syntax (Microsoft, version 1.9.1): groups, control words, bytes.

/// A piece of an RTF file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    Open,
    Close,
    /// `\word`, with its number where it has one.
    Word(&'a str, Option<i32>),
    /// `\~`, `\*`: a control symbol.
    Symbol(u8),
    /// A byte of text, as it stands or as `\'hh`.
    Byte(u8),
}

/// Reads tokens one by one; broken pieces are skipped, never refused.
pub(super) struct Tokens<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Tokens<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    fn take_while(&mut self, most: usize, wanted: impl Fn(u8) -> bool) -> &'a [u8] {
        let rest = &self.bytes[self.at..];
        let length = rest.iter().take(most).take_while(|b| wanted(**b)).count();
        self.at += length;
        &rest[..length]
    }

    fn control(&mut self) -> Option<Token<'a>> {
        let name = self.take_while(32, |b| b.is_ascii_alphabetic());
        if name.is_empty() {
            let symbol = *self.bytes.get(self.at)?;
            self.at += 1;
            return Some(if symbol == b'\'' { self.escaped_byte() } else { Token::Symbol(symbol) });
        }
        let start = self.at;
        self.take_while(1, |b| b == b'-');
        let digits = self.take_while(10, |b| b.is_ascii_digit());
        if digits.is_empty() {
            self.at = start;
        }
        let number = std::str::from_utf8(&self.bytes[start..self.at]).ok().and_then(|n| n.parse().ok());
        self.take_while(1, |b| b == b' ');
        let name = std::str::from_utf8(name).unwrap_or_default();
        if let (b"bin", Some(length)) = (name.as_bytes(), number) {
            self.at = self.at.saturating_add(usize::try_from(length).unwrap_or(0)).min(self.bytes.len());
        }
        Some(Token::Word(name, number))
    }

    fn escaped_byte(&mut self) -> Token<'a> {
        let digits = self.take_while(2, |b| b.is_ascii_hexdigit());
        let code = std::str::from_utf8(digits).ok().and_then(|d| u8::from_str_radix(d, 16).ok());
        Token::Byte(code.unwrap_or(b'?'))
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            let byte = *self.bytes.get(self.at)?;
            self.at += 1;
            return match byte {
                b'{' => Some(Token::Open),
                b'}' => Some(Token::Close),
                b'\\' => self.control(),
                b'\r' | b'\n' | 0 => continue,
                other => Some(Token::Byte(other)),
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_numbers_bytes_and_binary() {
        let tokens: Vec<Token<'_>> = Tokens::new(b"{\\b\\li-20 a\\'e9\\~\\bin3 }}}x").collect();
        let word = |name, number| Token::Word(name, number);
        assert_eq!(tokens[..4], [Token::Open, word("b", None), word("li", Some(-20)), Token::Byte(b'a')]);
        assert_eq!(tokens[4..], [Token::Byte(0xe9), Token::Symbol(b'~'), word("bin", Some(3)), Token::Byte(b'x')]);
        assert_eq!(Tokens::new(b"\\").count(), 0);
    }
}
