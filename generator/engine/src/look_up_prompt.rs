//! Guesses how a text goes on from how it went on before: an answer copies from the passages in its prompt. The guess is
//! read together with the last token, and as much of it kept as the model would have chosen (prompt lookup decoding,
//! Saxena, 2023; a kind of speculative decoding, Leviathan et al., 2023): the text is the same, only sooner there.

/// Tokens at the end of a text that must have occurred before, most first.
const ENDS: [usize; 2] = [3, 2];

/// Guesses for one text.
#[derive(Debug)]
pub(crate) struct Lookup {
    most: usize,
    /// How many tokens are guessed next.
    now: usize,
}

impl Lookup {
    /// Guesses of `most` tokens at most; 0 is none at all.
    pub(crate) const fn new(most: usize) -> Self {
        Self { most, now: if most < 4 { most } else { 4 } }
    }

    /// What may follow: the tokens after the latest place where the text's last ones stood before.
    pub(crate) fn guess<'a>(&self, tokens: &'a [u32]) -> &'a [u32] {
        let found = ENDS.iter().filter(|_| self.now > 0).find_map(|length| {
            let end = tokens.get(tokens.len().checked_sub(*length)?..)?;
            let before = tokens.get(..tokens.len() - 1)?;
            let at = before.windows(*length).rposition(|w| w == end)?;
            tokens.get(at + length..)
        });
        found.map_or(&[], |rest| rest.get(..self.now).unwrap_or(rest))
    }

    /// Says how many of the guessed tokens were right: the next guess is longer where all were, shorter where none was.
    pub(crate) fn learn(&mut self, guessed: usize, right: usize) {
        if right == guessed {
            self.now = (self.now * 2).min(self.most);
        } else if right == 0 {
            self.now = (self.now / 2).max(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_followed_the_same_tokens_last_is_guessed() {
        let lookup = Lookup::new(8);
        assert_eq!(lookup.guess(&[1, 2, 3, 4, 5, 6, 7, 1, 2, 3]), [4, 5, 6, 7]);
        assert_eq!(lookup.guess(&[2, 3, 9, 7, 2, 3, 8, 1, 2, 3]), [8, 1, 2, 3], "the last of several");
        assert_eq!(lookup.guess(&[1, 2, 3, 9, 7, 2, 3, 8, 1, 2, 3]), [9, 7, 2, 3], "three tokens before two");
        assert_eq!(lookup.guess(&[5, 5, 5]), [5], "up to the text's end");
        assert!(lookup.guess(&[1, 2, 3]).is_empty() && lookup.guess(&[1]).is_empty() && lookup.guess(&[]).is_empty());
        assert!(Lookup::new(0).guess(&[5, 5, 5, 5]).is_empty());
    }

    #[test]
    fn guesses_grow_with_success_and_shrink_without() {
        let mut lookup = Lookup::new(6);
        lookup.learn(4, 4);
        assert_eq!(lookup.now, 6);
        lookup.learn(6, 1);
        assert_eq!(lookup.now, 6);
        for expected in [3, 1, 1] {
            lookup.learn(lookup.now, 0);
            assert_eq!(lookup.now, expected);
        }
    }
}
