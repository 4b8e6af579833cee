//! From an upload to a cited answer, in English and Chinese, and the picture of the cited page.

use lectern_tests::pdf;
use serde_json::{Value, json};

use super::{PLANTS, WATER, run, shared, text};

/// Every citation is the document's own text, at the page it names.
async fn check_citations(answer: &Value) {
    let server = shared().await;
    for citation in answer["citations"].as_array().expect("citations") {
        let path = format!("/api/v1/documents/{}/pages/{}", text(citation, "document_id"), citation["page"]);
        let (status, page) = server.get(&path).await;
        assert_eq!(status, 200, "{page}");
        let (start, quote) = (citation["start"].as_u64().unwrap() as usize, text(citation, "quote"));
        let holder =
            page["blocks"].as_array().unwrap().iter().find(|b| {
                (b["start"].as_u64().unwrap() as usize) <= start && start < b["end"].as_u64().unwrap() as usize
            });
        let holder = holder.unwrap_or_else(|| panic!("no block of the page holds byte {start}"));
        let at = start - holder["start"].as_u64().unwrap() as usize;
        let block = text(holder, "text");
        let within = &block.as_bytes()[at..block.len().min(at + quote.len())];
        assert!(quote.as_bytes().starts_with(within), "{quote:?} is not at byte {at} of {block:?}");
        assert_eq!(citation["end"].as_u64().unwrap() as usize - start, quote.len());
    }
}

async fn ask(course: &str, question: &str, mode: &str) -> Value {
    let body = json!({ "question": question, "mode": mode });
    let (status, answer) = shared().await.post(&format!("/api/v1/courses/{course}/ask"), body).await;
    assert_eq!(status, 200, "{answer}");
    answer
}

#[test]
fn a_question_is_answered_with_a_quote_from_its_page() {
    run(async {
        let server = shared().await;
        let course = server.course("plants and water").await;
        let document = server.ingest(&course, "plants.md", PLANTS).await;
        assert_eq!(document["status"], "ready", "{document}");
        assert_eq!(document["language"], "en");
        assert_eq!(server.ingest(&course, "water.md", WATER).await["status"], "ready");
        for mode in ["quote", "answer"] {
            let answer = ask(&course, "Where does the oxygen of photosynthesis come from?", mode).await;
            assert_eq!(answer["refused"], false, "{answer}");
            let quote = text(&answer["citations"][0], "quote");
            assert!(quote.contains("from the water"), "{mode}: {answer}");
            let path = json!(["How plants feed themselves", "Photosynthesis"]);
            let place = (&answer["citations"][0]["paged"], &answer["citations"][0]["heading_path"]);
            assert_eq!(place, (&json!(false), &path), "{answer}");
            check_citations(&answer).await;
        }
        let answer = ask(&course, "臺灣地層下陷最嚴重的地方在哪裡？", "answer").await;
        assert!(text(&answer, "answer").contains("雲林縣"), "{answer}");
        check_citations(&answer).await;
        for (question, said) in [
            ("光合作用放出的氧氣是從哪裡來的？", "from the water"),
            ("Where in Taiwan is land subsidence the worst?", "雲林縣"),
        ] {
            for mode in ["quote", "answer"] {
                let answer = ask(&course, question, mode).await;
                assert!(text(&answer["citations"][0], "quote").contains(said), "{mode}: {answer}");
                assert_eq!(answer["refused"], false, "{answer}");
                check_citations(&answer).await;
            }
        }
    });
}

#[test]
fn questions_about_the_material_itself_are_answered_from_its_headings_and_sentences() {
    run(async {
        let server = shared().await;
        let course = server.course("about the material").await;
        server.ingest(&course, "plants.md", PLANTS).await;
        server.ingest(&course, "water.md", WATER).await;
        for (question, told, line) in [
            ("What chapters are there?", "– Photosynthesis [", true),
            ("這份教材有哪些章節？", "– 地下水 [", true),
            ("Summarise section 1 of plants", "Calvin cycle", false),
            ("總結「地下水」", "雲林縣", false),
            ("List the terms defined in “Photosynthesis”", "is called photosynthesis", true),
        ] {
            let answer = ask(&course, question, "answer").await;
            assert_eq!(answer["refused"], false, "{answer}");
            assert!(text(&answer, "answer").contains(told), "{question}: {answer}");
            assert_eq!(
                text(&answer, "answer").contains('\n') || text(&answer, "answer").starts_with("– "),
                line,
                "{answer}"
            );
            assert!(!answer["citations"].as_array().unwrap().is_empty());
            check_citations(&answer).await;
        }
        // There is no such part: the question is asked as any other.
        let answer = ask(&course, "Summarise section 9", "answer").await;
        check_citations(&answer).await;
    });
}

#[test]
fn what_the_material_does_not_hold_is_refused() {
    run(async {
        let server = shared().await;
        let course = server.course("refusal").await;
        server.ingest(&course, "plants.md", PLANTS).await;
        let answer = ask(&course, "Who won the football world cup in 1998?", "answer").await;
        assert_eq!(answer["refused"], true, "{answer}");
        check_citations(&answer).await;
        // Near the subject, and all the same not what the nearest sentence says.
        for (question, unsure) in [("Who discovered chlorophyll?", true), ("Where does the oxygen come from?", false)] {
            let answer = ask(&course, question, "quote").await;
            assert_eq!((&answer["refused"], &answer["unsure"]), (&false.into(), &unsure.into()), "{answer}");
        }
    });
}

#[test]
fn a_pdf_answer_has_boxes_and_its_page_a_picture() {
    run(async {
        let server = shared().await;
        let course = server.course("pdf").await;
        let file = pdf(&[
            "The course begins with the history of maps.",
            "Gerardus Mercator published his world map in 1569.\nIt was made for sailors.",
        ]);
        let document = server.ingest(&course, "maps.pdf", file).await;
        assert_eq!((document["status"].as_str(), document["pages"].as_u64()), (Some("ready"), Some(2)), "{document}");
        let answer = ask(&course, "When did Mercator publish his world map?", "quote").await;
        let citation = &answer["citations"][0];
        assert_eq!((&citation["page"], &citation["paged"]), (&json!(2), &json!(true)), "{answer}");
        assert!(text(citation, "quote").contains("1569"));
        let on_page = &citation["boxes"][0];
        assert!(on_page["left"].as_f64().unwrap() > 60.0 && on_page["top"].as_f64().unwrap() < 120.0, "{on_page}");
        check_citations(&answer).await;
        let path = format!("/api/v1/documents/{}/pages/2.png?boxes=72,60,300,90", text(&document, "id"));
        let picture = server.request(reqwest::Method::GET, &path).send().await.unwrap();
        assert_eq!(picture.headers()["content-type"], "image/png");
        assert!(picture.bytes().await.unwrap().starts_with(b"\x89PNG"));
    });
}

#[test]
fn a_streamed_answer_sends_passages_tokens_citations_and_the_whole() {
    run(async {
        let server = shared().await;
        let course = server.course("stream").await;
        server.ingest(&course, "plants.md", PLANTS).await;
        let body = json!({ "question": "What pigment catches sunlight?", "stream": true });
        let request = server.request(reqwest::Method::POST, &format!("/api/v1/courses/{course}/ask")).json(&body);
        let events = request.send().await.unwrap().text().await.unwrap();
        let names: Vec<&str> = events.lines().filter_map(|l| l.strip_prefix("event: ")).collect();
        assert_eq!((names.first(), names.last()), (Some(&"passages"), Some(&"done")), "{events}");
        assert!(names.contains(&"token") && names.contains(&"citation"), "{names:?}");
    });
}

#[test]
fn search_finds_by_meaning_and_by_word_and_respects_its_filters() {
    run(async {
        let server = shared().await;
        let course = server.course("search").await;
        let plants = server.ingest(&course, "plants.md", PLANTS).await;
        server.ingest(&course, "water.md", WATER).await;
        let path = format!("/api/v1/courses/{course}/search");
        for mode in ["hybrid", "dense", "keyword"] {
            let (status, found) = server.post(&path, json!({ "query": "chlorophyll sunlight", "mode": mode })).await;
            assert_eq!(status, 200, "{found}");
            assert_eq!(found["hits"][0]["document_name"], "plants.md", "{mode}: {found}");
        }
        // Simplified characters find Traditional text.
        let (_, found) = server.post(&path, json!({ "query": "云林县地层下陷", "mode": "keyword" })).await;
        assert_eq!(found["hits"][0]["document_name"], "water.md", "{found}");
        let only = json!({ "query": "雲林縣", "document_ids": [plants["id"]] });
        let (_, found) = server.post(&path, only).await;
        assert!(found["hits"].as_array().unwrap().iter().all(|h| h["document_name"] == "plants.md"), "{found}");
    });
}

#[test]
fn a_question_is_answered_from_the_documents_and_pages_it_names() {
    run(async {
        let server = shared().await;
        let course = server.course("filters").await;
        let plants = server.ingest(&course, "plants.md", PLANTS).await;
        let water = server.ingest(&course, "water.md", WATER).await;
        let lines = ["The capital of Fantasia is Alda.", "The capital of Fantasia is Brona.", "Nothing else is said."];
        let maps = server.ingest(&course, "maps.pdf", pdf(&lines)).await;
        let path = format!("/api/v1/courses/{course}/ask");
        let ask = async |more: Value| {
            let mut body = json!({ "question": "What is the capital of Fantasia?", "mode": "quote", "explain": true });
            body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            let (status, answer) = server.post(&path, body).await;
            assert_eq!(status, 200, "{answer}");
            answer
        };
        for (page, capital) in [(1, "Alda"), (2, "Brona")] {
            let answer = ask(json!({ "pages": [page], "document_ids": [maps["id"]] })).await;
            assert!(text(&answer, "answer").contains(capital), "{answer}");
            assert_eq!(answer["citations"][0]["page"], page, "{answer}");
        }
        // All that it is drawn from, and all that a refusal shows, is of the named documents.
        let answer = ask(json!({ "document_ids": [plants["id"], water["id"]] })).await;
        assert!(!text(&answer, "answer").contains("Fantasia is"), "{answer}");
        let from = answer["explanation"]["passages"].as_array().unwrap().iter();
        assert!(
            from.chain(answer["citations"].as_array().unwrap()).all(|p| p["document_id"] != maps["id"]),
            "{answer}"
        );
        let about = ask(json!({ "question": "What chapters are there?", "document_ids": [water["id"]] })).await;
        assert!(
            text(&about, "answer").contains("地下水") && !text(&about, "answer").contains("Photosynthesis"),
            "{about}"
        );
        let nowhere = ask(json!({ "question": "What chapters are there?", "pages": [99] })).await;
        assert_eq!(nowhere["refused"], true, "{nowhere}");

        let body = json!({ "question": "Who?", "document_ids": ["00000000-0000-0000-0000-000000000000"] });
        let (status, problem) = server.post(&path, body.clone()).await;
        assert_eq!((status, text(&problem, "code")), (404, "document_not_found"), "{problem}");
        let about = json!({ "question": "What chapters are there?", "document_ids": body["document_ids"] });
        assert_eq!(text(&server.post(&path, about).await.1, "code"), "document_not_found");
        let searched = json!({ "query": "Who?", "document_ids": body["document_ids"] });
        let (_, as_search) = server.post(&format!("/api/v1/courses/{course}/search"), searched).await;
        assert_eq!(problem, as_search, "as a search answers");
    });
}

#[test]
fn a_deleted_document_is_found_no_more() {
    run(async {
        let server = shared().await;
        let course = server.course("delete").await;
        let document = server.ingest(&course, "plants.md", PLANTS).await;
        let (status, _) = server.delete(&format!("/api/v1/documents/{}", text(&document, "id"))).await;
        assert_eq!(status, 204);
        let path = format!("/api/v1/courses/{course}/search");
        let (_, found) = server.post(&path, json!({ "query": "chlorophyll" })).await;
        assert_eq!(found["hits"], json!([]));
        // The same bytes can come back.
        assert_eq!(server.ingest(&course, "plants.md", PLANTS).await["status"], "ready");
    });
}
