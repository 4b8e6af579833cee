//! The index on a Qdrant server behaves as the one in this process. Needs `QDRANT_URL`.

use std::time::Duration;

use domain::{ChunkId, CourseId, DocumentId, Script, SearchFilter};
use retriever::{EdgeVectorIndex, ServerSettings, ServerVectorIndex, VectorIndex, VectorPoint};

fn point(course: CourseId, document: DocumentId, ordinal: usize, text: &str) -> VectorPoint {
    VectorPoint {
        chunk: ChunkId::derive(course, &document.to_string(), ordinal),
        course,
        document,
        ordinal,
        script: Script::of(text),
        pages: (ordinal as u32 + 1, ordinal as u32 + 2),
        vector: crate::common::hash_vector(text),
    }
}

async fn behaves(index: &dyn VectorIndex) {
    let (course, document, other) = (CourseId::new(), DocumentId::new(), DocumentId::new());
    let points = |d| vec![point(course, d, 0, "plants sugar"), point(course, d, 1, "細胞")];
    for _ in 0..2 {
        index.replace_document(document, points(document)).await.unwrap();
        assert_eq!(index.count(document).await.unwrap(), 2);
    }
    index.replace_document(other, points(other)).await.unwrap();
    let vector = crate::common::hash_vector("plants sugar");
    let all = index.search(course, SearchFilter::default(), None, vector.clone(), 10).await.unwrap();
    assert_eq!(all.len(), 4);
    assert!((all[0].score - 1.0).abs() < 1e-3 && all[3].score < 0.5);
    for (script, ordinal) in [(Script::Spaced, 1), (Script::Unspaced, 0)] {
        let found = index.search(course, SearchFilter::default(), Some(script), vector.clone(), 10).await.unwrap();
        let of = |document: DocumentId| ChunkId::derive(course, &document.to_string(), ordinal);
        assert_eq!(found.len(), 2);
        assert!(found.iter().all(|hit| [of(document), of(other)].contains(&hit.chunk)));
    }
    let filter = SearchFilter { documents: vec![document], pages: vec![3] };
    let one = index.search(course, filter, None, vector.clone(), 10).await.unwrap();
    assert_eq!(one.len(), 1);
    assert_eq!(one[0].chunk, ChunkId::derive(course, &document.to_string(), 1));
    let wrong = index.replace_document(other, vec![VectorPoint { vector: vec![1.0], ..points(other)[0].clone() }]);
    assert_eq!(wrong.await.unwrap_err().code(), "wrong_dimensions");
    index.remove_document(document).await.unwrap();
    assert_eq!((index.count(document).await.unwrap(), index.count(other).await.unwrap()), (0, 2));
    index.remove_course(course).await.unwrap();
    assert!(index.search(course, SearchFilter::default(), None, vector, 10).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn in_this_process() {
    let dir = tempfile::tempdir().unwrap();
    behaves(&EdgeVectorIndex::open(dir.path(), 64).unwrap()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_server() {
    let Ok(url) = std::env::var("QDRANT_URL") else {
        eprintln!("SKIPPED: no Qdrant server (set QDRANT_URL)");
        return;
    };
    let settings = ServerSettings {
        url,
        api_key: std::env::var("QDRANT_API_KEY").ok(),
        collection: format!("lectern-test-{}", CourseId::new()),
        timeout: Duration::from_secs(20),
    };
    behaves(&ServerVectorIndex::connect(settings, 64).await.unwrap()).await;
}

/// A vector of 512 numbers that only this seed gives: 6,000 of them are over the size from which the engine builds its
/// graph (10,000 kB).
fn random_vector(seed: u64) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1u64 << 24) as f32 - 0.5
    };
    let vector: Vec<f32> = (0..512).map(|_| next()).collect();
    let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
    vector.into_iter().map(|x| x / length).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn thousands_of_points_are_indexed_kept_and_found() {
    let dir = tempfile::tempdir().unwrap();
    let course = CourseId::new();
    let documents: Vec<DocumentId> = (0..3).map(|_| DocumentId::new()).collect();
    let vector = |d: usize, n: usize| random_vector((d * 10_000 + n) as u64 + 1);
    {
        let index = EdgeVectorIndex::open(dir.path(), 512).unwrap();
        for (d, &document) in documents.iter().enumerate() {
            let points = (0..2500).map(|n| VectorPoint { vector: vector(d, n), ..point(course, document, n, "") });
            index.replace_document(document, points.collect()).await.unwrap();
        }
    }
    let index = EdgeVectorIndex::open(dir.path(), 512).unwrap();
    let mut found = 0;
    for (d, &document) in documents.iter().enumerate() {
        assert_eq!(index.count(document).await.unwrap(), 2500);
        for n in (0..2500).step_by(100) {
            let hits = index.search(course, SearchFilter::default(), None, vector(d, n), 5).await.unwrap();
            assert_eq!(hits.len(), 5);
            found += usize::from(hits[0].chunk == ChunkId::derive(course, &document.to_string(), n));
        }
    }
    assert!(found >= 74, "{found} of 75 points are their own nearest neighbours");
    let filter = SearchFilter { documents: vec![documents[1]], pages: Vec::new() };
    let hits = index.search(course, filter, None, vector(0, 7), 5).await.unwrap();
    let of_second = |hit: &retriever::VectorHit| {
        (0..2500).any(|n| hit.chunk == ChunkId::derive(course, &documents[1].to_string(), n))
    };
    assert!(hits.len() == 5 && hits.iter().all(of_second));
    index.remove_document(documents[0]).await.unwrap();
    assert_eq!(index.count(documents[0]).await.unwrap(), 0);
    assert!(!index.search(course, SearchFilter::default(), None, vector(0, 7), 5).await.unwrap().is_empty());
}
