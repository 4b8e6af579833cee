//! Words of a passage and its number, `Linus Pauling [2]`, and nothing else.
//!
//! The text so far fits at some places of the passages; each next token must go on at one of them. `llguidance` has a
//! grammar for substrings, but builds a regular expression of every passage's suffixes and derives it byte by byte: for
//! five passages that takes longer than writing the answer. A list of places is exact and takes next to nothing: after
//! the first token few are left.

use llguidance::toktrie::{TokEnv, TrieNode};
use text::is_within_word;

use super::{constrain::bad, token_rules::TokenRules};
use crate::{EngineError, EngineResult};

/// Most bytes of all passages together: more than any context holds.
const MOST_BYTES: usize = 1 << 20;

/// Follows an answer along some passages.
pub(super) struct CitedRules {
    env: TokEnv,
    sources: Vec<CitedPassage>,
    places: Vec<CitedPosition>,
    /// Whether the tokenizer begins a text with a space that is not part of it, and this is the beginning.
    space: bool,
}

/// A passage and how an answer from it ends; a refusal is an ending alone.
struct CitedPassage {
    words: Vec<u8>,
    ending: Vec<u8>,
    /// For each place before, between and after bytes: whether words may end there.
    ends: Vec<bool>,
    /// And whether a letter or digit does.
    letter: Vec<bool>,
}

/// Where an answer may be.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct CitedPosition {
    source: u32,
    /// Bytes before it, in the words or in the ending.
    at: u32,
    within: Within,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Within {
    /// No letter and no digit yet.
    Signs,
    Words,
    Ending,
}

impl CitedRules {
    /// Rules for the passages with the numbers from 1 on. `space` says that the tokenizer begins texts with a space.
    pub(super) fn new(env: TokEnv, space: bool, passages: &[String], refusal: Option<&str>) -> EngineResult<Self> {
        let bytes: usize = passages.iter().map(String::len).sum();
        if bytes > MOST_BYTES {
            return Err(bad(&format!("its passages have {bytes} bytes; there may be {MOST_BYTES}")));
        }
        let (mut sources, mut places) = (Vec::new(), Vec::new());
        let place =
            |sources: &Vec<CitedPassage>, at, within| CitedPosition { source: sources.len() as u32, at, within };
        for (number, text) in (1..).zip(passages) {
            let (source, begins) = CitedPassage::passage(text, number);
            places.extend(begins.into_iter().map(|at| place(&sources, at as u32, Within::Signs)));
            sources.push(source);
        }
        if let Some(refusal) = refusal.filter(|r| !r.is_empty()) {
            places.push(place(&sources, 0, Within::Ending));
            sources.push(CitedPassage::refusal(refusal));
        }
        if places.is_empty() {
            return Err(bad(&"its passages hold no words"));
        }
        Ok(Self { env, sources, places, space })
    }

    /// Where `place` gets to by one byte: in the words, and in the ending.
    fn step(&self, place: CitedPosition, byte: u8) -> impl Iterator<Item = CitedPosition> + use<> {
        let CitedPosition { source, at, within } = place;
        let next = self.sources.get(source as usize).map(|s| {
            let here = at as usize;
            let ending = |at: usize| s.ending.get(at) == Some(&byte);
            if within == Within::Ending {
                return [None, ending(here).then_some(CitedPosition { source, at: at + 1, within })];
            }
            let letter = s.letter.get(here + 1) == Some(&true);
            let words = CitedPosition { source, at: at + 1, within: if letter { Within::Words } else { within } };
            let ends = within == Within::Words && s.ends.get(here) == Some(&true) && ending(0);
            let closed = CitedPosition { source, at: 1, within: Within::Ending };
            [(s.words.get(here) == Some(&byte)).then_some(words), ends.then_some(closed)]
        });
        next.into_iter().flatten().flatten()
    }

    /// Whether an answer that has come to this place is whole.
    fn is_end(&self, place: &CitedPosition) -> bool {
        let length = self.sources.get(place.source as usize).map(|s| s.ending.len());
        place.within == Within::Ending && length == Some(place.at as usize)
    }

    /// Marks all tokens that go on from `place`.
    #[expect(clippy::trivially_copy_pass_by_ref)] // a node's children are found by where it is
    fn allow(&self, place: CitedPosition, node: &TrieNode, allowed: &mut [bool]) {
        let trie = self.env.tok_trie();
        let mut open = vec![(place, node)];
        while let Some((place, node)) = open.pop() {
            let source = self.sources.get(place.source as usize);
            let Some(source) = source else { continue };
            // At most two bytes can follow: that of the words, and that of the ending.
            let bytes = match place.within {
                Within::Ending => [source.ending.get(place.at as usize), None],
                _ => [source.words.get(place.at as usize), source.ending.first()],
            };
            let same = bytes[0] == bytes[1];
            for byte in bytes.into_iter().skip(usize::from(same)).flatten() {
                let mut reached = self.step(place, *byte).peekable();
                if reached.peek().is_none() {
                    continue;
                }
                let Some(child) = trie.child_at_byte(node, *byte) else { continue };
                if let Some(allowed) = child.token_id().and_then(|t| allowed.get_mut(t as usize)) {
                    *allowed = true;
                }
                open.extend(reached.map(|place| (place, child)));
            }
        }
    }
}

impl TokenRules for CitedRules {
    fn mask(&mut self, logits: &mut [f32]) -> EngineResult<()> {
        let trie = self.env.tok_trie();
        let mut allowed = vec![false; logits.len()];
        let after_space = if self.space { trie.child_at_byte(trie.root(), b' ') } else { None };
        for place in &self.places {
            if self.is_end(place) {
                trie.eos_tokens().iter().for_each(|end| {
                    if let Some(allowed) = allowed.get_mut(*end as usize) {
                        *allowed = true;
                    }
                });
            }
            self.allow(*place, trie.root(), &mut allowed);
            if let Some(node) = after_space {
                self.allow(*place, node, &mut allowed);
            }
        }
        if !allowed.contains(&true) {
            let reason = "no token of the vocabulary goes on with the passages' words".to_owned();
            return Err(EngineError::Compute { stage: "keeping to the constraint", reason });
        }
        for (logit, allowed) in logits.iter_mut().zip(allowed) {
            if !allowed {
                *logit = f32::NEG_INFINITY;
            }
        }
        Ok(())
    }

    fn accept(&mut self, token: u32) -> EngineResult<()> {
        let trie = self.env.tok_trie();
        if trie.eos_tokens().contains(&token) {
            return Ok(());
        }
        let mut bytes = trie.token(token);
        if self.space {
            bytes = bytes.strip_prefix(b" ").unwrap_or(bytes);
        }
        let mut places = std::mem::take(&mut self.places);
        for byte in bytes {
            places = places.into_iter().flat_map(|place| self.step(place, *byte)).collect();
            places.sort_unstable();
            places.dedup();
        }
        (self.places, self.space) = (places, false);
        Ok(())
    }

    /// What is left of an ending, where nothing else can follow.
    fn forced(&mut self) -> EngineResult<Vec<u32>> {
        let &[CitedPosition { source, at, within }] = self.places.as_slice() else { return Ok(Vec::new()) };
        let Some(source) = self.sources.get(source as usize) else { return Ok(Vec::new()) };
        let rest = match within {
            Within::Ending => source.ending.get(at as usize..).unwrap_or_default(),
            _ if at as usize == source.words.len() => source.ending.as_slice(),
            _ => return Ok(Vec::new()),
        };
        let tokens = self.env.tok_trie().greedy_tokenize(rest);
        for token in &tokens {
            self.accept(*token)?;
        }
        Ok(tokens)
    }

    fn is_done(&self) -> bool {
        self.places.iter().all(|p| self.is_end(p))
    }
}

impl CitedPassage {
    /// A passage, and the places of its words' beginnings.
    fn passage(text: &str, number: usize) -> (Self, Vec<usize>) {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let (mut begins, mut before) = (Vec::new(), ' ');
        let (mut ends, mut letter) = (vec![false; text.len() + 1], vec![false; text.len() + 1]);
        for (at, c) in text.char_indices() {
            if !is_within_word(before, c) {
                ends[at] = before != ' ';
                begins.extend((c != ' ').then_some(at));
            }
            letter[at + c.len_utf8()] = c.is_alphanumeric();
            before = c;
        }
        ends[text.len()] = true;
        // From signs alone, after the last letter, no answer is reached.
        let last = letter.iter().rposition(|l| *l).unwrap_or(0);
        begins.retain(|at| *at < last);
        (Self { words: text.into_bytes(), ending: format!(" [{number}]").into_bytes(), ends, letter }, begins)
    }

    fn refusal(text: &str) -> Self {
        Self { words: Vec::new(), ending: text.as_bytes().to_vec(), ends: Vec::new(), letter: Vec::new() }
    }
}
