//! Answers of a model that was not tuned and is too small for prose worth reading: words copied from a passage.

use domain::{Language, PortResult, Prompt, PromptUse, Usage, ports::LanguageModel};
use text::Sentence;

use super::{
    copy_prompt::copy_prompt,
    show_sentence::Shown,
    write_prompt::{best_of_passages, excerpt},
    write_span::{Outcome, SpanWriter, Written, listen},
};

/// Passages, by their best sentences, of which one is read.
const PASSAGES: usize = 3;
/// What a passage's own score, 0 to 1, is worth beside that of its best sentence. The passage is the right one for 86 % of
/// 157 questions of `SQuAD`, and 96 % of 95 others, without it for 85 and 93 %; what the model itself thinks of each adds a
/// point and takes three times as long.
const PASSAGE_WEIGHT: f32 = 3.0;

impl SpanWriter<'_> {
    /// Asks once, with the likeliest passage before the model: one that was not tuned to tell passages apart cites the
    /// wrong one of three for 9 of 30 questions of `SQuAD` and 7 of DRCD.
    ///
    /// Cancel safety: dropping it stops the model.
    pub(crate) async fn copy(
        &self,
        model: &dyn LanguageModel,
        question: &str,
        language: Language,
        shown: &mut Shown<'_>,
    ) -> PortResult<(Outcome, Usage)> {
        let budget = self.config.prompt_tokens;
        let worth = |core: &Sentence<'_>| {
            self.rank(core) + PASSAGE_WEIGHT * self.passages.get(core.passage).map_or(0.0, |passage| passage.score)
        };
        let candidates = best_of_passages(self.ranked, PASSAGES).into_iter();
        let best = candidates.max_by(|a, b| worth(a).total_cmp(&worth(b)));
        let Some(excerpt) = best.and_then(|core| excerpt(self.passages, self.sentences, core, model, budget)) else {
            return Ok((Outcome::Nothing, Usage::default()));
        };
        let request = copy_prompt(question, language, &excerpt, self.config);
        shown.prompts.push(Prompt { used_for: PromptUse::Answer, messages: request.messages.clone() });
        let Written { text, usage, .. } = listen(model.generate(request).await?, shown).await?;
        let Some(found) = self.find(&excerpt, text) else { return Ok((Outcome::Nothing, usage)) };
        shown.show(&found.words, &found.source, 1.0).await?;
        Ok((Outcome::Span, usage))
    }
}
