//! The reader process: one file in, one result out, under limits that it sets itself before it opens the file, and shut
//! off from everything else before it looks at its bytes.

use std::{
    ffi::OsString,
    fs::File,
    io::{self, Read, Write},
    process::ExitCode,
};

use rlimit::Resource;

use crate::{
    Format, IngestError, ReadOptions,
    confine::confine,
    detect_format, read_bytes,
    read_pdf::{render_page, render_picture},
    reader_protocol::{Message, Request, Task},
};

/// A request is small: a path, a password, some boxes.
const LONGEST_REQUEST: u64 = 16 << 20;
/// Enough for the library, the file and the three standard streams.
const OPEN_FILES: u64 = 64;

/// The reader process's `main`: takes its request from standard input and answers on standard output.
///
/// It has no arguments of its own; with any it exits with 2. It exits with 0 whenever it could answer, also when the
/// answer is an error, and with 1 when it could not.
#[expect(clippy::needless_pass_by_value, reason = "what the command line hands over")]
pub fn reader_main(args: Vec<OsString>) -> ExitCode {
    if !args.is_empty() {
        eprintln!("the reader process takes its request from standard input and has no arguments");
        return ExitCode::from(2);
    }
    match serve_request() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(1)
        }
    }
}

fn serve_request() -> io::Result<()> {
    let mut request = Vec::new();
    io::stdin().lock().take(LONGEST_REQUEST).read_to_end(&mut request)?;
    let request: Request = serde_json::from_slice(&request)?;
    limit_this_process(&request)?;
    match answer(&request) {
        Ok(Answer::Document(ok)) => say(&Message::Document { ok }),
        Ok(Answer::Picture(png)) => {
            say(&Message::Picture { png: png.len() })?;
            let mut out = io::stdout().lock();
            out.write_all(&png)?;
            out.flush()
        }
        Err(error) => say(&Message::Failed { error }),
    }
}

/// Lowers what this process may take; it can't be raised again. No file can be written, and no core is left behind.
fn limit_this_process(request: &Request) -> io::Result<()> {
    let limits = request.limits;
    // Each thread's time counts.
    let threads = request.ocr.as_ref().map_or(1, |ocr| ocr.threads.max(1) as u64);
    let seconds = limits.time.as_secs().max(1).saturating_mul(threads);
    for (resource, most) in [
        (Resource::AS, limits.memory_bytes),
        (Resource::CPU, seconds),
        (Resource::FSIZE, 0),
        (Resource::CORE, 0),
        (Resource::NOFILE, OPEN_FILES),
    ] {
        let (_, hard) = resource.get()?;
        let most = most.min(hard);
        resource.set(most, most)?;
    }
    Ok(())
}

enum Answer {
    Document(Box<domain::ParsedDocument>),
    Picture(Vec<u8>),
}

fn answer(request: &Request) -> Result<Answer, IngestError> {
    let bytes = read_file(request)?;
    let open = confine(request);
    if !open.is_empty() {
        drop(say(&Message::Unconfined { open: open.join("; ") }));
    }
    let options = ReadOptions {
        pdfium: &request.pdfium,
        password: request.password.as_deref(),
        max_pages: request.limits.max_pages,
        ocr: request.ocr.as_ref(),
    };
    match &request.task {
        Task::Read => {
            let document = read_bytes(&bytes, &request.name, options, &mut |page, of| {
                // A parent that no longer listens ends this process with the next write of the result.
                drop(say(&Message::Page { page, of }));
            })?;
            Ok(Answer::Document(Box::new(document)))
        }
        Task::Render { page, width, highlights } => match detect_format(&bytes, &request.name)? {
            Format::Pdf => render_page(&bytes, options, *page, *width, highlights).map(Answer::Picture),
            picture @ (Format::Png | Format::Jpeg) => {
                render_picture(&bytes, picture, *page, *width, highlights).map(Answer::Picture)
            }
            other => Err(IngestError::NotDrawable { found: other.media_type().to_owned() }),
        },
    }
}

fn read_file(request: &Request) -> Result<Vec<u8>, IngestError> {
    let unavailable = |e: io::Error| IngestError::ReaderUnavailable { detail: e.to_string() };
    let file = File::open(&request.path).map_err(unavailable)?;
    let bytes = file.metadata().map_err(unavailable)?.len();
    let limit = request.limits.max_bytes;
    if bytes > limit {
        return Err(IngestError::TooLarge { bytes, limit });
    }
    let mut content = Vec::with_capacity(bytes as usize);
    file.take(limit).read_to_end(&mut content).map_err(unavailable)?;
    Ok(content)
}

fn say(message: &Message) -> io::Result<()> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    serde_json::to_writer(&mut out, message)?;
    out.write_all(b"\n")?;
    out.flush()
}
