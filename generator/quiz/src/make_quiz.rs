//! Makes a quiz: goes through the passages so that each gets its share, tries their best spans, keeps what is proven.

use std::collections::{BTreeMap, HashSet};

use domain::{
    Citation, CognitiveLevel, Language, LeftOut, PortResult, Proof, Question, QuestionBody, QuestionKind, QuizRequest,
    ports::Locate,
};
use tokio::task::yield_now;

use super::{
    MadeQuiz, QuizEvent, QuizMaker, book::Book, choose_candidates::group, make_question::Built,
    pick_distractors::Vectors, question_parts::Candidate, shuffle::Chance, spans::Kind,
    years_between::has_computed_keys,
};

/// Spans of one passage that are tried before the next passage has its turn.
pub(super) const TRIES_A_TURN: usize = 3;

/// A quiz in the making.
pub(crate) struct Run<'a> {
    pub maker: &'a QuizMaker,
    pub book: &'a Book<'a>,
    pub request: &'a QuizRequest,
    pub locate: &'a dyn Locate,
    pub chance: Chance,
    pub vectors: Vectors,
    /// The key's place in the question that is being made.
    pub position: Option<usize>,
    truths: Vec<bool>,
    /// Sentences that a question asks about.
    pub(super) used: HashSet<usize>,
    pub(super) spent: HashSet<(usize, usize, QuestionKind)>,
    pub(super) accepted: Vec<Question>,
    /// The passages of reading sets.
    pub(super) passages: Vec<Citation>,
    /// Whether accepted questions are told only when their set is complete.
    pub(super) holds_back: bool,
    /// How many questions ask for a span of each kind.
    pub(super) asked: BTreeMap<Kind, usize>,
    /// Whether spans of one kind may not crowd the others out.
    pub(super) varied: bool,
    pub(super) tried: usize,
    left: BTreeMap<String, usize>,
}

impl<'a> Run<'a> {
    pub(crate) fn new(
        maker: &'a QuizMaker,
        book: &'a Book<'a>,
        request: &'a QuizRequest,
        locate: &'a dyn Locate,
        seed: u64,
    ) -> Self {
        Self {
            maker,
            book,
            request,
            locate,
            chance: Chance::new(seed),
            vectors: Vectors::default(),
            position: None,
            truths: Vec::new(),
            used: HashSet::new(),
            spent: HashSet::new(),
            accepted: Vec::new(),
            passages: Vec::new(),
            holds_back: false,
            asked: BTreeMap::new(),
            varied: true,
            tried: 0,
            left: BTreeMap::new(),
        }
    }

    /// All of it.
    pub(crate) async fn make(&mut self, tell: &mut (impl FnMut(QuizEvent) + Send)) -> PortResult<MadeQuiz> {
        let wanted: Vec<usize> = (0..self.book.sources.len()).filter(|n| self.may_ask(*n)).collect();
        tell(QuizEvent::Read { passages: wanted.len() });
        let mut spans: BTreeMap<usize, Vec<Candidate>> = BTreeMap::new();
        for passage in &wanted {
            let found = self.candidates(*passage);
            spans.insert(*passage, found);
            yield_now().await;
        }
        if self.request.reuse_items {
            for item in self.items(&wanted).await?.into_iter().take(self.request.count) {
                self.tried += 1;
                tell(QuizEvent::Tried);
                self.accept(item, tell);
            }
        }
        let order = spread(&wanted);
        let mut kinds = self.kinds();
        let budget = self.budget();
        if let Some(size) = self.request.questions_per_passage {
            self.reading_sets(size, &order, &spans, &kinds, tell).await?;
            kinds.clear();
        }
        while self.accepted.len() < self.request.count && !kinds.is_empty() {
            let (before, tried) = (self.counts(&kinds), self.tried);
            for passage in &order {
                if self.accepted.len() >= self.request.count || self.tried >= budget {
                    break;
                }
                let list = spans.get(passage).map(Vec::as_slice).unwrap_or_default();
                self.turn(*passage, list, &kinds, tell).await?;
            }
            if self.tried >= budget {
                break;
            }
            // A kind that a whole round could not make is given up; the others take its share.
            let after = self.counts(&kinds);
            let mut moved = before.iter().zip(&after).map(|(a, b)| b > a);
            let any = after.iter().sum::<usize>() > before.iter().sum::<usize>();
            match (any, self.varied) {
                (true, _) => kinds.retain(|_| moved.next().unwrap_or(true) || before.iter().sum::<usize>() == 0),
                // What was passed over for variety's sake is better than nothing.
                (false, true) => self.varied = false,
                // The best candidates of each passage failed; others are left.
                (false, false) if self.tried > tried => {}
                (false, false) => break,
            }
        }
        self.close(tell);
        Ok(self.finish())
    }

    /// Candidates that may be tried.
    pub(super) fn budget(&self) -> usize {
        self.request.count.saturating_mul(self.maker.config.tries_per_question) + 20
    }

    /// One passage's turn: the kind that lacks most first.
    pub(super) async fn turn(
        &mut self,
        passage: usize,
        list: &[Candidate],
        kinds: &[QuestionKind],
        tell: &mut (impl FnMut(QuizEvent) + Send),
    ) -> PortResult<bool> {
        let counts = self.counts(kinds);
        let mut order: Vec<(usize, QuestionKind)> = counts.into_iter().zip(kinds.iter().copied()).collect();
        order.sort_by_key(|(count, _)| *count);
        for (_, kind) in order {
            if self.request.level == Some(CognitiveLevel::Apply) {
                if self.attempt_years(passage, kind, tell).await? {
                    return Ok(true);
                }
                continue;
            }
            if matches!(kind, QuestionKind::Ordering | QuestionKind::Matching) {
                if self.attempt_several(passage, kind, tell).await? {
                    return Ok(true);
                }
                continue;
            }
            for _ in 0..TRIES_A_TURN {
                let Some(candidate) = self.next_candidate(list, kind) else { break };
                if self.attempt(candidate, kind, tell).await? {
                    return Ok(true);
                }
            }
            // English passages hold names and numbers enough.
            let wanted = match self.request.level {
                Some(level) => level == CognitiveLevel::Understand,
                None => self.book.language(passage).is_chinese(),
            };
            if wanted && kind == QuestionKind::MultipleChoice && self.attempt_statements(passage, tell).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Makes a question on several sentences of a passage, once.
    async fn attempt_several(
        &mut self,
        passage: usize,
        kind: QuestionKind,
        tell: &mut (impl FnMut(QuizEvent) + Send),
    ) -> PortResult<bool> {
        if self.request.level.is_some_and(|l| l != CognitiveLevel::Understand)
            || !self.spent.insert((usize::MAX, passage, kind))
        {
            return Ok(false);
        }
        self.position = None;
        let made =
            if kind == QuestionKind::Ordering { self.ordering(passage).await? } else { self.matching(passage).await? };
        let Some((question, places)) = made else { return Ok(false) };
        self.tried += 1;
        tell(QuizEvent::Tried);
        self.judge(question, &places, tell).await
    }

    /// Asks which of several statements on a passage is true, twice at most.
    pub(super) async fn attempt_statements(
        &mut self,
        passage: usize,
        tell: &mut (impl FnMut(QuizEvent) + Send),
    ) -> PortResult<bool> {
        let turn = |n: usize| (usize::MAX - n, passage, QuestionKind::MultipleChoice);
        if !self.spent.insert(turn(1)) && !self.spent.insert(turn(2)) {
            return Ok(false);
        }
        self.position = None;
        let Some((question, places)) = self.which_statement(passage).await? else { return Ok(false) };
        self.tried += 1;
        tell(QuizEvent::Tried);
        self.judge(question, &places, tell).await
    }

    /// Makes a question of a candidate and proves it.
    async fn attempt(
        &mut self,
        candidate: &Candidate,
        kind: QuestionKind,
        tell: &mut (impl FnMut(QuizEvent) + Send),
    ) -> PortResult<bool> {
        self.tried += 1;
        tell(QuizEvent::Tried);
        self.position = None;
        let question = match self.build(candidate, kind).await? {
            Built::Question(question) => *question,
            Built::Not(reason) => {
                let (key, kind) = (&candidate.span.text, candidate.span.kind);
                tracing::debug!(key, ?kind, cue = candidate.span.cue, reason, "made no question of a candidate");
                self.leave_out(reason, tell);
                return Ok(false);
            }
        };
        let truth = match question.body {
            QuestionBody::TrueFalse { key } => Some(key),
            _ => None,
        };
        let accepted = self.judge(question, &[candidate.sentence], tell).await?;
        if accepted {
            *self.asked.entry(group(candidate.span.kind)).or_default() += 1;
        } else {
            self.truths.extend(truth);
        }
        Ok(accepted)
    }

    /// Proves a question and keeps it where it is proven.
    pub(crate) async fn judge(
        &mut self,
        mut question: Question,
        sentences: &[usize],
        tell: &mut (impl FnMut(QuizEvent) + Send),
    ) -> PortResult<bool> {
        let prover = self.maker.prover(self.book, true);
        let proof: Proof = prover.prove(&question, &self.accepted).await?;
        if !proof.proven {
            if let Some(position) = self.position.take() {
                self.chance.give_back(position);
            }
            let reason = proof.checks.last().map_or("well_formed", |c| c.name.as_str()).to_owned();
            tracing::debug!(
                stem = question.stem,
                reason,
                found = proof.checks.last().map(|c| c.found.as_str()),
                "left a question out"
            );
            self.leave_out(&reason, tell);
            return Ok(false);
        }
        question.proof = proof;
        if let QuestionBody::MultipleChoice { options, key } = &question.body {
            self.chance.accepted(key, options);
        }
        self.used.extend(sentences);
        self.accept(question, tell);
        Ok(true)
    }

    fn accept(&mut self, question: Question, tell: &mut (impl FnMut(QuizEvent) + Send)) {
        let (done, total) = (self.accepted.len() + 1, self.request.count);
        if !self.holds_back {
            tell(QuizEvent::Accepted { question: Box::new(question.clone()), done, total });
        }
        self.accepted.push(question);
    }

    pub(super) fn leave_out(&mut self, reason: &str, tell: &mut (impl FnMut(QuizEvent) + Send)) {
        *self.left.entry(reason.to_owned()).or_default() += 1;
        tell(QuizEvent::LeftOut { reason: reason.to_owned() });
    }

    /// Says what did not come about.
    fn close(&mut self, tell: &mut (impl FnMut(QuizEvent) + Send)) {
        let budget = self.budget();
        let short = self.request.count.saturating_sub(self.accepted.len());
        if short > 0 && self.tried >= budget {
            *self.left.entry("budget".to_owned()).or_default() += short;
            tell(QuizEvent::LeftOut { reason: "budget".to_owned() });
        }
        let kinds = self.kinds();
        if short > 0 && self.tried < budget {
            // The material holds no more; kinds that need several sentences of a sort have no key to lack, and others can
            // not be asked at every level.
            let applies = self.request.level == Some(CognitiveLevel::Apply);
            let several = |kind: &QuestionKind| {
                matches!(kind, QuestionKind::Ordering | QuestionKind::Matching) || applies && !has_computed_keys(*kind)
            };
            let text = (0..self.book.sources.len()).any(|n| self.may_ask(n));
            let unfit = self.tried == 0 && text && kinds.iter().all(several);
            let reason = if unfit { "kind_does_not_fit" } else { "no_key" };
            *self.left.entry(reason.to_owned()).or_default() += short;
            tell(QuizEvent::LeftOut { reason: reason.to_owned() });
        }
        let none = kinds.iter().zip(self.counts(&kinds)).filter(|(_, n)| *n == 0).count();
        if none > 0 && self.tried > 0 {
            *self.left.entry("kind_does_not_fit".to_owned()).or_default() += none;
        }
    }

    fn finish(&mut self) -> MadeQuiz {
        let mut questions = std::mem::take(&mut self.accepted);
        let document = |q: &Question| {
            let cited = q.evidence.first()?;
            let n = self.book.sources.iter().position(|s| s.document_id == cited.document_id)?;
            Some((n, cited.start))
        };
        questions.sort_by_key(document);
        let left_out =
            std::mem::take(&mut self.left).into_iter().map(|(reason, count)| LeftOut { reason, count }).collect();
        let passages = self.numbered_passages(&mut questions);
        MadeQuiz { questions, passages, tried: self.tried, left_out }
    }

    pub(super) fn may_ask(&self, passage: usize) -> bool {
        self.book.sources.get(passage).is_some_and(|s| s.wanted(self.request))
    }

    fn kinds(&self) -> Vec<QuestionKind> {
        let mut seen = HashSet::new();
        let kinds: Vec<QuestionKind> = self.request.kinds.iter().copied().filter(|k| seen.insert(*k)).collect();
        if kinds.is_empty() { vec![QuestionKind::MultipleChoice] } else { kinds }
    }

    fn counts(&self, kinds: &[QuestionKind]) -> Vec<usize> {
        kinds.iter().map(|k| self.accepted.iter().filter(|q| q.body.kind() == *k).count()).collect()
    }

    pub(crate) fn language_of(&self, candidate: &Candidate) -> Language {
        self.book.sentences.get(candidate.sentence).map_or(Language::Other, |s| self.book.language(s.passage))
    }

    pub(crate) fn is_used(&self, sentence: usize) -> bool {
        self.used.contains(&sentence)
    }

    pub(crate) fn maker_options(&self) -> usize {
        self.maker.config.options.clamp(3, 5)
    }

    /// Whether the next statement is to be true: each once before either comes again.
    pub(crate) fn truth(&mut self) -> bool {
        if let Some(next) = self.truths.pop() {
            return next;
        }
        let first = self.chance.share() < 0.5;
        self.truths.push(!first);
        first
    }
}

/// An order in which any first few are spread over the whole: first, middle, quarters, … (van der Corput).
fn spread(list: &[usize]) -> Vec<usize> {
    let bits = usize::BITS - list.len().next_power_of_two().leading_zeros() - 1;
    let reversed = |n: usize| if bits == 0 { 0 } else { n.reverse_bits() >> (usize::BITS - bits) };
    (0..1_usize << bits).filter_map(|n| list.get(reversed(n)).copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::spread;

    #[test]
    fn passages_are_visited_all_over_and_each_once() {
        let order = spread(&(0..10).collect::<Vec<_>>());
        assert_eq!(order.len(), 10);
        assert_eq!(order.get(..4), Some(&[0, 8, 4, 2][..]));
        let mut sorted = order;
        sorted.sort_unstable();
        assert_eq!(sorted, (0..10).collect::<Vec<_>>());
        assert_eq!(spread(&[]), [0_usize; 0]);
    }
}
