//! Exam papers: numbered questions with their options and, where the paper gives it, the key.
//!
//! A question begins with its number; options follow each other as A, B, C … wherever they stand: in blocks of their own,
//! in rows, or on one line. Keys stand before the number (`( B ) 1.`), behind the question (`Answer: B`) or in a list at
//! the end.

use std::collections::HashMap;

use domain::{Block, BlockKind, ByteRange, ParsedDocument};
use serde::{Deserialize, Serialize};

/// Labels of options; papers have five at most, questionnaires a few more.
const LABELS: &str = "ABCDEFGH";
/// Numbers of questions have no more digits.
const LONGEST_NUMBER: usize = 3;
/// What comes before a key.
const KEY_WORDS: [&str; 8] = ["answer key", "answers", "answer", "key", "參考答案", "参考答案", "答案", "解答"];

/// One option of a question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExamOption {
    /// `A`, `B`, …
    pub label: char,
    /// Its words.
    pub text: String,
}

/// One question of an exam paper.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExamItem {
    /// Its number in the paper.
    pub number: u32,
    /// The question.
    pub stem: String,
    /// Its options in order; empty for an open question.
    pub options: Vec<ExamOption>,
    /// The labels of the right options, where the paper gives them.
    pub key: Option<String>,
    /// Its bytes in the document's text, from the number to the last option.
    pub range: ByteRange,
}

/// The questions of a document in order: those with two options or more, and open ones that ask or leave a gap.
pub fn exam_items(document: &ParsedDocument) -> Vec<ExamItem> {
    let mut items: Vec<ExamItem> = Vec::new();
    let mut open: Option<ExamItem> = None;
    let mut keys = KeyList::default();
    for block in &document.blocks {
        let text = document.slice(block.range);
        if keys.take(text) {
            items.extend(open.take().and_then(finished));
        } else if let Some(begin) = question(text) {
            items.extend(open.take().and_then(finished));
            open = Some(begun(&begin, block, text));
        } else if !open.as_mut().is_some_and(|item| goes_on(item, block, text)) {
            items.extend(open.take().and_then(finished));
        }
    }
    items.extend(open.and_then(finished));
    for item in items.iter_mut().filter(|item| item.key.is_none()) {
        item.key = keys.keys.get(&item.number).cloned();
    }
    items
}

fn finished(mut item: ExamItem) -> Option<ExamItem> {
    let asks = item.stem.contains(['?', '？']) || item.stem.contains("__") || item.stem.contains("＿");
    if item.options.len() < 2 {
        item.options.clear();
    }
    (!item.stem.is_empty() && (asks || !item.options.is_empty())).then_some(item)
}

/// The beginning of a question.
struct Beginning {
    number: u32,
    key: Option<String>,
    /// Where the words begin.
    words: usize,
}

fn question(text: &str) -> Option<Beginning> {
    let mut rest = text.trim_start();
    let mut key = None;
    if let Some(inner) = rest.strip_prefix(['(', '（']) {
        // A place for the answer, filled or not; `(1)` is a number in brackets.
        let (answer, after) = inner.split_once([')', '）'])?;
        let answer = answer.trim();
        if answer.chars().all(|c| LABELS.contains(c)) {
            key = (!answer.is_empty()).then(|| answer.to_owned());
            rest = after.trim_start();
        } else {
            rest = inner;
        }
    }
    for word in ["Question ", "Q", "第"] {
        rest = rest.strip_prefix(word).map_or(rest, str::trim_start);
    }
    let digits = rest.chars().take_while(char::is_ascii_digit).count();
    let number = rest.get(..digits).filter(|d| d.len() <= LONGEST_NUMBER)?.parse().ok()?;
    let after = rest[digits..].trim_start();
    let words = after.strip_prefix(['.', '．', '、', ')', '）', ':', '：', '題', '题'])?;
    // `1.2` is a section.
    if words.starts_with(|c: char| c.is_ascii_digit()) || words.trim().is_empty() {
        return None;
    }
    Some(Beginning { number, key, words: text.len() - words.len() })
}

fn begun(begin: &Beginning, block: &Block, text: &str) -> ExamItem {
    let words = text[begin.words..].trim_start_matches([' ', ':', '：', '.']);
    let mut item = ExamItem {
        number: begin.number,
        stem: String::new(),
        options: Vec::new(),
        key: begin.key.clone(),
        range: block.range,
    };
    take_words(&mut item, words);
    item
}

/// Whether a block belongs to the question that is open: its options, its key, or more of its words before any option.
fn goes_on(item: &mut ExamItem, block: &Block, text: &str) -> bool {
    let heading = block.kind == BlockKind::Heading;
    let more_words =
        item.options.is_empty() && !heading && matches!(block.kind, BlockKind::Paragraph | BlockKind::Code);
    if let Some(key) = key_behind(text).filter(|_| !heading) {
        item.key.get_or_insert(key);
    } else if more_words || first_option(text, item.options.len()) == Some(0) {
        take_words(item, text);
    } else {
        return false;
    }
    item.range.end = block.range.end;
    true
}

/// Words that begin in the stem or with the next option.
fn take_words(item: &mut ExamItem, text: &str) {
    let (text, key) = split_key(text);
    if let Some(key) = key {
        item.key.get_or_insert(key);
    }
    let mut rest = text;
    loop {
        let next = first_option(rest, item.options.len());
        let words = rest[..next.unwrap_or(rest.len())].trim();
        match item.options.last_mut() {
            Some(option) => join(&mut option.text, words),
            None => join(&mut item.stem, words),
        }
        let Some(label) = next.and_then(|_| LABELS.chars().nth(item.options.len())) else { return };
        let after = next.map_or("", |at| &rest[at..]);
        let words = after.find(label).map_or("", |at| &after[at + 1..]);
        item.options.push(ExamOption { label, text: String::new() });
        rest = words.trim_start_matches([')', '）', '.', '．', '、', ':', '：']);
    }
}

fn join(text: &mut String, words: &str) {
    if !text.is_empty() && !words.is_empty() {
        text.push(' ');
    }
    text.push_str(words);
}

/// Where option number `n` (from 0) begins: `(C)`, `C.`, `C)` or `C、` at the beginning or behind a space.
fn first_option(text: &str, n: usize) -> Option<usize> {
    let label = LABELS.chars().nth(n)?;
    text.match_indices(label).find_map(|(at, _)| {
        let (before, after) = (&text[..at], &text[at + 1..]);
        let bracket = before.chars().next_back().filter(|c| matches!(c, '(' | '（'));
        let begin = at - bracket.map_or(0, char::len_utf8);
        let last = text[..begin].chars().next_back();
        let free = bracket == Some('（')
            || last.is_none_or(|c| c.is_whitespace() || !(c.is_ascii_alphanumeric() || "(（'’".contains(c)));
        let marks: &[char] = if bracket.is_some() { &[')', '）'] } else { &['.', '．', '、', ')', '）'] };
        // `A.D.`, `B.C.`: an abbreviation.
        let abbreviation =
            after.get(1..).is_some_and(|a| a.starts_with(|c: char| c.is_ascii_uppercase()) && a[1..].starts_with('.'));
        (free && after.starts_with(marks) && !abbreviation).then_some(begin)
    })
}

/// `Answer: B` in a block of its own.
fn key_behind(text: &str) -> Option<String> {
    let lower = text.trim().to_lowercase();
    let rest = KEY_WORDS.iter().find_map(|word| lower.strip_prefix(word))?;
    labels(rest.trim_start_matches([' ', ':', '：', '=']).trim_end_matches(['.', '。', ' ']))
}

/// The same at the end of words.
fn split_key(text: &str) -> (&str, Option<String>) {
    let lower = text.to_ascii_lowercase();
    for word in ["answer:", "ans:", "答案：", "答案:", "解答："] {
        if let Some(at) = lower.rfind(word).filter(|at| *at > 0)
            && let Some(key) = labels(lower[at + word.len()..].trim())
        {
            return (text[..at].trim_end_matches([' ', '(', '（', '[', '【']), Some(key));
        }
    }
    (text, None)
}

/// One label, or several: `B`, `(B)`, `A, C`, `AC`.
fn labels(text: &str) -> Option<String> {
    let is_label = |c: char| LABELS.contains(c.to_ascii_uppercase());
    let plain: String = text.chars().filter(|c| !c.is_whitespace() && !"()（）[]【】,，、.".contains(*c)).collect();
    let all = !plain.is_empty() && plain.len() <= LABELS.len() && plain.chars().all(is_label);
    all.then(|| plain.to_uppercase())
}

/// A list of keys: `Answer key: 1. B 2. C`, in one block or in those that follow.
#[derive(Default)]
struct KeyList {
    keys: HashMap<u32, String>,
    /// Within the list.
    inside: bool,
}

impl KeyList {
    /// Whether a block belongs to the list.
    fn take(&mut self, text: &str) -> bool {
        let lower = text.trim().to_lowercase();
        let titled = KEY_WORDS.iter().find_map(|word| lower.strip_prefix(word));
        let pairs = pairs(titled.unwrap_or(&lower));
        let title_only = titled.is_some_and(|rest| rest.trim_matches([' ', ':', '：']).is_empty());
        if title_only || (titled.is_some() && pairs.len() > 1) {
            self.inside = true;
        } else if pairs.is_empty() {
            self.inside = false;
        }
        if self.inside {
            self.keys.extend(pairs);
        }
        self.inside
    }
}

/// `1. B`, `2: (C)`, `3 D`, and nothing else but marks between them.
fn pairs(text: &str) -> Vec<(u32, String)> {
    let marks = |c: char| c.is_whitespace() || ".:：、,，;；()（）|-—".contains(c);
    let mut pairs = Vec::new();
    let mut number: Option<u32> = None;
    for token in text.split(marks).filter(|t| !t.is_empty()) {
        let digits = token.chars().take_while(char::is_ascii_digit).count();
        let (digits, letters) = token.split_at(digits);
        if let Ok(n) = digits.parse() {
            number = Some(n);
        }
        match (number, labels(letters)) {
            (Some(n), Some(key)) => {
                pairs.push((n, key));
                number = None;
            }
            (_, None) if letters.is_empty() => {}
            _ => return Vec::new(),
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read_text::read_text;

    fn items(text: &str) -> Vec<ExamItem> {
        exam_items(&read_text(text, "a.txt").unwrap())
    }

    fn short(item: &ExamItem) -> String {
        let options: Vec<String> = item.options.iter().map(|o| format!("{}={}", o.label, o.text)).collect();
        format!("{} {} {} {}", item.number, item.stem, options.join(" "), item.key.as_deref().unwrap_or("-"))
    }

    #[test]
    fn questions_in_blocks_of_their_own() {
        let seen = items(
            "Biology quiz\n\n1. Where is DNA kept?\n\nA. In the nucleus\n\nB. In the wall\n\nC. In 44 B.C. nowhere\n\nAnswer: A\n\n\
             2. Name one organelle of a plant: ____\n\n3. See chapter two.\n\n1.2 Cells\n\nText with A. Smith in it.",
        );
        let seen: Vec<String> = seen.iter().map(short).collect();
        assert_eq!(
            seen,
            [
                "1 Where is DNA kept? A=In the nucleus B=In the wall C=In 44 B.C. nowhere A",
                "2 Name one organelle of a plant: ____  -"
            ]
        );
    }

    #[test]
    fn questions_on_one_line_with_their_keys() {
        let seen = items(
            "( B ) 1. 下列何者為恆星？ (A)月球 (B)太陽 (C)地球 (D)火星\n\n(　) 2. 水的化學式？（A）H2O（B）CO2 答案：A\n\n\
             第3題：下列何者正確？ A、甲 B、乙\n\n參考答案\n\n1. C 2. B 3. A",
        );
        let seen: Vec<String> = seen.iter().map(short).collect();
        assert_eq!(
            seen,
            [
                "1 下列何者為恆星？ A=月球 B=太陽 C=地球 D=火星 B",
                "2 水的化學式？ A=H2O B=CO2 A",
                "3 下列何者正確？ A=甲 B=乙 A"
            ]
        );
    }

    #[test]
    fn ranges_hold_the_whole_question() {
        let doc = read_text("Intro\n\n1. Which?\n\n(A) This\n\n(B) That\n\nThe end.", "a.txt").unwrap();
        assert_eq!(doc.slice(exam_items(&doc)[0].range), "1. Which?\n\n(A) This\n\n(B) That");
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_taken(text in "(?s)[ 1-3A-C().、（）答案：\nx?é]{0,80}") {
            if let Ok(doc) = read_text(&text, "a.txt") {
                for item in exam_items(&doc) {
                    proptest::prop_assert!(doc.text.get(std::ops::Range::from(item.range)).is_some());
                }
            }
        }
    }
}
