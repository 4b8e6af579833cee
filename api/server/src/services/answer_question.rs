//! From a question to a grounded answer, as a sequence of events.

use std::{sync::Arc, time::Instant};

use answer::{AnswerEvent, AnswerRequest, MaterialQuestion};
use domain::{
    AnswerId, AnswerMode, ByteRange, Citation, ConversationId, CourseId, DocumentId, ParsedDocument, Passage, Place,
    SearchFilter, Turn,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use super::{
    AskResponse, Explanation, PassageFinder, ServiceError, ServiceResult, Timings, find_passages::Found, keep_turn,
};
use crate::{
    models::ServedModels,
    store::{NewAnswer, Store},
};

/// A question with its conversation.
pub struct Asked {
    /// The course it is about.
    pub course: CourseId,
    /// The user's words.
    pub question: String,
    /// The conversation so far, oldest first.
    pub history: Vec<Turn>,
    /// Where the finished turn is kept.
    pub conversation: Option<ConversationId>,
    /// Whether the model writes, or the material itself is quoted.
    pub mode: AnswerMode,
    /// Who writes; the settings' generator where `None`.
    pub model: Option<String>,
    /// What the answer may be drawn from.
    pub filter: SearchFilter,
    /// Whether the answer is to tell how it came about.
    pub explain: bool,
}

/// What happens on the way to an answer. The last is `Done` or `Error`.
#[derive(Debug)]
pub enum AskEvent {
    /// What the answer is drawn from.
    Passages(Vec<Passage>),
    /// More of the text.
    Token(String),
    /// A quote that the text rests on.
    Citation(Citation),
    /// The whole answer.
    Done(Box<AskResponse>),
    /// Why there is none.
    Error(ServiceError),
}

/// Answers questions.
pub struct AnswerService {
    finder: Arc<PassageFinder>,
    models: Arc<ServedModels>,
    store: Store,
    /// Room for answers that are being written or wait for it.
    room: Arc<Semaphore>,
    /// Answers that a course keeps for its insight.
    kept: u32,
}

impl AnswerService {
    /// At most `queue` answers are written or wait at a time, and `kept` are kept for a course's insight.
    pub fn new(finder: Arc<PassageFinder>, models: Arc<ServedModels>, store: Store, queue: usize, kept: u32) -> Self {
        Self { finder, models, store, room: Arc::new(Semaphore::new(queue)), kept }
    }

    /// How many more answers may be begun.
    pub fn free(&self) -> usize {
        self.room.available_permits()
    }

    /// Whether another answer may be begun: an error when the queue is full.
    pub fn check_room(&self, mode: AnswerMode) -> ServiceResult<()> {
        if mode == AnswerMode::Answer && self.free() == 0 { Err(ServiceError::AnswersBusy) } else { Ok(()) }
    }

    /// A place among the answers that are written, held while it lives: an error where there is none.
    pub fn room(&self) -> ServiceResult<OwnedSemaphorePermit> {
        self.room.clone().try_acquire_owned().map_err(|_| ServiceError::AnswersBusy)
    }

    /// Answers a question. Ends when the answer has been sent, or the receiver is gone.
    pub async fn answer(self: Arc<Self>, asked: Asked, started: Instant, events: mpsc::Sender<AskEvent>) {
        let answered = tokio::select! {
            answered = self.try_answer(asked, started, &events) => answered,
            () = events.closed() => return,
        };
        let last = match answered {
            Ok(response) => AskEvent::Done(Box::new(response)),
            Err(error) => AskEvent::Error(error),
        };
        // An error only says that the client is gone.
        drop(events.send(last).await);
    }

    async fn try_answer(
        &self,
        asked: Asked,
        started: Instant,
        events: &mpsc::Sender<AskEvent>,
    ) -> ServiceResult<AskResponse> {
        let _permit = match asked.mode {
            AnswerMode::Answer => Some(self.room()?),
            AnswerMode::Quote => None,
        };
        let elapsed_ms = || started.elapsed().as_millis() as u64;
        let query = answer::standalone_question(&asked.question, &asked.history);
        let (found, about) = self.find_for(&asked, &query).await?;
        let mut timings = Timings { retrieve_ms: elapsed_ms(), ..Timings::default() };
        drop(events.send(AskEvent::Passages(found.passages.clone())).await);
        let (course, question, mode) = (asked.course, asked.question.clone(), asked.mode);
        let passages = if asked.explain { found.passages.clone() } else { Vec::new() };
        let request = AnswerRequest {
            language: ingest::detect_language(&asked.question),
            question: asked.question,
            history: asked.history,
            mode: asked.mode,
            passages: found.passages,
        };
        let (sender, mut receiver) = mpsc::channel(16);
        let locate = |document, range: ByteRange| places(found.documents.get(&document), range);
        let served = self.models.get(asked.model.as_deref());
        let answering = async {
            match &about {
                Some(about) => served.answerer.answer_about(about, &request.passages, &locate, sender).await,
                None => served.answerer.answer(request, &locate, sender).await,
            }
        };
        let forwarding = async {
            while let Some(event) = receiver.recv().await {
                let event = match event {
                    AnswerEvent::Token(text) => {
                        if timings.first_token_ms == 0 {
                            timings.first_token_ms = elapsed_ms();
                        }
                        AskEvent::Token(text)
                    }
                    AnswerEvent::Citation(citation) => AskEvent::Citation(citation),
                };
                drop(events.send(event).await);
            }
        };
        let (answer, ()) = tokio::join!(answering, forwarding);
        timings.total_ms = elapsed_ms();
        metrics::histogram!("lectern_answer_seconds").record(started.elapsed().as_secs_f64());
        let answer = answer?;
        let searched = about.is_none().then_some(query);
        let explanation = asked.explain.then(|| Explanation::new(searched, passages, &answer));
        let mut response = AskResponse { explanation, ..AskResponse::new(answer, timings, &served.id) };
        response.id = self.keep(course, &question, mode, &response).await;
        if let Some(conversation) = asked.conversation {
            response.turn = keep_turn::keep_turn(&self.store, conversation, &question, mode, &response).await;
        }
        Ok(response)
    }

    /// What a question is answered from: a part of the material where it asks about that, else what a search finds.
    async fn find_for(&self, asked: &Asked, query: &str) -> ServiceResult<(Found, Option<MaterialQuestion>)> {
        if let Some(about) = answer::about_material(&asked.question) {
            let found = self.finder.material(asked.course, &asked.question, &about, &asked.filter).await?;
            if !found.passages.is_empty() {
                return Ok((found, Some(about)));
            }
        }
        Ok((self.finder.passages(asked.course, query.to_owned(), asked.filter.clone()).await?, None))
    }

    /// Keeps an answer for the course's insight. That it can't be kept is no reason to withhold it.
    async fn keep(
        &self,
        course: CourseId,
        question: &str,
        mode: AnswerMode,
        response: &AskResponse,
    ) -> Option<AnswerId> {
        if self.kept == 0 {
            return None;
        }
        let cited: Vec<DocumentId> = response.citations.iter().map(|citation| citation.document_id).collect();
        let new = NewAnswer {
            course,
            question,
            answer: &response.answer,
            mode,
            refused: response.refused,
            total_ms: response.timings.total_ms,
            cited: if response.refused { &[] } else { &cited },
        };
        self.store
            .keep_answer(&new, self.kept)
            .await
            .inspect_err(|error| tracing::warn!(%error, "an answer could not be kept"))
            .ok()
    }
}

/// The pages of a range with their boxes; without its document, the first page.
pub fn places(document: Option<&Arc<ParsedDocument>>, range: ByteRange) -> Vec<Place> {
    let Some(document) = document else { return vec![Place::at(range)] };
    let pieces = document.split_by_page(range).into_iter();
    let place = |range: ByteRange| Place {
        range,
        page: document.page_of(range.start),
        paged: document.is_paged(),
        heading_path: document.headings_of(range.start),
        boxes: document.boxes(range),
        shown: document.readable(range),
    };
    pieces.map(place).collect()
}
