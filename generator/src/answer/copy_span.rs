//! Answers of a model that was not tuned and is too small for prose worth reading: words copied from a passage.

use domain::{Language, PortResult, Prompt, PromptUse, Usage, ports::LanguageModel};

use super::{
    show_sentence::Shown,
    write_prompt::{best_of_passages, copy_prompt, excerpt},
    write_span::{Outcome, SpanWriter, Written, listen},
};

impl SpanWriter<'_> {
    /// Asks once, with the best sentence's passage before the model: one that was not tuned to tell passages apart cites
    /// the wrong one of three for 9 of 30 questions of `SQuAD` and 7 of DRCD; so, 6 of 50 and 1 of 50.
    ///
    /// Cancel safety: dropping it stops the model.
    pub(crate) async fn copy(
        &self,
        model: &dyn LanguageModel,
        question: &str,
        language: Language,
        shown: &mut Shown<'_>,
    ) -> PortResult<(Outcome, Usage)> {
        let (budget, best) = (self.config.prompt_tokens, best_of_passages(self.ranked, 1));
        let Some(excerpt) = best.first().and_then(|core| excerpt(self.passages, self.sentences, core, model, budget))
        else {
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
