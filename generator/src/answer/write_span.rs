//! Answers in the form that a tuned model learns: a few words of a passage and its number, `1878 [2]`. The words are
//! looked up in the passages, and the sentence that holds them is the quote: what is not there is not shown.

use std::ops::Range;

use domain::{
    Language, Passage, PortResult, Usage,
    ports::{Constraint, GenerateRequest, Generated, LanguageModel, Message, Sampling, ScoreRequest},
    task_prompts::{self, answer_prompt, read_answer},
};

use super::{
    AnswerConfig,
    rank_sentences::{Ranked, Sentence},
    show_sentence::{Shown, cancelled},
    split_sentences::is_within_word,
    write_prompt::{Excerpt, excerpts},
};

/// Most passages shown to a tuned model: as many as it has seen in training.
const PASSAGES: usize = 5;

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
        let texts: Vec<&str> = excerpts.iter().map(|e| e.text).collect();
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
        let (text, usage) = self.likeliest(model, &request, shown).await?;
        let Some((words, source)) = read_answer(&text).and_then(|(words, n)| self.find(&excerpts, words, n)) else {
            tracing::debug!(text, "a tuned model's answer is in no passage");
            return Ok((Outcome::Nothing, usage));
        };
        shown.show(&words, &source, 1.0).await?;
        Ok((Outcome::Span, usage))
    }

    /// The likeliest of a few answers. Taking the likeliest token each time often misses it: a first word may be likely
    /// only because many answers begin with it. On 129 questions kept out of tuning this raised F1 from 52.0 to 54.1 with
    /// four drawn answers, and 55.4 with twelve.
    async fn likeliest(
        &self,
        model: &dyn LanguageModel,
        request: &GenerateRequest,
        shown: &Shown<'_>,
    ) -> PortResult<(String, Usage)> {
        let Written { text, probability, mut usage } =
            listen(model, GenerateRequest { log_probabilities: true, ..request.clone() }, shown).await?;
        let mut texts = vec![text];
        // What has half of the probability has more than any other.
        let draws = if probability < 0.5 { self.config.draws } else { 0 };
        for seed in 1..=draws {
            let sampling = Sampling { temperature: 1.0, seed, ..Sampling::default() };
            let other = listen(model, GenerateRequest { sampling, ..request.clone() }, shown).await?;
            usage.completion_tokens += other.usage.completion_tokens;
            if !texts.contains(&other.text) {
                texts.push(other.text);
            }
        }
        texts.retain(|text| read_answer(text).is_some());
        if texts.len() > 1 {
            let asked = ScoreRequest { messages: request.messages.clone(), continuations: texts.clone() };
            let scores = model.score(asked).await?;
            let mut ranked: Vec<_> = scores.iter().map(|s| s.log_probability).zip(texts).collect();
            ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
            texts = ranked.into_iter().map(|(_, text)| text).collect();
        }
        Ok((texts.into_iter().next().unwrap_or_default(), usage))
    }

    /// The words as the passage has them, and the sentence around them; of several places the one that ranks best.
    fn find(&self, excerpts: &[Excerpt<'_>], words: &str, n: usize) -> Option<(String, Sentence<'_>)> {
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
        let text = self.passages.get(named.passage)?.text.as_str();
        let exact = text.get(place.clone())?.split_whitespace().collect::<Vec<_>>().join(" ");
        Some((exact, self.around(named.passage, text, place)?))
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

/// What a model wrote.
struct Written {
    text: String,
    /// How likely it was, where that was asked for.
    probability: f32,
    usage: Usage,
}

/// All that the model says.
async fn listen(model: &dyn LanguageModel, request: GenerateRequest, shown: &Shown<'_>) -> PortResult<Written> {
    let mut text = String::new();
    let mut generation = model.generate(request).await?;
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
