//! A copy of a quiz whose every text can be written to every format.

use domain::{Citation, MatchPair, Question, QuestionBody, Quiz};
use text::clean;

/// The quiz with clean texts.
pub fn cleaned(quiz: &Quiz) -> Quiz {
    let passage = |p: &Citation| Citation { quote: clean(&p.quote), shown: p.shown.as_deref().map(clean), ..p.clone() };
    Quiz {
        title: clean(&quiz.title),
        questions: quiz.questions.iter().map(question).collect(),
        passages: quiz.passages.iter().map(passage).collect(),
        ..quiz.clone()
    }
}

fn question(question: &Question) -> Question {
    Question {
        stem: clean(&question.stem),
        body: body(&question.body),
        explanation: clean(&question.explanation),
        feedback: clean(&question.feedback),
        tags: all(&question.tags),
        ..question.clone()
    }
}

fn all(texts: &[String]) -> Vec<String> {
    texts.iter().map(|text| clean(text)).collect()
}

fn body(body: &QuestionBody) -> QuestionBody {
    match body {
        QuestionBody::MultipleChoice { options, key } => {
            QuestionBody::MultipleChoice { options: all(options), key: clean(key) }
        }
        QuestionBody::TrueFalse { key } => QuestionBody::TrueFalse { key: *key },
        QuestionBody::Cloze { key, accepted } => QuestionBody::Cloze { key: clean(key), accepted: all(accepted) },
        QuestionBody::ShortAnswer { key, accepted } => {
            QuestionBody::ShortAnswer { key: clean(key), accepted: all(accepted) }
        }
        QuestionBody::Ordering { options, key } => QuestionBody::Ordering { options: all(options), key: all(key) },
        QuestionBody::Matching { pairs } => {
            let pair = |p: &MatchPair| MatchPair { left: clean(&p.left), right: clean(&p.right) };
            QuestionBody::Matching { pairs: pairs.iter().map(pair).collect() }
        }
    }
}
