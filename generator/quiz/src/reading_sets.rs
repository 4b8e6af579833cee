//! Reading sets: a passage, shown as it stands in the text, and several questions on it, one of them on why or what it means
//! where the passage allows.

use std::collections::BTreeMap;

use domain::{ByteRange, Citation, CognitiveLevel, Place, PortResult, Question, QuestionKind};

use super::{QuizEvent, choose_candidates::level_of, make_quiz::Run, question_parts::Candidate};

/// With fewer questions on it a passage is not worth its reading.
const FEWEST: usize = 2;

impl Run<'_> {
    /// Passage by passage, up to `size` questions on each.
    pub(super) async fn reading_sets(
        &mut self,
        size: usize,
        order: &[usize],
        spans: &BTreeMap<usize, Vec<Candidate>>,
        kinds: &[QuestionKind],
        tell: &mut (impl FnMut(QuizEvent) + Send),
    ) -> PortResult<()> {
        let budget = self.budget();
        for passage in order {
            let wanted = size.min(self.request.count.saturating_sub(self.accepted.len()));
            if wanted < FEWEST || self.tried >= budget {
                break;
            }
            let list = spans.get(passage).map(Vec::as_slice).unwrap_or_default();
            let first = self.accepted.len();
            self.holds_back = true;
            let made = self.set(*passage, list, kinds, wanted, tell).await;
            self.holds_back = false;
            made?;
            let made = self.accepted.len() - first;
            let cited = if made < FEWEST { None } else { self.whole_passage(*passage).await? };
            let Some(cited) = cited else {
                self.accepted.truncate(first);
                for _ in 0..made {
                    self.leave_out("too_few_on_passage", tell);
                }
                continue;
            };
            self.tell_set(first, cited, tell);
        }
        Ok(())
    }

    /// The questions on one passage, that on understanding first.
    async fn set(
        &mut self,
        passage: usize,
        list: &[Candidate],
        kinds: &[QuestionKind],
        wanted: usize,
        tell: &mut (impl FnMut(QuizEvent) + Send),
    ) -> PortResult<()> {
        let (first, tried) = (self.accepted.len(), self.tried);
        let deep: Vec<Candidate> =
            list.iter().filter(|c| level_of(c.span.kind) == CognitiveLevel::Understand).cloned().collect();
        let understood = !deep.is_empty() && self.turn(passage, &deep, kinds, tell).await?;
        let may = self.request.level.is_none_or(|l| l == CognitiveLevel::Understand);
        if may && !understood && kinds.contains(&QuestionKind::MultipleChoice) {
            self.attempt_statements(passage, tell).await?;
        }
        let most = wanted * self.maker.config.tries_per_question;
        while self.accepted.len() - first < wanted && self.tried - tried < most {
            let before = self.tried;
            // A turn that tried nothing found nothing left.
            if !self.turn(passage, list, kinds, tell).await? && self.tried == before {
                break;
            }
        }
        Ok(())
    }

    fn tell_set(&mut self, first: usize, mut cited: Citation, tell: &mut (impl FnMut(QuizEvent) + Send)) {
        cited.n = self.passages.len() + 1;
        tell(QuizEvent::Passage(Box::new(cited.clone())));
        let total = self.request.count;
        for (at, question) in self.accepted.iter_mut().enumerate().skip(first) {
            question.passage = Some(cited.n);
            tell(QuizEvent::Accepted { question: Box::new(question.clone()), done: at + 1, total });
        }
        self.passages.push(cited);
    }

    /// A passage as a citation of all its words, with its boxes on the page that it begins on.
    async fn whole_passage(&self, passage: usize) -> PortResult<Option<Citation>> {
        let Some(source) = self.book.sources.get(passage) else { return Ok(None) };
        let quote = source.text.trim();
        let start = source.start + (source.text.len() - source.text.trim_start().len());
        let range = ByteRange::new(start, start + quote.len());
        let places = self.locate.locate(source.document_id, range).await?;
        let first = Place { page: source.page, heading_path: source.heading_path.clone(), ..Place::at(range) };
        let place = places.into_iter().next().unwrap_or(first);
        Ok(Some(Citation {
            n: 1,
            document_id: source.document_id,
            document_name: source.document_name.clone(),
            page: place.page,
            paged: place.paged,
            heading_path: place.heading_path,
            quote: quote.to_owned(),
            start: range.start,
            end: range.end,
            boxes: place.boxes,
            shown: None,
        }))
    }

    /// The passages in the order of their questions, numbered anew.
    pub(super) fn numbered_passages(&mut self, questions: &mut [Question]) -> Vec<Citation> {
        let mut passages = std::mem::take(&mut self.passages);
        let place = |n: usize| questions.iter().position(|q| q.passage == Some(n)).unwrap_or(usize::MAX);
        passages.sort_by_key(|p| place(p.n));
        let known: Vec<usize> = passages.iter().map(|p| p.n).collect();
        for question in questions {
            question.passage = question.passage.and_then(|n| known.iter().position(|k| *k == n)).map(|at| at + 1);
        }
        (1..).zip(&mut passages).for_each(|(n, passage)| passage.n = n);
        passages
    }
}
