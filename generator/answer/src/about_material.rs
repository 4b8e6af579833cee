//! Questions about the material itself, not about what it says: its contents, a part's summary, the terms that a part
//! defines. They are answered from the documents' own headings and sentences, never from a model.

use text::is_han;

/// Most words of such a question, or most characters of a Chinese one: longer ones ask for something else.
const LONGEST_WORDS: usize = 16;
const LONGEST_HAN: usize = 32;

/// What is asked about the material.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MaterialQuestion {
    /// Its headings.
    Contents,
    /// What a part says, in a few sentences.
    Summary(Part),
    /// The terms that a part defines.
    Terms(Part),
}

/// A part of the material.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// All of it.
    Whole,
    /// A page, from 1.
    Page(u32),
    /// The section with this number.
    Numbered(u32),
    /// The section whose heading has these words.
    Titled(String),
}

const CONTENTS: [&str; 40] = [
    "what chapters",
    "which chapters",
    "what sections",
    "which sections",
    "what topics",
    "which topics",
    "what units",
    "which units",
    "how many chapters",
    "how many sections",
    "how many units",
    "table of contents",
    "list the chapters",
    "list the sections",
    "list the topics",
    "list all chapters",
    "list all sections",
    "list all topics",
    "list the headings",
    "course cover",
    "document cover",
    "material cover",
    "course about",
    "document about",
    "material about",
    "哪些章",
    "哪些節",
    "哪些节",
    "哪些單元",
    "哪些单元",
    "哪些主題",
    "哪些主题",
    "幾章",
    "几章",
    "幾個單元",
    "几个单元",
    "章節目錄",
    "章节目录",
    "列出目錄",
    "列出目录",
];
const SUMMARY: [&str; 17] = [
    "summarise ",
    "summarize ",
    "summary of ",
    "sum up ",
    "overview of ",
    "main points of ",
    "key points of ",
    "main ideas of ",
    "gist of ",
    "摘要",
    "總結",
    "总结",
    "概述",
    "概括",
    "大意",
    "重點整理",
    "重点整理",
];
const TERMS: [&str; 20] = [
    "terms defined",
    "terms are defined",
    "terms does",
    "the terms on",
    "the terms in",
    "terms on page",
    "the terms of",
    "definitions on page",
    "definitions in section",
    "definitions in chapter",
    "list the definitions",
    "list the terms",
    "key terms",
    "哪些名詞",
    "哪些名词",
    "哪些術語",
    "哪些术语",
    "列出名詞",
    "列出名词",
    "定義了哪些",
];

/// What a question asks about the material itself; `None` for one about what it says.
pub fn about_material(question: &str) -> Option<MaterialQuestion> {
    let text = question.trim().trim_end_matches(['?', '？', '.', '。', '!', '！']).to_lowercase();
    let han = text.chars().filter(|c| is_han(*c)).count();
    if han > LONGEST_HAN || (han == 0 && text.split_whitespace().count() > LONGEST_WORDS) {
        return None;
    }
    // In Chinese the words that ask often come last: 列出第5頁的名詞.
    let lists =
        text.contains("列出") && ["名詞", "名词", "術語", "术语", "定義", "定义"].iter().any(|w| text.ends_with(w));
    if lists || TERMS.iter().any(|w| text.contains(w)) {
        return Some(MaterialQuestion::Terms(part(&text).unwrap_or(Part::Whole)));
    }
    if let Some(asked) = SUMMARY.iter().find(|w| text.contains(**w)) {
        // `a summary of the treaty was …` asks for nothing here; an order begins with its verb or asks for one.
        let orders = han > 0 || text.split(asked).next().is_some_and(|before| before.split_whitespace().count() <= 5);
        return orders.then(|| MaterialQuestion::Summary(part(&text).unwrap_or_else(|| titled(&text, asked))));
    }
    CONTENTS.iter().any(|w| text.contains(w)).then_some(MaterialQuestion::Contents)
}

/// The page or the section that is named by its number or in quotes.
fn part(text: &str) -> Option<Part> {
    let quotes = [('“', '”'), ('"', '"'), ('「', '」'), ('《', '》')];
    let title = quotes.iter().find_map(|(open, close)| text.split_once(*open)?.1.split_once(*close));
    if let Some((title, _)) = title.filter(|(title, _)| !title.trim().is_empty()) {
        return Some(Part::Titled(title.trim().to_owned()));
    }
    let after = |word: &str| {
        let rest = text.split_once(word)?.1.trim_start();
        number(rest.split(|c: char| !c.is_alphanumeric()).next()?)
    };
    if let Some(page) = after("page ") {
        return Some(Part::Page(page));
    }
    if let Some(n) = ["section ", "chapter ", "unit ", "part ", "lesson "].iter().find_map(|word| after(word)) {
        return Some(Part::Numbered(n));
    }
    let rest = text.split_once('第')?.1.trim_start();
    let end = rest.find(|c: char| !c.is_ascii_digit() && !HAN_DIGITS.contains(&c))?;
    let n = number(rest.get(..end)?)?;
    match rest.get(end..)?.trim_start().chars().next()? {
        '頁' | '页' => Some(Part::Page(n)),
        '章' | '節' | '节' | '單' | '单' | '課' | '课' | '部' => Some(Part::Numbered(n)),
        _ => None,
    }
}

/// What is left of an order to summarise: the title of a part, or nothing, which means all.
fn titled(text: &str, asked: &str) -> Part {
    let mut rest = text.split_once(asked).map(|(before, after)| if after.trim().is_empty() { before } else { after });
    for lead in
        ["the ", "this ", "section ", "chapter ", "part ", "on ", "about ", "本", "這份", "这份", "請", "请", "的"]
    {
        rest = rest.map(|r| r.trim().strip_prefix(lead).unwrap_or(r.trim()));
    }
    let rest =
        rest.unwrap_or_default().trim_end_matches(" section").trim_end_matches(" chapter").trim_end_matches('的');
    let whole = [
        "",
        "course",
        "document",
        "material",
        "text",
        "documents",
        "everything",
        "it",
        "whole document",
        "課程",
        "课程",
        "文件",
        "教材",
        "內容",
        "内容",
        "課文",
        "课文",
        "全文",
    ];
    if whole.contains(&rest) { Part::Whole } else { Part::Titled(rest.to_owned()) }
}

pub(super) const HAN_DIGITS: [char; 11] = ['一', '二', '三', '四', '五', '六', '七', '八', '九', '十', '兩'];

/// A number in digits, in words up to ten, or in Chinese numerals up to 99.
pub(super) fn number(text: &str) -> Option<u32> {
    const WORDS: [&str; 10] = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];
    if let Ok(n) = text.parse() {
        return Some(n);
    }
    if let Some(n) = WORDS.iter().position(|word| *word == text) {
        return u32::try_from(n + 1).ok();
    }
    let digit = |c: char| match c {
        '兩' => Some(2),
        c => HAN_DIGITS.iter().take(9).position(|d| *d == c).and_then(|n| u32::try_from(n + 1).ok()),
    };
    let one = |part: &str| match part.chars().collect::<Vec<_>>()[..] {
        [] => None,
        [c] => Some(digit(c)),
        _ => Some(None),
    };
    match text.split_once('十') {
        Some((tens, ones)) => Some(one(tens).unwrap_or(Some(1))? * 10 + one(ones).unwrap_or(Some(0))?),
        None => one(text)?,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_about_the_material_are_told_from_those_about_what_it_says() {
        use MaterialQuestion::{Contents, Summary, Terms};
        let titled = |t: &str| Part::Titled(t.to_owned());
        for (question, asked) in [
            ("What chapters are there?", Contents),
            ("What topics does this course cover?", Contents),
            ("這份教材有哪些章節？", Contents),
            ("Summarise section 2", Summary(Part::Numbered(2))),
            ("Please summarize chapter three.", Summary(Part::Numbered(3))),
            ("Give me a summary of the document", Summary(Part::Whole)),
            ("Summarise “The water cycle”", Summary(titled("the water cycle"))),
            ("Summarise the water cycle", Summary(titled("water cycle"))),
            ("總結第二章", Summary(Part::Numbered(2))),
            ("請摘要「岩石的種類」", Summary(titled("岩石的種類"))),
            ("List the terms defined on page 5", Terms(Part::Page(5))),
            ("列出第12頁的名詞", Terms(Part::Page(12))),
            ("第十一章定義了哪些名詞？", Terms(Part::Numbered(11))),
        ] {
            assert_eq!(about_material(question), Some(asked), "{question}");
        }
        for question in [
            "What is granite?",
            "Which chapter of the union refused the summary of the treaty that was signed in 1912?",
            "What does the term igneous mean?",
            "Who wrote the book?",
            "光合作用的總反應是什麼？",
            "第二次世界大戰何時結束？",
        ] {
            assert_eq!(about_material(question), None, "{question}");
        }
    }
}
