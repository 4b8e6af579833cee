//! Lets the model write, and shows a sentence only once the passages were found to carry it.

use domain::{
    AnswerSentence, PortError, PortResult, Usage,
    ports::{FinishReason, GenerateRequest, Generated, LanguageModel},
};
use text::{Ranked, Sentence, split_sentences};

use super::{
    AnswerConfig,
    check_sentence::Checker,
    show_sentence::{Shown, cancelled},
};

/// How far down the ranking, in places and in score, a sentence may stand that carries an answer: one that says true
/// things about something else is no answer.
const NEAR: usize = 3;
const NEAR_SCORE: f32 = 0.15;
/// After so many sentences that no passage carries, the model is stopped: more of them are not worth the wait.
const GIVE_UP: usize = 2;

/// Checks sentences as they are written.
pub(crate) struct Writer<'a> {
    pub sentences: &'a [Sentence<'a>],
    pub ranked: &'a [Ranked<'a>],
    pub checker: Checker<'a>,
    pub config: &'a AnswerConfig,
}

impl Writer<'_> {
    /// Runs the model. The sentences that passed have been shown; there may be none.
    pub(crate) async fn write(
        &self,
        model: &dyn LanguageModel,
        request: GenerateRequest,
        shown: &mut Shown<'_>,
    ) -> PortResult<Usage> {
        let prompt_tokens = request.messages.iter().map(|m| model.count_tokens(&m.content)).sum();
        let mut written = String::new();
        let mut dropped = 0;
        let mut generation = model.generate(request).await?;
        let mut buffer = String::new();
        loop {
            let event = tokio::select! {
                event = generation.next() => event,
                () = shown.receiver_gone() => return Err(cancelled()),
            };
            match event.transpose()? {
                Some(Generated::Text(text)) => {
                    buffer.push_str(&text);
                    written.push_str(&text);
                }
                Some(Generated::Finished { reason, usage, .. }) => {
                    self.finish(&buffer, reason, shown).await?;
                    return Ok(usage);
                }
                None => return Err(stopped_early()),
            }
            // The last sentence may still grow; those before it will not.
            let ranges = split_sentences(&buffer);
            let Some((last, whole)) = ranges.split_last() else { continue };
            for range in whole {
                let carried = self.offer(buffer.get(range.clone()).unwrap_or_default(), shown).await?;
                dropped += usize::from(!carried);
            }
            buffer.drain(..last.start);
            if shown.sentences.len() >= self.config.max_sentences || dropped >= GIVE_UP {
                // Dropping the generation stops the model, whose own count is not known then.
                return Ok(Usage { prompt_tokens, completion_tokens: model.count_tokens(&written) });
            }
        }
    }

    /// The last sentence; one that was cut off by the token limit is not shown.
    async fn finish(&self, rest: &str, reason: FinishReason, shown: &mut Shown<'_>) -> PortResult<()> {
        let ended = |s: &str| s.ends_with(['.', '!', '?', '。', '！', '？', '"', '”', '」']);
        for range in split_sentences(rest) {
            let sentence = rest.get(range).unwrap_or_default();
            if shown.sentences.len() < self.config.max_sentences && (reason == FinishReason::Stop || ended(sentence)) {
                self.offer(sentence, shown).await?;
            }
        }
        Ok(())
    }

    /// Shows a sentence if the passages carry it; whether they do.
    async fn offer(&self, written: &str, shown: &mut Shown<'_>) -> PortResult<bool> {
        let text = strip_marks(written);
        let Some(found) = self.checker.check(&text) else { return Ok(false) };
        let Some(source) = self.sentences.get(found.sentence) else { return Ok(false) };
        let best = self.ranked.first().map_or(0.0, |r| r.score);
        let near = self.ranked.iter().take(NEAR).filter(|r| r.score >= best - NEAR_SCORE);
        let near = near.map(|r| &r.sentence).any(|s| s.passage == source.passage && s.range == source.range);
        let repeated = shown.sentences.iter().any(|s: &AnswerSentence| s.text == text);
        if found.support < self.config.support_needed || !near || repeated {
            tracing::debug!(support = found.support, near, repeated, "a written sentence was dropped");
            return Ok(false);
        }
        shown.show(&text, source, found.support).await?;
        Ok(true)
    }
}

/// The text without citation marks of the model's own making: `[2]`, `[1, 3]`, `(passage 2)` stays.
pub(crate) fn strip_marks(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('[') {
        plain.push_str(before);
        let mark = after.split_once(']').filter(|(inside, _)| {
            !inside.is_empty() && inside.chars().all(|c| c.is_ascii_digit() || ", -–".contains(c))
        });
        if let Some((_, tail)) = mark {
            plain.truncate(plain.trim_end().len());
            rest = tail;
        } else {
            plain.push('[');
            rest = after;
        }
    }
    plain.push_str(rest);
    plain.trim().to_owned()
}

fn stopped_early() -> PortError {
    PortError::new(domain::ErrorKind::Unavailable, "generator_stopped", "the generator stopped before it was done")
}

#[cfg(test)]
mod tests {
    use super::strip_marks;

    #[test]
    fn only_citation_marks_are_stripped() {
        assert_eq!(strip_marks("Oxygen [2] is released [1, 3]."), "Oxygen is released.");
        assert_eq!(strip_marks("An array a[i] and [note]."), "An array a[i] and [note].");
        assert_eq!(strip_marks("Open [1"), "Open [1");
    }
}
