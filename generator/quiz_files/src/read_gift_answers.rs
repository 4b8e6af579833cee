//! Reads what stands in the braces of a GIFT question.

use domain::{MatchPair, QuestionBody};

use super::{
    FileProblem,
    read_gift::{Mark, Refused, broken, format_of, left_out, text},
    shuffle::shown_order,
};

/// Weights from this on are full marks: platforms write 100, 99.99999 and the like.
const FULL: f32 = 99.0;

/// The answers of a question.
pub struct Answers {
    pub body: QuestionBody,
    pub explanation: String,
    pub feedback: String,
    pub notes: Vec<FileProblem>,
}

/// One answer: `=text#feedback`, `~%50%text`.
struct GiftAnswer {
    right: bool,
    /// Percent, where one is given.
    weight: Option<f32>,
    text: String,
    /// The right side of a pair.
    partner: Option<String>,
    feedback: String,
    line: usize,
}

/// Reads the characters between the braces; `line` is that of the `{`.
pub fn read(inner: &[Mark], line: usize, format: &'static str) -> Result<Answers, Refused> {
    let (inner, explanation) =
        match (0..inner.len().saturating_sub(3)).find(|at| inner[*at..at + 4].iter().all(|m| m.is('#'))) {
            Some(at) => {
                let (format, words) = format_of(&inner[at + 4..], format);
                (&inner[..at], text(words, format))
            }
            None => (inner, String::new()),
        };
    let trimmed = trim(inner);
    let Some(first) = trimmed.first().copied() else {
        return left_out(line, "essays (empty braces) have no key; Lectern has no such kind");
    };
    if first.is('#') {
        return left_out(
            line,
            "numerical answers with a tolerance have no kind in Lectern; write them as short answers",
        );
    }
    if !first.is('=') && !first.is('~') {
        return truth(trimmed, line, format, explanation);
    }
    let items = items(trimmed, format)?;
    let mut notes = Vec::new();
    let feedback = feedback(&items, &mut notes);
    Ok(Answers { body: body(items, line, &mut notes)?, explanation, feedback, notes })
}

fn trim(marks: &[Mark]) -> &[Mark] {
    let blank = |m: &Mark| !m.escaped && m.c.is_whitespace();
    let start = marks.iter().position(|m| !blank(m)).unwrap_or(marks.len());
    let end = marks.iter().rposition(|m| !blank(m)).map_or(start, |last| last + 1);
    &marks[start..end]
}

fn truth(marks: &[Mark], line: usize, format: &'static str, explanation: String) -> Result<Answers, Refused> {
    let mut parts = marks.split(|m| m.is('#'));
    let word = parts.next().map(|marks| text(marks, "plain")).unwrap_or_default();
    let key = match word.to_ascii_uppercase().as_str() {
        "T" | "TRUE" => true,
        "F" | "FALSE" => false,
        _ => {
            let start: String = word.chars().take(30).collect();
            return broken(line, format!("`{start}`: an answer begins with `=` or `~`, or is TRUE or FALSE"));
        }
    };
    // The first feedback is for the wrong answer, the second for the right one.
    let words: Vec<String> = parts
        .map(|marks| {
            let (format, words) = format_of(marks, format);
            text(words, format)
        })
        .filter(|words| !words.is_empty())
        .collect();
    Ok(Answers { body: QuestionBody::TrueFalse { key }, explanation, feedback: words.join("\n"), notes: vec![] })
}

fn items(marks: &[Mark], format: &'static str) -> Result<Vec<GiftAnswer>, Refused> {
    let mut starts: Vec<usize> = (0..marks.len()).filter(|i| marks[*i].is('=') || marks[*i].is('~')).collect();
    // Only where nothing is wrong can an arrow part the sides of a pair.
    let pairs = !starts.iter().any(|start| marks[*start].is('~'));
    starts.push(marks.len());
    starts.windows(2).map(|pair| item(&marks[pair[0]..pair[1]], format, pairs)).collect()
}

fn item(marks: &[Mark], format: &'static str, pairs: bool) -> Result<GiftAnswer, Refused> {
    let (sign, line) = (marks[0], marks[0].line);
    let mut parts = marks[1..].splitn(2, |m| m.is('#'));
    let (words, remark) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let (weight, words) = weight(trim(words));
    let (own, words) = format_of(words, format);
    let arrow = (0..words.len().saturating_sub(1)).find(|i| pairs && words[*i].is('-') && words[*i + 1].is('>'));
    // The right side is plain text, whatever the left one is.
    let (left, partner) = match arrow {
        Some(at) => (&words[..at], Some(text(&words[at + 2..], "plain"))),
        None => (words, None),
    };
    let left = text(left, own);
    if left.is_empty() && partner.is_none() {
        return broken(line, format!("an answer without text after `{}`", sign.c));
    }
    let (remark_format, remark) = format_of(remark, format);
    Ok(GiftAnswer { right: sign.c == '=', weight, text: left, partner, feedback: text(remark, remark_format), line })
}

/// `%50%` at the beginning, and what follows.
fn weight(marks: &[Mark]) -> (Option<f32>, &[Mark]) {
    if !marks.first().is_some_and(|m| m.is('%')) {
        return (None, marks);
    }
    let Some(end) = marks[1..].iter().take(12).position(|m| m.is('%')) else { return (None, marks) };
    let digits: String = marks[1..=end].iter().map(|m| m.c).collect();
    digits.trim().parse().map_or((None, marks), |weight| (Some(weight), &marks[end + 2..]))
}

/// The key's feedback; that of other answers has no place.
fn feedback(items: &[GiftAnswer], notes: &mut Vec<FileProblem>) -> String {
    let single = items.iter().filter(|item| item.right).count() == 1;
    let mut kept = String::new();
    for item in items.iter().filter(|item| !item.feedback.is_empty()) {
        if item.right && single {
            kept.clone_from(&item.feedback);
        } else {
            notes.push(FileProblem::new(item.line, "the feedback of a single answer was not taken"));
        }
    }
    kept
}

fn body(items: Vec<GiftAnswer>, line: usize, notes: &mut Vec<FileProblem>) -> Result<QuestionBody, Refused> {
    if items.iter().any(|item| item.partner.is_some()) {
        return matching(items, line);
    }
    if items.iter().any(|item| !item.right) {
        return choice(&items, line);
    }
    let mut texts = Vec::new();
    for item in items {
        if item.text.replace("\\*", "").contains('*') {
            notes.push(FileProblem::new(
                item.line,
                format!("“{}” stands for many answers and was not taken", item.text),
            ));
        } else if item.weight.is_none_or(|weight| weight >= FULL) {
            texts.push(item.text.replace("\\*", "*"));
        } else {
            notes.push(FileProblem::new(item.line, format!("“{}” is only partly right and was not taken", item.text)));
        }
    }
    if texts.is_empty() {
        return left_out(line, "no answer is fully right");
    }
    let key = texts.remove(0);
    Ok(QuestionBody::ShortAnswer { key, accepted: texts })
}

fn choice(items: &[GiftAnswer], line: usize) -> Result<QuestionBody, Refused> {
    let full = |item: &&GiftAnswer| item.right || item.weight.is_some_and(|weight| weight >= FULL);
    let keys: Vec<&GiftAnswer> = items.iter().filter(full).collect();
    let [key] = keys.as_slice() else {
        if keys.is_empty() && items.iter().all(|item| item.weight.is_none_or(|weight| weight <= 0.0)) {
            return broken(line, "no answer is marked as right with `=`");
        }
        return left_out(line, "several right options; Lectern's choices have one key");
    };
    let options: Vec<String> = items.iter().map(|item| item.text.clone()).collect();
    if let Some(twice) = items.iter().enumerate().find(|(i, item)| options[..*i].contains(&item.text)) {
        return broken(twice.1.line, format!("the option “{}” stands there twice", twice.1.text));
    }
    Ok(QuestionBody::MultipleChoice { options, key: key.text.clone() })
}

fn matching(items: Vec<GiftAnswer>, line: usize) -> Result<QuestionBody, Refused> {
    let mut pairs = Vec::new();
    for item in items {
        match item.partner {
            Some(right) if item.right && !right.is_empty() && !item.text.is_empty() => {
                pairs.push(MatchPair { left: item.text, right });
            }
            Some(right) if item.right && !right.is_empty() => {
                return left_out(item.line, "a right side without a left one has no place in Lectern's matching");
            }
            _ => return broken(item.line, "every pair is `=left -> right`"),
        }
    }
    if pairs.len() < 2 {
        return broken(line, "matching needs at least two pairs");
    }
    Ok(as_ordering(pairs))
}

/// Pairs whose left sides are 1, 2, 3, … are an ordering.
pub fn as_ordering(pairs: Vec<MatchPair>) -> QuestionBody {
    if pairs.iter().enumerate().any(|(i, pair)| pair.left != (i + 1).to_string()) {
        return QuestionBody::Matching { pairs };
    }
    let key: Vec<String> = pairs.into_iter().map(|pair| pair.right).collect();
    QuestionBody::Ordering { options: shown_order(&key).into_iter().map(|i| key[i].clone()).collect(), key }
}
