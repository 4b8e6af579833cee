//! Markdown: the questions, then the answer key.

use std::fmt::Write;

use domain::{Citation, Question, QuestionBody, Quiz};
use text::{as_markdown, one_line};

use super::{
    plain_text::{after_answering, letter, number},
    shuffle::shown_order,
    words::{FileWords, language_of},
};

/// The quiz as text.
pub fn write(quiz: &Quiz) -> String {
    let words = FileWords::of(language_of(quiz));
    let mut out = format!("# {}\n", as_markdown(&one_line(&quiz.title)));
    for (i, question) in quiz.questions.iter().enumerate() {
        if let Some(passage) = quiz.passage_before(i) {
            out += &quoted(passage, words);
        }
        let _ = write!(out, "\n## {}\n\n{}\n", i + 1, as_markdown(&question.stem));
        out += &below(question);
    }
    let _ = write!(out, "\n---\n\n# {}\n", words.key);
    for (i, question) in quiz.questions.iter().enumerate() {
        let _ = write!(out, "\n**{}.** {}", i + 1, key(question));
        let points = number(question.points);
        let _ = writeln!(out, " ({points} {})", FileWords::of(question.language).points);
        let after = after_answering(question);
        if !after.is_empty() {
            let _ = write!(out, "\n{}\n", as_markdown(&after));
        }
        for citation in &question.evidence {
            out += &quoted(citation, words);
        }
    }
    out
}

/// A quote and where it stands.
fn quoted(citation: &Citation, words: &FileWords) -> String {
    let (source, page) = (words.source, words.page);
    let quote = as_markdown(&citation.quote).replace('\n', "\n> ");
    format!("\n> {quote}\n>\n> {source}: {}\n", as_markdown(&citation.source(page)))
}

/// An item of a list, its later lines under the first.
fn item(mark: &str, text: &str) -> String {
    format!("{mark} {}\n", as_markdown(text).replace('\n', &format!("\n{}", " ".repeat(mark.len() + 1))))
}

fn below(question: &Question) -> String {
    let words = FileWords::of(question.language);
    let lettered = |i: usize, text: &str| item("-", &format!("{}. {text}", letter(i)));
    match &question.body {
        QuestionBody::MultipleChoice { options, .. } | QuestionBody::Ordering { options, .. } => {
            let items: String = options.iter().enumerate().map(|(i, option)| lettered(i, option)).collect();
            format!("\n{items}")
        }
        QuestionBody::TrueFalse { .. } => format!("\n{}\n", words.judge),
        QuestionBody::Matching { pairs } => {
            let rights: Vec<&str> = pairs.iter().map(|p| p.right.as_str()).collect();
            let lefts: String = pairs.iter().enumerate().map(|(i, p)| item(&format!("{}.", i + 1), &p.left)).collect();
            let shown = shown_order(&rights).into_iter().enumerate();
            let shown: String = shown.map(|(place, i)| lettered(place, rights[i])).collect();
            format!("\n{lefts}\n{shown}")
        }
        QuestionBody::Cloze { .. } | QuestionBody::ShortAnswer { .. } => String::new(),
    }
}

fn key(question: &Question) -> String {
    let words = FileWords::of(question.language);
    match &question.body {
        QuestionBody::MultipleChoice { options, key } => {
            let place = options.iter().position(|option| option == key).unwrap_or(0);
            format!("{}. {}", letter(place), as_markdown(key))
        }
        QuestionBody::TrueFalse { key } => words.truth(*key).to_owned(),
        QuestionBody::Cloze { key, accepted } | QuestionBody::ShortAnswer { key, accepted } => {
            let others: Vec<String> = accepted.iter().map(|text| as_markdown(text)).collect();
            if others.is_empty() {
                as_markdown(key)
            } else {
                format!("{} ({}: {})", as_markdown(key), words.also, others.join("; "))
            }
        }
        QuestionBody::Ordering { options, key } => {
            let place = |item: &String| options.iter().position(|option| option == item).unwrap_or(0);
            key.iter().map(|item| letter(place(item)).to_string()).collect::<Vec<_>>().join(" – ")
        }
        QuestionBody::Matching { pairs } => {
            let pairs = pairs.iter().map(|p| format!("{} → {}", as_markdown(&p.left), as_markdown(&p.right)));
            pairs.collect::<Vec<_>>().join("; ")
        }
    }
}
