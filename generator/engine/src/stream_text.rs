//! Turns tokens into text to be shown: whole characters only, and nothing that may still become a stop text.

/// Collects the bytes of tokens and gives out what is sure.
pub(crate) struct TextStream {
    stops: Vec<String>,
    /// Bytes of a character that is not complete yet.
    bytes: Vec<u8>,
    /// Whole characters that may be the beginning of a stop text.
    held: String,
    stopped: bool,
}

impl TextStream {
    /// A stream that ends at the first of `stops`; empty ones are ignored.
    pub(crate) fn new(stops: Vec<String>) -> Self {
        let stops = stops.into_iter().filter(|s| !s.is_empty()).collect();
        Self { stops, bytes: Vec::new(), held: String::new(), stopped: false }
    }

    /// Adds a token's bytes and returns the text that has become sure; often empty.
    pub(crate) fn push(&mut self, token: &[u8]) -> String {
        if self.stopped {
            return String::new();
        }
        self.bytes.extend_from_slice(token);
        self.decode();
        if let Some(at) = self.stops.iter().filter_map(|s| self.held.find(s.as_str())).min() {
            self.stopped = true;
            self.held.truncate(at);
            return std::mem::take(&mut self.held);
        }
        let unsure = self.unsure();
        let rest = self.held.split_off(self.held.len() - unsure);
        std::mem::replace(&mut self.held, rest)
    }

    /// What is left when no more tokens come. An incomplete character is dropped.
    pub(crate) fn finish(&mut self) -> String {
        if self.stopped { String::new() } else { std::mem::take(&mut self.held) }
    }

    /// Whether a stop text was met.
    pub(crate) const fn stopped(&self) -> bool {
        self.stopped
    }

    /// Moves whole characters from `bytes` to `held`; bytes that can begin no character become U+FFFD.
    fn decode(&mut self) {
        let bytes = std::mem::take(&mut self.bytes);
        let mut rest = bytes.as_slice();
        loop {
            match std::str::from_utf8(rest) {
                Ok(text) => {
                    self.held.push_str(text);
                    return;
                }
                Err(error) => {
                    let (good, bad) = rest.split_at(error.valid_up_to());
                    self.held.push_str(&String::from_utf8_lossy(good));
                    let Some(length) = error.error_len() else {
                        self.bytes = bad.to_vec();
                        return;
                    };
                    self.held.push(char::REPLACEMENT_CHARACTER);
                    rest = bad.get(length..).unwrap_or_default();
                }
            }
        }
    }

    /// Length of the longest end of `held` that begins a stop text.
    fn unsure(&self) -> usize {
        let begins = |stop: &String| {
            let cuts = stop.char_indices().map(|(at, _)| at).skip(1);
            cuts.filter(|at| stop.get(..*at).is_some_and(|head| self.held.ends_with(head))).max()
        };
        self.stops.iter().filter_map(begins).max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_come_out_whole() {
        let mut stream = TextStream::new(Vec::new());
        let bytes = "光合作用😀".as_bytes();
        let mut text = String::new();
        for byte in bytes {
            text.push_str(&stream.push(&[*byte]));
        }
        text.push_str(&stream.finish());
        assert_eq!(text, "光合作用😀");
    }

    #[test]
    fn a_stop_text_across_tokens_is_never_shown() {
        let mut stream = TextStream::new(vec!["\nQuestion:".to_owned()]);
        let mut text = String::new();
        for token in ["It rains.", "\n", "Quest", "ion", ": why?", " more"] {
            text.push_str(&stream.push(token.as_bytes()));
        }
        assert_eq!((text.as_str(), stream.stopped()), ("It rains.", true));
        assert_eq!(stream.finish(), "");
    }

    #[test]
    fn what_only_looked_like_a_stop_text_is_shown_later() {
        let mut stream = TextStream::new(vec!["END".to_owned()]);
        assert_eq!(stream.push(b"the E"), "the ");
        assert_eq!(stream.push(b"N"), "");
        assert_eq!(stream.push(b"T"), "ENT");
        assert_eq!(stream.push(b" EN"), " ");
        assert_eq!(stream.finish(), "EN");
    }

    #[test]
    fn broken_bytes_become_replacement_characters_and_an_open_end_is_dropped() {
        let mut stream = TextStream::new(Vec::new());
        assert_eq!(stream.push(&[b'a', 0xFF, b'b', 0xE5]), "a\u{FFFD}b");
        assert_eq!(stream.finish(), "");
    }
}
