//! Proving and remaking questions while their teacher waits, and looking their evidence up.

use domain::{Citation, CourseId, ErrorKind, Question, Quiz};
use tokio::sync::SemaphorePermit;

use crate::{
    bootstrap::App,
    http::problem::{ApiResult, Problem},
    models::ServedModel,
    store::StoreResult,
};

/// Most questions that one request has proven; more are left unproven, which shows.
const PROVEN_AT_ONCE: usize = 50;

impl App {
    fn room_for_proof(&self) -> ApiResult<SemaphorePermit<'_>> {
        self.proofs.try_acquire().map_err(|_| {
            let detail = "Many questions are being proven. Send this again in a moment.";
            Problem::new(ErrorKind::Overloaded, "quiz_busy", detail)
        })
    }

    /// Who makes a course's answers and quizzes.
    pub async fn model_of(&self, course: CourseId) -> StoreResult<&ServedModel> {
        let course = self.store.course(course).await?;
        Ok(self.models.get(course.and_then(|c| c.model).as_deref()))
    }

    /// Proves the questions at these places anew, among all others of their quiz.
    pub async fn prove_again(&self, course: CourseId, questions: &mut [Question], places: &[usize]) -> ApiResult<()> {
        if places.is_empty() {
            return Ok(());
        }
        let _permit = self.room_for_proof()?;
        let maker = &self.model_of(course).await?.quiz_maker;
        let course = self.quiz_sources(course).await?;
        for (count, at) in places.iter().copied().enumerate() {
            if count >= PROVEN_AT_ONCE {
                questions[at].proof = domain::Proof::default();
                continue;
            }
            let others: Vec<Question> =
                questions.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, q)| q.clone()).collect();
            questions[at].proof = maker.prove(&questions[at], &course.sources, &others).await?;
        }
        Ok(())
    }

    /// Another question in the place of the one at `at`, or the same one with another wrong option.
    pub async fn remake(&self, quiz: &Quiz, at: usize, distractor: Option<&str>) -> ApiResult<Question> {
        let _permit = self.room_for_proof()?;
        let course = self.quiz_sources(quiz.course_id).await?;
        let question = &quiz.questions[at];
        let others: Vec<Question> =
            quiz.questions.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, q)| q.clone()).collect();
        let (maker, sources) = (&self.model_of(quiz.course_id).await?.quiz_maker, course.sources.as_slice());
        let made = match distractor {
            Some(option) => maker.remake_distractor(question, option, sources, &others, &course).await?,
            None => maker.remake(question, &quiz.request, sources, &others, &course).await?,
        };
        let mut made = made.ok_or_else(|| {
            let what = if distractor.is_some() { "wrong option" } else { "question of this kind" };
            let detail =
                format!("The material holds no other {what} that passes its checks. The question is as it was.");
            Problem::new(ErrorKind::Conflict, "nothing_else_found", detail)
        })?;
        made.points = question.points;
        made.tags.clone_from(&question.tags);
        Ok(made)
    }

    /// Whether a citation is word for word in a document of this course.
    pub async fn is_verbatim(&self, course: CourseId, citation: &Citation) -> ApiResult<bool> {
        let Some(document) = self.store.document(citation.document_id).await? else { return Ok(false) };
        if document.course_id != course || citation.quote.is_empty() {
            return Ok(false);
        }
        let Some(parsed) = self.parsed(&document.text()).await? else { return Ok(false) };
        let range = domain::ByteRange { start: citation.start, end: citation.end };
        Ok(citation.start <= citation.end && parsed.slice(range) == citation.quote)
    }
}
