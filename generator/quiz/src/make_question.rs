//! Builds one question from a sentence and a span of it.

use domain::{BLANK, Difficulty, PortResult, Question, QuestionBody, QuestionKind};
use text::{Sentence, question_terms, single_spaced};

use super::{
    choose_candidates::level_of,
    connectives::body,
    make_quiz::Run,
    model_stems::{StemWanted, model_stems},
    pick_distractors::{Wanted, has_peers, pick_distractors},
    prove::writes,
    question_parts::{Candidate, cite, question, variants},
    rule_stems,
    spans::Kind,
};

/// What became of a candidate.
pub(crate) enum Built {
    Question(Box<Question>),
    /// Why there is none.
    Not(&'static str),
}

/// Least share of a written stem's words that stand in the key's sentence or its topic: with fewer it asks for something
/// that another sentence tells, or none.
const OWN_WORDS: f32 = 0.5;

/// Whether a stem asks of what the sentence says: half of its words are there, and all its names and numbers, or in the
/// topic.
fn asks_of(stem: &str, sentence: &Sentence<'_>, topic: &str) -> bool {
    let bare = |word: &str| word.trim_matches(|c: char| !c.is_alphanumeric()).to_owned();
    let named = stem.split_whitespace().skip(1).map(bare);
    let mut named = named.filter(|w| w.starts_with(|c: char| c.is_uppercase() || c.is_ascii_digit()));
    if !named.all(|w| sentence.text.contains(&w) || topic.contains(&w)) {
        return false;
    }
    let (asked, topic) = (question_terms(stem), question_terms(topic));
    let own = asked.iter().filter(|term| sentence.terms.contains(*term) || topic.contains(*term)).count();
    own as f32 >= OWN_WORDS * asked.len() as f32
}

impl Run<'_> {
    /// A question of `kind` that asks for the candidate's span.
    pub(crate) async fn build(&mut self, candidate: &Candidate, kind: QuestionKind) -> PortResult<Built> {
        match kind {
            QuestionKind::MultipleChoice => self.multiple_choice(candidate).await,
            QuestionKind::Cloze => self.cloze(candidate).await,
            QuestionKind::ShortAnswer => self.short_answer(candidate).await,
            QuestionKind::TrueFalse => self.true_false(candidate).await,
            QuestionKind::Ordering | QuestionKind::Matching => Ok(Built::Not("kind_does_not_fit")),
        }
    }

    async fn multiple_choice(&mut self, candidate: &Candidate) -> PortResult<Built> {
        if !candidate.span.kind.has_peers() {
            return Ok(Built::Not("no_distractors"));
        }
        let language = self.language_of(candidate);
        let wanted = self.maker_options() - 1;
        if !self.has_peers(candidate, wanted) {
            return Ok(Built::Not("no_distractors"));
        }
        let written = self.written_stem(candidate).await?;
        let Some(stem) = written.or_else(|| self.rule_stem(candidate)) else { return Ok(Built::Not("no_key")) };
        let distractors = self.distractors(candidate, &stem, wanted).await?;
        if distractors.len() + 1 < self.maker_options() {
            return Ok(Built::Not("no_distractors"));
        }
        let key = candidate.span.text.clone();
        let mut options = distractors;
        let at = self.chance.position(options.len() + 1);
        options.insert(at, key.clone());
        self.position = Some(at);
        let evidence = cite(self.book, &[candidate.sentence], self.locate).await?;
        let body = QuestionBody::MultipleChoice { options, key };
        let made = question(stem, body, evidence, language);
        Ok(self.finished(made, candidate))
    }

    /// The first stem of the model's that leads back to the key.
    async fn written_stem(&mut self, candidate: &Candidate) -> PortResult<Option<String>> {
        let language = self.language_of(candidate);
        // What a thing is, its name asks best.
        if candidate.span.kind == Kind::Meaning {
            return Ok(None);
        }
        let Some(model) = self.maker.model.as_deref().filter(|m| writes(*m, language)) else { return Ok(None) };
        let Some(sentence) = self.book.sentences.get(candidate.sentence) else { return Ok(None) };
        let Some(passage) = self.book.passages.get(sentence.passage).map(|p| p.text.as_str()) else { return Ok(None) };
        let topic = self.book.sources.get(sentence.passage).and_then(|s| s.topic()).unwrap_or_default();
        let wanted = StemWanted {
            passage,
            key: &candidate.span.text,
            kind: candidate.span.kind,
            language,
            seed: self.chance.seed(),
        };
        let stems = model_stems(model, &wanted, &self.maker.config).await?;
        Ok(stems.into_iter().find(|stem| asks_of(stem, sentence, topic)))
    }

    /// A question where the rules know one, else the sentence with its blank.
    fn rule_stem(&self, candidate: &Candidate) -> Option<String> {
        let sentence = self.book.sentences.get(candidate.sentence)?;
        let source = self.book.sources.get(sentence.passage)?;
        let language = source.language;
        let stem = rule_stems::question(sentence.text, &candidate.span, language).or_else(|| {
            if candidate.span.kind == Kind::Meaning {
                return None;
            }
            let blank = rule_stems::blank(sentence.text, &candidate.span, language)?;
            Some(rule_stems::completion(&blank, language))
        })?;
        Some(rule_stems::with_topic(&stem, source))
    }

    async fn cloze(&mut self, candidate: &Candidate) -> PortResult<Built> {
        let Some(sentence) = self.book.sentences.get(candidate.sentence) else { return Ok(Built::Not("no_key")) };
        let Some(source) = self.book.sources.get(sentence.passage) else { return Ok(Built::Not("no_key")) };
        if candidate.span.kind.is_clause() {
            return Ok(Built::Not("kind_does_not_fit"));
        }
        let blank = rule_stems::blank(sentence.text, &candidate.span, source.language);
        let Some(stem) = blank.filter(|s| s.matches(BLANK).count() == 1) else { return Ok(Built::Not("no_key")) };
        let stem = rule_stems::with_topic(&stem, source);
        let key = candidate.span.text.clone();
        // A sentence that holds the key once more gives it away.
        if stem.contains(&key) {
            return Ok(Built::Not("no_key"));
        }
        let evidence = cite(self.book, &[candidate.sentence], self.locate).await?;
        let accepted = variants(&key, source.language);
        let made = question(stem, QuestionBody::Cloze { key, accepted }, evidence, source.language);
        Ok(self.finished(made, candidate))
    }

    async fn short_answer(&mut self, candidate: &Candidate) -> PortResult<Built> {
        let Some(sentence) = self.book.sentences.get(candidate.sentence) else { return Ok(Built::Not("no_key")) };
        let Some(source) = self.book.sources.get(sentence.passage) else { return Ok(Built::Not("no_key")) };
        let written = self.written_stem(candidate).await?;
        let ruled = || {
            let stem = rule_stems::question(sentence.text, &candidate.span, source.language)?;
            Some(rule_stems::with_topic(&stem, source))
        };
        let Some(stem) = written.or_else(ruled) else { return Ok(Built::Not("no_key")) };
        let key = candidate.span.text.clone();
        if stem.contains(&key) {
            return Ok(Built::Not("no_key"));
        }
        let evidence = cite(self.book, &[candidate.sentence], self.locate).await?;
        let accepted = variants(&key, source.language);
        let made = question(stem, QuestionBody::ShortAnswer { key, accepted }, evidence, source.language);
        Ok(self.finished(made, candidate))
    }

    /// A statement of the text, or one with another span in the place of the right one.
    async fn true_false(&mut self, candidate: &Candidate) -> PortResult<Built> {
        let Some(sentence) = self.book.sentences.get(candidate.sentence) else { return Ok(Built::Not("no_key")) };
        let Some(source) = self.book.sources.get(sentence.passage) else { return Ok(Built::Not("no_key")) };
        let (text, language) = (body(sentence.text), source.language);
        // Only a span with peers can be swapped so that the statement still makes sense.
        if !candidate.span.kind.has_peers() || matches!(candidate.span.kind, Kind::Cause | Kind::Work) {
            return Ok(Built::Not("kind_does_not_fit"));
        }
        let key = self.truth();
        let long = if language.is_chinese() { text.chars().count() > 60 } else { text.split_whitespace().count() > 28 };
        if long {
            return Ok(Built::Not("kind_does_not_fit"));
        }
        let statement = if key {
            text.to_owned()
        } else {
            let others = self.distractors(candidate, text, 1).await?;
            let Some(other) = others.first() else { return Ok(Built::Not("no_distractors")) };
            let range = &candidate.span.range;
            let lead = sentence.text.len() - text.len();
            let (before, after) = (sentence.text.get(lead..range.start), sentence.text.get(range.end..));
            format!("{}{other}{}", before.unwrap_or_default(), after.unwrap_or_default())
        };
        let statement = rule_stems::with_topic(&single_spaced(&statement), source);
        let evidence = cite(self.book, &[candidate.sentence], self.locate).await?;
        let made = question(statement, QuestionBody::TrueFalse { key }, evidence, language);
        Ok(self.finished(made, candidate))
    }

    async fn distractors(&mut self, candidate: &Candidate, stem: &str, count: usize) -> PortResult<Vec<String>> {
        let longest = self.chance.wants_longest();
        let wanted = Wanted {
            sentence: candidate.sentence,
            key: &candidate.span,
            stem,
            language: self.language_of(candidate),
            count,
            difficulty: self.difficulty(),
            longest,
            not: &[],
        };
        let embedder = self.maker.embedder.as_ref();
        pick_distractors(self.book, &wanted, embedder, &mut self.vectors, &mut self.chance).await
    }

    fn has_peers(&self, candidate: &Candidate, count: usize) -> bool {
        let wanted = Wanted {
            sentence: candidate.sentence,
            key: &candidate.span,
            stem: BLANK,
            language: self.language_of(candidate),
            count,
            difficulty: self.difficulty(),
            longest: false,
            not: &[],
        };
        has_peers(self.book, &wanted)
    }

    fn finished(&self, mut made: Question, candidate: &Candidate) -> Built {
        made.difficulty = self.difficulty();
        made.level = level_of(candidate.span.kind);
        Built::Question(Box::new(made))
    }

    pub(crate) fn difficulty(&self) -> Difficulty {
        self.request.difficulty.unwrap_or_default()
    }
}
