//! Turns a statement into one that its text contradicts, and stays a sentence: a negation put in or taken out, a
//! quantifier or a comparison turned round, a number changed.

mod chinese;
mod english;
mod number;

use domain::Language;

pub(super) use english::capital;
pub(super) use number::change_number;

use crate::random::Random;

/// How a statement is made false.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Way {
    /// A negation is put in, or taken out.
    Negate,
    /// A quantifier, a comparison or a direction becomes its opposite.
    Oppose,
    /// A number becomes another.
    Number,
}

/// Everything that one change of this way can make of the statement, in the order of the places it changes.
pub(super) fn falsified(statement: &str, language: Language, way: Way, random: &mut Random) -> Vec<String> {
    let traditional = language == Language::TraditionalChinese;
    match (way, language.is_chinese()) {
        (Way::Negate, true) => chinese::negated(statement, traditional),
        (Way::Negate, false) => english::negated(statement),
        (Way::Oppose, true) => chinese::opposed(statement, traditional),
        (Way::Oppose, false) => english::opposed(statement),
        (Way::Number, _) => change_number(statement, random).into_iter().collect(),
    }
}

/// Whether a statement negates or quantifies: what a reader is easily misled by.
pub(super) fn is_marked(statement: &str, language: Language) -> bool {
    if language.is_chinese() { chinese::is_marked(statement) } else { english::is_marked(statement) }
}

/// A statement as a question for yes or no.
pub(super) fn as_question(statement: &str, known: &str, language: Language, random: &mut Random) -> String {
    match language {
        Language::TraditionalChinese => chinese::as_question(statement, true, random),
        Language::SimplifiedChinese => chinese::as_question(statement, false, random),
        Language::English | Language::Other => english::as_question(statement, known),
    }
}
