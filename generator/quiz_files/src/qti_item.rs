//! One question as an assessment item of QTI, named as in 2.1; 3.0 spells the same names otherwise.

use domain::{BLANK, Question, QuestionBody};
use text::one_line;

use super::{
    plain_text::{after_answering, letter, name, number},
    shuffle::shown_order,
    words::FileWords,
    xml::{Element, Node, el},
};

const RESPONSE: &str = "RESPONSE";

/// What differs between kinds.
struct Parts {
    declaration: Element,
    body: Vec<Node>,
    /// `match`: all or nothing; `mapResponse`: the sum of what is mapped.
    by_map: bool,
}

/// The item of the question with this number, without namespaces; its passage stands before it.
pub fn item(n: usize, identifier: &str, question: &Question, passage: Option<&str>) -> Element {
    let words = FileWords::of(question.language);
    let mut parts = parts(question, words);
    if let Some(text) = passage {
        parts.body.insert(0, el("div").child(el("p").lines(text)).into());
    }
    let score = el("outcomeDeclaration")
        .with("identifier", "SCORE")
        .with("cardinality", "single")
        .with("baseType", "float")
        .child(el("defaultValue").child(el("value").text("0")));
    let most = el("outcomeDeclaration")
        .with("identifier", "MAXSCORE")
        .with("cardinality", "single")
        .with("baseType", "float")
        .child(el("defaultValue").child(el("value").text(number(question.points))));
    let after = after_answering(question);
    let item = el("assessmentItem")
        .with("identifier", identifier)
        .with("title", one_line(&name(n, question)))
        .with("adaptive", false)
        .with("timeDependent", false)
        .with("xml:lang", question.language.tag())
        .child(parts.declaration)
        .child(score)
        .child(most);
    let item = if after.is_empty() { item } else { item.child(feedback_outcome()) };
    let item = item.child(el("itemBody").children(parts.body)).child(processing(
        question.points,
        parts.by_map,
        !after.is_empty(),
    ));
    if after.is_empty() { item } else { item.child(modal_feedback(&after)) }
}

fn feedback_outcome() -> Element {
    el("outcomeDeclaration").with("identifier", "FEEDBACK").with("cardinality", "single").with("baseType", "identifier")
}

fn modal_feedback(text: &str) -> Element {
    el("modalFeedback")
        .with("outcomeIdentifier", "FEEDBACK")
        .with("identifier", "explanation")
        .with("showHide", "show")
        .child(el("contentBody").child(el("p").lines(text)))
}

fn variable() -> Element {
    el("variable").with("identifier", RESPONSE)
}

fn set(outcome: &str, value: Element) -> Element {
    el("setOutcomeValue").with("identifier", outcome).child(value)
}

fn base(kind: &str, value: &str) -> Element {
    el("baseValue").with("baseType", kind).text(value)
}

fn processing(points: f32, by_map: bool, feedback: bool) -> Element {
    let score = if by_map {
        let unanswered = el("responseIf").child(el("isNull").child(variable())).child(set("SCORE", base("float", "0")));
        let answered = el("responseElse").child(set("SCORE", el("mapResponse").with("identifier", RESPONSE)));
        el("responseCondition").child(unanswered).child(answered)
    } else {
        let right = el("responseIf")
            .child(el("match").child(variable()).child(el("correct").with("identifier", RESPONSE)))
            .child(set("SCORE", base("float", &number(points))));
        el("responseCondition").child(right)
    };
    let all = el("responseProcessing").child(score);
    if feedback { all.child(set("FEEDBACK", base("identifier", "explanation"))) } else { all }
}

fn declare(cardinality: &str, kind: &str, values: impl IntoIterator<Item = String>) -> Element {
    el("responseDeclaration")
        .with("identifier", RESPONSE)
        .with("cardinality", cardinality)
        .with("baseType", kind)
        .child(el("correctResponse").children(values.into_iter().map(|value| el("value").text(value))))
}

fn map(entries: impl IntoIterator<Item = (String, f32)>, words: bool) -> Element {
    let entry = |(key, points): (String, f32)| {
        let entry = el("mapEntry").with("mapKey", key).with("mappedValue", number(points));
        if words { entry.with("caseSensitive", false) } else { entry }
    };
    el("mapping").with("defaultValue", 0).children(entries.into_iter().map(entry))
}

fn stem(text: &str) -> Node {
    el("p").lines(text).into()
}

fn parts(question: &Question, words: &FileWords) -> Parts {
    match &question.body {
        QuestionBody::MultipleChoice { options, key } => {
            let place = options.iter().position(|option| option == key).unwrap_or(0);
            choice(&question.stem, options, place)
        }
        QuestionBody::TrueFalse { key } => {
            choice(&question.stem, &[words.yes.to_owned(), words.no.to_owned()], usize::from(!key))
        }
        QuestionBody::Cloze { key, accepted } => text_entry(question, key, accepted, true),
        QuestionBody::ShortAnswer { key, accepted } => text_entry(question, key, accepted, false),
        QuestionBody::Ordering { key, .. } => ordering(&question.stem, key),
        QuestionBody::Matching { pairs } => {
            let lefts: Vec<&str> = pairs.iter().map(|p| p.left.as_str()).collect();
            let rights: Vec<&str> = pairs.iter().map(|p| p.right.as_str()).collect();
            matching(&question.stem, &lefts, &rights, question.points)
        }
    }
}

fn choice(stem_text: &str, options: &[String], key: usize) -> Parts {
    let choices = options
        .iter()
        .enumerate()
        .map(|(i, option)| el("simpleChoice").with("identifier", letter(i)).child(el("p").lines(option)));
    let interaction = el("choiceInteraction")
        .with("responseIdentifier", RESPONSE)
        .with("shuffle", false)
        .with("maxChoices", 1)
        .child(el("prompt").lines(stem_text))
        .children(choices);
    let declaration = declare("single", "identifier", [letter(key).to_string()]);
    Parts { declaration, body: vec![interaction.into()], by_map: false }
}

fn text_entry(question: &Question, key: &str, accepted: &[String], inline: bool) -> Parts {
    let longest = accepted.iter().map(|text| text.chars().count()).max().unwrap_or(0).max(key.chars().count());
    let entry = el("textEntryInteraction").with("responseIdentifier", RESPONSE).with("expectedLength", longest.max(8));
    let body = match question.stem.split_once(BLANK) {
        Some((before, after)) if inline => vec![el("p").lines(before).child(entry).lines(after).into()],
        _ => vec![stem(&question.stem), el("p").child(entry).into()],
    };
    let mut keys: Vec<String> = vec![key.to_owned()];
    keys.extend(accepted.iter().filter(|text| *text != key).cloned());
    let entries = keys.into_iter().map(|text| (text, question.points));
    let declaration = declare("single", "string", [key.to_owned()]).child(map(entries, true));
    Parts { declaration, body, by_map: true }
}

fn ordering(stem_text: &str, key: &[String]) -> Parts {
    let choices = shown_order(key)
        .into_iter()
        .map(|i| el("simpleChoice").with("identifier", format!("S{}", i + 1)).child(el("p").lines(&key[i])));
    let interaction = el("orderInteraction")
        .with("responseIdentifier", RESPONSE)
        .with("shuffle", false)
        .child(el("prompt").lines(stem_text))
        .children(choices);
    let declaration = declare("ordered", "identifier", (1..=key.len()).map(|i| format!("S{i}")));
    Parts { declaration, body: vec![interaction.into()], by_map: false }
}

fn matching(stem_text: &str, lefts: &[&str], rights: &[&str], points: f32) -> Parts {
    let side = |letter: char, i: usize, text: &str| {
        el("simpleAssociableChoice")
            .with("identifier", format!("{letter}{}", i + 1))
            .with("matchMax", 1)
            .child(el("p").lines(text))
    };
    let terms = lefts.iter().enumerate().map(|(i, text)| side('L', i, text));
    let partners = shown_order(rights).into_iter().map(|i| side('R', i, rights[i]));
    let interaction = el("matchInteraction")
        .with("responseIdentifier", RESPONSE)
        .with("shuffle", false)
        .with("maxAssociations", lefts.len())
        .child(el("prompt").lines(stem_text))
        .child(el("simpleMatchSet").children(terms))
        .child(el("simpleMatchSet").children(partners));
    let pairs: Vec<String> = (1..=lefts.len()).map(|i| format!("L{i} R{i}")).collect();
    let share = points / lefts.len().max(1) as f32;
    let declaration = declare("multiple", "directedPair", pairs.clone())
        .child(map(pairs.into_iter().map(|pair| (pair, share)), false));
    Parts { declaration, body: vec![interaction.into()], by_map: true }
}
