//! Passages as they are shown: their sentences numbered through, one a line.

use super::one_line;

/// A passage, in sentences.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ShownPassage<'a> {
    /// Where it stands, or its title: a line of its own before it, without a number; none where it is empty.
    pub heading: &'a str,
    /// In order. A list's item or a table's row counts as one.
    pub sentences: Vec<&'a str>,
}

/// Passages whose sentences are numbered from 1, across passages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Numbered {
    text: String,
    sentences: Vec<Line>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Line {
    text: String,
    /// Passage, and sentence in it, from 0.
    place: (usize, usize),
}

impl Numbered {
    /// Numbers the sentences; those without anything but white space get no number. Between passages there is an empty
    /// line.
    pub fn new<'a>(passages: impl IntoIterator<Item = ShownPassage<'a>>) -> Self {
        let mut numbered = Self::default();
        for (passage, ShownPassage { heading, sentences }) in passages.into_iter().enumerate() {
            if passage > 0 {
                numbered.text.push('\n');
            }
            let heading = one_line(heading);
            if !heading.is_empty() {
                numbered.text.extend([&heading, "\n"]);
            }
            for (n, sentence) in sentences.into_iter().enumerate() {
                let text = one_line(sentence);
                if text.is_empty() {
                    continue;
                }
                let number = (numbered.sentences.len() + 1).to_string();
                numbered.text.extend(["[", &number, "] ", &text, "\n"]);
                numbered.sentences.push(Line { text, place: (passage, n) });
            }
        }
        numbered
    }

    /// As the model reads them.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// How many sentences there are: the highest number.
    pub const fn len(&self) -> usize {
        self.sentences.len()
    }

    /// Whether nothing is shown.
    pub const fn is_empty(&self) -> bool {
        self.sentences.is_empty()
    }

    /// The sentence of a number, on one line.
    pub fn sentence(&self, number: usize) -> Option<&str> {
        self.line(number).map(|line| line.text.as_str())
    }

    /// The passage, and the sentence in it, of a number; both from 0.
    pub fn place(&self, number: usize) -> Option<(usize, usize)> {
        self.line(number).map(|line| line.place)
    }

    /// The number of a passage's sentence, both from 0.
    pub fn number(&self, passage: usize, sentence: usize) -> Option<usize> {
        self.sentences.iter().position(|line| line.place == (passage, sentence)).map(|n| n + 1)
    }

    fn line(&self, number: usize) -> Option<&Line> {
        self.sentences.get(number.checked_sub(1)?)
    }
}
