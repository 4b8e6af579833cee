//! The teacher's work on a quiz's questions: editing, making one again, marking, and the course's question bank.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, Query, State, rejection::QueryRejection},
};
use domain::{ErrorCode, ErrorKind, Question, QuestionBody, QuestionKind, QuizId, form_fault};
use quiz::{GivenAnswer, mark_answer};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    PageQuery, courses, path_id,
    quizzes::{QuizView, find_made},
};
use crate::{
    bootstrap::App,
    http::problem::{ApiResult, Body, Problem, Thing},
    services::edit_quiz::{self, QuestionChange, QuizChange, asks_the_same, changes},
    store::QuizRow,
};

/// A quiz after a change, and what came of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChangedQuiz {
    #[serde(flatten)]
    quiz: QuizView,
    /// What differs now, by question.
    changes: Vec<QuestionChange>,
}

/// Writes a quiz's questions; 409 where someone else changed it meanwhile.
async fn keep(
    app: &App,
    row: &QuizRow,
    title: &str,
    questions: &[Question],
    was: &[Option<usize>],
) -> ApiResult<Json<ChangedQuiz>> {
    let id = row.quiz.id;
    if !app.store.change_quiz(id, row.version, title, questions).await? {
        let detail = "The quiz was changed by someone else meanwhile. Load it again, then repeat the change.";
        return Err(Problem::new(ErrorKind::Conflict, ErrorCode::QuizChanged, detail));
    }
    let now = app.store.quiz(id).await?.ok_or_else(|| Problem::not_found(Thing::Quiz, id))?;
    Ok(Json(ChangedQuiz { quiz: now.into(), changes: changes(&row.quiz.questions, questions, was) }))
}

/// Changes title and questions. What is asked is proven again where it changed; `changes` says what came of it.
#[utoipa::path(patch, path = "/api/v1/quizzes/{id}", operation_id = "change_quiz", tag = "quizzes", params(("id" = String, Path)),
    request_body = QuizChange,
    responses((status = 200, body = ChangedQuiz), (status = 400, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem), (status = 503, body = Problem)))]
pub(super) async fn change(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    Body(mut change): Body<QuizChange>,
) -> ApiResult<Json<ChangedQuiz>> {
    let row = find_made(&app, &id).await?;
    let title = match change.title.take() {
        Some(title) => edit_quiz::title(&title)?,
        None => row.quiz.title.clone(),
    };
    let placed = edit_quiz::apply(&row.quiz, change)?;
    let before = |was: Option<usize>| was.and_then(|at| row.quiz.questions.get(at));
    for (i, placed) in placed.iter().enumerate() {
        let known = before(placed.was).map(|old| old.evidence.as_slice()).unwrap_or_default();
        for citation in placed.question.evidence.iter().filter(|citation| !known.contains(citation)) {
            if !app.library.is_verbatim(row.quiz.course_id, citation).await? {
                let n = i + 1;
                let detail = format!("Question {n}: its evidence is not word for word in a document of this course.");
                return Err(Problem::invalid(ErrorCode::EvidenceNotVerbatim, detail));
            }
        }
    }
    let to_prove: Vec<usize> = (0..placed.len())
        .filter(|at| !before(placed[*at].was).is_some_and(|old| asks_the_same(old, &placed[*at].question)))
        .collect();
    let (mut questions, was): (Vec<Question>, Vec<Option<usize>>) =
        placed.into_iter().map(|placed| (placed.question, placed.was)).unzip();
    app.prover.prove(row.quiz.course_id, &mut questions, &to_prove).await?;
    keep(&app, &row, &title, &questions, &was).await
}

/// What is to be made again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// All of it.
    #[default]
    Question,
    /// One wrong option.
    Distractor,
}

/// What is to be made again; the whole question where nothing is sent.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Regenerate {
    #[serde(default)]
    part: Part,
    /// For a distractor its place among the options, from 0.
    option: Option<usize>,
}

/// Makes a question, or one of its wrong options, again. 409 `nothing_else_found` where the material holds no other.
#[utoipa::path(post, path = "/api/v1/quizzes/{id}/questions/{n}/regenerate", tag = "quizzes",
    params(("id" = String, Path), ("n" = usize, Path, description = "the question's number, from 1")),
    request_body(content = Option<Regenerate>),
    responses((status = 200, body = ChangedQuiz), (status = 400, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem), (status = 503, body = Problem)))]
pub(super) async fn regenerate(
    State(app): State<Arc<App>>,
    Path((id, n)): Path<(String, String)>,
    body: axum::body::Bytes,
) -> ApiResult<Json<ChangedQuiz>> {
    let row = find_made(&app, &id).await?;
    let number: usize = path_id(Thing::Question, &n)?;
    let at = number.checked_sub(1).filter(|at| *at < row.quiz.questions.len());
    let at = at.ok_or_else(|| Problem::not_found(Thing::Question, &n))?;
    let wanted: Regenerate = if body.iter().all(u8::is_ascii_whitespace) {
        Regenerate::default()
    } else {
        serde_json::from_slice(&body).map_err(|e| Problem::invalid(ErrorCode::InvalidJson, e.to_string()))?
    };
    let question = &row.quiz.questions[at];
    if question.locked {
        let detail = format!("Question {n} is locked. Unlock it first.");
        return Err(Problem::new(ErrorKind::Conflict, ErrorCode::QuestionLocked, detail));
    }
    let distractor = match wanted.part {
        Part::Question => None,
        Part::Distractor => Some(wrong_option(question, wanted.option)?),
    };
    let made = app.prover.remake(&row.quiz, at, distractor).await?;
    let mut questions = row.quiz.questions.clone();
    questions[at] = made;
    let was: Vec<Option<usize>> = (0..questions.len()).map(Some).collect();
    keep(&app, &row, &row.quiz.title, &questions, &was).await
}

fn wrong_option(question: &Question, place: Option<usize>) -> ApiResult<&str> {
    let QuestionBody::MultipleChoice { options, key } = &question.body else {
        let detail = "Only multiple choice has wrong options to make again.";
        return Err(Problem::invalid(ErrorCode::KindDoesNotFit, detail));
    };
    let Some(option) = place.and_then(|place| options.get(place)) else {
        let detail = format!("`option` must be the place of an option, 0 to {}.", options.len().saturating_sub(1));
        return Err(Problem::invalid(ErrorCode::InvalidOption, detail));
    };
    if option == key {
        return Err(Problem::invalid(
            ErrorCode::OptionIsKey,
            "That option is the key. Make the whole question again, or edit it.",
        ));
    }
    Ok(option)
}

/// A student's answers.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GivenAnswers {
    /// One per question that was answered.
    answers: Vec<NumberedAnswer>,
}

/// The answer to one question.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NumberedAnswer {
    /// The question's number, from 1.
    n: usize,
    /// Multiple choice, cloze and short answer: the text. True/false: a boolean. Ordering: the items in order. Matching:
    /// the pairs `{left, right}`.
    #[schema(value_type = Object)]
    answer: GivenAnswer,
}

/// What a student earned.
#[derive(Debug, Serialize, ToSchema)]
pub struct Marks {
    /// Points earned.
    points: f32,
    /// Points there were.
    of: f32,
    /// By question.
    #[expect(clippy::struct_field_names, reason = "the field is the contract's")]
    marks: Vec<QuestionMark>,
}

/// What an answer earned.
#[derive(Debug, Serialize, ToSchema)]
pub struct QuestionMark {
    /// The question's number, from 1.
    n: usize,
    /// Whether it was answered.
    answered: bool,
    /// Whether all of it was right.
    right: bool,
    points: f32,
    of: f32,
    /// The key, and what else belongs to the kind.
    #[serde(flatten)]
    body: QuestionBody,
    explanation: String,
    feedback: String,
}

/// Marks a student's answers. Nothing is kept.
#[utoipa::path(post, path = "/api/v1/quizzes/{id}/mark", operation_id = "mark_quiz", tag = "quizzes", params(("id" = String, Path)),
    request_body = GivenAnswers,
    responses((status = 200, body = Marks), (status = 400, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem)))]
pub(super) async fn mark(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    Body(given): Body<GivenAnswers>,
) -> ApiResult<Json<Marks>> {
    let questions = find_made(&app, &id).await?.quiz.questions;
    if let Some(unknown) = given.answers.iter().find(|a| !(1..=questions.len()).contains(&a.n)) {
        return Err(Problem::not_found(Thing::Question, unknown.n));
    }
    let mut marks = Vec::with_capacity(questions.len());
    for (i, question) in questions.into_iter().enumerate() {
        let n = i + 1;
        let answer = given.answers.iter().find(|a| a.n == n);
        let share = match answer {
            Some(answer) => mark_answer(&question, &answer.answer).ok_or_else(|| {
                let detail = format!("Question {n}: the answer has the form of another kind of question.");
                Problem::invalid(ErrorCode::AnswerForm, detail)
            })?,
            None => 0.0,
        };
        marks.push(QuestionMark {
            n,
            answered: answer.is_some(),
            right: share >= 1.0,
            points: share * question.points,
            of: question.points,
            body: question.body,
            explanation: question.explanation,
            feedback: question.feedback,
        });
    }
    let sum = |of: fn(&QuestionMark) -> f32| marks.iter().map(of).sum();
    Ok(Json(Marks { points: sum(|m| m.points), of: sum(|m| m.of), marks }))
}

/// Which questions of the bank.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct BankQuery {
    /// With this tag.
    tag: Option<String>,
    /// Of this kind.
    kind: Option<QuestionKind>,
    /// With these words in stem, options or key; case does not count.
    q: Option<String>,
    /// Most items to return, 1 to 200; 50 where it is left out.
    limit: Option<u32>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

/// A question of the bank.
#[derive(Debug, Serialize, ToSchema)]
pub struct BankQuestion {
    /// Its quiz.
    quiz_id: QuizId,
    quiz_title: String,
    /// Its number there, from 1.
    n: usize,
    #[serde(flatten)]
    question: Question,
}

/// A page of the bank.
#[derive(Debug, Serialize, ToSchema)]
pub struct Bank {
    /// Oldest quiz first.
    questions: Vec<BankQuestion>,
    /// Give it as `cursor` for the next page; null at the end.
    next_cursor: Option<String>,
}

/// All questions of a course's quizzes, by tag, kind and words.
#[utoipa::path(get, path = "/api/v1/courses/{id}/questions", operation_id = "list_questions", tag = "quizzes",
    params(("id" = String, Path), BankQuery),
    responses((status = 200, body = Bank), (status = 400, body = Problem), (status = 404, body = Problem)))]
pub(super) async fn bank(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    query: Result<Query<BankQuery>, QueryRejection>,
) -> ApiResult<Json<Bank>> {
    let Query(query) = query.map_err(|e| Problem::invalid(ErrorCode::InvalidQuery, e.body_text()))?;
    let page = PageQuery { limit: query.limit, cursor: query.cursor.clone() };
    let (limit, after) = PageQuery::read::<BankCursor>(Ok(Query(page)))?;
    let course = courses::find(&app, &id).await?.id;
    let words = query.q.as_deref().map(str::to_lowercase);
    let (mut questions, mut from) = (Vec::new(), after);
    // One quiz at a time: a bank may hold thousands of questions.
    'quizzes: while let Some(row) = app
        .store
        .quizzes(course, from.as_ref().map(|c| c.quiz), from.as_ref().is_some_and(|c| c.n == usize::MAX), 1)
        .await?
        .pop()
    {
        let seen = from.as_ref().filter(|c| c.quiz == row.quiz.id).map_or(0, |c| c.n);
        for (at, question) in row.quiz.questions.into_iter().enumerate().skip(seen) {
            if questions.len() > limit as usize {
                break 'quizzes;
            }
            if wanted(&question, &query, words.as_deref()) {
                let (quiz_id, quiz_title) = (row.quiz.id, row.quiz.title.clone());
                questions.push(BankQuestion { quiz_id, quiz_title, n: at + 1, question });
            }
        }
        from = Some(BankCursor { quiz: row.quiz.id, n: usize::MAX });
    }
    let next_cursor = super::next_cursor(&mut questions, limit, |q| format!("{}.{}", q.quiz_id, q.n));
    Ok(Json(Bank { questions, next_cursor }))
}

/// The last question of a page: `quiz.number`.
struct BankCursor {
    quiz: QuizId,
    n: usize,
}

impl std::str::FromStr for BankCursor {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (quiz, n) = text.split_once('.').ok_or(())?;
        Ok(Self { quiz: quiz.parse().map_err(|_| ())?, n: n.parse().map_err(|_| ())? })
    }
}

fn wanted(question: &Question, query: &BankQuery, words: Option<&str>) -> bool {
    let tagged = query.tag.as_ref().is_none_or(|tag| question.tags.contains(tag));
    let of_kind = query.kind.is_none_or(|kind| question.body.kind() == kind);
    tagged && of_kind && words.is_none_or(|words| holds(question, words)) && form_fault(question).is_none()
}

fn holds(question: &Question, words: &str) -> bool {
    let body = match &question.body {
        QuestionBody::MultipleChoice { options, .. } | QuestionBody::Ordering { options, .. } => options.join("\n"),
        QuestionBody::TrueFalse { .. } => String::new(),
        QuestionBody::Cloze { key, .. } | QuestionBody::ShortAnswer { key, .. } => key.clone(),
        QuestionBody::Matching { pairs } => {
            pairs.iter().map(|p| format!("{}\n{}", p.left, p.right)).collect::<Vec<_>>().join("\n")
        }
    };
    question.stem.to_lowercase().contains(words) || body.to_lowercase().contains(words)
}
