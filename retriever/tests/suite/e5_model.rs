//! The real embedder, where its files are.

use std::path::Path;

use domain::ports::{EmbedRole, Embedder, TokenCounter};
use retriever::{E5Embedder, EmbedderFiles, EmbedderSettings};

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn vectors_have_length_1_and_a_question_is_near_its_answer() {
    let Some(models) = crate::common::models() else { return };
    let files = EmbedderFiles::in_dir(models.join("multilingual-e5-small"));
    let embedder = E5Embedder::load(&files, &crate::common::onnxruntime(&models), EmbedderSettings::default()).unwrap();
    let passages = ["The capital of France is Paris.", "光合作用在叶绿体中进行。", "Bread is made of flour."];
    let passages = passages.map(str::to_owned).to_vec();
    let vectors = embedder.embed(passages, EmbedRole::Passage).await.unwrap();
    let queries = ["Which city is the capital of France?", "光合作用在哪裡進行？"].map(str::to_owned).to_vec();
    let asked = embedder.embed(queries, EmbedRole::Query).await.unwrap();
    for vector in vectors.iter().chain(&asked) {
        assert_eq!(vector.len(), embedder.dimensions());
        assert!((dot(vector, vector) - 1.0).abs() < 1e-4);
    }
    for (q, right) in [(0, 0), (1, 1)] {
        let best = (0..3).max_by(|&a, &b| dot(&asked[q], &vectors[a]).total_cmp(&dot(&asked[q], &vectors[b])));
        assert_eq!(best, Some(right));
    }
    // A vector does not depend on what shares its batch, and a text over the model's length is cut, not refused.
    let alone = embedder.embed(vec!["Bread is made of flour.".to_owned()], EmbedRole::Passage).await.unwrap();
    assert!(dot(&alone[0], &vectors[2]) > 0.9999);
    let long = embedder.embed(vec!["water ".repeat(5000)], EmbedRole::Passage).await.unwrap();
    assert!((dot(&long[0], &long[0]) - 1.0).abs() < 1e-4);
    let tokens = embedder.embed_tokens(vec!["光合作用在叶绿体中进行。".to_owned()], EmbedRole::Passage).await.unwrap();
    assert_eq!(tokens[0].tokens.len(), embedder.count("光合作用在叶绿体中进行。") * embedder.dimensions());
    assert!(dot(&tokens[0].text, &vectors[1]) > 0.9999);
    assert_eq!(embedder.count(""), 0);
    assert_eq!(embedder.count("water ".repeat(600).trim()), 600);
    assert!((3..=12).contains(&embedder.count("光合作用在叶绿体中进行")));
}

#[test]
fn a_missing_file_or_library_is_an_error_that_names_it() {
    let files = EmbedderFiles::in_dir("/nonexistent");
    let error = E5Embedder::load(&files, Path::new("/nonexistent/libonnxruntime.so"), EmbedderSettings::default());
    let error = error.unwrap_err();
    assert_eq!(error.code(), "embedder_unavailable");
    assert!(error.to_string().contains("/nonexistent/libonnxruntime.so"));
}

#[test]
fn counts_are_the_tokenizers_own_on_real_text() {
    let Some(models) = crate::common::models() else { return };
    let dir = models.join("multilingual-e5-small");
    let library = crate::common::onnxruntime(&models);
    let embedder = E5Embedder::load(&EmbedderFiles::in_dir(&dir), &library, EmbedderSettings::default()).unwrap();
    let tokenizer = tokenizers::Tokenizer::from_file(dir.join("tokenizer.json")).unwrap();
    let mut texts: Vec<String> =
        ["", " ", "a\n\nb", "ﬁne ＡＢＣ", "x\u{1F9EC}\u{1F9EC} \u{E000}\u{E001}", "E = mc², naïve"]
            .map(str::to_owned)
            .to_vec();
    if let Some(sets) = std::env::var_os("LECTERN_EVAL") {
        for set in ["squad", "drcd", "cmrc2018"] {
            let lines = std::fs::read_to_string(Path::new(&sets).join(set).join("passages.jsonl")).unwrap();
            let text = |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap()["text"].to_string();
            texts.extend(lines.lines().map(text));
        }
    }
    for text in &texts {
        let right = tokenizer.encode_fast(text.as_str(), false).unwrap().len();
        assert_eq!(embedder.count(text), right, "{text:?}");
    }
    println!("{} texts counted alike", texts.len());
}
