//! GIFT, <https://docs.moodle.org/en/GIFT_format>. Ordering is written as matching of places and items, which every
//! Moodle reads.

use std::fmt::Write;

use domain::{Question, QuestionBody, Quiz};
use text::{as_html, one_line};

use super::{
    not_held::Notes,
    plain_text::{after_answering, name, passage_name},
};

/// The quiz as text.
pub fn write(quiz: &Quiz, notes: &mut Notes) -> String {
    let mut out = format!("// {}\n\n", one_line(&quiz.title));
    for (i, question) in quiz.questions.iter().enumerate() {
        let n = i + 1;
        note(n, question, notes);
        if let Some(passage) = quiz.passage_before(i) {
            // Without answers it is a description: a text between questions.
            let _ = writeln!(out, "::{}::{}\n", escaped(&passage_name(passage)), marked(passage.readable()));
        }
        let tags: Vec<String> =
            question.tags.iter().filter(|t| can_tag(t)).map(|t| format!("[tag:{}]", one_line(t))).collect();
        if !tags.is_empty() {
            let _ = writeln!(out, "// {}", tags.join(" "));
        }
        let (name, stem) = (escaped(&name(n, question)), marked(&question.stem));
        let _ = writeln!(out, "::{name}::{stem}{}\n", answers(question));
    }
    out
}

fn can_tag(tag: &str) -> bool {
    !tag.is_empty() && !tag.contains([']', '[', '<', '>', '"', '\\', '\n'])
}

fn note(n: usize, question: &Question, notes: &mut Notes) {
    if (question.points - 1.0).abs() > f32::EPSILON {
        notes.add(n, "points", "GIFT has no points; each question counts 1 until it is changed there");
    }
    if question.tags.iter().any(|tag| !can_tag(tag)) {
        notes.add(n, "tags", "a tag with brackets, quotes or a line break has no place in GIFT");
    }
    if let QuestionBody::Cloze { key, accepted } | QuestionBody::ShortAnswer { key, accepted } = &question.body
        && std::iter::once(key).chain(accepted).any(|text| text.contains("->"))
    {
        notes.add(n, "answers", "`->` would be read as a pair to match; written as →");
    }
    if matches!(question.body, QuestionBody::Ordering { .. }) {
        notes.add(n, "ordering", "written as matching of places (1, 2, …) and items");
    }
}

fn answers(question: &Question) -> String {
    let mut lines = Vec::new();
    match &question.body {
        QuestionBody::MultipleChoice { options, key } => {
            let sign = |option: &String| if option == key { '=' } else { '~' };
            lines.extend(options.iter().map(|option| format!("{}{}", sign(option), without_arrow(option))));
        }
        QuestionBody::TrueFalse { key } => lines.push(if *key { "TRUE".into() } else { "FALSE".into() }),
        QuestionBody::Cloze { key, accepted } | QuestionBody::ShortAnswer { key, accepted } => {
            // A star stands for anything in Moodle's short answers, an arrow for a pair.
            let texts = std::iter::once(key).chain(accepted).map(|text| text.replace('*', "\\*").replace("->", "→"));
            lines.extend(texts.map(|text| format!("={}", marked(&text))));
        }
        QuestionBody::Ordering { key, .. } => {
            lines.extend(key.iter().enumerate().map(|(i, item)| format!("={} -> {}", i + 1, escaped(item))));
        }
        QuestionBody::Matching { pairs } => {
            lines.extend(pairs.iter().map(|p| format!("={} -> {}", without_arrow(&p.left), escaped(&p.right))));
        }
    }
    let after = after_answering(question);
    if !after.is_empty() {
        lines.push(format!("####{}", marked(&after)));
    }
    format!("{{\n\t{}\n}}", lines.join("\n\t"))
}

/// The first arrow parts the sides of a pair, some readers look for it in options too, and there is no escape for it: it is
/// written as HTML.
fn without_arrow(text: &str) -> String {
    if text.contains("->") { format!("[html]{}", escaped(&as_html(text))) } else { marked(text) }
}

/// A text; marked as plain where it could be taken for markup, for the name of a format or for a weight.
fn marked(text: &str) -> String {
    let plain = text.contains(['<', '>', '&', '\n']) || text.starts_with(['[', '%']);
    format!("{}{}", if plain { "[plain]" } else { "" }, escaped(text))
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | '~' | '=' | '#' | '{' | '}' | ':' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            c => out.push(c),
        }
    }
    out
}
