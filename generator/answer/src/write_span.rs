//! Answers in the form that a tuned model learns: a few words of a passage and its number, `1878 [2]`. The words are
//! looked up in the passages, and the sentence that holds them is the quote: what is not there is not shown.

use std::ops::Range;

use domain::{
    ErrorKind, Language, Passage, PortResult, Prompt, PromptUse, Usage,
    ports::{Constraint, GenerateRequest, Generated, Generation, LanguageModel, Message, Sampling, ScoreRequest},
    task_prompts::{self, answer_prompt, read_answer, stem_prompt},
};
use futures::future::try_join_all;
use text::{Ranked, Sentence, is_within_word, passage_priors, terms};

use super::{
    AnswerConfig,
    refuse::doubt,
    show_sentence::{Shown, cancelled},
    write_prompt::{Excerpt, best_of_passages, excerpt},
};

/// Passages that are looked into.
pub(super) const PASSAGES: usize = 5;
/// A passage is read where the model believes at least this much of what it believes of the best, that the answer is
/// there. From nothing to 0.8 give the same answers on the questions below; 0.5 leaves 1.8 of five passages.
const BELIEF: f32 = 0.5;
/// Others are written beside an answer that is less likely than this, or not of the passage's best sentence.
const SURE: f32 = 0.8;
/// A passage that the model doubts less than this is the last that is looked into, but for the search's first.
const CERTAIN: f32 = 0.02;
/// Answers that are chosen from.
const CHOICE: usize = 3;
/// What one unit of a sentence's rank is worth, in natural logarithms of probability, one unit of its passage's place
/// in the search, stretched over 0 to 1, and one logarithm of the question's probability after the answer. Fitted to 134
/// questions of `SQuAD`: a rank of 6 alone is in the right passage in 82.8 % (F1 60.0), 2 with the place beside it in
/// 86.6 % (62.7). How much the model doubts the passage tells nothing more. On 103 questions kept out of tuning, the
/// question's probability makes 61.1 to 63.5. On 166 other questions of `SQuAD`, 6 for the place and 1 for the question
/// cite the right passage in 91.6 % (68.4), these in 92.8 % (68.7).
const RANK_WEIGHT: f32 = 2.0;
const PLACE_WEIGHT: f32 = 14.0;
const QUESTION_WEIGHT: f32 = 0.75;

/// What a tuned model made of a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Words of a passage, which have been shown.
    Span,
    /// That the passages do not hold the answer.
    Refusal,
    /// Something that is in no passage.
    Nothing,
}

/// Asks a tuned model and shows what can be found in the passages.
pub(crate) struct SpanWriter<'a> {
    pub passages: &'a [Passage],
    pub sentences: &'a [Sentence<'a>],
    pub ranked: &'a [Ranked<'a>],
    /// The log-odds that the passages answer the question.
    pub evidence: f32,
    pub config: &'a AnswerConfig,
}

impl SpanWriter<'_> {
    /// Each passage is read by itself: a small model finds an answer better in one passage than among several, and a
    /// passage read before costs nothing the next time, since its prompt begins the same.
    ///
    /// Cancel safety: dropping it stops the model.
    pub(crate) async fn write(
        &self,
        model: &dyn LanguageModel,
        question: &str,
        language: Language,
        shown: &mut Shown<'_>,
    ) -> PortResult<(Outcome, Usage)> {
        let budget = self.config.tuned_prompt_tokens;
        let mut excerpts: Vec<(&str, Excerpt<'_>)> = best_of_passages(self.ranked, PASSAGES)
            .into_iter()
            .filter_map(|core| Some((core.text, excerpt(self.passages, self.sentences, core, model, budget)?)))
            .collect();
        // The search's first passage is read second at the latest, and always: it is the likeliest to be the right one.
        let nearest = excerpts.iter().enumerate().min_by_key(|(_, (_, excerpt))| excerpt.passage).map_or(0, |(n, _)| n);
        if let Some(others) = excerpts.get_mut(1..=nearest) {
            others.rotate_right(1.min(others.len()));
        }
        let priors = passage_priors(self.passages);
        let reader = |(best, excerpt)| {
            let excerpt: &Excerpt<'_> = excerpt;
            let place = priors.get(excerpt.passage).copied().unwrap_or_default();
            Reader { writer: self, model, excerpt, place, best, question, language }
        };
        let readers: Vec<Reader<'_>> = excerpts.iter().map(|(best, excerpt)| reader((*best, excerpt))).collect();
        shown.refuse_above = Some(self.config.refuse_above);
        let mut doubts = Vec::with_capacity(readers.len());
        for (n, reader) in readers.iter().enumerate() {
            shown.prompts.push(Prompt { used_for: PromptUse::Doubt, messages: reader.messages() });
            doubts.push(reader.doubt().await?);
            if n >= nearest.min(1) && doubts.iter().any(|doubt| *doubt < CERTAIN) {
                break;
            }
        }
        let least = doubts.iter().copied().fold(1.0, f32::min);
        // Whichever passage is answered from, the doubt will not be less.
        shown.doubt = doubt(self.evidence, Some(least));
        if shown.doubt > self.config.refuse_above {
            return Ok((Outcome::Refusal, Usage::default()));
        }
        let is_likely = |doubt: f32| 1.0 - doubt >= BELIEF * (1.0 - least);
        for (prompt, _) in shown.prompts.iter_mut().zip(&doubts).filter(|(_, doubt)| is_likely(**doubt)) {
            prompt.used_for = PromptUse::Answer;
        }
        let likely: Vec<_> = readers.iter().zip(&doubts).filter(|(_, doubt)| is_likely(**doubt)).collect();
        let draws = self.config.draws / likely.len().max(1) as u64;
        let read = try_join_all(likely.into_iter().map(|(reader, doubt)| reader.read(*doubt, draws, shown))).await?;
        let mut usage = Usage::default();
        let mut candidates = Vec::new();
        for (found, used) in read {
            candidates.extend(found);
            usage.prompt_tokens += used.prompt_tokens;
            usage.completion_tokens += used.completion_tokens;
        }
        candidates.sort_by(|a, b| b.worth.total_cmp(&a.worth));
        candidates.truncate(CHOICE);
        if candidates.len() > 1 {
            let weighed = |c: &SpanCandidate<'_>| Prompt { used_for: PromptUse::Weigh, messages: c.question_prompt() };
            shown.prompts.extend(candidates.iter().map(weighed));
            let asked = try_join_all(candidates.iter().map(SpanCandidate::asked)).await?;
            for (candidate, asked) in candidates.iter_mut().zip(asked) {
                let SpanCandidate { words, doubt, worth, .. } = candidate;
                tracing::debug!(words, doubt, worth, asked, "an answer to choose from");
                candidate.worth += QUESTION_WEIGHT * asked;
            }
        }
        let best = candidates.into_iter().max_by(|a, b| a.worth.total_cmp(&b.worth));
        let Some(best) = best else { return Ok((Outcome::Nothing, usage)) };
        shown.doubt = doubt(self.evidence, Some(best.doubt));
        if shown.doubt > self.config.refuse_above {
            return Ok((Outcome::Refusal, usage));
        }
        shown.show(&best.words, &best.source, 1.0).await?;
        Ok((Outcome::Span, usage))
    }

    /// How well the sentence ranks for the question.
    pub(super) fn rank(&self, source: &Sentence<'_>) -> f32 {
        let same =
            |r: &&Ranked<'_>| r.sentence.passage == source.passage && source.range.contains(&r.sentence.range.start);
        self.ranked.iter().filter(same).map(|r| r.score).fold(-1.0, f32::max)
    }

    /// The words as the passage has them, and the sentence around them; of several places the one that ranks best.
    pub(super) fn find(&self, excerpt: &Excerpt<'_>, text: String) -> Option<FoundSpan<'_>> {
        let (words, _) = read_answer(&text)?;
        let start = excerpt.range.start;
        let places = find_words(excerpt.text, words).into_iter().map(|r| r.start + start..r.end + start);
        let rank = |place: &Range<usize>| {
            self.ranked
                .iter()
                .position(|r| r.sentence.passage == excerpt.passage && r.sentence.range.contains(&place.start))
                .unwrap_or(usize::MAX)
        };
        let place = places.min_by_key(rank)?;
        let whole = self.passages.get(excerpt.passage)?.text.as_str();
        let words = whole.get(place.clone())?.split_whitespace().collect::<Vec<_>>().join(" ");
        if terms(&words).is_empty() {
            return None; // `to` and `in the` answer nothing
        }
        let source = self.around(excerpt.passage, whole, place).filter(|source| !source.orders)?;
        Some(FoundSpan { text, words, source })
    }

    /// The sentences that `place` touches, as one.
    fn around<'t>(&'t self, passage: usize, text: &'t str, place: Range<usize>) -> Option<Sentence<'t>> {
        let touched =
            |s: &&Sentence<'t>| s.passage == passage && s.range.start < place.end && place.start < s.range.end;
        let mut touched = self.sentences.iter().filter(touched);
        let mut whole = touched.next()?.clone();
        for next in touched {
            whole.range.end = next.range.end;
            whole.orders |= next.orders;
            whole.terms.extend(next.terms.iter().cloned());
        }
        whole.text = text.get(whole.range.clone())?;
        Some(whole)
    }
}

/// One passage, read for a question.
struct Reader<'a> {
    writer: &'a SpanWriter<'a>,
    model: &'a dyn LanguageModel,
    excerpt: &'a Excerpt<'a>,
    /// What the search scored its passage, stretched over 0 to 1.
    place: f32,
    /// Its best sentence.
    best: &'a str,
    question: &'a str,
    language: Language,
}

impl<'a> Reader<'a> {
    fn messages(&self) -> Vec<Message> {
        answer_prompt(self.language, &[self.excerpt.shown.as_str()], self.question)
    }

    /// How likely it is that the model finds no answer here: its first token decides.
    async fn doubt(&self) -> PortResult<f32> {
        let continuations = vec![task_prompts::refusal(self.language).to_owned()];
        let scores = self.model.score(ScoreRequest { messages: self.messages(), continuations }).await?;
        Ok(scores.first().map_or(0.0, |score| score.first_token.exp()))
    }

    /// Answers from this passage. The likeliest token each time is often not the likeliest answer, since a first word may
    /// be likely only because many answers begin with it: others are written beside it.
    async fn read(&'a self, doubt: f32, draws: u64, shown: &Shown<'_>) -> PortResult<(Vec<SpanCandidate<'a>>, Usage)> {
        let config = self.writer.config;
        let request = GenerateRequest {
            messages: self.messages(),
            max_tokens: config.max_tokens,
            stop: vec!["\n".to_owned()],
            constraint: Some(Constraint::Cited { passages: vec![self.excerpt.shown.clone()], refusal: None }),
            ..GenerateRequest::default()
        };
        let first = self.model.generate(GenerateRequest { log_probabilities: true, ..request.clone() }).await?;
        let Written { text, probability, mut usage } = listen(first, shown).await?;
        let mut found: Vec<FoundSpan> = self.writer.find(self.excerpt, text).into_iter().collect();
        let sure = probability >= SURE && found.first().is_some_and(|f| f.source.text == self.best);
        let others = if sure { Vec::new() } else { self.others(&request, draws).await? };
        for other in others {
            let Written { text, usage: used, .. } = listen(other, shown).await?;
            usage.completion_tokens += used.completion_tokens;
            if !found.iter().any(|f| f.text == text) {
                found.extend(self.writer.find(self.excerpt, text));
            }
        }
        if found.is_empty() {
            tracing::debug!("a tuned model's answers are not in the passage");
            return Ok((Vec::new(), usage));
        }
        let continuations = found.iter().map(|f| f.text.clone()).collect();
        let answers = self.model.score(ScoreRequest { messages: self.messages(), continuations }).await?;
        let candidates = found.into_iter().zip(answers).map(|(FoundSpan { words, source, .. }, answer)| {
            let found = RANK_WEIGHT * self.writer.rank(&source) + PLACE_WEIGHT * self.place;
            let worth = answer.log_probability + found;
            SpanCandidate { reader: self, words, source, doubt, worth }
        });
        Ok((candidates.collect(), usage))
    }

    /// Begins other answers side by side: the likeliest of the passage's best sentence, and some at random; fewer where
    /// others wait for the model.
    async fn others(&self, request: &GenerateRequest, draws: u64) -> PortResult<Vec<Box<dyn Generation>>> {
        let best = Constraint::Cited { passages: vec![self.best.to_owned()], refusal: None };
        let best = GenerateRequest { constraint: Some(best), ..request.clone() };
        let random = (1..=draws).map(|seed| GenerateRequest {
            sampling: Sampling { temperature: 1.0, seed, ..Sampling::default() },
            ..request.clone()
        });
        let mut begun = Vec::new();
        for request in [best].into_iter().chain(random) {
            match self.model.generate(request).await {
                Ok(generation) => begun.push(generation),
                Err(error) if error.kind == ErrorKind::Overloaded => break,
                Err(error) => return Err(error),
            }
        }
        Ok(begun)
    }
}

/// An answer that stands in a passage.
pub(super) struct FoundSpan<'a> {
    /// As the model wrote it.
    text: String,
    /// As the passage has it.
    pub words: String,
    /// The sentence around it.
    pub source: Sentence<'a>,
}

/// An answer to choose from.
struct SpanCandidate<'a> {
    reader: &'a Reader<'a>,
    words: String,
    source: Sentence<'a>,
    /// How likely the model found it that its passage holds no answer.
    doubt: f32,
    /// By how likely the answer is after the question, the question after the answer, and by how its sentence ranks.
    worth: f32,
}

impl SpanCandidate<'_> {
    fn question_prompt(&self) -> Vec<Message> {
        let Reader { excerpt, language, .. } = *self.reader;
        stem_prompt(language, &[excerpt.shown.as_str()], &self.words)
    }

    /// How likely the question is after the answer, as the logarithm of its probability (Lewis and Fan, 2019).
    async fn asked(&self) -> PortResult<f32> {
        let Reader { model, question, .. } = *self.reader;
        let (messages, continuations) = (self.question_prompt(), vec![question.to_owned()]);
        let scores = model.score(ScoreRequest { messages, continuations }).await?;
        Ok(scores.first().map_or(0.0, |score| score.log_probability))
    }
}

/// What a model wrote.
pub(super) struct Written {
    pub text: String,
    /// How likely it was, where that was asked for.
    probability: f32,
    pub usage: Usage,
}

/// All that the model says.
pub(super) async fn listen(mut generation: Box<dyn Generation>, shown: &Shown<'_>) -> PortResult<Written> {
    let mut text = String::new();
    loop {
        let event = tokio::select! {
            event = generation.next() => event,
            () = shown.receiver_gone() => return Err(cancelled()),
        };
        match event.transpose()? {
            Some(Generated::Text(more)) => text.push_str(&more),
            Some(Generated::Finished { usage, log_probabilities, .. }) => {
                return Ok(Written { text, probability: log_probabilities.iter().sum::<f32>().exp(), usage });
            }
            None => return Ok(Written { text, probability: 0.0, usage: Usage::default() }),
        }
    }
}

/// Where `words` stand in `text`, whatever white space is between; never within a longer word.
fn find_words(text: &str, words: &str) -> Vec<Range<usize>> {
    let letters: Vec<(usize, char)> = text.char_indices().filter(|(_, c)| !c.is_whitespace()).collect();
    let wanted: Vec<char> = words.chars().filter(|c| !c.is_whitespace()).collect();
    let (Some(&first), Some(&last)) = (wanted.first(), wanted.last()) else { return Vec::new() };
    let places = letters.windows(wanted.len()).filter(|w| w.iter().map(|(_, c)| c).eq(&wanted));
    let ranges = places.filter_map(|w| Some(w.first()?.0..w.last().map(|(at, c)| at + c.len_utf8())?));
    let whole = |r: &Range<usize>| {
        let before = text.get(..r.start).and_then(|t| t.chars().next_back());
        let after = text.get(r.end..).and_then(|t| t.chars().next());
        !before.is_some_and(|c| is_within_word(c, first)) && !after.is_some_and(|c| is_within_word(last, c))
    };
    ranges.filter(whole).collect()
}

#[cfg(test)]
mod tests {
    use super::find_words;

    #[test]
    fn words_are_found_over_line_ends_and_not_within_words() {
        let found = |text: &str, words: &str| {
            find_words(text, words).into_iter().map(|r| text[r].to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(found("in the Fergana\n  Valley, north", "Fergana Valley"), ["Fergana\n  Valley"]);
        assert_eq!(found("1970 and 197 and 197.", "197"), ["197", "197"]);
        assert!(found("1970", "97").is_empty());
        assert_eq!(found("葉綠體含葉綠素", "葉綠"), ["葉綠", "葉綠"]);
        assert!(found("", "a").is_empty() && found("a", " ").is_empty());
    }
}
