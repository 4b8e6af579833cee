//! What the two indexes hold after writes, repeats, removals and reopening, and what a search finds in them.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use crate::common::{HashEmbedder, chunks, open, query};
use domain::{
    CourseId, DocumentId, ErrorKind, PortResult, Script, SearchFilter, SearchMode, SearchQuery,
    ports::{BoxFuture, ChunkSearcher, ChunkStore, EmbedRole, Embedder, Reranker},
};
use retriever::{EdgeVectorIndex, HybridRetriever, RetrieverSettings, VectorIndex, VectorPoint};

const TEXTS: [&str; 3] = [
    "Plants make sugar from light in their leaves.",
    "The cell membrane lets water through.",
    "电脑网络把许多计算机连接起来。",
];
const MODES: [SearchMode; 3] = [SearchMode::Hybrid, SearchMode::Dense, SearchMode::Keyword];

fn nothing(_: usize, _: usize) {}

#[tokio::test(flavor = "multi_thread")]
async fn put_twice_gives_the_same_counts_and_hits() {
    let dir = tempfile::tempdir().unwrap();
    let retriever = open(dir.path());
    let (course, document) = (CourseId::new(), DocumentId::new());
    let chunks = chunks(course, document, &TEXTS);
    let done = AtomicUsize::new(0);
    for _ in 0..2 {
        let progress = |n: usize, _: usize| done.store(n, Ordering::Relaxed);
        retriever.put(course, document, &chunks, &progress).await.unwrap();
        assert_eq!(done.load(Ordering::Relaxed), 3);
        assert_eq!(retriever.count(document).await.unwrap(), (3, 3));
        for mode in MODES {
            let hits = retriever.search(query(course, "how do plants get sugar?", mode)).await.unwrap();
            assert_eq!(hits[0].text, TEXTS[0], "{mode:?}");
            assert_eq!((hits[0].ordinal, hits[0].pages, hits[0].range), (0, (1, 1), chunks[0].range));
            assert_eq!(hits[0].heading_path, ["Unit 1"]);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn fewer_chunks_leave_none_of_the_old_ones() {
    let dir = tempfile::tempdir().unwrap();
    let retriever = open(dir.path());
    let (course, document) = (CourseId::new(), DocumentId::new());
    retriever.put(course, document, &chunks(course, document, &TEXTS), &nothing).await.unwrap();
    retriever.put(course, document, &chunks(course, document, &TEXTS[..1]), &nothing).await.unwrap();
    assert_eq!(retriever.count(document).await.unwrap(), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn traditional_questions_find_simplified_text() {
    let dir = tempfile::tempdir().unwrap();
    let retriever = open(dir.path());
    let (course, document) = (CourseId::new(), DocumentId::new());
    retriever.put(course, document, &chunks(course, document, &TEXTS), &nothing).await.unwrap();
    let hits = retriever.search(query(course, "電腦網絡是什麼？", SearchMode::Keyword)).await.unwrap();
    assert_eq!(hits.len(), 1);
    assert_eq!(hits[0].text, TEXTS[2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_hold_for_every_mode() {
    let dir = tempfile::tempdir().unwrap();
    let retriever = open(dir.path());
    let (course, other) = (CourseId::new(), CourseId::new());
    let (first, second, foreign) = (DocumentId::new(), DocumentId::new(), DocumentId::new());
    for (course, document) in [(course, first), (course, second), (other, foreign)] {
        retriever.put(course, document, &chunks(course, document, &TEXTS), &nothing).await.unwrap();
    }
    for mode in MODES {
        let all = retriever.search(query(course, "cell membrane water", mode)).await.unwrap();
        assert!(all.iter().all(|hit| hit.document_id != foreign), "{mode:?}");
        let filter = SearchFilter { documents: vec![second], pages: vec![2] };
        let one = SearchQuery { filter, ..query(course, "cell membrane water", mode) };
        let hits = retriever.search(one).await.unwrap();
        assert_eq!(hits.len(), 1, "{mode:?}");
        assert_eq!((hits[0].document_id, hits[0].pages), (second, (2, 2)));
    }
    assert!(retriever.search(query(CourseId::new(), "cell", SearchMode::Hybrid)).await.unwrap().is_empty());
    assert!(retriever.search(query(course, "  ", SearchMode::Hybrid)).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn removal_leaves_nothing_and_may_be_repeated() {
    let dir = tempfile::tempdir().unwrap();
    let retriever = open(dir.path());
    let course = CourseId::new();
    let (first, second) = (DocumentId::new(), DocumentId::new());
    for document in [first, second] {
        retriever.put(course, document, &chunks(course, document, &TEXTS), &nothing).await.unwrap();
    }
    for _ in 0..2 {
        retriever.remove_document(first).await.unwrap();
        assert_eq!(retriever.count(first).await.unwrap(), (0, 0));
        assert_eq!(retriever.count(second).await.unwrap(), (3, 3));
    }
    for _ in 0..2 {
        retriever.remove_course(course).await.unwrap();
        assert_eq!(retriever.count(second).await.unwrap(), (0, 0));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_put_is_there_after_the_process_died() {
    let dir = tempfile::tempdir().unwrap();
    let (course, document) = (CourseId::new(), DocumentId::new());
    let retriever = open(dir.path());
    retriever.put(course, document, &chunks(course, document, &TEXTS), &nothing).await.unwrap();
    // A copy taken while the index is open is what a killed process leaves behind.
    let left = tempfile::tempdir().unwrap();
    copy(dir.path(), left.path());
    let again = open(left.path());
    assert_eq!(again.count(document).await.unwrap(), (3, 3));
    again.put(course, document, &chunks(course, document, &TEXTS), &nothing).await.unwrap();
    assert_eq!(again.count(document).await.unwrap(), (3, 3));
    drop(again);
    let third = open(left.path());
    assert_eq!(third.count(document).await.unwrap(), (3, 3));
    for mode in MODES {
        assert_eq!(third.search(query(course, "plants sugar light", mode)).await.unwrap()[0].text, TEXTS[0]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn half_a_write_is_not_found_and_is_mended_by_the_next() {
    let dir = tempfile::tempdir().unwrap();
    let (course, document) = (CourseId::new(), DocumentId::new());
    let all = chunks(course, document, &TEXTS);
    {
        // Died after the vectors, before the keywords.
        let vectors = EdgeVectorIndex::open(&dir.path().join("vectors"), 64).unwrap();
        let point = |chunk: &domain::Chunk| VectorPoint {
            chunk: chunk.id,
            course,
            document,
            ordinal: chunk.ordinal,
            pages: chunk.pages,
            script: Script::of(&chunk.text),
            vector: crate::common::hash_vector(&chunk.text),
        };
        vectors.replace_document(document, all.iter().map(point).collect()).await.unwrap();
    }
    let retriever = open(dir.path());
    assert_eq!(retriever.count(document).await.unwrap(), (3, 0));
    for mode in MODES {
        assert!(retriever.search(query(course, "plants", mode)).await.unwrap().is_empty(), "{mode:?}");
    }
    retriever.put(course, document, &all, &nothing).await.unwrap();
    assert_eq!(retriever.count(document).await.unwrap(), (3, 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_of_another_embedder_is_refused() {
    struct Other;
    impl Embedder for Other {
        fn dimensions(&self) -> usize {
            64
        }
        fn identity(&self) -> &'static str {
            "other-64"
        }
        fn embed(&self, _: Vec<String>, _: EmbedRole) -> BoxFuture<'_, PortResult<Vec<Vec<f32>>>> {
            Box::pin(async { Ok(Vec::new()) })
        }
    }
    let dir = tempfile::tempdir().unwrap();
    drop(open(dir.path()));
    let error = HybridRetriever::open(dir.path(), Arc::new(Other), RetrieverSettings::default()).unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::Conflict, "index_mismatch"));
    assert!(error.to_string().contains("hash-64") && error.to_string().contains("other-64"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_put_leaves_all_or_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let retriever = Arc::new(open(dir.path()));
    let (course, document) = (CourseId::new(), DocumentId::new());
    let all = chunks(course, document, &TEXTS);
    for wait in [0u64, 1, 3, 10, 30] {
        let put = retriever.put(course, document, &all, &nothing);
        let _ = tokio::time::timeout(std::time::Duration::from_millis(wait), put).await;
    }
    // Queued behind whatever is still being written.
    retriever.remove_document(document).await.unwrap();
    assert_eq!(retriever.count(document).await.unwrap(), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_text_in_two_documents_takes_one_place() {
    let dir = tempfile::tempdir().unwrap();
    let retriever = open(dir.path());
    let (course, slides, handout) = (CourseId::new(), DocumentId::new(), DocumentId::new());
    for document in [slides, handout] {
        retriever.put(course, document, &chunks(course, document, &TEXTS), &nothing).await.unwrap();
    }
    let hits = retriever.search(query(course, "plants, light and water in a cell", SearchMode::Hybrid)).await.unwrap();
    let first: Vec<&str> = hits.iter().take(2).map(|hit| hit.text.as_str()).collect();
    assert_eq!(first, TEXTS[..2]);
    let copies: Vec<_> = hits.iter().filter(|hit| hit.score == 0.0).map(|hit| hit.text.as_str()).collect();
    assert!(copies.contains(&TEXTS[0]) && copies.contains(&TEXTS[1]), "{hits:?}");
    // In one document alone it is no copy.
    let filter = SearchFilter { documents: vec![handout], ..SearchFilter::default() };
    let alone = SearchQuery { filter, ..query(course, "plants make sugar from light", SearchMode::Hybrid) };
    let hits = retriever.search(alone).await.unwrap();
    assert!(hits[0].text == TEXTS[0] && hits[0].score > 0.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reranker_has_the_last_word() {
    struct Longest;
    impl Reranker for Longest {
        fn rerank<'a>(&'a self, _: &'a str, texts: &'a [String]) -> BoxFuture<'a, PortResult<Vec<f32>>> {
            Box::pin(async move { Ok(texts.iter().map(|t| t.len() as f32).collect()) })
        }
    }
    let dir = tempfile::tempdir().unwrap();
    let retriever = open(dir.path()).with_reranker(Some(Arc::new(Longest)));
    let (course, document) = (CourseId::new(), DocumentId::new());
    retriever.put(course, document, &chunks(course, document, &TEXTS), &nothing).await.unwrap();
    let hits = retriever.search(query(course, "cell membrane plants", SearchMode::Hybrid)).await.unwrap();
    assert!(hits.windows(2).all(|pair| pair[0].text.len() >= pair[1].text.len()));
    assert!(hits.iter().all(|hit| hit.scores.rerank == Some(hit.score) && hit.scores.fused.is_some()));
}

#[tokio::test(flavor = "multi_thread")]
async fn neighbours_are_read_by_their_place() {
    let dir = tempfile::tempdir().unwrap();
    let retriever = open(dir.path());
    let (course, document) = (CourseId::new(), DocumentId::new());
    retriever.put(course, document, &chunks(course, document, &TEXTS), &nothing).await.unwrap();
    let found = retriever.chunks_at(vec![(document, 1), (document, 9), (DocumentId::new(), 0)]).await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].text, TEXTS[1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_searches_at_once_all_answer() {
    let dir = tempfile::tempdir().unwrap();
    let retriever =
        Arc::new(HybridRetriever::open(dir.path(), Arc::new(HashEmbedder), RetrieverSettings::default()).unwrap());
    let (course, document) = (CourseId::new(), DocumentId::new());
    retriever.put(course, document, &chunks(course, document, &TEXTS), &nothing).await.unwrap();
    let mut searches = tokio::task::JoinSet::new();
    for _ in 0..200 {
        let retriever = Arc::clone(&retriever);
        searches
            .spawn(async move { retriever.search(query(course, "plants", SearchMode::Hybrid)).await.unwrap().len() });
    }
    while let Some(found) = searches.join_next().await {
        assert!(found.unwrap() >= 1);
    }
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_opening_is_refused_while_the_first_lasts() {
    let dir = tempfile::tempdir().unwrap();
    let first = open(dir.path());
    let again = || HybridRetriever::open(dir.path(), Arc::new(HashEmbedder), RetrieverSettings::default());
    assert_eq!(again().unwrap_err().code(), "index_in_use");
    drop(first);
    again().unwrap();
}
