//! Bad input, each with its status, code and message.

use lectern_tests::{Options, Server, pdf, pdf_without_text};
use reqwest::Method;
use serde_json::{Value, json};

use super::{PLANTS, run, shared, text};

/// What a user sees of an error: status, code, words.
fn seen(status: u16, problem: &Value) -> String {
    format!("{status} {}: {}", text(problem, "code"), text(problem, "detail"))
}

/// What a user sees of a document that could not be read.
fn failed(document: &Value) -> String {
    format!("{} {}: {}", text(document, "status"), text(&document["error"], "code"), text(&document["error"], "detail"))
}

async fn course() -> String {
    shared().await.course("bad input").await
}

#[test]
fn files_that_are_refused_at_once() {
    run(async {
        let (server, course) = (shared().await, course().await);
        let mut answers = Vec::new();
        for (name, bytes) in [
            ("empty.pdf", b"".to_vec()),
            ("text.pdf", b"This is not a PDF at all, only plain text.".to_vec()),
            ("sound.ogg", b"OggS\0\x02\0\0\0\0\0\0\0\0".to_vec()),
            ("program.txt", b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0".to_vec()),
        ] {
            let (status, problem) = server.upload(&course, name, bytes).await;
            answers.push(format!("{name}: {}", seen(status, &problem)));
        }
        insta::assert_snapshot!(answers.join("\n"));
        let (_, listed) = server.get(&format!("/api/v1/courses/{course}/documents")).await;
        assert_eq!(listed["documents"], json!([]), "nothing was kept");
    });
}

#[test]
fn files_that_can_not_be_read() {
    run(async {
        let (server, course) = (shared().await, course().await);
        let whole = pdf(&["A page that will be cut off in the middle of its text."]);
        let mut answers = Vec::new();
        for (name, bytes) in [
            ("truncated.pdf", whole[..whole.len() / 3].to_vec()),
            ("encrypted.pdf", include_bytes!("../fixtures/encrypted.pdf").to_vec()),
            ("drawing.pdf", pdf_without_text()),
            ("blank.txt", b" \n \t \n".to_vec()),
        ] {
            let document = server.ingest(&course, name, bytes).await;
            answers.push(format!("{name}: {}", failed(&document)));
        }
        insta::assert_snapshot!(answers.join("\n"));
    });
}

#[test]
fn an_encrypted_file_opens_with_its_password() {
    run(async {
        let (server, course) = (shared().await, course().await);
        let file = include_bytes!("../fixtures/encrypted.pdf");
        assert_eq!(server.ingest(&course, "encrypted.pdf", *file).await["status"], "failed");
        let part = reqwest::multipart::Part::bytes(file.to_vec()).file_name("encrypted.pdf");
        let form = reqwest::multipart::Form::new().text("password", "lectern").part("file", part);
        let path = format!("/api/v1/courses/{course}/documents");
        let (status, uploads) = server.send(server.request(Method::POST, &path).multipart(form)).await;
        assert_eq!(status, 202, "{uploads}");
        let document = server.settled(text(&uploads["documents"][0], "id")).await;
        assert_eq!(document["status"], "ready", "{document}");
    });
}

#[test]
fn text_that_is_not_utf8_is_read_in_its_own_encoding() {
    run(async {
        let (server, course) = (shared().await, course().await);
        // "The café's résumé costs £5." in Windows-1252; broken UTF-8.
        let bytes = b"The caf\xe9's r\xe9sum\xe9 costs \xa35. It was written by an author in Nice.".to_vec();
        let document = server.ingest(&course, "latin.txt", bytes).await;
        let (_, page) = server.get(&format!("/api/v1/documents/{}/pages/1", text(&document, "id"))).await;
        assert!(text(&page["blocks"][0], "text").contains("café's résumé costs £5"), "{page}");
    });
}

#[test]
fn requests_that_make_no_sense() {
    run(async {
        let (server, course) = (shared().await, course().await);
        let nowhere = "/api/v1/courses/00000000-0000-0000-0000-000000000000";
        let long = "word ".repeat(10_000);
        let ask = format!("/api/v1/courses/{course}/ask");
        let raw = |path: &str, body: &'static [u8]| {
            server.request(Method::POST, path).header("content-type", "application/json").body(body)
        };
        let json = |path: &str, body: Value| server.request(Method::POST, path).json(&body);
        let get = |path: &str| server.request(Method::GET, path);
        let mut answers = Vec::new();
        for (what, request) in [
            ("unknown course", get(nowhere)),
            ("ask an unknown course", json(&format!("{nowhere}/ask"), json!({ "question": "Who?" }))),
            ("course id that is none", get("/api/v1/courses/x")),
            ("empty question", json(&ask, json!({ "question": "  " }))),
            ("10,000 words", json(&ask, json!({ "question": long }))),
            ("invalid JSON", raw(&ask, b"{\"question\": ")),
            ("bad UTF-8", raw(&ask, b"{\"question\": \"\xff\xfe\"}")),
            ("unknown field", json(&ask, json!({ "question": "Who?", "colour": 1 }))),
            ("missing field", json(&ask, json!({}))),
            ("no content type", server.request(Method::POST, &ask).body("{}")),
            ("course without a title", json("/api/v1/courses", json!({ "title": " " }))),
            ("limit 0", get("/api/v1/courses?limit=0")),
            ("bad cursor", get("/api/v1/courses?cursor=x")),
            ("unknown job", get("/api/v1/jobs/00000000-0000-0000-0000-000000000000")),
            ("unknown route", get("/api/v1/teachers")),
            ("wrong method", server.request(Method::PUT, "/api/v1/courses")),
            ("form without a file", {
                let form = reqwest::multipart::Form::new().text("other", "1");
                server.request(Method::POST, &format!("/api/v1/courses/{course}/documents")).multipart(form)
            }),
        ] {
            let (status, problem) = server.send(request).await;
            answers.push(format!("{what}: {}", seen(status, &problem)));
        }
        insta::assert_snapshot!(answers.join("\n"));
    });
}

#[test]
fn a_file_over_the_limit_is_refused_while_it_streams_and_nothing_is_kept() {
    run(async {
        let settings = vec![("LECTERN_SERVER__MAX_UPLOAD_BYTES", "100000".to_owned())];
        let server = Server::start_with(Options { settings, ..Options::default() }).await;
        let course = server.course("limit").await;
        let (status, problem) = server.upload(&course, "big.txt", vec![b'a'; 5_000_000]).await;
        insta::assert_snapshot!(seen(status, &problem), @"413 file_too_large: big.txt is over the limit of 100000 bytes (setting server.max_upload_bytes).");
        let kept = |folder: &str| std::fs::read_dir(server.data.join("files").join(folder)).map_or(0, Iterator::count);
        assert_eq!((kept("staging"), kept("blobs")), (0, 0));
    });
}

#[test]
fn two_uploads_of_the_same_bytes_at_once_are_one_document() {
    run(async {
        let (server, course) = (shared().await, course().await);
        let (one, two) = tokio::join!(server.upload(&course, "a.md", PLANTS), server.upload(&course, "b.md", PLANTS));
        let id = |upload: &(u16, Value)| text(&upload.1["documents"][0], "id").to_owned();
        assert_eq!(id(&one), id(&two));
        let mut statuses = [one.0, two.0];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 202]);
        assert_eq!(server.settled(&id(&one)).await["status"], "ready");
        let (_, listed) = server.get(&format!("/api/v1/courses/{course}/documents")).await;
        assert_eq!(listed["documents"].as_array().map(Vec::len), Some(1));
    });
}

#[test]
fn a_course_deleted_while_its_document_is_read_leaves_nothing() {
    run(async {
        let server = Server::start().await;
        let course = server.course("deleted").await;
        let pages: Vec<String> = (0..60).map(|i| format!("Page {i} tells of the year {}.", 1500 + i)).collect();
        let file = pdf(&pages.iter().map(String::as_str).collect::<Vec<_>>());
        let (_, uploads) = server.upload(&course, "long.pdf", file).await;
        let (status, _) = server.delete(&format!("/api/v1/courses/{course}")).await;
        assert_eq!(status, 204);
        let (status, _) = server.get(&format!("/api/v1/documents/{}", text(&uploads["documents"][0], "id"))).await;
        assert_eq!(status, 404);
        let blobs = server.data.join("files/blobs");
        for _ in 0..200 {
            if std::fs::read_dir(&blobs).map_or(0, Iterator::count) == 0 {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        panic!("the deleted course's file is still in {}", blobs.display());
    });
}

#[test]
fn a_full_disk_is_said_and_nothing_is_kept() {
    run(async {
        let folder = tempfile::tempdir().unwrap();
        let mount = std::process::Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=24m", "tmpfs"])
            .arg(folder.path())
            .status();
        if !mount.is_ok_and(|status| status.success()) {
            eprintln!("skipped: mounting a small tmpfs needs root");
            return;
        }
        let data = Some(folder.path().join("data"));
        let server = Server::start_with(Options { data, ..Options::default() }).await;
        let course = server.course("full").await;
        let (status, problem) = server.upload(&course, "big.txt", vec![b'a'; 60_000_000]).await;
        let (alive, _) = server.get("/health/live").await;
        let staged = std::fs::read_dir(server.data.join("files/staging")).map_or(0, Iterator::count);
        drop(server.kill().await);
        std::process::Command::new("umount").arg("-l").arg(folder.path()).status().ok();
        assert_eq!((alive, staged), (200, 0));
        insta::assert_snapshot!(seen(status, &problem), @"507 disk_full: The disk is full, nothing was kept. Free some space and send the request again.");
    });
}
