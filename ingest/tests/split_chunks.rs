//! Laws of the chunker, on documents made at random.

use std::sync::atomic::{AtomicUsize, Ordering};

use domain::{BlockKind, Chunk, ParsedDocument, ports::TokenCounter};
use ingest::{ReadOptions, SplitConfig, read_bytes, split_chunks};
use proptest::prelude::*;

/// Like a subword tokenizer: a token per four letters of a word, and per Chinese character.
struct Pieces;

impl TokenCounter for Pieces {
    fn count(&self, text: &str) -> usize {
        let word = |w: &str| if w.is_ascii() { w.len().div_ceil(4) } else { w.chars().count() };
        text.split_whitespace().map(word).sum()
    }
}

fn document(markdown: &str) -> Option<ParsedDocument> {
    let options = ReadOptions { pdfium: "/none".as_ref(), password: None, max_pages: 1, ocr: None };
    read_bytes(markdown.as_bytes(), "a.md", options, &mut |_, _| {}).ok()
}

fn split(doc: &ParsedDocument, max_tokens: usize, overlap_tokens: usize) -> Vec<Chunk> {
    split_chunks(
        doc,
        "00ff",
        "6ba7b810-9dad-11d1-80b4-00c04fd430c8".parse().unwrap(),
        &Pieces,
        &SplitConfig { max_tokens, overlap_tokens },
    )
}

fn markdown() -> impl Strategy<Value = String> {
    let words = prop_oneof![
        "[a-zA-Z]{1,12}( [a-z,]{1,14}){0,60}\\.",
        "[一-龥]{1,80}[。！？]([一-龥]{1,60}[。！？]){0,6}",
        "[a-zé\u{300}漢👩‍🔬 ]{1,40}",
    ];
    let block = prop_oneof![
        6 => words.clone(),
        2 => "#{1,4} [A-Za-z一-龥]{1,20}",
        1 => words.clone().prop_map(|w| format!("- {w}\n- {w}")),
        1 => "[a-z]{1,9}".prop_map(|w| format!("| a | {w} |\n|---|---|\n| 1 | {w} |")),
        1 => words.prop_map(|w| format!("```\n{w}\n  {w}\n```")),
    ];
    prop::collection::vec(block, 1..14).prop_map(|blocks| blocks.join("\n\n"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn chunks_keep_the_laws(source in markdown(), max_tokens in 4usize..80, overlap in 0usize..8) {
        let Some(doc) = document(&source) else { return Ok(()) };
        let chunks = split(&doc, max_tokens, overlap);
        let mut covered = vec![false; doc.text.len()];
        for (n, chunk) in chunks.iter().enumerate() {
            prop_assert_eq!(chunk.ordinal, n);
            prop_assert_eq!(doc.text.get(std::ops::Range::from(chunk.range)), Some(chunk.text.as_str()));
            prop_assert!(chunk.tokens <= max_tokens || chunk.text.chars().count() == 1);
            prop_assert!(!chunk.text.trim().is_empty());
            covered[std::ops::Range::from(chunk.range)].fill(true);
            let headings = doc.blocks.iter().filter(|b| b.kind == BlockKind::Heading && b.range.overlaps(chunk.range));
            for heading in headings {
                prop_assert!(heading.range.contains(chunk.range), "a chunk crosses a heading");
            }
        }
        for pair in chunks.windows(2) {
            prop_assert!(pair[0].range.start < pair[1].range.start);
            prop_assert!(overlap > 0 || pair[0].range.end <= pair[1].range.start);
        }
        for block in &doc.blocks {
            let text = doc.slice(block.range);
            let titles_something = chunks.iter().any(|c| c.heading_path.iter().any(|t| t == text));
            for (at, c) in text.char_indices().filter(|(_, c)| !c.is_whitespace()) {
                let seen = covered[block.range.start + at];
                prop_assert!(seen || (block.kind == BlockKind::Heading && titles_something), "{c:?} is in no chunk");
            }
        }
        prop_assert_eq!(chunks, split(&doc, max_tokens, overlap));
    }
}

#[test]
fn chinese_is_cut_at_the_ends_of_sentences() {
    let doc =
        document(&"恆星的生命是由氣態星雲重力坍縮開始的。天文學家經由觀測確知質量！你知道嗎？".repeat(6)).unwrap();
    let chunks = split(&doc, 40, 0);
    assert!(chunks.len() > 4);
    assert!(chunks.iter().all(|c| c.text.ends_with(['。', '！', '？'])), "{chunks:#?}");
}

#[test]
fn headings_without_anything_under_them_are_chunks() {
    let doc = document("# Only\n\n## These\n\n## Headings\n").unwrap();
    let texts: Vec<String> = split(&doc, 40, 0).into_iter().map(|c| c.text).collect();
    assert_eq!(texts, ["These", "Headings"]);
    let doc = document("# A\n\ntext one\n\n# B\n\ntext two").unwrap();
    let chunks = split(&doc, 40, 0);
    assert_eq!(chunks.len(), 2);
    assert_eq!(chunks[1].heading_path, ["B"]);
}

#[test]
fn tables_are_cut_by_rows_and_name_their_head() {
    let rows: Vec<String> = (1..40).map(|n| format!("| {n} | topic number {n} | 5 |\n")).collect();
    let rows = rows.concat();
    let doc =
        document(&format!("# Plan\n\nWords before it.\n\n| Week | Topic | Points |\n|---|---|---|\n{rows}")).unwrap();
    let chunks = split(&doc, 60, 0);
    assert!(chunks.len() > 3);
    let table: Vec<_> = chunks.iter().filter(|c| c.text.starts_with('|')).collect();
    assert_eq!(table[0].heading_path, ["Plan"]);
    assert!(table[0].text.starts_with("| Week | Topic | Points |\n|---|---|---|\n| 1 |"), "{}", table[0].text);
    assert!(table[1..].iter().all(|c| c.heading_path == ["Plan", "Week | Topic | Points"]));
    assert!(table.iter().all(|c| c.text.lines().all(|l| l.starts_with('|') && l.ends_with('|'))), "rows stay whole");
}

#[test]
fn exam_questions_keep_their_options() {
    let question =
        |n: usize| format!("{n}. Which of these many words is number {n}?\n\n(A) this one\n\n(B) that one\n\n");
    let doc = document(&(1..20).map(question).collect::<Vec<_>>().concat()).unwrap();
    let chunks = split(&doc, 50, 0);
    assert!(chunks.len() > 5);
    for chunk in &chunks {
        assert_eq!(chunk.text.matches("Which").count(), chunk.text.matches("(B)").count(), "{}", chunk.text);
    }
}

/// Counts a token for each byte, and how many bytes it was given.
#[derive(Default)]
struct Bytes(AtomicUsize);

impl TokenCounter for Bytes {
    fn count(&self, text: &str) -> usize {
        self.0.fetch_add(text.len(), Ordering::Relaxed);
        text.len()
    }
}

/// What a text without spaces costs must not grow with the square of its length.
#[test]
fn a_text_with_nowhere_to_cut_is_cut_soon() {
    let doc = document(&"[".repeat(200_000)).unwrap();
    let (counter, course) = (Bytes::default(), "6ba7b810-9dad-11d1-80b4-00c04fd430c8".parse().unwrap());
    let chunks = split_chunks(&doc, "00ff", course, &counter, &SplitConfig::default());
    assert_eq!(chunks.iter().map(|c| c.text.len()).sum::<usize>(), doc.text.len());
    assert!(chunks.iter().all(|c| c.tokens <= 256));
    let bytes = counter.0.into_inner();
    assert!(bytes < 200 * doc.text.len(), "{bytes} bytes were counted");
}
