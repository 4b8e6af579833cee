//! Evaluation through the code that serves: with a small embedder always, with the real one where its files are.

use std::{path::Path, sync::Arc};

use domain::SearchMode;
use retriever::{E5Embedder, EmbedderFiles, EmbedderSettings, RetrieverSettings, evaluate};

fn write_set(dir: &Path, questions: &str) {
    let passages =
        "{\"id\":\"a\",\"title\":\"T\",\"text\":\"Plants make sugar.\"}\n\n{\"id\":\"b\",\"text\":\"Water is wet.\"}\n";
    std::fs::write(dir.join("passages.jsonl"), passages).unwrap();
    std::fs::write(dir.join("questions.jsonl"), questions).unwrap();
}

async fn run(dir: &Path, limit: Option<usize>) -> Result<Vec<retriever::ModeReport>, retriever::RetrieverError> {
    let work = tempfile::tempdir().unwrap();
    evaluate(dir, Arc::new(crate::common::HashEmbedder), (None, None), work.path(), limit, RetrieverSettings::default())
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_has_exactly_the_promised_fields() {
    let dir = tempfile::tempdir().unwrap();
    write_set(
        dir.path(),
        "{\"question\":\"sugar?\",\"passage_id\":\"a\"}\n{\"question\":\"wet?\",\"passage_id\":\"b\"}\n",
    );
    let reports = run(dir.path(), None).await.unwrap();
    assert_eq!(
        reports.iter().map(|r| r.mode).collect::<Vec<_>>(),
        [SearchMode::Dense, SearchMode::Keyword, SearchMode::Hybrid]
    );
    for report in &reports {
        assert!((report.recall_at_1 - 1.0).abs() < 1e-9 && (report.ndcg_at_10 - 1.0).abs() < 1e-9);
        assert!(report.p50_ms > 0.0 && report.p95_ms >= report.p50_ms);
    }
    let json = serde_json::to_string(&reports[2]).unwrap();
    assert!(json.starts_with("{\"mode\":\"hybrid\",\"recall_at_1\":1.0,\"recall_at_5\":1.0,\"recall_at_10\":1.0,"));
    let keys = ["mrr_at_10", "ndcg_at_10", "p50_ms", "p95_ms"];
    assert!(keys.iter().all(|key| json.contains(key)) && json.matches(':').count() == 8);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_malformed_line_is_named() {
    let dir = tempfile::tempdir().unwrap();
    write_set(dir.path(), "{\"question\":\"sugar?\",\"passage_id\":\"a\"}\n{\"question\":1}\n");
    let error = run(dir.path(), None).await.unwrap_err();
    assert_eq!(error.code(), "malformed_line");
    assert!(error.to_string().contains("questions.jsonl, line 2"), "{error}");
    write_set(dir.path(), "{\"question\":\"sugar?\",\"passage_id\":\"zzz\"}\n");
    assert!(run(dir.path(), None).await.unwrap_err().to_string().contains("zzz"));
}

/// Prints the measures of `LECTERN_EVAL` (a folder of sets) with the real embedder; a smoke test of it otherwise.
#[tokio::test(flavor = "multi_thread")]
async fn the_real_embedder_beats_chance() {
    let Some(models) = crate::common::models() else { return };
    let files = EmbedderFiles::in_dir(models.join("multilingual-e5-small"));
    let embedder = E5Embedder::load(&files, &crate::common::onnxruntime(&models), EmbedderSettings::default()).unwrap();
    let embedder = Arc::new(embedder);
    let Some(sets) = std::env::var_os("LECTERN_EVAL") else {
        eprintln!("SKIPPED: no evaluation sets (set LECTERN_EVAL to their folder)");
        return;
    };
    for set in ["squad", "drcd", "cmrc2018"] {
        let work = tempfile::tempdir().unwrap();
        let dir = Path::new(&sets).join(set);
        let reports = evaluate(&dir, embedder.clone(), (None, None), work.path(), None, RetrieverSettings::default())
            .await
            .unwrap();
        for report in &reports {
            println!("{set} {}", serde_json::to_string(report).unwrap());
        }
        assert!(reports[2].mrr_at_10 > reports[0].mrr_at_10 && reports[2].mrr_at_10 > reports[1].mrr_at_10);
    }
}
