//! Makes one question of a quiz again, or one of its wrong options.

use std::{
    collections::HashSet,
    hash::{DefaultHasher, Hash, Hasher},
};

use domain::{PortResult, Question, QuestionBody};

use super::{
    make_quiz::Run,
    pick_distractors::{Wanted, pick_distractors},
    question_parts::key_text,
    spans::{Kind, Span},
};

impl Run<'_> {
    /// A question in the place of `question`.
    pub(crate) async fn remake(&mut self, question: &Question, others: &[Question]) -> PortResult<Option<Question>> {
        let book = self.book;
        let cited = |q: &Question, s: usize| {
            book.sentences.get(s).zip(book.sentences.get(s).and_then(|s| book.passages.get(s.passage))).is_some_and(
                |(sentence, p)| {
                    let (start, end) = (p.range.start + sentence.range.start, p.range.start + sentence.range.end);
                    q.evidence.iter().any(|c| c.document_id == p.document_id && c.start < end && start < c.end)
                },
            )
        };
        let taken = (0..book.sentences.len()).filter(|s| others.iter().any(|q| cited(q, *s)));
        self.used.extend(taken);
        self.accepted = others.to_vec();
        self.accepted.push(question.clone());
        let known = self.accepted.len();
        let own: HashSet<usize> = (0..book.sentences.len())
            .filter(|s| cited(question, *s))
            .filter_map(|s| Some(book.sentences.get(s)?.passage))
            .collect();
        let mut order: Vec<usize> = (0..book.sources.len()).filter(|n| own.contains(n) || self.may_ask(*n)).collect();
        order.sort_by_key(|n| !own.contains(n));
        if question.passage.is_some() {
            order.retain(|n| own.contains(n));
        }
        let kinds = [question.body.kind()];
        let budget = self.maker.config.tries_per_question * 4;
        for passage in order {
            let list = self.candidates(passage);
            while self.tried < budget {
                let before = self.tried;
                if self.turn(passage, &list, &kinds, &mut |_| {}).await? {
                    let made = self.accepted.get(known).cloned();
                    return Ok(made.map(|made| Question { passage: question.passage, ..made }));
                }
                if self.tried == before {
                    break;
                }
            }
        }
        Ok(None)
    }

    /// The question with another distractor.
    pub(crate) async fn remake_distractor(
        &mut self,
        question: &Question,
        option: &str,
        others: &[Question],
    ) -> PortResult<Option<Question>> {
        let QuestionBody::MultipleChoice { options, key } = &question.body else { return Ok(None) };
        let (Some(place), Some((sentence, span))) =
            (options.iter().position(|o| o == option && o != key), self.find_key(question))
        else {
            return Ok(None);
        };
        let wanted = Wanted {
            sentence,
            key: &span,
            stem: &question.stem,
            language: question.language,
            count: 6,
            difficulty: question.difficulty,
            longest: false,
            not: options,
        };
        let embedder = self.maker.embedder.as_ref();
        let found = pick_distractors(self.book, &wanted, embedder, &mut self.vectors, &mut self.chance).await?;
        for other in found {
            let mut made = question.clone();
            if let QuestionBody::MultipleChoice { options, .. } = &mut made.body
                && let Some(slot) = options.get_mut(place)
            {
                *slot = other;
            }
            made.proof = self.maker.prover(self.book, true).prove(&made, others).await?;
            if made.proof.proven {
                return Ok(Some(made));
            }
        }
        Ok(None)
    }

    /// The key of a question as a span of the sentence it cites.
    fn find_key(&self, question: &Question) -> Option<(usize, Span)> {
        let key = key_text(&question.body);
        let cited = question.evidence.first()?;
        let at = self.book.sentences.iter().position(|s| {
            self.book.passages.get(s.passage).is_some_and(|p| {
                p.document_id == cited.document_id
                    && p.range.start + s.range.start <= cited.start
                    && cited.start < p.range.start + s.range.end
            })
        })?;
        let known = self.book.spans.get(at)?.iter().find(|s| s.text == key).cloned();
        let text = self.book.sentences.get(at)?.text;
        let found = || {
            let start = text.find(&key)?;
            Span::new(text, start..start + key.len(), Kind::Term, "")
        };
        Some((at, known.or_else(found)?))
    }
}

/// A seed that differs for each question that is made again.
pub(crate) fn remake_seed(question: &Question, seed: u64) -> u64 {
    let mut hasher = DefaultHasher::new();
    (seed, &question.stem, key_text(&question.body)).hash(&mut hasher);
    hasher.finish()
}
