//! One request while it runs: its tokens, its pages, and what it is run for.

use std::{mem, slice};

use domain::{PortError, PortResult};

use super::{
    kernels::PAGE, kv_pages::Pages, network::WantedLogits, score_task::Scoring, vocabulary::Vocabulary,
    write_task::Writing,
};

/// Pending tokens of an answer that are read at once, beside the others: forced ones come in small numbers. Texts that
/// are scored are cut into such pieces too: each of their tokens gives as many logits as the vocabulary has entries.
const MOST_AT_ONCE: usize = PAGE;

/// A request, ready to run. Its prompt is not empty and shorter than the context.
pub(crate) struct Job {
    pub prompt: Vec<u32>,
    pub task: Task,
    /// As in [`super::network::BatchEntry`].
    pub adapter: usize,
}

/// What a request asks for.
pub(crate) enum Task {
    /// Text.
    Write(Box<Writing>),
    /// How likely texts are.
    Score(Scoring),
}

/// A running request.
pub(crate) struct Sequence {
    /// The prompt and what follows it.
    pub tokens: Vec<u32>,
    /// How many of them the network has read.
    pub computed: usize,
    pub pages: Pages,
    /// As in [`super::network::BatchEntry`].
    pub adapter: usize,
    /// Place in the order of arrival.
    pub arrival: u64,
    /// Steps since it was last in a batch.
    pub passed_over: usize,
    /// How many of the last tokens are only guessed.
    guessed: usize,
    task: Task,
}

/// Whether a sequence goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    Goes,
    Ended,
}

impl Sequence {
    /// A sequence that has read nothing yet; prompt and answer take `context` tokens at most. `None` where there is
    /// nothing to be read: all has been said then.
    pub(crate) fn new(job: Job, arrival: u64, context: usize, vocabulary: &Vocabulary) -> Option<Self> {
        let Job { prompt: mut tokens, mut task, adapter } = job;
        let progress = match &mut task {
            Task::Write(writing) => writing.begin(&mut tokens, context, vocabulary),
            Task::Score(scoring) => scoring.begin(tokens.len()),
        };
        let (computed, pages, guessed) = (0, Pages::default(), 0);
        let passed_over = 0;
        (progress == Progress::Goes).then_some(Self {
            tokens,
            computed,
            pages,
            adapter,
            arrival,
            passed_over,
            guessed,
            task,
        })
    }

    /// Tokens that the network has still to read.
    pub(crate) fn pending(&self) -> &[u32] {
        self.tokens.get(self.computed..).unwrap_or_default()
    }

    /// Whether nobody waits for it any more.
    pub(crate) fn is_abandoned(&self) -> bool {
        match &self.task {
            Task::Write(writing) => writing.events.is_closed(),
            Task::Score(scoring) => scoring.is_abandoned(),
        }
    }

    /// Whether it is in every batch: it writes, and is not reading again what it had written before.
    pub(crate) fn is_streaming(&self) -> bool {
        self.is_writing() && self.pending().len() <= MOST_AT_ONCE
    }

    /// Whether its prompt has been read, and it writes.
    pub(crate) fn is_writing(&self) -> bool {
        matches!(&self.task, Task::Write(writing) if writing.begun)
    }

    /// How many of its tokens one batch may have.
    pub(crate) fn next_piece(&self) -> usize {
        let pending = self.pending().len();
        match &self.task {
            Task::Score(scoring) if self.computed >= scoring.prompt => pending.min(MOST_AT_ONCE),
            Task::Write(_) | Task::Score(_) => pending,
        }
    }

    /// Which logits it wants of a batch with `count` of its tokens.
    pub(crate) fn wanted(&self, count: usize) -> WantedLogits {
        match &self.task {
            Task::Write(_) if self.guessed > 0 => WantedLogits::Each,
            Task::Score(scoring) if self.computed >= scoring.prompt => WantedLogits::Each,
            Task::Write(_) | Task::Score(_) if count == self.pending().len() => WantedLogits::Last,
            Task::Write(_) | Task::Score(_) => WantedLogits::Nothing,
        }
    }

    /// The tokens computed so far that other sequences may find again.
    pub(crate) fn shared(&self) -> &[u32] {
        let end = match &self.task {
            Task::Write(_) => self.computed.min(self.sure()),
            // Each text takes the place of the one before.
            Task::Score(scoring) => self.computed.min(scoring.prompt),
        };
        self.tokens.get(..end).unwrap_or_default()
    }

    /// Takes in the logits after the last tokens that were computed, one row a token; none while a prompt is read.
    pub(crate) fn take(&mut self, logits: Vec<Vec<f32>>, vocabulary: &Vocabulary) -> Progress {
        match &mut self.task {
            Task::Write(_) => self.write(logits, vocabulary),
            Task::Score(scoring) => scoring.take(&mut self.tokens, &mut self.computed, &logits),
        }
    }

    /// Chooses what follows the last token, and then what follows each guess that was right.
    fn write(&mut self, logits: Vec<Vec<f32>>, vocabulary: &Vocabulary) -> Progress {
        let Task::Write(writing) = &mut self.task else { return Progress::Goes };
        let guesses = self.tokens.split_off(self.tokens.len() - mem::take(&mut self.guessed));
        self.computed = self.computed.min(self.tokens.len());
        let start = self.computed;
        for (logits, guess) in logits.into_iter().zip(guesses.iter().map(Some).chain([None])) {
            if writing.choose(&mut self.tokens, logits, vocabulary) == Progress::Ended {
                return Progress::Ended;
            }
            if guess.is_none() || self.tokens.get(self.computed..) != guess.map(slice::from_ref) {
                break;
            }
            self.computed += 1;
        }
        if !guesses.is_empty() {
            writing.lookup.learn(guesses.len(), self.computed - start);
        }
        Progress::Goes
    }

    /// Adds a guess of how the text goes on, to be read with the last token.
    pub(crate) fn guess(&mut self) {
        let Task::Write(writing) = &self.task else { return };
        if self.is_writing() && self.guessed == 0 && self.pending().len() == 1 {
            let guess = writing.guess(&self.tokens).to_vec();
            self.guessed = guess.len();
            self.tokens.extend(guess);
        }
    }

    /// Tokens that are sure.
    pub(crate) fn sure(&self) -> usize {
        self.tokens.len() - self.guessed
    }

    /// Begins again, without pages.
    pub(crate) fn preempt(&mut self) {
        self.tokens.truncate(self.sure());
        self.guessed = 0;
        self.computed = 0;
        if let Task::Score(scoring) = &mut self.task {
            scoring.preempt(&mut self.tokens);
        }
    }

    /// Tells that it failed. A receiver that is gone has no use for the error.
    pub(crate) fn fail(&mut self, error: impl Into<PortError>) {
        match &mut self.task {
            Task::Write(writing) => {
                writing.fail(error);
            }
            Task::Score(scoring) => scoring.answer(PortResult::Err(error.into())),
        }
    }
}
