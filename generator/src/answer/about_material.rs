//! Questions about the material itself, not about what it says: its contents, a part's summary, the terms that a part
//! defines. They are answered from the documents' own headings and sentences, never from a model.

use std::sync::Arc;

use domain::{Block, BlockKind, ByteRange, DocumentId, ParsedDocument, Passage, Scores};

use super::{
    split_sentences::is_han,
    tell_material::{prose, terms},
};

/// Most words of such a question, or most characters of a Chinese one: longer ones ask for something else.
const LONGEST_WORDS: usize = 16;
const LONGEST_HAN: usize = 32;
/// Most headings that are told.
const MOST_HEADINGS: usize = 40;
/// Most bytes of a part that are read.
const LONGEST_PART: usize = 40_000;

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

/// A document that may be asked about.
#[derive(Clone, Debug)]
pub struct MaterialDocument {
    /// Itself.
    pub id: DocumentId,
    /// Its name, as the teacher knows it.
    pub name: String,
    /// What was read of it.
    pub parsed: Arc<ParsedDocument>,
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

const HAN_DIGITS: [char; 11] = ['一', '二', '三', '四', '五', '六', '七', '八', '九', '十', '兩'];

/// A number in digits, in words up to ten, or in Chinese numerals up to 99.
fn number(text: &str) -> Option<u32> {
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

/// The parts of the documents that a question is about, numbered; empty where there is no such part, or nothing to tell
/// of it. Documents that the question names go before all others.
pub fn material_passages(question: &str, asked: &MaterialQuestion, documents: &[MaterialDocument]) -> Vec<Passage> {
    let own: Vec<&MaterialDocument> = documents.iter().filter(|d| names_document(question, &d.name)).collect();
    let documents = if own.is_empty() { documents.iter().collect() } else { own };
    let mut passages: Vec<Passage> = match asked {
        MaterialQuestion::Contents => contents(&documents),
        MaterialQuestion::Summary(part) | MaterialQuestion::Terms(part) => {
            // `section 2` of whichever document has one; the first that fits.
            let found = documents.iter().find_map(|d| Some(passage(d, part_of(&d.parsed, &within(part, &d.name))?)));
            found.into_iter().collect()
        }
    };
    let tells = match asked {
        MaterialQuestion::Contents => true,
        MaterialQuestion::Summary(_) => !prose(&passages).is_empty(),
        MaterialQuestion::Terms(_) => !terms(&passages).is_empty(),
    };
    if !tells {
        return Vec::new();
    }
    for (n, passage) in (1..).zip(&mut passages) {
        passage.n = n;
    }
    passages
}

/// Whether a question names the document of this name.
pub fn names_document(question: &str, name: &str) -> bool {
    let lower = question.to_lowercase();
    // `1.pdf` is not named by `section 1`.
    stems(name).iter().any(|stem| stem.chars().any(char::is_alphabetic) && lower.contains(stem.as_str()))
}

/// How a question may write a document's name: without its ending, its dashes as blanks.
fn stems(name: &str) -> [String; 2] {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_lowercase();
    [stem.replace(['-', '_'], " "), stem]
}

/// The part as the document with this name has it: of a title that is the document's own name, all of it.
fn within(part: &Part, name: &str) -> Part {
    let Part::Titled(title) = part else { return part.clone() };
    let whole = |stem: &String| {
        let rest = title.strip_prefix(stem.as_str())?.trim();
        let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending).to_lowercase();
        let rest = rest.strip_prefix(&format!(".{ending}")).unwrap_or(rest).trim();
        ["", "的內容", "的内容", "內容", "内容", "這份文件", "这份文件"].contains(&rest).then_some(Part::Whole)
    };
    stems(name).iter().find_map(whole).unwrap_or_else(|| part.clone())
}

/// The headings: as deep as there is room for.
fn contents(documents: &[&MaterialDocument]) -> Vec<Passage> {
    let headings = |deepest: u8| {
        let of = move |d: &&MaterialDocument| {
            let told = d.parsed.blocks.iter().filter(move |b| b.kind == BlockKind::Heading && b.level <= deepest);
            told.map(|b| passage(d, b.range)).collect::<Vec<_>>()
        };
        documents.iter().flat_map(of).collect::<Vec<_>>()
    };
    let fitting = (1..=3).rev().map(headings).find(|list| list.len() <= MOST_HEADINGS);
    let mut list = fitting.unwrap_or_else(|| headings(1));
    list.truncate(MOST_HEADINGS);
    list
}

fn passage(document: &MaterialDocument, range: ByteRange) -> Passage {
    let parsed = &document.parsed;
    Passage {
        n: 0,
        document_id: document.id,
        document_name: document.name.clone(),
        pages: (parsed.page_of(range.start), parsed.page_of(range.end.saturating_sub(1).max(range.start))),
        heading_path: Vec::new(),
        text: parsed.slice(range).to_owned(),
        range,
        score: 1.0,
        scores: Scores::default(),
        boxes: Vec::new(),
    }
}

/// Where a part stands in a document.
fn part_of(document: &ParsedDocument, part: &Part) -> Option<ByteRange> {
    let blocks = &document.blocks;
    let range = match part {
        Part::Whole => blocks.iter().collect::<Vec<_>>(),
        Part::Page(page) => blocks.iter().filter(|b| b.page == *page).collect(),
        // By the heading's own number; where none has it, by its place.
        Part::Numbered(n) => section(document, |_, title| numbered(title) == Some(*n))
            .or_else(|| section(document, |place, _| place == *n))?,
        Part::Titled(words) => {
            let plain = |t: &str| t.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect::<String>();
            let wanted = plain(words);
            section(document, |_, title| !wanted.is_empty() && plain(title).contains(&wanted))?
        }
    };
    let start = range.first()?.range.start;
    let within = range.iter().map(|b| b.range.end).filter(|end| end - start <= LONGEST_PART);
    within.max().map(|end| ByteRange::new(start, end))
}

/// The first section whose place among its like (from 1) and title fit: its heading and all below it.
fn section(document: &ParsedDocument, fits: impl Fn(u32, &str) -> bool) -> Option<Vec<&Block>> {
    let blocks = &document.blocks;
    let headings = || blocks.iter().enumerate().filter(|(_, b)| b.kind == BlockKind::Heading);
    // Where a document's title is its only heading of the first level, sections are those of the next.
    let top = (1..=6).find(|level| headings().filter(|(_, b)| b.level == *level).count() > 1)?;
    let mut place = 0;
    for (at, heading) in headings() {
        place += u32::from(heading.level == top);
        let n = if heading.level == top { place } else { 0 };
        if fits(n, document.slice(heading.range)) {
            let below = blocks.iter().skip(at + 1);
            let below = below.take_while(|b| b.kind != BlockKind::Heading || b.level > heading.level);
            return Some(std::iter::once(heading).chain(below).collect());
        }
    }
    None
}

/// The number that a heading begins with: `2 Rocks`, `Chapter 2: Rocks`, `第二章 岩石`, `二、岩石`; not `2.1 Granite`.
fn numbered(title: &str) -> Option<u32> {
    let title = title.trim().to_lowercase();
    let mut rest = title.as_str();
    for lead in ["chapter ", "section ", "unit ", "part ", "lesson ", "第"] {
        rest = rest.strip_prefix(lead).unwrap_or(rest).trim_start();
    }
    let end = rest.find(|c: char| !c.is_ascii_digit() && !HAN_DIGITS.contains(&c)).unwrap_or(rest.len());
    let after = rest.get(end..)?;
    let deeper = after.strip_prefix('.').is_some_and(|t| t.starts_with(|c: char| c.is_ascii_digit()));
    // 一般 and 三峽 begin no count.
    let counts = after.is_empty()
        || after.starts_with([' ', '.', ':', '、', '：', ')', '章', '節', '节', '單', '单', '課', '课']);
    // A year is no section's number.
    if deeper || !counts { None } else { number(rest.get(..end)?).filter(|n| *n < 200) }
}

#[cfg(test)]
mod tests {
    use domain::{Language, PageInfo};

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

    fn document(lines: &[(u8, &str)]) -> MaterialDocument {
        let (mut text, mut blocks) = (String::new(), Vec::new());
        for (n, (level, line)) in lines.iter().enumerate() {
            let start = text.len();
            text.push_str(line);
            let kind = if *level > 0 { BlockKind::Heading } else { BlockKind::Paragraph };
            let page = 1 + u32::try_from(n / 3).unwrap();
            let range = ByteRange::new(start, text.len());
            blocks.push(Block { kind, level: *level, page, range, heading_path: Vec::new(), boxes: Vec::new() });
            text.push_str("\n\n");
        }
        let parsed = ParsedDocument {
            text,
            pages: vec![PageInfo { number: 1, width: 0.0, height: 0.0 }],
            blocks,
            words: Vec::new(),
            language: Language::English,
            media_type: "text/markdown".into(),
            warnings: Vec::new(),
        };
        MaterialDocument { id: DocumentId::new(), name: "rocks.md".into(), parsed: Arc::new(parsed) }
    }

    #[test]
    fn parts_are_found_by_number_title_and_page() {
        let rocks = document(&[
            (1, "Rocks"),
            (2, "What rocks are"),
            (0, "A rock is a solid mass of minerals."),
            (2, "Granite"),
            (0, "Granite is hard and lasts long."),
            (3, "Its colours"),
            (0, "Grey."),
            (2, "Basalt"),
            (0, "Basalt is dark and heavy too."),
        ]);
        let texts = |question: &str| -> Vec<String> {
            let asked = about_material(question).unwrap();
            material_passages(question, &asked, std::slice::from_ref(&rocks)).into_iter().map(|p| p.text).collect()
        };
        assert_eq!(
            texts("Summarise section 2"),
            ["Granite\n\nGranite is hard and lasts long.\n\nIts colours\n\nGrey."]
        );
        assert_eq!(texts("Summarise basalt"), ["Basalt\n\nBasalt is dark and heavy too."]);
        assert_eq!(
            texts("List the terms on page 1"),
            ["Rocks\n\nWhat rocks are\n\nA rock is a solid mass of minerals."]
        );
        assert!(texts("List the terms on page 3").is_empty());
        assert_eq!(texts("What chapters are there?"), ["Rocks", "What rocks are", "Granite", "Its colours", "Basalt"]);
        assert!(texts("Summarise section 9").is_empty());
        assert!(
            texts("Summarise rocks")[0].starts_with("Rocks")
                && texts("請摘要 rocks.md 的內容")[0].ends_with("heavy too.")
        );
        assert!(texts("Summarise the moon").is_empty());
    }

    #[test]
    fn a_heading_without_a_number_does_not_count_beside_those_with_one() {
        let rocks =
            document(&[(1, "Rocks"), (2, "Schedule"), (2, "Chapter 1. Granite"), (0, "Granite is hard and very old.")]);
        let asked = MaterialQuestion::Summary(Part::Numbered(1));
        assert!(material_passages("", &asked, &[rocks])[0].text.starts_with("Chapter 1"));
    }

    #[test]
    fn headings_with_numbers_of_their_own_go_by_them() {
        assert_eq!(numbered("2 Rocks"), Some(2));
        assert_eq!(numbered("Chapter 4: Sand"), Some(4));
        assert_eq!(numbered("第十二章 岩石"), Some(12));
        assert_eq!(numbered("三、火山"), Some(3));
        assert_eq!(numbered("2.1 Granite"), None);
        assert_eq!(numbered("三峽大壩"), None);
        assert_eq!(numbered("1990 World Cup"), None);
    }
}
