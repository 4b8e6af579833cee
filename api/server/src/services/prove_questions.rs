//! Proving and remaking questions while their teacher waits.

use std::sync::Arc;

use domain::{CourseId, Proof, Question, Quiz};
use tokio::sync::{Semaphore, SemaphorePermit};

use super::{QuizSources, ServiceError, ServiceResult};
use crate::{models::ServedModels, store::Store};

/// Requests that prove or remake questions at once; more are told to come back.
const AT_ONCE: usize = 4;
/// Most questions that one request has proven; more are left unproven, which shows.
const PROVEN_AT_ONCE: usize = 50;

/// Proves questions and makes them anew.
pub struct Prover {
    store: Store,
    models: Arc<ServedModels>,
    sources: Arc<QuizSources>,
    room: Semaphore,
}

impl Prover {
    /// With these models, from these sources.
    pub fn new(store: Store, models: Arc<ServedModels>, sources: Arc<QuizSources>) -> Self {
        Self { store, models, sources, room: Semaphore::new(AT_ONCE) }
    }

    fn room(&self) -> ServiceResult<SemaphorePermit<'_>> {
        self.room.try_acquire().map_err(|_| ServiceError::ProofsBusy)
    }

    /// Proves the questions at these places anew, among all others of their quiz.
    pub async fn prove(&self, course: CourseId, questions: &mut [Question], places: &[usize]) -> ServiceResult<()> {
        if places.is_empty() {
            return Ok(());
        }
        let _permit = self.room()?;
        let maker = &self.models.of_course(&self.store, course).await?.quiz_maker;
        let course = self.sources.of(course).await?;
        for (count, at) in places.iter().copied().enumerate() {
            if count >= PROVEN_AT_ONCE {
                questions[at].proof = Proof::default();
                continue;
            }
            let others: Vec<Question> =
                questions.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, q)| q.clone()).collect();
            questions[at].proof = maker.prove(&questions[at], &course.sources, &others).await?;
        }
        Ok(())
    }

    /// Another question in the place of the one at `at`, or the same one with another wrong option.
    pub async fn remake(&self, quiz: &Quiz, at: usize, distractor: Option<&str>) -> ServiceResult<Question> {
        let _permit = self.room()?;
        let course = self.sources.of(quiz.course_id).await?;
        let question = &quiz.questions[at];
        let others: Vec<Question> =
            quiz.questions.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, q)| q.clone()).collect();
        let (maker, sources) =
            (&self.models.of_course(&self.store, quiz.course_id).await?.quiz_maker, course.sources.as_slice());
        let made = match distractor {
            Some(option) => maker.remake_distractor(question, option, sources, &others, course.as_ref()).await?,
            None => maker.remake(question, &quiz.request, sources, &others, course.as_ref()).await?,
        };
        let mut made = made.ok_or_else(|| {
            let what = if distractor.is_some() { "wrong option" } else { "question of this kind" };
            ServiceError::NothingElseFound(what)
        })?;
        made.points = question.points;
        made.tags.clone_from(&question.tags);
        Ok(made)
    }
}
