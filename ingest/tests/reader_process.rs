//! The reader process: what it answers, and what becomes of it when a file is too much.

mod common;

use std::{
    io::Write,
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use common::{pdf, pdfium};
use domain::Rect;
use ingest::{ReadLimits, Reader};

fn reader(limits: ReadLimits) -> Reader {
    let library = pdfium().unwrap_or_else(|| PathBuf::from("/nonexistent/libpdfium.so"));
    Reader::new(PathBuf::from(env!("CARGO_BIN_EXE_lectern-reader")), Vec::new(), library, limits)
}

fn file(content: &[u8]) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(content).unwrap();
    file
}

async fn code(reader: &Reader, path: &Path, name: &str) -> &'static str {
    reader.read(path, name, None, &|_, _| {}).await.map_or_else(|e| e.code(), |_| "ok")
}

#[tokio::test]
async fn text_is_read_and_errors_arrive_whole() {
    let reader = reader(ReadLimits::default());
    let good = file("# Über\n\nWörter und 文字\n".as_bytes());
    let doc = reader.read(good.path(), "a.md", None, &|_, _| {}).await.unwrap();
    assert_eq!(doc.text, "Über\n\nWörter und 文字");
    let missing = reader.read(Path::new("/nonexistent"), "a.md", None, &|_, _| {}).await.unwrap_err();
    assert_eq!(missing.code(), "reader_unavailable");
    assert_eq!(code(&reader, file(b"").path(), "a.md").await, "empty_file");
    let error = reader.read(file(b"words").path(), "a.pdf", None, &|_, _| {}).await.unwrap_err();
    assert!(error.to_string().starts_with("“a.pdf” is named .pdf but holds no PDF."));
}

#[tokio::test]
async fn pages_are_reported_and_drawn_with_marks() {
    if pdfium().is_none() {
        return;
    }
    let reader = reader(ReadLimits::default());
    let page = |text| (0, vec![(12.0, false, 72.0, 720.0, text)]);
    let paper = file(&pdf(&[page("One page of words"), page("Another page")], ""));
    let pages = AtomicUsize::new(0);
    let count = |page: usize, of: usize| {
        assert_eq!(of, 2);
        pages.store(page, Ordering::Relaxed);
    };
    let doc = reader.read(paper.path(), "a.pdf", None, &count).await.unwrap();
    assert_eq!((doc.pages.len(), pages.load(Ordering::Relaxed)), (2, 2));
    let mark = Rect { page: 2, left: 300.0, top: 300.0, right: 400.0, bottom: 400.0 };
    let png = reader.render_page(paper.path(), None, 2, 612, &[mark]).await.unwrap();
    let mut picture = png::Decoder::new(std::io::Cursor::new(png)).read_info().unwrap();
    let mut pixels = vec![0; picture.output_buffer_size().unwrap()];
    let info = picture.next_frame(&mut pixels).unwrap();
    assert_eq!((info.width, info.height), (612, 792));
    let at = |x: usize, y: usize| &pixels[(y * 612 + x) * 3..][..3];
    assert_eq!((at(350, 350), at(200, 350)), ([255, 228, 64].as_slice(), [255, 255, 255].as_slice()));
    let beyond = reader.render_page(paper.path(), None, 3, 612, &[]).await.unwrap_err();
    assert_eq!(beyond.code(), "page_not_found");
    let text = reader.render_page(file(b"words").path(), None, 1, 612, &[]).await.unwrap_err();
    assert_eq!(text.code(), "unsupported");
}

#[tokio::test]
async fn a_reader_that_hangs_dies_or_talks_nonsense() {
    let tool = |program: &str, arguments: &[&str]| Reader {
        executable: program.into(),
        arguments: arguments.iter().map(Into::into).collect(),
        limits: ReadLimits { time: Duration::from_millis(500), ..ReadLimits::default() },
        ..reader(ReadLimits::default())
    };
    let words = file(b"words");
    assert_eq!(code(&tool("/bin/sleep", &["60"]), words.path(), "a.txt").await, "reading_timed_out");
    let stalled = Reader {
        limits: ReadLimits { page_time: Duration::from_millis(500), ..ReadLimits::default() },
        ..tool("/bin/sh", &["-c", "echo '{\"page\":1,\"of\":2}'; sleep 60"])
    };
    assert_eq!(code(&stalled, words.path(), "a.txt").await, "reading_timed_out");
    assert_eq!(code(&tool("/bin/false", &[]), words.path(), "a.txt").await, "reader_crashed");
    assert_eq!(code(&tool("/bin/sh", &["-c", "kill -SEGV $$"]), words.path(), "a.txt").await, "reader_crashed");
    assert_eq!(code(&tool("/bin/sh", &["-c", "kill -KILL $$"]), words.path(), "a.txt").await, "document_too_complex");
    assert_eq!(code(&tool("/bin/echo", &["nonsense"]), words.path(), "a.txt").await, "reader_crashed");
    assert_eq!(code(&tool("/nonexistent", &[]), words.path(), "a.txt").await, "reader_unavailable");
}

#[tokio::test]
async fn limits_hold() {
    let big = file("<html><body>".bytes().chain("<p>word</p>".repeat(400_000).bytes()).collect::<Vec<_>>().as_slice());
    let small = ReadLimits { memory_bytes: 128 << 20, ..ReadLimits::default() };
    assert_eq!(code(&reader(small), big.path(), "a.html").await, "document_too_complex");
    let few = ReadLimits { max_bytes: 1000, ..ReadLimits::default() };
    assert_eq!(code(&reader(few), big.path(), "a.html").await, "file_too_large");
    if pdfium().is_some() {
        let page = || (0, vec![(12.0, false, 72.0, 720.0, "words")]);
        let paper = file(&pdf(&[page(), page(), page()], ""));
        let two = ReadLimits { max_pages: 2, ..ReadLimits::default() };
        assert_eq!(code(&reader(two), paper.path(), "a.pdf").await, "too_many_pages");
    }
}

#[tokio::test]
async fn pictures_are_read_with_boxes() {
    let Some(models) = pdfium().and(common::ocr()) else { return };
    let plain = reader(ReadLimits::default());
    let lines = [(20.0, "Plants and Light"), (12.0, "Green leaves make sugar from 1912 drops.")];
    let pieces = lines.iter().enumerate().map(|(n, (size, text))| (*size, false, 72.0, 720.0 - 40.0 * n as f32, *text));
    let page = file(&pdf(&[(0, pieces.collect())], ""));
    let picture = file(&plain.render_page(page.path(), None, 1, 1700, &[]).await.unwrap());
    let without = plain.read(picture.path(), "a.png", None, &|_, _| {}).await.unwrap_err();
    assert_eq!(without.code(), "no_text_layer");
    assert!(without.to_string().contains("models pull pp-ocrv5"), "{without}");
    let doc = plain.clone().with_ocr(models).read(picture.path(), "a.png", None, &|_, _| {}).await.unwrap();
    assert_eq!(doc.text, "Plants and Light\n\nGreen leaves make sugar from 1912 drops.");
    assert_eq!(doc.media_type, "image/png");
    let at = doc.text.find("sugar").unwrap();
    let boxes = doc.boxes((at..at + 5).into());
    // Pictures are as long as A4; Letter was drawn. "Green leaves make " is about 104 points wide in Helvetica 12.
    let scale = 842.0 / 792.0;
    assert_eq!(boxes.len(), 1);
    assert!((boxes[0].left / scale - 176.0).abs() < 6.0, "{boxes:?}");
    assert!((boxes[0].bottom / scale - 115.0).abs() < 6.0 && (boxes[0].top / scale - 101.0).abs() < 6.0, "{boxes:?}");
    let drawn = plain.render_page(picture.path(), None, 1, 850, &boxes).await.unwrap();
    let mut drawn = png::Decoder::new(std::io::Cursor::new(drawn)).read_info().unwrap();
    let mut pixels = vec![0; drawn.output_buffer_size().unwrap()];
    let info = drawn.next_frame(&mut pixels).unwrap();
    assert_eq!((info.width, info.height), (850, 1100));
    // 850 pixels for 612 points; between the letters the marker shows, beside them the paper.
    let row = &pixels[(101 * 850 / 612) as usize * 850 * 3..][..850 * 3];
    let yellow: Vec<usize> = (0..850).filter(|x| row[x * 3..][..3] == [255, 228, 64]).collect();
    assert!(yellow.iter().all(|x| (235..300).contains(x)) && yellow.len() > 20, "{yellow:?}");
    let beyond = plain.render_page(picture.path(), None, 2, 850, &[]).await.unwrap_err();
    assert_eq!(beyond.code(), "page_not_found");
}

/// What a hostile file could do if it took the reader process over: a library in PDFium's place runs as it is loaded.
const TAKEN_OVER: &str = r#"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
extern char **environ;
static const char *said(long got) { return got >= 0 ? "allowed" : strerror(errno); }
__attribute__((constructor)) static void take_over(void) {
    printf("{\"error\":{\"reader_unavailable\":{\"detail\":\"");
    printf("tcp: %s; ", said(socket(AF_INET, SOCK_STREAM, 0)));
    printf("udp: %s; ", said(socket(AF_INET6, SOCK_DGRAM, 0)));
    printf("unix: %s; ", said(socket(AF_UNIX, SOCK_STREAM, 0)));
    printf("secret: %s; ", said(open(SECRET, O_RDONLY)));
    printf("document: %s; ", said(open(DOCUMENT, O_RDONLY)));
    printf("write: %s; ", said(open(SECRET ".new", O_WRONLY | O_CREAT, 0600)));
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/environ", getppid());
    printf("parent: %s; ", said(open(path, O_RDONLY)));
    printf("fork: %s; ", said(fork()));
    printf("exec: %s; ", said(execl("/bin/true", "true", (char *)0)));
    printf("library: %s; ", said(open(LIBRARY, O_RDONLY)));
    for (char **variable = environ; *variable; variable++)
        printf("variable %.*s; ", (int)strcspn(*variable, "="), *variable);
    printf("\"}}}\n");
    fflush(stdout);
    _exit(0);
}
"#;

#[tokio::test]
async fn a_reader_that_is_taken_over_reaches_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let within = |name: &str| folder.path().join(name);
    let (secret, document, library) = (within("secret"), within("a.pdf"), within("libpdfium.so"));
    std::fs::write(&secret, "key").unwrap();
    std::fs::write(&document, pdf(&[(0, Vec::new())], "")).unwrap();
    std::fs::write(within("a.c"), TAKEN_OVER).unwrap();
    let define = |name: &str, path: &Path| format!("-D{name}=\"{}\"", path.display());
    let mut compiler = std::process::Command::new("cc");
    compiler.args(["-shared", "-fPIC", "-o"]).arg(&library).arg(within("a.c"));
    compiler.args([define("SECRET", &secret), define("DOCUMENT", &document), define("LIBRARY", &library)]);
    assert!(compiler.status().unwrap().success());
    let reader = Reader { library, ..reader(ReadLimits::default()) };
    let error = reader.read(&document, "a.pdf", None, &|_, _| {}).await.unwrap_err().to_string();
    let refused = "tcp: Operation not permitted; udp: Operation not permitted; unix: Operation not permitted; ";
    assert!(error.contains(refused), "{error}");
    assert!(
        error.contains("fork: Operation not permitted; exec: Operation not permitted; library: allowed; "),
        "{error}"
    );
    // Of this process's variables only that of the dynamic loader is handed on.
    assert!(std::env::var_os("PATH").is_some());
    let mut variables = error.split("variable ").skip(1).filter_map(|rest| rest.split(';').next());
    assert!(variables.all(|name| ["ORT_DISABLE_TELEMETRY", "LD_LIBRARY_PATH"].contains(&name)), "{error}");
    // Without Landlock the reader says so; a kernel that has it lists it among what it calls by number.
    if std::fs::read_to_string("/proc/kallsyms").is_ok_and(|names| !names.contains("landlock_restrict_self")) {
        eprintln!("SKIPPED: this kernel has no Landlock");
        return;
    }
    let denied = "secret: Permission denied; document: Permission denied; write: Permission denied; \
                  parent: Permission denied; ";
    assert!(error.contains(denied), "{error}");
}
