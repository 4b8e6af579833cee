//! Counts tokens exactly as a Unigram tokenizer does, in a tenth of the memory of a second tokenizer.
//!
//! The embedder's own tokenizer is busy on the embedder's thread, and a copy of it costs 240 MB, nearly all of it a tree
//! of hash maps. Counting needs neither ids nor offsets: the pieces in one sorted block and the same best-path search
//! give the same number. The search is Viterbi over piece scores: Kudo, "Subword Regularization", ACL 2018.

use tokenizers::{
    NormalizedString, Normalizer, NormalizerWrapper, OffsetReferential, OffsetType, PreTokenizedString, PreTokenizer,
    PreTokenizerWrapper, Tokenizer,
    models::{ModelWrapper, unigram::Unigram},
};

/// What an unknown character scores below the worst piece; as in `SentencePiece`.
const UNKNOWN_PENALTY: f64 = 10.0;

/// A tokenizer that only counts.
pub(crate) struct TokenCount {
    normalizer: Option<NormalizerWrapper>,
    pre_tokenizer: Option<PreTokenizerWrapper>,
    pieces: Pieces,
}

impl TokenCount {
    /// The counter of a tokenizer; `None` where its model is not a Unigram model.
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
        let mut normalized = NormalizedString::from(text);
        if let Some(normalizer) = &self.normalizer {
            normalizer.normalize(&mut normalized).ok()?;
        }
        let mut words = PreTokenizedString::from(normalized);
        if let Some(pre_tokenizer) = &self.pre_tokenizer {
            pre_tokenizer.pre_tokenize(&mut words).ok()?;
        }
        let splits = words.get_splits(OffsetReferential::Normalized, OffsetType::None);
        Some(splits.iter().map(|(word, ..)| self.pieces.count(word)).sum())
    }
}

/// The model's pieces, sorted, their bytes one after another.
struct Pieces {
    bytes: Vec<u8>,
    /// Where each piece starts in `bytes`, and one end more.
    starts: Vec<u32>,
    scores: Vec<f64>,
    /// Pieces that begin with each byte: `first[b]..first[b + 1]`.
    first: Vec<u32>,
    unknown: f64,
}

/// The best path to a place in a word.
#[derive(Clone, Copy)]
struct Step {
    score: f64,
    from: usize,
    reached: bool,
    unknown: bool,
}

impl Pieces {
    fn of(model: &Unigram) -> Self {
        let mut sorted: Vec<(&str, f64)> = model
            .iter()
            .map(|(piece, score)| (piece.as_str(), *score))
            .filter(|(piece, _)| !piece.is_empty())
            .collect();
        sorted.sort_by(|a, b| a.0.cmp(b.0));
        let mut pieces = Self {
            bytes: Vec::new(),
            starts: vec![0],
            scores: Vec::with_capacity(sorted.len()),
            first: Vec::with_capacity(257),
            unknown: model.min_score - UNKNOWN_PENALTY,
        };
        for byte in 0..=256usize {
            pieces.first.push(sorted.partition_point(|(piece, _)| usize::from(piece.as_bytes()[0]) < byte) as u32);
        }
        for (piece, score) in sorted {
            pieces.bytes.extend_from_slice(piece.as_bytes());
            pieces.starts.push(pieces.bytes.len() as u32);
            pieces.scores.push(score);
        }
        pieces
    }

    fn piece(&self, n: usize) -> &[u8] {
        &self.bytes[self.starts[n] as usize..self.starts[n + 1] as usize]
    }

    /// Calls `found(length, score)` for each piece that `text` begins with, shortest first.
    fn prefixes(&self, text: &[u8], mut found: impl FnMut(usize, f64)) {
        let Some(&byte) = text.first() else { return };
        let (mut low, mut high) = (self.first[usize::from(byte)] as usize, self.first[usize::from(byte) + 1] as usize);
        for depth in 1..=text.len() {
            if low >= high {
                return;
            }
            // Sorted: the piece that ends here stands before all that go on.
            if self.piece(low).len() == depth {
                found(depth, self.scores[low]);
                low += 1;
            }
            let Some(&next) = text.get(depth) else { return };
            low += partition(low, high, |n| self.piece(n)[depth] < next);
            high = low + partition(low, high, |n| self.piece(n)[depth] <= next);
        }
    }

    fn count(&self, word: &str) -> usize {
        let mut steps = vec![Step { score: 0.0, from: 0, reached: false, unknown: false }; word.len() + 1];
        let reach = |steps: &mut Vec<Step>, to: usize, from: usize, score: f64, unknown: bool| {
            let step = &mut steps[to];
            if !step.reached || score > step.score {
                *step = Step { score, from, reached: true, unknown };
            }
        };
        for (from, character) in word.char_indices() {
            let (here, size) = (steps[from].score, character.len_utf8());
            let mut single = false;
            self.prefixes(&word.as_bytes()[from..], |length, score| {
                single |= length == size;
                reach(&mut steps, from + length, from, here + score, false);
            });
            if !single {
                reach(&mut steps, from + size, from, here + self.unknown, true);
            }
        }
        count_back(&steps)
    }
}

/// Tokens on the best path; unknown characters next to each other are one.
fn count_back(steps: &[Step]) -> usize {
    let (mut place, mut tokens, mut in_unknown) = (steps.len() - 1, 0, false);
    while place > 0 {
        let step = steps[place];
        tokens += usize::from(!(in_unknown && step.unknown));
        in_unknown = step.unknown;
        place = step.from;
    }
    tokens
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
    fn counts_equal_the_tokenizers_on_words_it_knows_and_not() {
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
        let counter = TokenCount::of(&tokenizer).unwrap();
        for text in ["", " ", "a", "ab abab", "ab xx yab", "光合作用ab", "xyz", "bbbb a  b", "é光合é"] {
            let right = tokenizer.encode_fast(text, false).unwrap().len();
            assert_eq!(counter.count(text), Some(right), "{text:?}");
        }
    }
}
