//! The prompt for a grounded answer: short rules, the best stretches of two or three passages, the question.

use std::ops::Range;

use domain::{
    Language, Passage,
    ports::{GenerateRequest, LanguageModel, Message, Role, Sampling},
};
use text::{Ranked, Sentence, without_markers};

use super::AnswerConfig;

/// Most passages shown to the model.
const PASSAGES: usize = 3;

/// The request to the model.
pub(crate) fn write_prompt(
    question: &str,
    language: Language,
    passages: &[Passage],
    sentences: &[Sentence<'_>],
    ranked: &[Ranked<'_>],
    model: &dyn LanguageModel,
    config: &AnswerConfig,
) -> GenerateRequest {
    let excerpts = excerpts(passages, sentences, ranked, model, config.prompt_tokens);
    let (rules, ask) = wording(language);
    let asked = asking(excerpts.iter().map(|excerpt| excerpt.shown.as_str()), ask, question);
    GenerateRequest {
        messages: vec![Message { role: Role::System, content: rules.to_owned() }, asked],
        max_tokens: config.max_tokens,
        stop: vec!["\n\n".to_owned(), "Question:".to_owned()],
        sampling: Sampling { repetition_penalty: 1.05, ..Sampling::default() },
        ..GenerateRequest::default()
    }
}

/// The numbered passages, then the question.
pub(crate) fn asking<'p>(passages: impl IntoIterator<Item = &'p str>, ask: &str, question: &str) -> Message {
    let mut content = String::new();
    for (n, passage) in (1..).zip(passages) {
        content.extend(["[", &n.to_string(), "] ", passage, "\n"]);
    }
    content.extend(["\n", ask, question]);
    Message { role: Role::User, content }
}

const fn wording(language: Language) -> (&'static str, &'static str) {
    match language {
        Language::TraditionalChinese => ("只根據下列段落，用一句話直接回答問題，沿用段落的用詞。", "問題："),
        Language::SimplifiedChinese => ("只根据下列段落，用一句话直接回答问题，沿用段落的用词。", "问题："),
        Language::English | Language::Other => {
            ("Answer the question in one short sentence, using only the words of the passages.", "Question: ")
        }
    }
}

/// A stretch of a passage.
pub(crate) struct Excerpt<'a> {
    /// The passage's place in the list.
    pub passage: usize,
    /// Its bytes in the passage's text.
    pub range: Range<usize>,
    /// Its words.
    pub text: &'a str,
    /// The same without sentences that give orders: what a model reads.
    pub shown: String,
}

/// One stretch for each of the best passages, around its best sentence, in tokens at most `budget` in all.
fn excerpts<'a>(
    passages: &'a [Passage],
    sentences: &[Sentence<'_>],
    ranked: &[Ranked<'_>],
    model: &dyn LanguageModel,
    budget: usize,
) -> Vec<Excerpt<'a>> {
    let best = best_of_passages(ranked, PASSAGES);
    let mut left = budget;
    let mut shown = Vec::new();
    for (at, sentence) in best.iter().enumerate() {
        // The best passage may use half of what there is, the last all that is left.
        let share = if at + 1 == best.len() { left } else { left / 2 };
        let Some(excerpt) = excerpt(passages, sentences, sentence, model, share) else { continue };
        let tokens = model.count_tokens(excerpt.text);
        if tokens <= left {
            left -= tokens;
            shown.push(excerpt);
        }
    }
    shown
}

/// The best sentence of each of the `count` best passages.
pub(crate) fn best_of_passages<'r, 'a>(ranked: &'r [Ranked<'a>], count: usize) -> Vec<&'r Sentence<'a>> {
    let mut best: Vec<&Sentence<'a>> = Vec::new();
    for candidate in ranked.iter().map(|r| &r.sentence) {
        if best.len() < count && best.iter().all(|b| b.passage != candidate.passage) {
            best.push(candidate);
        }
    }
    best
}

/// The stretch around a sentence: at most `budget` tokens, but for a sentence that is longer by itself.
pub(crate) fn excerpt<'a>(
    passages: &'a [Passage],
    sentences: &[Sentence<'_>],
    core: &Sentence<'_>,
    model: &dyn LanguageModel,
    budget: usize,
) -> Option<Excerpt<'a>> {
    let passage = passages.get(core.passage)?;
    let range = grow(passage, sentences, core, budget, model);
    let text = passage.text.get(range.clone())?;
    let shown = without_orders(text, &range, sentences.iter().filter(|s| s.passage == core.passage));
    Some(Excerpt { passage: core.passage, range, text, shown })
}

/// The text of `range` without those of the passage's sentences that give orders, nor the marks of chat templates.
fn without_orders<'s>(text: &str, range: &Range<usize>, sentences: impl Iterator<Item = &'s Sentence<'s>>) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut from = 0;
    for order in sentences.filter(|s| s.orders && range.start <= s.range.start && s.range.end <= range.end) {
        let (start, end) = (order.range.start - range.start, order.range.end - range.start);
        kept.push_str(text.get(from..start).unwrap_or_default());
        let rest = text.get(end..).unwrap_or_default();
        from = end + rest.len() - rest.trim_start().len();
    }
    kept.push_str(text.get(from..).unwrap_or_default());
    without_markers(&kept)
}

/// The stretch of whole sentences around `core` that keeps within `budget` tokens, growing forward and back in turn.
fn grow(
    passage: &Passage,
    sentences: &[Sentence<'_>],
    core: &Sentence<'_>,
    budget: usize,
    model: &dyn LanguageModel,
) -> Range<usize> {
    let own: Vec<&Sentence<'_>> = sentences.iter().filter(|s| s.passage == core.passage).collect();
    let at = own.iter().position(|s| s.place == core.place).unwrap_or_default();
    let (mut first, mut last) = (at, at);
    let range_of = |first: usize, last: usize| {
        let start = own.get(first).map_or(0, |s| s.range.start);
        start..own.get(last).map_or(passage.text.len(), |s| s.range.end)
    };
    let fits = |range: Range<usize>| passage.text.get(range).is_some_and(|t| model.count_tokens(t) <= budget);
    loop {
        let before = (first, last);
        if first > 0 && fits(range_of(first - 1, last)) {
            first -= 1;
        }
        if last + 1 < own.len() && fits(range_of(first, last + 1)) {
            last += 1;
        }
        if (first, last) == before {
            return range_of(first, last);
        }
    }
}
