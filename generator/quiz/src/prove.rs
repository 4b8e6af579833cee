//! Proves a question: runs all checks on it, the cheap ones first.

use domain::{
    Check, ErrorKind, Language, PortResult, Proof, Question, QuestionBody,
    ports::{Embedder, LanguageModel, ScoreRequest},
    task_prompts::{answer_prompt, answer_text},
};
use text::{Sentence, select_quote};

use super::{
    book::Book,
    checks::{self, check},
    question_parts::plain_stem,
    which_statement::asks_statements,
    years_between::arithmetic,
};

/// Sentences that the quote selector compares by meaning.
const COMPARED: usize = 6;

/// What a question is proven against.
pub(crate) struct Prover<'a> {
    pub book: &'a Book<'a>,
    pub model: Option<&'a dyn LanguageModel>,
    pub embedder: &'a dyn Embedder,
    /// Whether the first failed check ends it.
    pub stop_early: bool,
}

impl Prover<'_> {
    /// The proof of a question among the others of its quiz.
    pub(crate) async fn prove<'q>(
        &self,
        question: &Question,
        others: impl IntoIterator<Item = &'q Question>,
    ) -> PortResult<Proof> {
        let passage = self.passage_of(question);
        let mut done: Vec<Check> = Vec::new();
        let cheap: [&dyn Fn() -> Check; 6] = [
            &|| checks::well_formed(question),
            &|| checks::key_supported(question, self.book),
            &|| checks::language(question, self.book, passage),
            &|| checks::stands_alone(question),
            &|| checks::options_alike(question),
            &|| checks::distractors_unsupported(question, self.book, passage),
        ];
        for run in cheap {
            done.push(run());
            if self.ends(&done) {
                return Ok(Proof::new(done));
            }
        }
        if let Some(reckoned) = arithmetic(question) {
            done.push(reckoned);
        }
        done.push(checks::no_duplicate(question, others));
        if self.ends(&done) {
            return Ok(Proof::new(done));
        }
        done.push(self.answerable_with(question, passage).await?);
        if self.ends(&done) {
            return Ok(Proof::new(done));
        }
        done.push(self.not_answerable_without(question).await?);
        Ok(Proof::new(done))
    }

    fn ends(&self, done: &[Check]) -> bool {
        self.stop_early && done.last().is_some_and(|c| !c.passed)
    }

    /// The passage that the first quote stands in.
    fn passage_of(&self, question: &Question) -> Option<usize> {
        let cited = question.evidence.first()?;
        let holds = |(n, p): &(usize, &domain::Passage)| {
            let same = self.book.sources.get(*n).is_some_and(|s| s.document_id == cited.document_id);
            same && p.range.start <= cited.start && cited.end <= p.range.end
        };
        self.book.passages.iter().enumerate().find(holds).map(|(n, _)| n)
    }

    /// Given the passage: the model prefers the key, or the selector points to the evidence.
    async fn answerable_with(&self, question: &Question, passage: Option<usize>) -> PortResult<Check> {
        const NAME: &str = "answerable_with_passage";
        let Some(passage) = passage else { return Ok(check(NAME, false, "no passage is cited")) };
        if matches!(question.body, QuestionBody::Ordering { .. } | QuestionBody::Matching { .. }) {
            return Ok(check(NAME, true, "every part of the key is in the cited sentences"));
        }
        if arithmetic(question).is_some() {
            return Ok(check(NAME, true, "both years that it is reckoned from are in the cited sentences"));
        }
        let text = self.book.passages.get(passage).map(|p| p.text.as_str()).unwrap_or_default();
        if let Some((name, shares, key)) = self.option_shares(question, text).await? {
            let share = shares.get(key).copied().unwrap_or(0.0);
            let best = shares.iter().all(|s| *s <= share);
            return Ok(check(NAME, best, format!("{name}, given the passage, gives the key {:.0} %", share * 100.0)));
        }
        if asks_statements(&question.stem) {
            return Ok(check(
                NAME,
                true,
                "the key is what a sentence of the passage says, and no sentence says the others",
            ));
        }
        let own: Vec<Sentence<'_>> =
            self.book.sentences_in(passage).map(|(_, s)| Sentence { passage: 0, ..s.clone() }).collect();
        let Some(passages) = self.book.passages.get(passage..=passage) else {
            return Ok(check(NAME, false, "no passage is cited"));
        };
        let ranked = select_quote(&plain_stem(&question.stem), passages, &own, self.embedder, COMPARED).await?;
        let start = passages.first().map_or(0, |p| p.range.start);
        let evidence = |s: &Sentence<'_>| {
            question.evidence.iter().any(|c| s.range.start + start < c.end && c.start < s.range.end + start)
        };
        let place = ranked.iter().position(|r| evidence(&r.sentence));
        Ok(match place {
            Some(0) => check(NAME, true, "the quote selector, asked the stem, points to the cited sentence"),
            Some(n) => check(
                NAME,
                false,
                format!("the quote selector finds {n} sentences nearer to the stem than the cited one"),
            ),
            None => check(NAME, false, "the quote selector does not find the cited sentence"),
        })
    }

    /// The model's name and its shares for texts that may follow a question; `None` where no model can tell.
    pub(super) async fn likely(
        &self,
        language: Language,
        passages: &[&str],
        stem: &str,
        continuations: Vec<String>,
    ) -> PortResult<Option<(String, Vec<f32>)>> {
        let Some(model) = self.model.filter(|m| writes(*m, language)) else { return Ok(None) };
        let messages = answer_prompt(language, passages, stem);
        match model.score(ScoreRequest { messages, continuations }).await {
            Ok(scores) => {
                let means: Vec<f32> = scores.iter().map(|s| s.log_probability / s.tokens.max(1) as f32).collect();
                Ok(Some((model.info().id.clone(), shares(&means))))
            }
            Err(error) if error.kind == ErrorKind::Unsupported => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The model's name, its shares for the options of a choice, and the key's place.
    async fn option_shares(&self, question: &Question, passage: &str) -> PortResult<Option<(String, Vec<f32>, usize)>> {
        let QuestionBody::MultipleChoice { options, key } = &question.body else { return Ok(None) };
        let Some(at) = options.iter().position(|o| o == key) else { return Ok(None) };
        let tuned = self.model.is_some_and(|m| m.info().tuned);
        let continuations = options.iter().map(|o| if tuned { answer_text(o, 1) } else { o.clone() }).collect();
        let found = self.likely(question.language, &[passage], &question.stem, continuations).await?;
        Ok(found.map(|(name, shares)| (name, shares, at)))
    }
}

/// Whether a model writes in a language.
pub(crate) fn writes(model: &dyn LanguageModel, language: Language) -> bool {
    model.info().languages.contains(&language)
}

/// The shares of one that logarithms of probabilities stand for.
fn shares(logs: &[f32]) -> Vec<f32> {
    let most = logs.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let parts: Vec<f32> = logs.iter().map(|l| (l - most).exp()).collect();
    let sum: f32 = parts.iter().sum();
    parts.iter().map(|p| p / sum.max(f32::MIN_POSITIVE)).collect()
}
