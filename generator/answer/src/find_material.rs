//! Finds the part of the material that a question about the material is about.

use std::sync::Arc;

use domain::{Block, BlockKind, ByteRange, DocumentId, ParsedDocument, Passage, Scores};

use super::{
    about_material::{HAN_DIGITS, MaterialQuestion, Part, number},
    tell_material::{prose, terms},
};

/// Most headings that are told.
const MOST_HEADINGS: usize = 40;
/// Most bytes of a part that are read.
const LONGEST_PART: usize = 40_000;

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

    use super::{super::about_material::about_material, *};

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
