//! Quizzes: questions made from the passages of a course, each proven before it is shown.
//!
//! `book` reads the course once: sentences, and the spans in them that can be keys (`english_spans`, `english_named`,
//! `chinese_spans`, `han_nouns`, `han_terms`). `make_quiz` goes through the passages so that each gets its share,
//! `make_question` builds one question, `prove` checks it; what fails is made again from another span, within a budget.

mod akin;
mod book;
mod checks;
#[cfg(test)]
mod checks_tests;
mod chinese_causes;
mod chinese_numbers;
mod chinese_spans;
mod chinese_words;
mod choose_candidates;
mod connectives;
mod english_named;
mod english_numbers;
mod english_spans;
mod english_terms;
mod english_words;
mod false_statements;
mod han_nouns;
mod han_terms;
mod han_words;
mod lacks_subject;
mod make_question;
mod make_quiz;
mod mark_answers;
mod model_stems;
mod number_clue;
mod other_clauses;
mod pick_distractors;
mod prove;
mod prove_without;
mod question_parts;
mod reading_sets;
mod remake;
mod reuse_items;
mod rule_stems;
mod script;
mod several_sentences;
mod shuffle;
mod source;
mod spans;
mod vary_numbers;
mod which_statement;
mod years_between;

use std::sync::Arc;

use domain::{
    Citation, LeftOut, Passage, PortResult, Proof, Question, QuizRequest,
    ports::{Embedder, LanguageModel, Locate},
};

pub use mark_answers::{GivenAnswer, mark_answer};
pub use source::{QuizSource, SourceItem};

use book::Book;
use make_quiz::Run;
use prove::Prover;
use remake::remake_seed;
use reuse_items::of_item;

/// How quizzes are made.
#[derive(Clone, Debug, PartialEq)]
pub struct QuizConfig {
    /// Candidates per question asked for, at most; then fewer questions come back.
    pub tries_per_question: usize,
    /// Options of a multiple-choice question, 3 to 5.
    pub options: usize,
    /// Stems that the model writes for a key; the one whose answer is the key is kept.
    pub stems_sampled: usize,
    /// Temperature at which they are sampled.
    pub temperature: f32,
    /// Most tokens of a stem.
    pub stem_tokens: usize,
}

impl Default for QuizConfig {
    fn default() -> Self {
        Self { tries_per_question: 8, options: 4, stems_sampled: 3, temperature: 0.7, stem_tokens: 40 }
    }
}

/// What happens while a quiz is made.
#[derive(Clone, Debug, PartialEq)]
pub enum QuizEvent {
    /// The material was read: so many passages may be asked about.
    Read {
        /// Passages.
        passages: usize,
    },
    /// Questions on this passage follow.
    Passage(Box<Citation>),
    /// A candidate was made and is now proven.
    Tried,
    /// A question passed all its checks.
    Accepted {
        /// The question; its place may change until all are made.
        question: Box<Question>,
        /// Questions so far.
        done: usize,
        /// Questions asked for.
        total: usize,
    },
    /// A candidate was left out.
    LeftOut {
        /// The failed check, or another reason of [`LeftOut::reason`].
        reason: String,
    },
}

/// A quiz's questions, and what was left out on the way.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MadeQuiz {
    /// In the order of the material.
    pub questions: Vec<Question>,
    /// Passages that they are asked about, where reading sets are wanted.
    pub passages: Vec<Citation>,
    /// Candidates made.
    pub tried: usize,
    /// Why some were left out.
    pub left_out: Vec<LeftOut>,
}

/// Makes quizzes and proves them.
pub struct QuizMaker {
    model: Option<Arc<dyn LanguageModel>>,
    embedder: Arc<dyn Embedder>,
    config: QuizConfig,
}

impl QuizMaker {
    /// Without a model stems are made by rule.
    pub fn new(model: Option<Arc<dyn LanguageModel>>, embedder: Arc<dyn Embedder>, config: QuizConfig) -> Self {
        Self { model, embedder, config }
    }

    /// Makes the quiz that `request` asks for from `sources`, the whole course: what the request does not name still
    /// gives distractors. The same seed on the same sources with the same models gives the same quiz; none counts as 0.
    ///
    /// Cancel safety: dropping the future stops it; nothing is kept.
    pub async fn make(
        &self,
        request: &QuizRequest,
        sources: &[QuizSource],
        locate: &dyn Locate,
        mut tell: impl FnMut(QuizEvent) + Send,
    ) -> PortResult<MadeQuiz> {
        let passages = passages_of(sources);
        let book = Book::read(sources, &passages).await;
        let mut run = Run::new(self, &book, request, locate, request.seed.unwrap_or_default());
        run.make(&mut tell).await
    }

    /// Proves a question as it now is, among the `others` of its quiz; all checks that apply to it run.
    pub async fn prove(&self, question: &Question, sources: &[QuizSource], others: &[Question]) -> PortResult<Proof> {
        let passages = passages_of(sources);
        let book = Book::read(sources, &passages).await;
        let proof = self.prover(&book, false).prove(question, others).await?;
        Ok(if question.reused { of_item(proof) } else { proof })
    }

    /// Another question of the same kind, from the same passage where it holds one; `None` where the material does not.
    pub async fn remake(
        &self,
        question: &Question,
        request: &QuizRequest,
        sources: &[QuizSource],
        others: &[Question],
        locate: &dyn Locate,
    ) -> PortResult<Option<Question>> {
        let passages = passages_of(sources);
        let book = Book::read(sources, &passages).await;
        let request = QuizRequest {
            count: 1,
            kinds: vec![question.body.kind()],
            reuse_items: false,
            questions_per_passage: None,
            ..request.clone()
        };
        let seed = remake_seed(question, request.seed.unwrap_or_default());
        let mut run = Run::new(self, &book, &request, locate, seed);
        run.remake(question, others).await
    }

    /// The question with another wrong option in the place of `option`; `None` where the material holds no other.
    pub async fn remake_distractor(
        &self,
        question: &Question,
        option: &str,
        sources: &[QuizSource],
        others: &[Question],
        locate: &dyn Locate,
    ) -> PortResult<Option<Question>> {
        let passages = passages_of(sources);
        let book = Book::read(sources, &passages).await;
        let request = QuizRequest {
            count: 1,
            kinds: Vec::new(),
            language: None,
            document_ids: Vec::new(),
            pages: Vec::new(),
            difficulty: Some(question.difficulty),
            level: None,
            seed: None,
            reuse_items: false,
            title: None,
            questions_per_passage: None,
        };
        let mut run = Run::new(self, &book, &request, locate, remake_seed(question, 0));
        run.remake_distractor(question, option, others).await
    }

    fn prover<'a>(&'a self, book: &'a Book<'a>, stop_early: bool) -> Prover<'a> {
        Prover { book, model: self.model.as_deref(), embedder: self.embedder.as_ref(), stop_early }
    }
}

fn passages_of(sources: &[QuizSource]) -> Vec<Passage> {
    (1..).zip(sources).map(|(n, s)| s.passage(n)).collect()
}
