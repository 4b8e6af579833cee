//! Scoring: how likely texts are after a prompt. The prompt is read once; each text is then read in the place of the one
//! before it, all but its last token, whose own probability is known from the one before.

use domain::{PortResult, ports::ContinuationScore};
use tokio::sync::oneshot;

use super::sequence::Progress;

/// Texts that are being scored.
pub(crate) struct Scoring {
    /// Tokens of the prompt.
    pub prompt: usize,
    texts: Vec<Vec<u32>>,
    scores: Vec<ContinuationScore>,
    /// The text that is read, and the logarithm of its tokens' probability so far.
    now: usize,
    sum: f64,
    /// Until it is used.
    answer: Option<oneshot::Sender<PortResult<Vec<ContinuationScore>>>>,
}

impl Scoring {
    /// Scores `texts`, none of which is empty.
    pub(crate) fn new(texts: Vec<Vec<u32>>, answer: oneshot::Sender<PortResult<Vec<ContinuationScore>>>) -> Self {
        let unknown =
            |text: &Vec<u32>| ContinuationScore { log_probability: 0.0, first_token: 0.0, tokens: text.len() };
        let scores = texts.iter().map(unknown).collect();
        Self { prompt: 0, texts, scores, now: 0, sum: 0.0, answer: Some(answer) }
    }

    /// Says how long the prompt is.
    pub(crate) const fn begin(&mut self, prompt: usize) -> Progress {
        self.prompt = prompt;
        Progress::Goes
    }

    pub(crate) fn is_abandoned(&self) -> bool {
        self.answer.as_ref().is_none_or(oneshot::Sender::is_closed)
    }

    /// Tells the outcome. A receiver that is gone has no use for it.
    pub(crate) fn answer(&mut self, outcome: PortResult<Vec<ContinuationScore>>) {
        if let Some(answer) = self.answer.take() {
            let _ = answer.send(outcome);
        }
    }

    /// Takes in the logits after the last `logits.len()` of the `computed` tokens.
    pub(crate) fn take(&mut self, tokens: &mut Vec<u32>, computed: &mut usize, logits: &[Vec<f32>]) -> Progress {
        if logits.is_empty() {
            return Progress::Goes;
        }
        if *computed == self.prompt {
            self.first_tokens(logits);
            return self.turn_to(tokens, computed, self.now);
        }
        let text = self.texts.get(self.now).map_or(&[][..], Vec::as_slice);
        let follow = text.get(*computed + 1 - self.prompt - logits.len()..).unwrap_or_default();
        self.sum += logits.iter().zip(follow).map(|(row, token)| log_probability(row, *token)).sum::<f64>();
        if *computed < tokens.len() {
            return Progress::Goes;
        }
        self.finish_text();
        self.turn_to(tokens, computed, self.now + 1)
    }

    /// Gives up the text that is being read, to begin it again.
    pub(crate) fn preempt(&mut self, tokens: &mut Vec<u32>) {
        tokens.truncate(self.prompt);
    }

    fn first_tokens(&mut self, logits: &[Vec<f32>]) {
        let Some(row) = logits.last() else { return };
        let normaliser = log_sum(row);
        for (text, score) in self.texts.iter().zip(&mut self.scores) {
            let logit = text.first().and_then(|t| row.get(*t as usize));
            score.first_token = logit.map_or(f32::NEG_INFINITY, |l| (f64::from(*l) - normaliser) as f32);
        }
    }

    fn finish_text(&mut self) {
        if let Some(score) = self.scores.get_mut(self.now) {
            score.log_probability = (f64::from(score.first_token) + self.sum) as f32;
        }
    }

    /// Begins the text `next`, or the first after it that has a token to be read.
    fn turn_to(&mut self, tokens: &mut Vec<u32>, computed: &mut usize, next: usize) -> Progress {
        (self.now, self.sum) = (next, 0.0);
        while self.texts.get(self.now).is_some_and(|text| text.len() < 2) {
            self.finish_text();
            self.now += 1;
        }
        let Some((_, read)) = self.texts.get(self.now).and_then(|text| text.split_last()) else {
            let scores = std::mem::take(&mut self.scores);
            self.answer(Ok(scores));
            return Progress::Ended;
        };
        tokens.truncate(self.prompt);
        tokens.extend_from_slice(read);
        *computed = self.prompt;
        Progress::Goes
    }
}

/// The natural logarithm of a token's probability; the logits need not be normalised.
pub(crate) fn log_probability(logits: &[f32], token: u32) -> f64 {
    let logit = logits.get(token as usize).map_or(f64::NEG_INFINITY, |l| f64::from(*l));
    logit - log_sum(logits)
}

/// The logarithm of the sum of all exponentials.
fn log_sum(logits: &[f32]) -> f64 {
    let most = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f64 = logits.iter().map(|l| f64::from((l - most).exp())).sum();
    f64::from(most) + sum.ln()
}
