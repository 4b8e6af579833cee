//! Answers in the form that a tuned model learns: a few words of a passage and its number, `1878 [2]`. The words are
//! looked up in the passages, and the sentence that holds them is the quote: what is not there is not shown.

use std::ops::Range;

use domain::{
    ErrorKind, Language, Passage, PortResult, Usage,
    ports::{Constraint, GenerateRequest, Generated, Generation, LanguageModel, Message, Sampling, ScoreRequest},
    task_prompts::{self, answer_prompt, read_answer, stem_prompt},
};

use super::{
    AnswerConfig,
    orders::gives_orders,
    rank_sentences::{Ranked, Sentence},
    show_sentence::{Shown, cancelled},
    split_sentences::is_within_word,
    write_prompt::{Excerpt, excerpts},
};

/// Most passages shown to a tuned model. On 120 questions kept out of tuning, five are slower and no better: F1 51.7
/// instead of 53.0.
const PASSAGES: usize = 3;
/// Only an answer less likely than this is weighed against others.
const SURE: f32 = 0.8;
/// What one unit of a sentence's rank is worth, in natural logarithms of probability, and one logarithm of the question's
/// probability after the answer. On 87 questions kept out of tuning, the answers' own probabilities choose with an F1 of
/// 58.3 and the right passage in 83.9 %; with ranks 64.6 and 90.8 %; with both 67.5 and 95.4 %, as good as can be done
/// there. Ranks from 2 to 8 and questions from 0.5 to 1.5 do nearly the same.
const RANK_WEIGHT: f32 = 6.0;
const QUESTION_WEIGHT: f32 = 1.0;

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
    pub config: &'a AnswerConfig,
}

impl SpanWriter<'_> {
    /// Cancel safety: dropping it stops the model.
    pub(crate) async fn write(
        &self,
        model: &dyn LanguageModel,
        question: &str,
        language: Language,
        shown: &mut Shown<'_>,
    ) -> PortResult<(Outcome, Usage)> {
        let budget = self.config.tuned_prompt_tokens;
        let excerpts = excerpts(self.passages, self.sentences, self.ranked, model, PASSAGES, budget);
        let texts: Vec<&str> = excerpts.iter().map(|e| e.shown.as_str()).collect();
        let messages = answer_prompt(language, &texts, question);
        if refuses(model, &messages, language).await? > self.config.refuse_above {
            return Ok((Outcome::Refusal, Usage::default()));
        }
        let passages = texts.iter().map(|t| (*t).to_owned()).collect();
        let request = GenerateRequest {
            messages,
            max_tokens: self.config.max_tokens,
            stop: vec!["\n".to_owned()],
            constraint: Some(Constraint::Cited { passages, refusal: None }),
            ..GenerateRequest::default()
        };
        let (best, usage) = self.best(model, &request, (question, language), shown, &excerpts).await?;
        let Some(best) = best else { return Ok((Outcome::Nothing, usage)) };
        shown.show(&best.words, &best.source, 1.0).await?;
        Ok((Outcome::Span, usage))
    }

    /// The best of a few answers. The likeliest token each time is often not the likeliest answer: a first word may be
    /// likely only because many answers begin with it.
    async fn best(
        &self,
        model: &dyn LanguageModel,
        request: &GenerateRequest,
        question: (&str, Language),
        shown: &Shown<'_>,
        excerpts: &[Excerpt<'_>],
    ) -> PortResult<(Option<Candidate<'_>>, Usage)> {
        let first = model.generate(GenerateRequest { log_probabilities: true, ..request.clone() }).await?;
        let Written { text, probability, mut usage } = listen(first, shown).await?;
        let mut texts = vec![text];
        let draws = if probability < SURE { self.config.draws } else { 0 };
        for drawn in draw(model, request, draws).await? {
            let other = listen(drawn, shown).await?;
            usage.completion_tokens += other.usage.completion_tokens;
            if !texts.contains(&other.text) {
                texts.push(other.text);
            }
        }
        let mut found: Vec<Candidate<'_>> = texts.iter().filter_map(|text| self.find(excerpts, text)).collect();
        if found.len() > 1 {
            self.weigh(model, request, question, excerpts, &mut found).await?;
        }
        if found.is_empty() {
            tracing::debug!(?texts, "a tuned model's answers are in no passage");
        }
        Ok((found.into_iter().max_by(|a, b| a.worth.total_cmp(&b.worth)), usage))
    }

    /// Sets what each candidate is worth: by how likely the answer is after the question, the question after the answer
    /// (Lewis and Fan, 2019), and by how its sentence ranks.
    async fn weigh(
        &self,
        model: &dyn LanguageModel,
        request: &GenerateRequest,
        (question, language): (&str, Language),
        excerpts: &[Excerpt<'_>],
        candidates: &mut [Candidate<'_>],
    ) -> PortResult<()> {
        let messages = request.messages.clone();
        let continuations = candidates.iter().map(|c| c.text.clone()).collect();
        let answers = model.score(ScoreRequest { messages, continuations }).await?;
        for (candidate, answer) in candidates.iter_mut().zip(answers) {
            let named =
                excerpts.iter().find(|e| e.passage == candidate.source.passage).map_or("", |e| e.shown.as_str());
            let messages = stem_prompt(language, &[named], &candidate.words);
            let asked = ScoreRequest { messages, continuations: vec![question.to_owned()] };
            let asked = model.score(asked).await?.first().map_or(0.0, |score| score.log_probability);
            let rank = self.rank(&candidate.source);
            candidate.worth = answer.log_probability + QUESTION_WEIGHT * asked + RANK_WEIGHT * rank;
        }
        Ok(())
    }

    /// How well the sentence ranks for the question.
    fn rank(&self, source: &Sentence<'_>) -> f32 {
        let same =
            |r: &&Ranked<'_>| r.sentence.passage == source.passage && source.range.contains(&r.sentence.range.start);
        self.ranked.iter().filter(same).map(|r| r.score).fold(-1.0, f32::max)
    }

    /// The words as the passage has them, and the sentence around them; of several places the one that ranks best.
    fn find(&self, excerpts: &[Excerpt<'_>], text: &str) -> Option<Candidate<'_>> {
        let (words, n) = read_answer(text)?;
        let named = excerpts.get(n.checked_sub(1)?)?;
        let start = named.range.start;
        let places = find_words(named.text, words).into_iter().map(|r| r.start + start..r.end + start);
        let rank = |place: &Range<usize>| {
            self.ranked
                .iter()
                .position(|r| r.sentence.passage == named.passage && r.sentence.range.contains(&place.start))
                .unwrap_or(usize::MAX)
        };
        let place = places.min_by_key(rank)?;
        let whole = self.passages.get(named.passage)?.text.as_str();
        let words = whole.get(place.clone())?.split_whitespace().collect::<Vec<_>>().join(" ");
        let source = self.around(named.passage, whole, place).filter(|source| !gives_orders(source.text))?;
        Some(Candidate { text: text.to_owned(), words, source, worth: 0.0 })
    }

    /// The sentences that `place` touches, as one.
    fn around<'t>(&'t self, passage: usize, text: &'t str, place: Range<usize>) -> Option<Sentence<'t>> {
        let touched =
            |s: &&Sentence<'t>| s.passage == passage && s.range.start < place.end && place.start < s.range.end;
        let mut touched = self.sentences.iter().filter(touched);
        let mut whole = touched.next()?.clone();
        for next in touched {
            whole.range.end = next.range.end;
            whole.terms.extend(next.terms.iter().cloned());
        }
        whole.text = text.get(whole.range.clone())?;
        Some(whole)
    }
}

/// How likely it is that the model refuses: its first token decides. The prompt that is read for it is not read again for
/// the answer.
async fn refuses(model: &dyn LanguageModel, messages: &[Message], language: Language) -> PortResult<f32> {
    let request =
        ScoreRequest { messages: messages.to_vec(), continuations: vec![task_prompts::refusal(language).to_owned()] };
    let scores = model.score(request).await?;
    Ok(scores.first().map_or(0.0, |score| score.first_token.exp()))
}

/// An answer that stands in a passage.
struct Candidate<'a> {
    /// As the model wrote it.
    text: String,
    /// The words as the passage has them.
    words: String,
    /// The sentence around them.
    source: Sentence<'a>,
    /// What the choice goes by.
    worth: f32,
}

/// What a model wrote.
struct Written {
    text: String,
    /// How likely it was, where that was asked for.
    probability: f32,
    usage: Usage,
}

/// Begins `count` answers at random, side by side; fewer where others wait for the model.
async fn draw(
    model: &dyn LanguageModel,
    request: &GenerateRequest,
    count: u64,
) -> PortResult<Vec<Box<dyn Generation>>> {
    let mut drawn = Vec::new();
    for seed in 1..=count {
        let sampling = Sampling { temperature: 1.0, seed, ..Sampling::default() };
        match model.generate(GenerateRequest { sampling, ..request.clone() }).await {
            Ok(generation) => drawn.push(generation),
            Err(error) if error.kind == ErrorKind::Overloaded => break,
            Err(error) => return Err(error),
        }
    }
    Ok(drawn)
}

/// All that the model says.
async fn listen(mut generation: Box<dyn Generation>, shown: &Shown<'_>) -> PortResult<Written> {
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
