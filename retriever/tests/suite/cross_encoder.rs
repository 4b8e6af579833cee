//! The cross-encoder's path, with a model made here: its logit is the sum of what each token of a pair weighs.

use std::{fs, path::Path, sync::Arc};

use domain::{
    CourseId, DocumentId, SearchMode,
    ports::{ChunkSearcher, ChunkStore, Reranker},
};
use retriever::{CrossEncoder, RetrieverError};

use crate::common::{chunks, models, onnxruntime, open, query};

/// Words the model knows, in the order of their numbers, and what they weigh.
const WORDS: [(&str, f32); 6] =
    [("[PAD]", 0.0), ("[CLS]", 0.0), ("[SEP]", 0.0), ("[UNK]", 0.0), ("granite", 2.0), ("lava", -1.0)];
/// Element types of ONNX.
const FLOAT: u64 = 1;
const INT64: u64 = 7;

/// A protocol buffer message in the making: <https://protobuf.dev/programming-guides/encoding/>.
#[derive(Clone, Default)]
struct Message(Vec<u8>);

impl Message {
    fn varint(&mut self, mut value: u64) {
        while value > 127 {
            self.0.push(value as u8 | 128);
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    fn int(mut self, field: u64, value: u64) -> Self {
        self.varint(field << 3);
        self.varint(value);
        self
    }

    fn bytes(mut self, field: u64, bytes: &[u8]) -> Self {
        self.varint(field << 3 | 2);
        self.varint(bytes.len() as u64);
        self.0.extend(bytes);
        self
    }

    fn text(self, field: u64, text: &str) -> Self {
        self.bytes(field, text.as_bytes())
    }

    fn message(self, field: u64, message: &Self) -> Self {
        self.bytes(field, &message.0)
    }
}

/// `logits = ReduceSum(Gather(weights, input_ids), axis 1)`, one a pair.
fn model() -> Vec<u8> {
    let new = Message::default;
    let node = |operator: &str, inputs: [&str; 2], output: &str| {
        inputs.iter().fold(new(), |m, input| m.text(1, input)).text(2, output).text(4, operator)
    };
    let keep = new().text(1, "keepdims").int(3, 0).int(20, 2);
    let weights: Vec<u8> = WORDS.iter().flat_map(|(_, w)| w.to_le_bytes()).collect();
    let tensor = |name: &str, dims: &[u64], element: u64, raw: &[u8]| {
        dims.iter().fold(new(), |m, d| m.int(1, *d)).int(2, element).text(8, name).bytes(9, raw)
    };
    let value = |name: &str, element: u64, dims: [&str; 2]| {
        let shape = dims.iter().fold(new(), |m, dim| m.message(1, &new().text(2, dim)));
        new().text(1, name).message(2, &new().message(1, &new().int(1, element).message(2, &shape)))
    };
    let graph = new()
        .message(1, &node("Gather", ["weights", "input_ids"], "weighed"))
        .message(1, &node("ReduceSum", ["weighed", "axis"], "logits").message(5, &keep))
        .text(2, "sum")
        .message(5, &tensor("weights", &[WORDS.len() as u64, 1], FLOAT, &weights))
        .message(5, &tensor("axis", &[1], INT64, &1_i64.to_le_bytes()))
        .message(11, &value("input_ids", INT64, ["pairs", "tokens"]))
        .message(11, &value("attention_mask", INT64, ["pairs", "tokens"]))
        .message(12, &value("logits", FLOAT, ["pairs", "columns"]));
    new().int(1, 8).message(7, &graph).message(8, &new().text(1, "").int(2, 13)).0
}

/// A folder with the model and a tokenizer that knows its words.
fn write_model(dir: &Path) {
    let vocab: serde_json::Map<_, _> = (0..).zip(WORDS).map(|(n, (word, _))| (word.to_owned(), i32::into(n))).collect();
    let special = |n: usize| serde_json::json!({ "id": WORDS[n].0, "ids": [n], "tokens": [WORDS[n].0] });
    let piece = |kind: &str, id: &str, n: u32| serde_json::json!({ kind: { "id": id, "type_id": n } });
    let (cls, sep) = (|| piece("SpecialToken", "[CLS]", 0), |n| piece("SpecialToken", "[SEP]", n));
    let (a, b) = (|| piece("Sequence", "A", 0), piece("Sequence", "B", 1));
    let tokenizer = serde_json::json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": [], "decoder": null,
        "normalizer": { "type": "Lowercase" },
        "pre_tokenizer": { "type": "Whitespace" },
        "post_processor": {
            "type": "TemplateProcessing", "single": [cls(), a(), sep(0)], "pair": [cls(), a(), sep(0), b, sep(1)],
            "special_tokens": { "[CLS]": special(1), "[SEP]": special(2) },
        },
        "model": { "type": "WordLevel", "vocab": vocab, "unk_token": "[UNK]" },
    });
    let names =
        serde_json::json!({ "pad_token": "[PAD]", "cls_token": "[CLS]", "sep_token": "[SEP]", "unk_token": "[UNK]" });
    let mut config = names.clone();
    config["model_max_length"] = 512.into();
    for (name, text) in [
        ("tokenizer.json", tokenizer),
        ("config.json", serde_json::json!({ "pad_token_id": 0 })),
        ("special_tokens_map.json", names),
        ("tokenizer_config.json", config),
    ] {
        fs::write(dir.join(name), text.to_string()).unwrap();
    }
    fs::write(dir.join("model.onnx"), model()).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn hits_are_ordered_as_the_model_says() {
    let Some(models) = models() else { return };
    let runtime = onnxruntime(&models);
    let dir = tempfile::tempdir().unwrap();
    write_model(dir.path());
    let reranker = Arc::new(CrossEncoder::load(dir.path(), &runtime, 1, 4).unwrap());
    let texts =
        ["Lava flows. Lava cools.", "Granite and lava", "rocks", "Granite, granite, granite"].map(str::to_owned);
    let scores = reranker.rerank("lava", &texts).await.unwrap();
    assert_eq!(scores, [-3.0, 0.0, -1.0, 5.0]);
    assert!(reranker.rerank("lava", &[]).await.unwrap().is_empty());
    let long = reranker.rerank("lava", &["granite ".repeat(9000)]).await.unwrap();
    assert!(long[0] > 900.0 && long[0] < 1100.0, "{long:?}");

    let index = tempfile::tempdir().unwrap();
    let retriever = open(index.path()).with_reranker(Some(reranker));
    let (course, document) = (CourseId::new(), DocumentId::new());
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    retriever.put(course, document, &chunks(course, document, &texts), &|_, _| {}).await.unwrap();
    let hits = retriever.search(query(course, "lava", SearchMode::Hybrid)).await.unwrap();
    assert_eq!(hits.iter().map(|hit| hit.ordinal).collect::<Vec<_>>(), [3, 1, 2, 0]);
    assert!(hits.iter().all(|hit| (0.5..1.0).contains(&hit.score)), "{hits:?}");

    let none = CrossEncoder::load(index.path(), &runtime, 1, 4).unwrap_err();
    assert!(matches!(none, RetrieverError::ModelUnavailable { .. }), "{none}");
    fs::write(dir.path().join("model.onnx"), b"not a graph").unwrap();
    assert!(matches!(CrossEncoder::load(dir.path(), &runtime, 1, 4), Err(RetrieverError::ModelUnavailable { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn searches_over_the_queue_are_refused() {
    let Some(models) = models() else { return };
    let dir = tempfile::tempdir().unwrap();
    write_model(dir.path());
    let reranker = CrossEncoder::load(dir.path(), &onnxruntime(&models), 1, 0).unwrap();
    let error = reranker.rerank("lava", &["rocks".to_owned()]).await.unwrap_err();
    assert_eq!((error.kind, error.code), (domain::ErrorKind::Overloaded, "reranker_busy"));
}
