//! Notes that Anki imports, <https://docs.ankiweb.net/importing/text-files.html>: front, back and tags, parted by tabs.

use std::fmt::Write;

use domain::{Question, QuestionBody, Quiz};
use text::{as_html, one_line};

use super::{
    plain_text::{after_answering, letter},
    shuffle::shown_order,
    words::FileWords,
};

/// The quiz as text.
pub fn write(quiz: &Quiz) -> String {
    let mut out = format!(
        "#separator:tab\n#html:true\n#notetype:Basic\n#deck:{}\n#columns:Front\tBack\tTags\n#tags column:3\n",
        one_line(&quiz.title)
    );
    for question in &quiz.questions {
        let tags: Vec<String> = question.tags.iter().map(|tag| tag.replace(char::is_whitespace, "_")).collect();
        let passage = quiz.passage_of(question).map(|p| format!("{}\n\n", p.readable())).unwrap_or_default();
        let (front, back) = (html(&format!("{passage}{}", front(question))), html(&back(question)));
        let _ = writeln!(out, "{}\t{}\t{}", quoted(&front), quoted(&back), quoted(&tags.join(" ")));
    }
    out
}

/// HTML on one line.
fn html(text: &str) -> String {
    as_html(text).replace('\t', "&#9;")
}

/// In quotes: a line that began with `#` would be taken for a comment.
fn quoted(cell: &str) -> String {
    format!("\"{}\"", cell.replace('"', "\"\""))
}

fn listed<'a>(options: impl IntoIterator<Item = &'a str>) -> String {
    options.into_iter().enumerate().fold(String::new(), |out, (i, option)| format!("{out}\n{}. {option}", letter(i)))
}

fn front(question: &Question) -> String {
    let words = FileWords::of(question.language);
    let below = match &question.body {
        QuestionBody::MultipleChoice { options, .. } | QuestionBody::Ordering { options, .. } => {
            listed(options.iter().map(String::as_str))
        }
        QuestionBody::TrueFalse { .. } => format!("\n{}", words.judge),
        QuestionBody::Matching { pairs } => {
            let rights: Vec<&str> = pairs.iter().map(|p| p.right.as_str()).collect();
            let lefts = pairs.iter().map(|p| p.left.as_str());
            let shown = shown_order(&rights).into_iter().map(|i| rights[i]);
            format!("{}\n{}", listed(lefts), listed(shown))
        }
        QuestionBody::Cloze { .. } | QuestionBody::ShortAnswer { .. } => String::new(),
    };
    format!("{}{below}", question.stem)
}

fn back(question: &Question) -> String {
    let words = FileWords::of(question.language);
    let key = match &question.body {
        QuestionBody::MultipleChoice { options, key } => {
            let place = options.iter().position(|option| option == key).unwrap_or(0);
            format!("{}. {key}", letter(place))
        }
        QuestionBody::TrueFalse { key } => words.truth(*key).to_owned(),
        QuestionBody::Cloze { key, accepted } | QuestionBody::ShortAnswer { key, accepted } => {
            accepted.iter().fold(key.clone(), |out, text| format!("{out}\n{}: {text}", words.also))
        }
        QuestionBody::Ordering { key, .. } => {
            key.iter().enumerate().map(|(i, item)| format!("{}. {item}", i + 1)).collect::<Vec<_>>().join("\n")
        }
        QuestionBody::Matching { pairs } => {
            pairs.iter().map(|p| format!("{} → {}", p.left, p.right)).collect::<Vec<_>>().join("\n")
        }
    };
    let after = after_answering(question);
    if after.is_empty() { key } else { format!("{key}\n\n{after}") }
}
