//! Reads GIFT, <https://docs.moodle.org/en/GIFT_format>: blocks between blank lines, comments, titles, text formats.

use domain::{BLANK, CognitiveLevel, Difficulty, Language, Proof, Question, QuestionBody};
use text::clean;

use super::{
    FileProblem, ImportedQuiz,
    read_gift_answers::{self, Answers},
    read_html_text::html_to_text,
};

/// Most malformed places that are told of one file.
pub const MAX_PROBLEMS: usize = 20;

/// A character, and whether a backslash stood before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    pub c: char,
    pub escaped: bool,
    pub line: usize,
}

impl Mark {
    /// Whether it is this character of the syntax.
    pub const fn is(self, c: char) -> bool {
        !self.escaped && self.c == c
    }
}

/// One question's lines.
#[derive(Default)]
struct GiftBlock {
    marks: Vec<Mark>,
    tags: Vec<String>,
    line: usize,
}

/// What became of a block, or why it has no place here.
type Read<T> = Result<T, Refused>;

/// Why a block gives no question.
pub enum Refused {
    /// It is malformed.
    Broken(FileProblem),
    /// It is well-formed, of a kind that Lectern does not have.
    LeftOut(FileProblem),
}

/// A malformed place.
pub fn broken<T>(line: usize, reason: impl Into<String>) -> Read<T> {
    Err(Refused::Broken(FileProblem::new(line, reason)))
}

/// Something without a place here.
pub fn left_out<T>(line: usize, reason: impl Into<String>) -> Read<T> {
    Err(Refused::LeftOut(FileProblem::new(line, reason)))
}

/// Reads a file.
pub fn read(text: &str, language_of: &dyn Fn(&str) -> Language) -> Result<ImportedQuiz, Vec<FileProblem>> {
    let (mut quiz, mut problems) = (ImportedQuiz::default(), Vec::new());
    for block in blocks(text, &mut quiz.title) {
        match question(&block, language_of) {
            Ok((question, notes)) => {
                quiz.push(block.line, question);
                quiz.left_out.extend(notes);
            }
            Err(Refused::LeftOut(problem)) => quiz.left_out.push(problem),
            Err(Refused::Broken(problem)) if problems.len() < MAX_PROBLEMS => problems.push(problem),
            Err(Refused::Broken(_)) => break,
        }
    }
    if problems.is_empty() { Ok(quiz) } else { Err(problems) }
}

fn blocks(text: &str, title: &mut Option<String>) -> Vec<GiftBlock> {
    let (mut blocks, mut block) = (Vec::new(), GiftBlock::default());
    for (i, line) in text.split('\n').map(|line| line.trim_end_matches('\r')).enumerate() {
        let (number, trimmed) = (i + 1, line.trim_start());
        if trimmed.is_empty() {
            if !block.marks.is_empty() {
                blocks.push(std::mem::take(&mut block));
            }
        } else if let Some(comment) = trimmed.strip_prefix("//") {
            let tags = tags(comment);
            if number == 1 && tags.is_empty() && !comment.trim().is_empty() {
                *title = Some(clean(comment));
            }
            block.tags.extend(tags);
        } else if !(block.marks.is_empty() && trimmed.starts_with("$CATEGORY:")) {
            if block.marks.is_empty() {
                block.line = number;
            } else {
                block.marks.push(Mark { c: '\n', escaped: false, line: number - 1 });
            }
            push_line(line, number, &mut block.marks);
        }
    }
    if !block.marks.is_empty() {
        blocks.push(block);
    }
    blocks
}

/// The tags of a comment: `[tag:algebra] [tag:grade 7]`.
fn tags(comment: &str) -> Vec<String> {
    let after = comment.split("[tag:").skip(1);
    after.filter_map(|rest| rest.split_once(']')).map(|(tag, _)| clean(tag)).filter(|tag| !tag.is_empty()).collect()
}

fn push_line(text: &str, line: usize, marks: &mut Vec<Mark>) {
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let next = chars.peek().copied();
        match (c, next) {
            ('\\', Some('n')) => {
                chars.next();
                marks.push(Mark { c: '\n', escaped: true, line });
            }
            ('\\', Some(special @ ('\\' | '~' | '=' | '#' | '{' | '}' | ':'))) => {
                chars.next();
                marks.push(Mark { c: special, escaped: true, line });
            }
            _ => marks.push(Mark { c, escaped: false, line }),
        }
    }
}

fn question(block: &GiftBlock, language_of: &dyn Fn(&str) -> Language) -> Read<(Question, Vec<FileProblem>)> {
    let marks = after_title(&block.marks);
    let Some(open) = marks.iter().position(|m| m.is('{')) else {
        if let Some(close) = marks.iter().find(|m| m.is('}')) {
            return broken(close.line, "`}` without `{` before it");
        }
        return left_out(block.line, "a text without an answer in braces is no question");
    };
    let Some(length) = marks[open + 1..].iter().position(|m| m.is('}')) else {
        return broken(marks[open].line, "`{` without `}` after it; a blank line ends a question");
    };
    let (stem, inner, rest) = (&marks[..open], &marks[open + 1..open + 1 + length], &marks[open + 2 + length..]);
    if let Some(second) = inner.iter().chain(rest).find(|m| m.is('{') || m.is('}')) {
        return broken(
            second.line,
            format!("a second `{}`; write `\\{}` where it is meant as text", second.c, second.c),
        );
    }
    let (format, stem) = format_of(stem, "");
    let (before, after) = (text(stem, format), text(rest, format));
    let stem = if after.is_empty() { before } else { format!("{before} {BLANK} {after}") };
    if stem.is_empty() {
        return broken(block.line, "the question has no text");
    }
    let line = marks[open].line;
    let Answers { body, explanation, feedback, notes } = read_gift_answers::read(inner, line, format)?;
    let question = Question {
        language: language_of(&stem),
        body: as_cloze(&stem, body),
        stem,
        explanation,
        feedback,
        evidence: vec![],
        difficulty: Difficulty::default(),
        level: CognitiveLevel::default(),
        points: 1.0,
        tags: block.tags.clone(),
        locked: false,
        reused: false,
        proof: Proof::default(),
        passage: None,
    };
    Ok((question, notes))
}

/// A short answer to a sentence with a blank is a cloze.
pub fn as_cloze(stem: &str, body: QuestionBody) -> QuestionBody {
    match body {
        QuestionBody::ShortAnswer { key, accepted } if stem.matches(BLANK).count() == 1 => {
            QuestionBody::Cloze { key, accepted }
        }
        body => body,
    }
}

fn after_title(marks: &[Mark]) -> &[Mark] {
    let start = marks.iter().position(|m| !m.c.is_whitespace()).unwrap_or(0);
    let marks = &marks[start..];
    let colons = |at: usize| marks[at..].len() >= 2 && marks[at].is(':') && marks[at + 1].is(':');
    if marks.is_empty() || !colons(0) {
        return marks;
    }
    (2..marks.len()).find(|at| colons(*at)).map_or(marks, |end| &marks[end + 2..])
}

/// The name of the text's format at its beginning (else `default`), and what follows it.
pub fn format_of<'a>(marks: &'a [Mark], default: &'static str) -> (&'static str, &'a [Mark]) {
    let start = marks.iter().position(|m| !m.c.is_whitespace()).unwrap_or(marks.len());
    let head: String = marks[start..].iter().take(10).map(|m| if m.escaped { '\0' } else { m.c }).collect();
    for format in ["html", "plain", "moodle", "markdown"] {
        if head.strip_prefix('[').and_then(|h| h.strip_prefix(format)).is_some_and(|h| h.starts_with(']')) {
            return (format, &marks[start + format.len() + 2..]);
        }
    }
    (default, &marks[start..])
}

/// The text of these characters.
pub fn text(marks: &[Mark], format: &str) -> String {
    let text: String = marks.iter().map(|m| m.c).collect();
    match format {
        "plain" | "markdown" => clean(&text),
        "html" => clean(&html_to_text(&text.replace('\n', " "))),
        _ => clean(&html_to_text(&text)),
    }
}
