//! The index on a Qdrant server behaves as the one in this process. Needs `QDRANT_URL`.

use std::time::Duration;

use domain::{ChunkId, CourseId, DocumentId, SearchFilter};
use retriever::{EdgeVectorIndex, ServerSettings, ServerVectorIndex, VectorIndex, VectorPoint};

fn point(course: CourseId, document: DocumentId, ordinal: usize, text: &str) -> VectorPoint {
    VectorPoint {
        chunk: ChunkId::derive(course, &document.to_string(), ordinal),
        course,
        document,
        ordinal,
        pages: (ordinal as u32 + 1, ordinal as u32 + 2),
        vector: crate::common::hash_vector(text),
    }
}

async fn behaves(index: &dyn VectorIndex) {
    let (course, document, other) = (CourseId::new(), DocumentId::new(), DocumentId::new());
    let points = |d| vec![point(course, d, 0, "plants sugar"), point(course, d, 1, "cell water")];
    for _ in 0..2 {
        index.replace_document(document, points(document)).await.unwrap();
        assert_eq!(index.count(document).await.unwrap(), 2);
    }
    index.replace_document(other, points(other)).await.unwrap();
    let vector = crate::common::hash_vector("plants sugar");
    let all = index.search(course, SearchFilter::default(), vector.clone(), 10).await.unwrap();
    assert_eq!(all.len(), 4);
    assert!((all[0].score - 1.0).abs() < 1e-3 && all[3].score < 0.5);
    let filter = SearchFilter { documents: vec![document], pages: vec![3] };
    let one = index.search(course, filter, vector.clone(), 10).await.unwrap();
    assert_eq!(one.len(), 1);
    assert_eq!(one[0].chunk, ChunkId::derive(course, &document.to_string(), 1));
    let wrong = index.replace_document(other, vec![VectorPoint { vector: vec![1.0], ..points(other)[0].clone() }]);
    assert_eq!(wrong.await.unwrap_err().code(), "wrong_dimensions");
    index.remove_document(document).await.unwrap();
    assert_eq!((index.count(document).await.unwrap(), index.count(other).await.unwrap()), (0, 2));
    index.remove_course(course).await.unwrap();
    assert!(index.search(course, SearchFilter::default(), vector, 10).await.unwrap().is_empty());
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

#[tokio::test(flavor = "multi_thread")]
async fn thousands_of_points_are_indexed_kept_and_found() {
    let dir = tempfile::tempdir().unwrap();
    let course = CourseId::new();
    let documents: Vec<DocumentId> = (0..4).map(|_| DocumentId::new()).collect();
    {
        let index = EdgeVectorIndex::open(dir.path(), 64).unwrap();
        for (d, &document) in documents.iter().enumerate() {
            let points = (0..3000).map(|n| point(course, document, n, &format!("word{n} book{d} a{}", n % 97)));
            index.replace_document(document, points.collect()).await.unwrap();
        }
    }
    let index = EdgeVectorIndex::open(dir.path(), 64).unwrap();
    for &document in &documents {
        assert_eq!(index.count(document).await.unwrap(), 3000);
    }
    let filter = SearchFilter { documents: vec![documents[1]], pages: Vec::new() };
    let hits = index.search(course, filter, crate::common::hash_vector("word77 book1 a77"), 5).await.unwrap();
    assert_eq!(hits.len(), 5);
    assert!(hits[0].score > 0.99);
    index.remove_document(documents[0]).await.unwrap();
    assert_eq!(index.count(documents[0]).await.unwrap(), 0);
}
