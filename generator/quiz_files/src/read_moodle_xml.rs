//! Reads Moodle XML, <https://docs.moodle.org/en/Moodle_XML_format>.

use domain::{CognitiveLevel, Difficulty, Language, MatchPair, Proof, Question, QuestionBody};
use text::clean;

use super::{
    FileProblem, ImportedQuiz,
    read_gift::{MAX_PROBLEMS, Refused, as_cloze, broken, left_out},
    read_gift_answers::as_ordering,
    read_html_text::html_to_text,
    read_xml::{self, XmlElement},
    shuffle::shown_order,
};

/// Fractions from this on are full marks.
const FULL: f32 = 99.0;

/// Reads a file.
pub fn read(text: &str, language_of: &dyn Fn(&str) -> Language) -> Result<ImportedQuiz, Vec<FileProblem>> {
    let root = read_xml::read(text).map_err(|problem| vec![problem])?;
    if root.name != "quiz" {
        let reason = format!("the file begins with `<{}>`; Moodle XML begins with `<quiz>`", root.name);
        return Err(vec![FileProblem::new(root.line, reason)]);
    }
    let (mut quiz, mut problems) = (ImportedQuiz::default(), Vec::new());
    for element in root.all("question") {
        if element.attribute("type") == Some("category") {
            quiz.title = element.child("category").map(|c| category(c.text_of("text")));
            continue;
        }
        match question(element, language_of, &mut quiz.left_out) {
            Ok(question) => quiz.push(element.line, question),
            Err(Refused::LeftOut(problem)) => quiz.left_out.push(problem),
            Err(Refused::Broken(problem)) if problems.len() < MAX_PROBLEMS => problems.push(problem),
            Err(Refused::Broken(_)) => break,
        }
    }
    if problems.is_empty() { Ok(quiz) } else { Err(problems) }
}

/// The last name of a category's path; two slashes are one that is meant as text.
fn category(path: &str) -> String {
    let path = path.replace("//", "\0");
    clean(&path.rsplit('/').next().unwrap_or_default().replace('\0', "/"))
}

fn question(
    element: &XmlElement,
    language_of: &dyn Fn(&str) -> Language,
    notes: &mut Vec<FileProblem>,
) -> Result<Question, Refused> {
    let line = element.line;
    let stem = element.child("questiontext").map(text).unwrap_or_default();
    let body = match element.attribute("type") {
        Some("multichoice") => choice(element)?,
        Some("truefalse") => truth(element)?,
        Some("shortanswer") => as_cloze(&stem, short_answer(element, notes)?),
        Some("matching" | "match") => matching(element)?,
        Some("ordering") => ordering(element)?,
        Some(kind) => return left_out(line, format!("questions of the type `{kind}` have no kind in Lectern")),
        None => return broken(line, "`<question>` has no `type`"),
    };
    if stem.is_empty() {
        return broken(line, "the question has no text");
    }
    if !element.children.iter().all(|child| child.child("file").is_none()) {
        notes.push(FileProblem::new(line, "the pictures of this question were not taken"));
    }
    let tags = element.child("tags").map(|tags| tags.all("tag").map(|tag| clean(tag.text_of("text"))).collect());
    Ok(Question {
        language: language_of(&stem),
        stem,
        body,
        explanation: element.child("generalfeedback").map(text).unwrap_or_default(),
        feedback: element.child("correctfeedback").map(text).unwrap_or_default(),
        evidence: vec![],
        difficulty: Difficulty::default(),
        level: CognitiveLevel::default(),
        points: points(element)?,
        tags: tags.unwrap_or_default(),
        locked: false,
        reused: false,
        proof: Proof::default(),
        passage: None,
    })
}

fn points(element: &XmlElement) -> Result<f32, Refused> {
    let Some(grade) = element.child("defaultgrade") else { return Ok(1.0) };
    match grade.text.trim().parse::<f32>() {
        Ok(points) if points.is_finite() && (0.0..=1000.0).contains(&points) => Ok(points),
        _ => broken(grade.line, format!("`{}` is no number of points from 0 to 1000", grade.text.trim())),
    }
}

/// The text of an element as its format has it.
fn text(element: &XmlElement) -> String {
    let text = element.text_of("text");
    match element.attribute("format") {
        Some("plain_text" | "markdown") => clean(text),
        Some("moodle_auto_format") => clean(&html_to_text(text)),
        _ => clean(&html_to_text(&text.replace('\n', " "))),
    }
}

fn fraction(answer: &XmlElement) -> Result<f32, Refused> {
    match answer.attribute("fraction").unwrap_or("0").trim().parse() {
        Ok(fraction) => Ok(fraction),
        Err(_) => broken(answer.line, "`fraction` is no number"),
    }
}

fn choice(element: &XmlElement) -> Result<QuestionBody, Refused> {
    let (mut options, mut keys) = (Vec::new(), Vec::new());
    for answer in element.all("answer") {
        let option = text(answer);
        if option.is_empty() {
            return broken(answer.line, "an option without text");
        }
        if options.contains(&option) {
            return broken(answer.line, format!("the option “{option}” stands there twice"));
        }
        let fraction = fraction(answer)?;
        if fraction >= FULL {
            keys.push(option.clone());
        } else if fraction > 0.0 {
            return left_out(element.line, "several right options; Lectern's choices have one key");
        }
        options.push(option);
    }
    match keys.as_slice() {
        [key] if options.len() > 1 => Ok(QuestionBody::MultipleChoice { key: key.clone(), options }),
        [_] => broken(element.line, "a choice needs at least two options"),
        [] => broken(element.line, "no option has the fraction 100"),
        _ => left_out(element.line, "several right options; Lectern's choices have one key"),
    }
}

fn truth(element: &XmlElement) -> Result<QuestionBody, Refused> {
    for answer in element.all("answer") {
        if fraction(answer)? >= FULL {
            return match text(answer).to_ascii_lowercase().as_str() {
                "true" => Ok(QuestionBody::TrueFalse { key: true }),
                "false" => Ok(QuestionBody::TrueFalse { key: false }),
                other => broken(answer.line, format!("`{other}` is neither true nor false")),
            };
        }
    }
    broken(element.line, "neither true nor false has the fraction 100")
}

fn short_answer(element: &XmlElement, notes: &mut Vec<FileProblem>) -> Result<QuestionBody, Refused> {
    let mut texts = Vec::new();
    for answer in element.all("answer") {
        // Short answers are plain text whatever their format says.
        let text = clean(answer.text_of("text"));
        if text.is_empty() {
            return broken(answer.line, "an answer without text");
        }
        if text.replace("\\*", "").contains('*') {
            notes.push(FileProblem::new(answer.line, format!("“{text}” stands for many answers and was not taken")));
        } else if fraction(answer)? >= FULL {
            texts.push(text.replace("\\*", "*"));
        } else {
            notes.push(FileProblem::new(answer.line, format!("“{text}” is not fully right and was not taken")));
        }
    }
    if texts.is_empty() {
        return left_out(element.line, "no answer is fully right");
    }
    let key = texts.remove(0);
    Ok(QuestionBody::ShortAnswer { key, accepted: texts })
}

fn matching(element: &XmlElement) -> Result<QuestionBody, Refused> {
    let mut pairs = Vec::new();
    for sub in element.all("subquestion") {
        let left = text(sub);
        let right = sub.child("answer").map(|answer| clean(answer.text_of("text"))).unwrap_or_default();
        if left.is_empty() && !right.is_empty() {
            return left_out(sub.line, "a right side without a left one has no place in Lectern's matching");
        }
        if right.is_empty() {
            return broken(sub.line, "a pair without its right side");
        }
        pairs.push(MatchPair { left, right });
    }
    if pairs.len() < 2 {
        return broken(element.line, "matching needs at least two pairs");
    }
    Ok(as_ordering(pairs))
}

fn ordering(element: &XmlElement) -> Result<QuestionBody, Refused> {
    let key: Vec<String> = element.all("answer").map(text).collect();
    if key.len() < 2 || key.iter().any(String::is_empty) {
        return broken(element.line, "ordering needs at least two items, each with text");
    }
    let options = shown_order(&key).into_iter().map(|i| key[i].clone()).collect();
    Ok(QuestionBody::Ordering { options, key })
}
