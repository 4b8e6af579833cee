//! Moodle XML, <https://docs.moodle.org/en/Moodle_XML_format>. Texts are HTML, so that Moodle's filters (`TeX`, …) work on
//! them. Ordering is written as matching of places and items, which every Moodle reads.

use domain::{Citation, Question, QuestionBody, Quiz};
use text::as_html;

use super::{
    not_held::Notes,
    plain_text::{after_answering, name, number, passage_name},
    xml::{Element, el},
};

/// The quiz as XML.
pub fn write(quiz: &Quiz, notes: &mut Notes) -> String {
    // A slash would begin a category within the category; two are one that is meant as text.
    let path = format!("$course$/top/{}", quiz.title.replace('/', "//"));
    let category = el("question").with("type", "category").child(el("category").child(el("text").text(path)));
    let mut questions = Vec::new();
    for (i, asked) in quiz.questions.iter().enumerate() {
        questions.extend(quiz.passage_before(i).map(description));
        questions.push(question(i + 1, asked, notes));
    }
    el("quiz").child(category).children(questions).document(&|name, _| name.to_owned())
}

fn question(n: usize, question: &Question, notes: &mut Notes) -> Element {
    let kind = match question.body {
        QuestionBody::MultipleChoice { .. } => "multichoice",
        QuestionBody::TrueFalse { .. } => "truefalse",
        QuestionBody::Cloze { .. } | QuestionBody::ShortAnswer { .. } => "shortanswer",
        QuestionBody::Ordering { .. } | QuestionBody::Matching { .. } => "matching",
    };
    if matches!(question.body, QuestionBody::Ordering { .. }) {
        notes.add(n, "ordering", "written as matching of places (1, 2, …) and items");
    }
    let tags = question.tags.iter().map(|tag| el("tag").child(el("text").text(tag)));
    let element = el("question")
        .with("type", kind)
        .child(el("name").child(el("text").text(name(n, question))))
        .child(html("questiontext", &question.stem))
        .child(html("generalfeedback", &after_answering(question)))
        .child(el("defaultgrade").text(number(question.points)))
        .child(el("penalty").text("0"))
        .child(el("hidden").text("0"))
        .children(answers(question));
    if question.tags.is_empty() { element } else { element.child(el("tags").children(tags)) }
}

/// A passage is a text between questions, which counts nothing.
fn description(passage: &Citation) -> Element {
    el("question")
        .with("type", "description")
        .child(el("name").child(el("text").text(passage_name(passage))))
        .child(html("questiontext", passage.readable()))
        .child(html("generalfeedback", ""))
        .child(el("defaultgrade").text("0"))
        .child(el("penalty").text("0"))
        .child(el("hidden").text("0"))
}

fn html(name: &'static str, text: &str) -> Element {
    el(name).with("format", "html").child(el("text").text(as_html(text)))
}

fn answer(right: bool, text: Element) -> Element {
    text.with("fraction", if right { "100" } else { "0" }).child(html("feedback", ""))
}

fn answers(question: &Question) -> Vec<Element> {
    let plain = |text: &str| el("answer").with("format", "plain_text").child(el("text").text(text));
    match &question.body {
        QuestionBody::MultipleChoice { options, key } => {
            let settings = [("single", "true"), ("shuffleanswers", "false"), ("answernumbering", "ABCD")];
            let settings = settings.into_iter().map(|(name, value)| el(name).text(value));
            settings.chain(options.iter().map(|o| answer(o == key, html("answer", o)))).collect()
        }
        QuestionBody::TrueFalse { key } => {
            vec![answer(*key, plain("true")), answer(!key, plain("false"))]
        }
        QuestionBody::Cloze { key, accepted } | QuestionBody::ShortAnswer { key, accepted } => {
            let texts = std::iter::once(key).chain(accepted);
            // A star stands for anything in Moodle's short answers.
            let texts = texts.map(|text| answer(true, plain(&text.replace('*', "\\*"))));
            std::iter::once(el("usecase").text("0")).chain(texts).collect()
        }
        QuestionBody::Ordering { key, .. } => {
            let pairs = key.iter().enumerate().map(|(i, item)| pair(&(i + 1).to_string(), item));
            std::iter::once(el("shuffleanswers").text("true")).chain(pairs).collect()
        }
        QuestionBody::Matching { pairs } => {
            let pairs = pairs.iter().map(|p| pair(&p.left, &p.right));
            std::iter::once(el("shuffleanswers").text("true")).chain(pairs).collect()
        }
    }
}

fn pair(left: &str, right: &str) -> Element {
    html("subquestion", left).child(el("answer").child(el("text").text(right)))
}
