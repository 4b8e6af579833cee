//! Packing hits into a token budget.

use std::collections::HashMap;

use domain::{ByteRange, CourseId, DocumentId, Hit, Passage, Scores};
use retriever::{PackSources, neighbour_keys, pack_passages};

const TEXTS: [&str; 5] = ["one two three", "four five six", "seven eight nine", "ten eleven twelve", "thirteen"];

struct Book {
    text: String,
    hits: Vec<Hit>,
}

fn book(document: DocumentId) -> Book {
    let chunks = crate::common::chunks(CourseId::new(), document, &TEXTS);
    let hit = |c: domain::Chunk| Hit {
        chunk_id: c.id,
        document_id: document,
        ordinal: c.ordinal,
        pages: c.pages,
        heading_path: c.heading_path,
        text: c.text,
        tokens: c.tokens,
        range: c.range,
        score: 0.0,
        scores: Scores::default(),
    };
    Book { text: TEXTS.join("\n\n"), hits: chunks.into_iter().map(hit).collect() }
}

fn pack(books: &HashMap<DocumentId, Book>, found: &[(DocumentId, usize, f32)], budget: usize) -> Vec<Passage> {
    let hits: Vec<Hit> = found.iter().map(|&(d, n, score)| Hit { score, ..books[&d].hits[n].clone() }).collect();
    let neighbour = |d: DocumentId, n: usize| books[&d].hits.get(n).cloned();
    let text = |d: DocumentId, r: ByteRange| books[&d].text.get(r.start..r.end).map(str::to_owned);
    let name = |_: DocumentId| "Book".to_owned();
    let passages = pack_passages(&hits, PackSources { neighbour: &neighbour, name: &name, text: &text }, budget);
    for (i, p) in passages.iter().enumerate() {
        assert_eq!(p.n, i + 1);
        assert_eq!(p.text, books[&p.document_id].text[p.range.start..p.range.end], "verbatim");
    }
    passages
}

#[test]
fn a_tight_budget_holds_the_best_hits_alone() {
    let d = DocumentId::new();
    let books = HashMap::from([(d, book(d))]);
    let passages = pack(&books, &[(d, 3, 0.9), (d, 0, 0.8)], 6);
    assert_eq!(passages.iter().map(|p| p.text.as_str()).collect::<Vec<_>>(), [TEXTS[3], TEXTS[0]]);
}

#[test]
fn neighbours_fill_what_is_left_and_are_joined_verbatim() {
    let d = DocumentId::new();
    let books = HashMap::from([(d, book(d))]);
    let passages = pack(&books, &[(d, 1, 0.9)], 9);
    assert_eq!(passages.len(), 1);
    assert_eq!(passages[0].text, TEXTS[..3].join("\n\n"));
    assert_eq!((passages[0].pages, passages[0].score), ((1, 3), 0.9));
}

#[test]
fn adjacent_hits_become_one_passage_with_the_better_score() {
    let d = DocumentId::new();
    let books = HashMap::from([(d, book(d))]);
    let passages = pack(&books, &[(d, 2, 0.9), (d, 1, 0.4)], 6);
    assert_eq!(passages.len(), 1);
    assert_eq!((passages[0].text.as_str(), passages[0].score), (TEXTS[1..3].join("\n\n").as_str(), 0.9));
}

#[test]
fn another_heading_is_not_joined_and_another_document_neither() {
    let (d, e) = (DocumentId::new(), DocumentId::new());
    let mut books = HashMap::from([(d, book(d)), (e, book(e))]);
    books.get_mut(&d).unwrap().hits[2].heading_path = vec!["Unit 2".to_owned()];
    let passages = pack(&books, &[(d, 1, 0.9), (e, 2, 0.8)], 1000);
    assert_eq!(passages.len(), 2);
    assert_eq!(passages[0].text, TEXTS[..2].join("\n\n"));
    assert_eq!(passages[1].text, TEXTS[1..4].join("\n\n"));
}

#[test]
fn a_first_hit_over_the_budget_is_cut_and_no_budget_gives_nothing() {
    let d = DocumentId::new();
    let books = HashMap::from([(d, book(d))]);
    let passages = pack(&books, &[(d, 0, 0.9)], 2);
    assert_eq!(passages.len(), 1);
    assert!(TEXTS[0].starts_with(&passages[0].text) && passages[0].text.len() < TEXTS[0].len());
    assert!(pack(&books, &[(d, 0, 0.9)], 0).is_empty());
    assert!(pack(&books, &[], 100).is_empty());
}

#[test]
fn neighbour_keys_leave_out_the_hits_themselves() {
    let d = DocumentId::new();
    let hits = book(d).hits;
    assert_eq!(neighbour_keys(&hits[..2]), [(d, 2)]);
    assert_eq!(neighbour_keys(&hits[1..2]), [(d, 0), (d, 2)]);
}
