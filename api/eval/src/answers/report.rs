//! A report on answers that a teacher or an engineer can read: the measures, where questions went wrong, and which.

use std::fmt::Write as _;

use super::judge::{Outcome, Summary, Verdict};

/// Questions shown of each kind of fault.
const EXAMPLES: usize = 20;
/// Bars of a histogram.
const BARS: usize = 10;

/// As Markdown.
pub fn markdown_report(name: &str, outcomes: &[Outcome]) -> String {
    let mut text = format!("# Answers on {name}\n\n| measure | value |\n|---|---|\n");
    for (measure, value) in Summary::of(outcomes).rows() {
        let _ = writeln!(text, "| {measure} | {value} |");
    }
    text.push_str("\n## Where questions ended\n\n| where | questions | share |\n|---|---|---|\n");
    for (verdict, of) in by_verdict(outcomes) {
        let _ = writeln!(text, "| {} | {} | {} |", verdict.words(), of.len(), percent(of.len(), outcomes.len()));
    }
    for (verdict, of) in faults(outcomes) {
        let _ = write!(text, "\n## {}\n\n", capital(verdict.words()));
        for Outcome { question, accepted, answer, quotes, .. } in of.into_iter().take(EXAMPLES) {
            let (asked, said) = (line(question), line(answer));
            let _ =
                writeln!(text, "- **{asked}**  \n  accepted: {}  \n  answered: {said}", line(&accepted.join(" / ")));
            for quote in quotes {
                let _ = writeln!(text, "  > {}", line(quote));
            }
        }
    }
    text
}

/// As a page that needs nothing beside itself.
pub fn html_report(name: &str, outcomes: &[Outcome]) -> String {
    let mut body = format!("<h1>Answers on {}</h1>\n<table>\n", escape(name));
    for (measure, value) in Summary::of(outcomes).rows() {
        let _ = writeln!(body, "<tr><th scope=\"row\">{measure}</th><td>{value}</td></tr>");
    }
    body.push_str("</table>\n<h2>Where questions ended</h2>\n");
    let ended: Vec<Bar> = by_verdict(outcomes)
        .into_iter()
        .map(|(verdict, of)| Bar { name: verdict.words().to_owned(), count: of.len(), good: verdict.is_good() })
        .collect();
    body.push_str(&bars(&ended, "Questions by where they ended"));
    let answerable: Vec<&Outcome> = outcomes.iter().filter(|o| !o.accepted.is_empty()).collect();
    body.push_str("<h2>F1 of answerable questions</h2>\n");
    body.push_str(&bars(&histogram(answerable.iter().map(|o| 100.0 * o.f1), 100.0, "%"), "Questions by F1"));
    body.push_str("<h2>Seconds to the whole answer</h2>\n");
    let longest = outcomes.iter().map(|o| o.ms / 1e3).fold(0.1, f64::max);
    body.push_str(&bars(&histogram(outcomes.iter().map(|o| o.ms / 1e3), longest, "s"), "Questions by seconds"));
    for (verdict, of) in faults(outcomes) {
        let _ = writeln!(body, "<h2>{}</h2>", capital(verdict.words()));
        for Outcome { question, accepted, answer, quotes, .. } in of.into_iter().take(EXAMPLES) {
            let _ = writeln!(
                body,
                "<article><h3>{}</h3>\n<p>Accepted: {}<br>Answered: {}</p>",
                escape(question),
                escape(&accepted.join(" / ")),
                escape(answer)
            );
            for quote in quotes {
                let _ = writeln!(body, "<blockquote>{}</blockquote>", escape(quote));
            }
            body.push_str("</article>\n");
        }
    }
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" \
         content=\"width=device-width\">\n<title>Answers on {}</title>\n<style>{STYLE}</style>\n<main>\n{body}</main>\n",
        escape(name)
    )
}

const STYLE: &str = "\
:root{color-scheme:light dark}body{font:1rem/1.5 system-ui,sans-serif;margin:2rem auto;max-width:48rem;padding:0 1rem}\
table{border-collapse:collapse}th{font-weight:normal;text-align:left;padding-right:2rem}td{font-variant-numeric:tabular-nums}\
article{margin:1rem 0;border-top:1px solid #8886}h3{font-size:1rem;margin:.5rem 0 0}p{margin:0}\
blockquote{margin:.25rem 0 .25rem 1rem;opacity:.8}svg{width:100%;font:14px system-ui,sans-serif}text{fill:currentColor}";

/// Verdicts that occur, with their questions.
fn by_verdict(outcomes: &[Outcome]) -> Vec<(Verdict, Vec<&Outcome>)> {
    let of = |verdict: Verdict| (verdict, outcomes.iter().filter(|o| o.verdict == verdict).collect::<Vec<_>>());
    Verdict::ALL.into_iter().map(of).filter(|(_, of)| !of.is_empty()).collect()
}

fn faults(outcomes: &[Outcome]) -> impl Iterator<Item = (Verdict, Vec<&Outcome>)> {
    by_verdict(outcomes).into_iter().filter(|(verdict, _)| !verdict.is_good())
}

struct Bar {
    name: String,
    count: usize,
    good: bool,
}

/// How many values fall into each part of 0 to `most`.
fn histogram(values: impl Iterator<Item = f64>, most: f64, unit: &str) -> Vec<Bar> {
    let mut counts = [0; BARS];
    for value in values {
        counts[((value / most * BARS as f64) as usize).min(BARS - 1)] += 1;
    }
    let edge = |n: usize| most * n as f64 / BARS as f64;
    let decimals = usize::from(most < 50.0);
    let name = |n: usize| format!("{:.decimals$}–{:.decimals$} {unit}", edge(n), edge(n + 1));
    counts.iter().enumerate().map(|(n, &count)| Bar { name: name(n), count, good: true }).collect()
}

/// Bars below one another, each with its name and count.
fn bars(bars: &[Bar], title: &str) -> String {
    const ROW: usize = 26;
    let most = bars.iter().map(|bar| bar.count).max().unwrap_or(0).max(1);
    let mut svg = format!("<svg viewBox=\"0 0 800 {}\" role=\"img\"><title>{title}</title>\n", ROW * bars.len());
    for (n, Bar { name, count, good }) in bars.iter().enumerate() {
        let (top, width) = (n * ROW, 320 * count / most);
        let colour = if *good { "#2e7d5b" } else { "#b3502d" };
        let _ = writeln!(
            svg,
            "<text x=\"400\" y=\"{}\" text-anchor=\"end\">{}</text><rect x=\"410\" y=\"{}\" width=\"{width}\" height=\"16\" \
             fill=\"{colour}\"/><text x=\"{}\" y=\"{}\">{count}</text>",
            top + 17,
            escape(name),
            top + 4,
            416 + width,
            top + 17
        );
    }
    svg + "</svg>\n"
}

fn percent(count: usize, of: usize) -> String {
    format!("{:.1} %", 100.0 * count as f64 / of.max(1) as f64)
}

fn capital(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// On one line.
fn line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
