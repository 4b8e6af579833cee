//! Grounded answers: each shown sentence is carried by a verbatim sentence of the material, which it cites. And
//! conversations of them, as files.

mod about_material;
#[cfg(test)]
mod across_scripts_tests;
mod check_sentence;
mod conversation;
mod copy_prompt;
mod copy_span;
mod find_material;
mod read_passages;
mod refuse;
mod show_sentence;
mod sound_passages;
mod standalone_question;
mod tell_material;
mod write_answer;
mod write_prompt;
mod write_span;

use std::sync::Arc;

use domain::{
    Answer, AnswerMode, Language, Passage, PortResult, Prompt, PromptUse, Script, Turn, Usage,
    ports::{Embedder, LanguageModel, Locate, PassageReader},
};
use text::{Citations, Ranked, Sentence, select_quote, sentences_of, widen};
use tokio::sync::mpsc;

pub use about_material::{MaterialQuestion, Part, about_material};
pub use conversation::{ConversationFormat, WrittenTurn, title_of, write_conversation};
pub use find_material::{MaterialDocument, material_passages, names_document};
pub use show_sentence::AnswerEvent;
pub use standalone_question::standalone_question;

use check_sentence::Checker;
use read_passages::read_passages;
use refuse::{NEAREST, doubt, evidence, refusal};
use show_sentence::Shown;
use sound_passages::sound;
use write_answer::Writer;
use write_prompt::{best_of_passages, write_prompt};
use write_span::{Outcome, SpanWriter};

/// Parameters from which on a model's own sentences are worth waiting for.
const PROSE: u64 = 3_000_000_000;

/// How answers are made.
#[derive(Clone, Debug, PartialEq)]
pub struct AnswerConfig {
    /// The cosine between a question and its best sentence, which holds half of its words, at which it is even odds that
    /// the sentence answers it. Belongs to the embedder; the default is for multilingual-e5-small.
    pub even_at: f32,
    /// The same for questions in Chinese.
    pub even_at_chinese: f32,
    /// A quote is refused where it is likelier than this that the material does not hold the answer.
    pub refuse_quote_above: f32,
    /// A tuned model refuses where it is likelier than this that the material does not hold the answer.
    pub refuse_above: f32,
    /// Answers that are drawn beside a tuned model's first ones where it is unsure, over all passages; the best is shown.
    pub draws: u64,
    /// Least support for a written sentence to be shown: the share of its content words in the sentence it cites.
    pub support_needed: f32,
    /// Most tokens of passages in a prompt.
    pub prompt_tokens: usize,
    /// Most tokens of one passage for a tuned model, which reads each by itself.
    pub tuned_prompt_tokens: usize,
    /// Most tokens the model writes.
    pub max_tokens: usize,
    /// Most sentences that are shown.
    pub max_sentences: usize,
    /// Sentences that are embedded to find the best one.
    pub candidates: usize,
}

impl Default for AnswerConfig {
    fn default() -> Self {
        Self {
            even_at: 0.855,
            even_at_chinese: 0.86,
            refuse_quote_above: 0.85,
            refuse_above: 0.5,
            draws: 8,
            support_needed: 0.6,
            prompt_tokens: 300,
            tuned_prompt_tokens: 384,
            max_tokens: 64,
            max_sentences: 3,
            candidates: 8,
        }
    }
}

impl AnswerConfig {
    /// Most requests that one answer has for the model at the same time.
    pub const fn most_requests(&self) -> usize {
        2 * write_span::PASSAGES + self.draws as usize
    }

    /// The cosine that leaves it open for a question in this language.
    const fn even_at(&self, language: Language) -> f32 {
        if language.is_chinese() { self.even_at_chinese } else { self.even_at }
    }
}

/// A question with what retrieval found for it.
#[derive(Clone, Debug, PartialEq)]
pub struct AnswerRequest {
    /// As the user put it.
    pub question: String,
    /// The conversation so far, oldest first.
    pub history: Vec<Turn>,
    /// Written or quoted.
    pub mode: AnswerMode,
    /// The question's language.
    pub language: Language,
    /// What was found, best first.
    pub passages: Vec<Passage>,
}

/// A question with the passages' sentences in the order of their worth.
#[derive(Clone, Copy)]
struct RankedQuestion<'a> {
    question: &'a str,
    language: Language,
    passages: &'a [Passage],
    sentences: &'a [Sentence<'a>],
    ranked: &'a [Ranked<'a>],
    /// The log-odds that the passages answer it.
    evidence: f32,
}

/// Answers questions from passages.
pub struct Answerer {
    model: Option<Arc<dyn LanguageModel>>,
    embedder: Arc<dyn Embedder>,
    reader: Option<Arc<dyn PassageReader>>,
    config: AnswerConfig,
}

impl Answerer {
    /// Without a model every answer is a quote.
    pub fn new(model: Option<Arc<dyn LanguageModel>>, embedder: Arc<dyn Embedder>, config: AnswerConfig) -> Self {
        Self { model, embedder, reader: None, config }
    }

    /// The same, with a cross-encoder that reads the passages: it chooses sentences and tells whether any answers.
    #[must_use]
    pub fn with_reader(self, reader: Option<Arc<dyn PassageReader>>) -> Self {
        Self { reader, ..self }
    }

    /// Answers, telling `events` on the way.
    ///
    /// A written answer of which no sentence passes its checks becomes a quote; passages that hold nothing near the
    /// question give a refusal. When the receiver of `events` goes away the model stops and the error is `cancelled`.
    pub async fn answer(
        &self,
        request: AnswerRequest,
        locate: &dyn Locate,
        events: mpsc::Sender<AnswerEvent>,
    ) -> PortResult<Answer> {
        let passages = sound(request.passages);
        let question = standalone_question(&request.question, &request.history);
        let sentences = sentences_of(&passages);
        let embedder = self.embedder.as_ref();
        let mut ranked = select_quote(&question, &passages, &sentences, embedder, self.config.candidates).await?;
        let mut shown = Shown::new(Citations::new(&passages, locate), events);
        let mut evidence = evidence(&ranked, self.config.even_at(request.language), request.language);
        if let Some(reader) = &self.reader {
            evidence = read_passages(&question, &passages, &mut ranked, evidence, reader.as_ref()).await?;
        }
        (shown.doubt, shown.refuse_above) = (doubt(evidence, None), Some(self.config.refuse_quote_above));
        if shown.doubt > self.config.refuse_quote_above {
            shown.show_refusal(refusal(request.language), &best_of_passages(&ranked, NEAREST)).await?;
            return Ok(finish(shown, true, Usage::default()));
        }
        let mut usage = Usage::default();
        // What is in a script that the model does not know is quoted.
        let best = ranked.first().map_or(Script::Spaced, |best| Script::of(best.sentence.text));
        if let Some(model) = self.model_for(request.mode, request.language).filter(|model| reads(*model, best)) {
            let found = RankedQuestion {
                question: &question,
                language: request.language,
                passages: &passages,
                sentences: &sentences,
                ranked: &ranked,
                evidence,
            };
            let written;
            (written, usage) = self.write(model, &found, &mut shown).await?;
            if written == Outcome::Refusal {
                shown.show_refusal(refusal(request.language), &best_of_passages(&ranked, NEAREST)).await?;
                return Ok(finish(shown, true, usage));
            }
        }
        if shown.sentences.is_empty()
            && let Some(quote) = widen(&passages, &ranked)
        {
            shown.show(quote.text, &quote, 1.0).await?;
        }
        Ok(finish(shown, false, usage))
    }

    /// Lets the model write: one that was tuned in the form it learnt, a small one words of the passages, any other as it
    /// likes, checked.
    async fn write(
        &self,
        model: &dyn LanguageModel,
        found: &RankedQuestion<'_>,
        shown: &mut Shown<'_>,
    ) -> PortResult<(Outcome, Usage)> {
        let RankedQuestion { question, language, passages, sentences, ranked, evidence } = *found;
        let config = &self.config;
        let spans = SpanWriter { passages, sentences, ranked, evidence, config };
        if model.info().tuned {
            return spans.write(model, question, language, shown).await;
        }
        if model.info().parameters.is_some_and(|count| count < PROSE) {
            return spans.copy(model, question, language, shown).await;
        }
        let prompt = write_prompt(question, language, passages, sentences, ranked, model, config);
        shown.prompts.push(Prompt { used_for: PromptUse::Answer, messages: prompt.messages.clone() });
        let writer = Writer { sentences, ranked, checker: Checker::new(sentences), config };
        let usage = writer.write(model, prompt, shown).await?;
        Ok((if shown.sentences.is_empty() { Outcome::Nothing } else { Outcome::Span }, usage))
    }

    /// The model, where one is to write in this language.
    fn model_for(&self, mode: AnswerMode, language: Language) -> Option<&dyn LanguageModel> {
        let model = self.model.as_deref().filter(|_| mode == AnswerMode::Answer)?;
        model.info().languages.contains(&language).then_some(model)
    }
}

/// Whether the model knows a language that is written so.
fn reads(model: &dyn LanguageModel, script: Script) -> bool {
    model.info().languages.iter().any(|language| language.is_chinese() == (script == Script::Unspaced))
}

fn finish(shown: Shown<'_>, refused: bool, usage: Usage) -> Answer {
    let Shown { text, sentences, citations, doubt, refuse_above, prompts, .. } = shown;
    Answer { text, sentences, citations: citations.into_vec(), refused, doubt, refuse_above, prompts, usage }
}
