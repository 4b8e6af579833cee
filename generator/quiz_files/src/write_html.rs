//! A page to print: the questions with room to answer, and the answer key on a page of its own.

use std::fmt::Write;

use domain::{Question, QuestionBody, Quiz};
use text::as_html;

use super::{
    plain_text::{after_answering, letter, number},
    shuffle::shown_order,
    words::{FileWords, language_of},
};

const STYLE: &str = "
@page { margin: 20mm 18mm; }
:root { color-scheme: light; }
body { max-width: 44rem; margin: 2rem auto; padding: 0 1rem; color: #111; background: #fff;
  font: 12pt/1.5 Georgia, 'Noto Serif', 'Noto Serif CJK TC', 'Songti TC', 'PMingLiU', serif; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 .75rem; }
.who { display: flex; gap: 2rem; margin-bottom: 1.5rem; }
.who span { flex: 1; border-bottom: 1px solid #555; }
ol.questions, ol.answers { padding-left: 2rem; }
ol.questions > li { margin-bottom: 1.4rem; break-inside: avoid; }
ol.answers > li { margin-bottom: .8rem; break-inside: avoid; }
ol.options { list-style: upper-alpha; margin-top: .4rem; padding-left: 2rem; }
.pairs { display: grid; grid-template-columns: 1fr 1fr; gap: 2rem; }
.points { color: #555; font-size: .85em; white-space: nowrap; }
.line { display: block; border-bottom: 1px solid #555; height: 2rem; }
.after, .evidence { margin: .2rem 0 0; color: #333; font-size: .92em; }
.evidence { padding-left: .8rem; border-left: 2px solid #999; }
.passage { margin: 1.6rem 0 1rem; padding: .6rem 1rem; border: 1px solid #999; break-after: avoid; }
.passage p { margin: 0; }
.passage footer { margin-top: .4rem; color: #555; font-size: .85em; }
.key { break-before: page; }
@media screen { .key { margin-top: 4rem; padding-top: 2rem; border-top: 1px solid #999; } }
@media print { body { max-width: none; margin: 0; padding: 0; } }
";

/// The quiz as a page.
pub fn write(quiz: &Quiz) -> String {
    let language = language_of(quiz);
    let words = FileWords::of(language);
    let title = as_html(&quiz.title);
    let mut out = format!(
        "<!DOCTYPE html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n\
         <style>{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n\
         <p class=\"who\"><span>{}</span><span>{}</span></p>\n<ol class=\"questions\">\n",
        language.tag(),
        words.name,
        words.date
    );
    for (i, question) in quiz.questions.iter().enumerate() {
        if let Some(passage) = quiz.passage_before(i) {
            let (text, start) = (as_html(passage.readable()), i + 1);
            let (source, place) = (words.source, as_html(&passage.source(words.page)));
            let _ = write!(
                out,
                "</ol>\n<blockquote class=\"passage\" lang=\"{}\"><p>{text}</p>\
                 <footer>{source}: {place}</footer></blockquote>\n<ol class=\"questions\" start=\"{start}\">\n",
                question.language.tag()
            );
        }
        let _ = writeln!(
            out,
            "<li lang=\"{}\">{} <span class=\"points\">({} {})</span>{}</li>",
            question.language.tag(),
            as_html(&question.stem),
            number(question.points),
            FileWords::of(question.language).points,
            below(question)
        );
    }
    let _ = write!(out, "</ol>\n</main>\n<section class=\"key\">\n<h1>{}</h1>\n<ol class=\"answers\">\n", words.key);
    for question in &quiz.questions {
        let _ = writeln!(out, "<li lang=\"{}\">{}{}</li>", question.language.tag(), key(question), notes(question));
    }
    out + "</ol>\n</section>\n</body>\n</html>\n"
}

fn options<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    format!("<ol class=\"options\">{}</ol>", items(texts))
}

fn items<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    texts.into_iter().map(|text| ["<li>", &as_html(text), "</li>"].concat()).collect()
}

fn below(question: &Question) -> String {
    let words = FileWords::of(question.language);
    match &question.body {
        QuestionBody::MultipleChoice { options: shown, .. } => options(shown.iter().map(String::as_str)),
        QuestionBody::Ordering { options: shown, .. } => {
            let list = options(shown.iter().map(String::as_str));
            format!("<p class=\"after\">{}</p>{list}<span class=\"line\"></span>", words.order)
        }
        QuestionBody::TrueFalse { .. } => options([words.yes, words.no]),
        QuestionBody::Matching { pairs } => {
            let lefts = items(pairs.iter().map(|p| p.left.as_str()));
            let rights: Vec<&str> = pairs.iter().map(|p| p.right.as_str()).collect();
            let shown = options(shown_order(&rights).into_iter().map(|i| rights[i]));
            let ask = words.matching;
            format!("<p class=\"after\">{ask}</p><div class=\"pairs\"><ol>{lefts}</ol>{shown}</div>")
        }
        QuestionBody::Cloze { .. } => String::new(),
        QuestionBody::ShortAnswer { .. } => "<span class=\"line\"></span>".to_owned(),
    }
}

fn key(question: &Question) -> String {
    let words = FileWords::of(question.language);
    match &question.body {
        QuestionBody::MultipleChoice { options, key } => {
            let place = options.iter().position(|option| option == key).unwrap_or(0);
            format!("<b>{}</b> {}", letter(place), as_html(key))
        }
        QuestionBody::TrueFalse { key } => format!("<b>{}</b>", words.truth(*key)),
        QuestionBody::Cloze { key, accepted } | QuestionBody::ShortAnswer { key, accepted } => {
            let others: Vec<String> = accepted.iter().map(|text| as_html(text)).collect();
            let others =
                if others.is_empty() { String::new() } else { format!(" ({}: {})", words.also, others.join("; ")) };
            format!("<b>{}</b>{others}", as_html(key))
        }
        QuestionBody::Ordering { options, key } => {
            let place = |item: &String| options.iter().position(|option| option == item).unwrap_or(0);
            let letters: Vec<String> = key.iter().map(|item| letter(place(item)).to_string()).collect();
            format!("<b>{}</b>", letters.join(" – "))
        }
        QuestionBody::Matching { pairs } => {
            let rights: Vec<&str> = pairs.iter().map(|p| p.right.as_str()).collect();
            let shown = shown_order(&rights);
            let place = |i: usize| shown.iter().position(|j| *j == i).unwrap_or(0);
            let pairs = (0..pairs.len()).map(|i| format!("{} {}", i + 1, letter(place(i))));
            format!("<b>{}</b>", pairs.collect::<Vec<_>>().join(", "))
        }
    }
}

fn notes(question: &Question) -> String {
    let words = FileWords::of(question.language);
    let after = after_answering(question);
    let mut out = if after.is_empty() { String::new() } else { format!("<p class=\"after\">{}</p>", as_html(&after)) };
    for citation in &question.evidence {
        let (quote, place, source) = (as_html(&citation.quote), as_html(&citation.source(words.page)), words.source);
        let _ = write!(out, "<p class=\"evidence\">“{quote}” {source}: {place}</p>");
    }
    out
}
