//! The quiz worker: takes a job, has the quiz made and proven, and marks it ready last.
//!
//! The seed is chosen when the quiz is asked for and kept with it: a worker killed anywhere is followed by one that
//! makes the same quiz from the same documents.

use std::{sync::Arc, time::Duration};

use domain::{Citation, LeftOut, Question};
use quiz::QuizEvent;
use tokio::sync::watch;
use tokio_util::task::TaskTracker;

use super::run_jobs::{self, Failed, Reporter};
use crate::{
    bootstrap::App,
    store::{Made, NextQuiz, StoreResult},
};

/// How often questions that were just made are written, for those who watch.
const KEEP_PERIOD: Duration = Duration::from_millis(500);

/// Starts the worker. There is one: two quizzes at once would only share the model's time.
pub fn start(app: &Arc<App>, tracker: &TaskTracker) {
    tracker.spawn(run_jobs::work(app.clone(), |app| Box::pin(next(app))));
}

async fn next(app: &Arc<App>) -> StoreResult<bool> {
    let Some(job) = app.store.take_quiz_job().await? else { return Ok(false) };
    run_jobs::run(app, job.id, make(app, job)).await;
    Ok(true)
}

/// What was made so far.
#[derive(Clone, Default)]
struct SoFar {
    questions: Vec<Question>,
    passages: Vec<Citation>,
    tried: usize,
    left_out: Vec<LeftOut>,
}

impl SoFar {
    fn take(&mut self, event: QuizEvent) {
        match event {
            QuizEvent::Read { .. } => {}
            QuizEvent::Passage(passage) => self.passages.push(*passage),
            QuizEvent::Tried => self.tried += 1,
            QuizEvent::Accepted { question, .. } => self.questions.push(*question),
            QuizEvent::LeftOut { reason } => match self.left_out.iter_mut().find(|l| l.reason == reason) {
                Some(known) => known.count += 1,
                None => self.left_out.push(LeftOut { reason, count: 1 }),
            },
        }
    }

    fn made(&self) -> Made<'_> {
        Made { questions: &self.questions, passages: &self.passages, tried: self.tried, left_out: &self.left_out }
    }
}

async fn make(app: &Arc<App>, job: NextQuiz) -> Result<(), Failed> {
    let quiz = app.store.quiz(job.quiz_id).await?.ok_or(Failed::Cancelled)?.quiz;
    let progress = Reporter::new(app.clone(), job.id).await?;
    let total = quiz.request.count;
    progress.report("choosing", 0, 0);
    let course = app.quiz_sources.of(quiz.course_id).await?;
    progress.report("making", 0, total);
    let (sender, mut made_so_far) = watch::channel(SoFar::default());
    let tell = move |event: QuizEvent| {
        sender.send_modify(|so_far| so_far.take(event));
        progress.report("making", sender.borrow().questions.len(), total);
    };
    // It ends when `tell` is dropped, which is when the quiz is made.
    let keeping = async {
        while made_so_far.changed().await.is_ok() {
            let made = {
                let so_far = made_so_far.borrow_and_update();
                so_far.clone()
            };
            app.store.keep_made(job.quiz_id, job.id, made.made()).await?;
            tokio::time::sleep(KEEP_PERIOD).await;
        }
        Ok::<_, Failed>(())
    };
    let maker = &app.models.of_course(&app.store, quiz.course_id).await?.quiz_maker;
    let making = maker.make(&quiz.request, &course.sources, course.as_ref(), tell);
    let (made, kept) = tokio::join!(making, keeping);
    kept?;
    let mut made = made?;
    let short = total.saturating_sub(made.questions.len());
    if short > 0 && made.left_out.is_empty() {
        // There was nothing to try: no passage of the wanted documents, pages and language holds anything to ask about.
        made.left_out.push(LeftOut { reason: "no_key".to_owned(), count: short });
    }
    let (questions, passages) = (&made.questions, &made.passages);
    let outcome = Made { questions, passages, tried: made.tried, left_out: &made.left_out };
    if !app.store.finish_quiz(job.quiz_id, job.id, outcome).await? {
        return Err(Failed::Cancelled);
    }
    tracing::info!(quiz = %job.quiz_id, questions = made.questions.len(), tried = made.tried, "quiz ready");
    Ok(())
}
