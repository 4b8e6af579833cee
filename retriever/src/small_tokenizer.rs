//! Tokenizes exactly as a Unigram tokenizer does, in a tenth of its memory.
//!
//! The embedder's own tokenizer is busy on the embedder's thread, and a copy of it costs 240 MB, nearly all of it a tree
//! of hash maps. The pieces in one sorted block and the same best-path search give the same tokens. The search is Viterbi
//! over piece scores: Kudo, "Subword Regularization", ACL 2018.

use std::ops::Range;

use tokenizers::{
    Model as _, NormalizedString, Normalizer, NormalizerWrapper, OffsetReferential, OffsetType, PreTokenizedString,
    PreTokenizer, PreTokenizerWrapper, Token, Tokenizer,
    models::{ModelWrapper, unigram::Unigram},
};

/// What an unknown character scores below the worst piece; as in `SentencePiece`.
const UNKNOWN_PENALTY: f64 = 10.0;

/// A Unigram tokenizer without special tokens.
pub(crate) struct SmallTokenizer {
    normalizer: Option<NormalizerWrapper>,
    pre_tokenizer: Option<PreTokenizerWrapper>,
    pieces: Pieces,
}

impl SmallTokenizer {
    /// The same as a tokenizer; `None` where its model is not a Unigram model.
    pub(crate) fn of(tokenizer: &Tokenizer) -> Option<Self> {
        let ModelWrapper::Unigram(model) = tokenizer.get_model() else { return None };
        Some(Self {
            normalizer: tokenizer.get_normalizer().cloned(),
            pre_tokenizer: tokenizer.get_pre_tokenizer().cloned(),
            pieces: Pieces::of(model),
        })
    }

    /// Tokens of a text, special tokens not counted; `None` where it can't be normalized.
    pub(crate) fn count(&self, text: &str) -> Option<usize> {
        let words = self.words(text)?;
        let splits = words.get_splits(OffsetReferential::Normalized, OffsetType::None);
        Some(splits.iter().map(|(word, ..)| self.pieces.best_path(word).len()).sum())
    }

    /// The tokens of a text: each one's id, and the bytes of the text that it stands for; `None` where the text can't be
    /// normalized.
    pub(crate) fn encode(&self, text: &str) -> Option<Vec<(u32, Range<usize>)>> {
        let mut words = self.words(text)?;
        let tokens = |word: &NormalizedString| {
            let path = self.pieces.best_path(word.get()).into_iter();
            Ok(path.map(|(id, range)| Token::new(id, String::new(), (range.start, range.end))).collect())
        };
        words.tokenize(tokens).ok()?;
        let encoding = words.into_encoding(None, 0, OffsetType::Byte).ok()?;
        let ranges = encoding.get_offsets().iter().map(|&(start, end)| start..end);
        Some(encoding.get_ids().iter().copied().zip(ranges).collect())
    }

    /// The normalized text, in words.
    fn words(&self, text: &str) -> Option<PreTokenizedString> {
        let mut normalized = NormalizedString::from(text);
        if let Some(normalizer) = &self.normalizer {
            normalizer.normalize(&mut normalized).ok()?;
        }
        let mut words = PreTokenizedString::from(normalized);
        if let Some(pre_tokenizer) = &self.pre_tokenizer {
            pre_tokenizer.pre_tokenize(&mut words).ok()?;
        }
        Some(words)
    }
}

/// The model's pieces, sorted, their bytes one after another.
struct Pieces {
    bytes: Vec<u8>,
    /// Where each piece starts in `bytes`, and one end more.
    starts: Vec<u32>,
    scores: Vec<f64>,
    /// What the tokenizer numbers each of them.
    ids: Vec<u32>,
    /// Pieces that begin with each byte: `first[b]..first[b + 1]`.
    first: Vec<u32>,
    unknown: f64,
    unknown_id: u32,
}

/// The best path to a place in a word.
#[derive(Clone, Copy)]
struct Step {
    score: f64,
    from: usize,
    reached: bool,
    /// `None`: an unknown character.
    id: Option<u32>,
}

impl Pieces {
    fn of(model: &Unigram) -> Self {
        let numbered = (0..).zip(model.iter()).map(|(id, (piece, score))| (piece.as_str(), *score, id));
        let mut sorted: Vec<(&str, f64, u32)> = numbered.filter(|(piece, ..)| !piece.is_empty()).collect();
        sorted.sort_by(|a, b| a.0.cmp(b.0));
        // The model does not tell which piece stands for the unknown, but what it makes of a character that no text holds.
        let unknown_id = model.tokenize("\u{10ffff}").ok().and_then(|t| t.first().map(|t| t.id)).unwrap_or_default();
        let mut pieces = Self {
            bytes: Vec::new(),
            starts: vec![0],
            scores: Vec::with_capacity(sorted.len()),
            ids: Vec::with_capacity(sorted.len()),
            first: Vec::with_capacity(257),
            unknown: model.min_score - UNKNOWN_PENALTY,
            unknown_id,
        };
        for byte in 0..=256usize {
            pieces.first.push(sorted.partition_point(|(piece, ..)| usize::from(piece.as_bytes()[0]) < byte) as u32);
        }
        for (piece, score, id) in sorted {
            pieces.ids.push(id);
            pieces.bytes.extend_from_slice(piece.as_bytes());
            pieces.starts.push(pieces.bytes.len() as u32);
            pieces.scores.push(score);
        }
        pieces
    }

    fn piece(&self, n: usize) -> &[u8] {
        &self.bytes[self.starts[n] as usize..self.starts[n + 1] as usize]
    }

    /// Calls `found(length, score, id)` for each piece that `text` begins with, shortest first.
    fn prefixes(&self, text: &[u8], mut found: impl FnMut(usize, f64, u32)) {
        let Some(&byte) = text.first() else { return };
        let (mut low, mut high) = (self.first[usize::from(byte)] as usize, self.first[usize::from(byte) + 1] as usize);
        for depth in 1..=text.len() {
            if low >= high {
                return;
            }
            // Sorted: the piece that ends here stands before all that go on.
            if self.piece(low).len() == depth {
                found(depth, self.scores[low], self.ids[low]);
                low += 1;
            }
            let Some(&next) = text.get(depth) else { return };
            low += partition(low, high, |n| self.piece(n)[depth] < next);
            high = low + partition(low, high, |n| self.piece(n)[depth] <= next);
        }
    }

    /// Ids of a word's tokens and the bytes of each; unknown characters next to each other are one.
    fn best_path(&self, word: &str) -> Vec<(u32, Range<usize>)> {
        let mut steps = vec![Step { score: 0.0, from: 0, reached: false, id: None }; word.len() + 1];
        let reach = |steps: &mut Vec<Step>, to: usize, from: usize, score: f64, id: Option<u32>| {
            let step = &mut steps[to];
            if !step.reached || score > step.score {
                *step = Step { score, from, reached: true, id };
            }
        };
        for (from, character) in word.char_indices() {
            let (here, size) = (steps[from].score, character.len_utf8());
            let mut single = false;
            self.prefixes(&word.as_bytes()[from..], |length, score, id| {
                single |= length == size;
                reach(&mut steps, from + length, from, here + score, Some(id));
            });
            if !single {
                reach(&mut steps, from + size, from, here + self.unknown, None);
            }
        }
        self.walk_back(&steps)
    }

    fn walk_back(&self, steps: &[Step]) -> Vec<(u32, Range<usize>)> {
        let mut tokens: Vec<(u32, Range<usize>)> = Vec::new();
        let (mut end, mut in_unknown) = (steps.len() - 1, false);
        while end > 0 {
            let Step { from, id, .. } = steps[end];
            match tokens.last_mut() {
                Some(last) if in_unknown && id.is_none() => last.1.start = from,
                _ => tokens.push((id.unwrap_or(self.unknown_id), from..end)),
            }
            in_unknown = id.is_none();
            end = from;
        }
        tokens.reverse();
        tokens
    }
}

/// How many of `low..high`, from the front, hold `before`, which holds for a front part only.
fn partition(low: usize, high: usize, before: impl Fn(usize) -> bool) -> usize {
    let (mut a, mut b) = (low, high);
    while a < b {
        let middle = a.midpoint(b);
        if before(middle) {
            a = middle + 1;
        } else {
            b = middle;
        }
    }
    a - low
}

#[cfg(test)]
mod tests {
    use tokenizers::{models::unigram::Unigram, pre_tokenizers::metaspace::Metaspace};

    use super::*;

    #[test]
    fn tokens_are_the_tokenizers_own_on_words_it_knows_and_not() {
        let pieces = [
            ("<unk>", 0.0),
            ("▁", -2.0),
            ("a", -3.0),
            ("b", -3.1),
            ("ab", -4.0),
            ("▁a", -3.5),
            ("▁ab", -5.0),
            ("aba", -4.2),
            ("光", -5.0),
            ("光合", -6.0),
            ("▁光", -7.0),
            ("bb", -5.5),
        ];
        let vocabulary = pieces.map(|(piece, score)| (piece.to_owned(), score)).to_vec();
        let mut tokenizer = Tokenizer::new(Unigram::from(vocabulary, Some(0), false).unwrap());
        tokenizer.with_pre_tokenizer(Some(Metaspace::default()));
        let small = SmallTokenizer::of(&tokenizer).unwrap();
        for text in ["", " ", "a", "ab abab", "ab xx yab", "光合作用ab", "xyz", "bbbb a  b", "é光合é"] {
            let right = tokenizer.encode(text, false).unwrap();
            assert_eq!(small.count(text), Some(right.len()), "{text:?}");
            let (ids, ranges): (Vec<u32>, Vec<_>) = small.encode(text).unwrap().into_iter().unzip();
            assert_eq!(ids, right.get_ids(), "{text:?}");
            let ranges: Vec<_> = ranges.into_iter().map(|range| (range.start, range.end)).collect();
            assert_eq!(ranges, right.get_offsets(), "{text:?}");
        }
    }
}
