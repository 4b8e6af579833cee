//! The client of OpenAI-compatible servers against a small server on this machine.

use std::{sync::Arc, time::Duration};

use domain::{
    ErrorKind, Language, PortError,
    ports::{
        Constraint, FinishReason, GenerateRequest, Generated, LanguageModel, Message, ModelInfo, Role, Sampling,
        ScoreRequest,
    },
};
use engine::server_model::{ServerModel, ServerSettings};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    sync::mpsc,
};

const STREAM: &str = "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\"}}]}\r\n\r\n: a comment\n\n\
    data: {\"choices\":[{\"delta\":{\"content\":\"光合\"},\"logprobs\":{\"content\":[{\"logprob\":-0.5}]}}]}\n\n\
    data: {\"choices\":[{\"delta\":{\"content\":\"作用 \"},\"logprobs\":{\"content\":[{\"logprob\":-0.25}]}}]}\n\n\
    data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"length\"}]}\n\n";
const USAGE: &str =
    "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":21,\"completion_tokens\":3}}\n\ndata: [DONE]\n\n";

/// Answers every request with `status` and `body`, a few bytes at a time, and tells what was asked: head and JSON.
async fn serve(status: &'static str, body: String, hangs: bool) -> (String, mpsc::UnboundedReceiver<(String, Value)>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1/", listener.local_addr().unwrap());
    let (sender, asked) = mpsc::unbounded_channel();
    let body = Arc::new(body);
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let (sender, body) = (sender.clone(), body.clone());
            tokio::spawn(async move {
                let mut read = Vec::new();
                let (head, length, start) = loop {
                    if socket.read_buf(&mut read).await.unwrap() == 0 {
                        return;
                    }
                    let Some(start) = read.windows(4).position(|w| w == b"\r\n\r\n") else { continue };
                    let head = String::from_utf8_lossy(&read[..start]).to_lowercase();
                    let length = head.split("content-length: ").nth(1).and_then(|t| t.lines().next()).unwrap();
                    break (head.clone(), length.trim().parse::<usize>().unwrap(), start + 4);
                };
                while read.len() < start + length {
                    socket.read_buf(&mut read).await.unwrap();
                }
                sender.send((head, serde_json::from_slice(&read[start..]).unwrap())).unwrap();
                let head = format!("HTTP/1.1 {status}\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n");
                socket.write_all(head.as_bytes()).await.unwrap();
                // Pieces that cut characters and lines.
                for piece in body.as_bytes().chunks(7) {
                    if socket.write_all(piece).await.is_err() {
                        return;
                    }
                    tokio::task::yield_now().await;
                }
                if hangs {
                    tokio::time::sleep(Duration::from_mins(1)).await;
                }
            });
        }
    });
    (url, asked)
}

fn model(url: String, parallel: usize) -> ServerModel {
    let info = ModelInfo {
        id: "big".to_owned(),
        context_length: 8000,
        languages: vec![Language::English],
        tuned: false,
        parameters: None,
    };
    let (model, key) = ("big-model".to_owned(), Some("secret".to_owned()));
    ServerModel::new(info, ServerSettings { url, model, key, parallel, patience: Duration::from_millis(500) }).unwrap()
}

fn request() -> GenerateRequest {
    GenerateRequest {
        messages: vec![Message { role: Role::User, content: "Why?".to_owned() }],
        max_tokens: 9,
        stop: vec!["\n".to_owned()],
        sampling: Sampling { top_k: 5, seed: 7, ..Sampling::default() },
        log_probabilities: true,
        ..GenerateRequest::default()
    }
}

async fn write(model: &ServerModel, request: GenerateRequest) -> Result<(String, Generated), PortError> {
    let mut generation = model.generate(request).await?;
    let mut text = String::new();
    loop {
        match generation.next().await.expect("a last event")? {
            Generated::Text(more) => text.push_str(&more),
            last @ Generated::Finished { .. } => {
                assert!(generation.next().await.is_none());
                return Ok((text, last));
            }
        }
    }
}

#[tokio::test]
async fn a_streamed_answer_comes_in_whole_characters_with_usage_and_probabilities() {
    let (url, mut asked) = serve("200 OK", format!("{STREAM}{USAGE}"), false).await;
    let schema = json!({ "type": "object" });
    let request = GenerateRequest { constraint: Some(Constraint::JsonSchema(schema.clone())), ..request() };
    let (text, last) = write(&model(url, 1), request).await.unwrap();
    assert_eq!(text, "光合作用 ");
    let usage = domain::Usage { prompt_tokens: 21, completion_tokens: 3 };
    let log_probabilities = vec![-0.5, -0.25];
    assert_eq!(last, Generated::Finished { reason: FinishReason::Length, usage, log_probabilities });
    let (head, body) = asked.recv().await.unwrap();
    assert!(head.starts_with("post /v1/chat/completions") && head.contains("authorization: bearer secret"), "{head}");
    assert_eq!(body["messages"], json!([{ "role": "user", "content": "Why?" }]));
    assert_eq!((&body["model"], &body["stream"], &body["max_tokens"]), (&json!("big-model"), &json!(true), &json!(9)));
    assert_eq!((&body["stop"], &body["top_k"], &body["seed"]), (&json!(["\n"]), &json!(5), &json!(7)));
    assert_eq!(body["response_format"]["json_schema"]["schema"], schema);
    assert!(body.get("min_p").is_none() && body.get("repetition_penalty").is_none(), "{body}");
}

#[tokio::test]
async fn what_the_server_says_becomes_an_error_of_its_kind() {
    let told = "{\"error\":{\"message\":\"too many tokens\"}}";
    for (status, kind, code) in [
        ("400 Bad Request", ErrorKind::InvalidInput, "server_refused"),
        ("401 Unauthorized", ErrorKind::Unavailable, "server_refused"),
        ("413 Payload Too Large", ErrorKind::TooLarge, "server_refused"),
        ("429 Too Many Requests", ErrorKind::Overloaded, "server_busy"),
        ("503 Service Unavailable", ErrorKind::Unavailable, "server_refused"),
    ] {
        let (url, _asked) = serve(status, told.to_owned(), false).await;
        let error = write(&model(url, 1), request()).await.unwrap_err();
        assert_eq!((error.kind, error.code), (kind, code), "{error}");
        assert!(code == "server_busy" || error.detail.contains("too many tokens"), "{error}");
    }
    let broken = ["data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n", "data: nonsense\n\n", ""];
    for body in broken {
        let (url, _asked) = serve("200 OK", body.to_owned(), false).await;
        let error = write(&model(url, 1), request()).await.unwrap_err();
        assert_eq!((error.kind, error.code), (ErrorKind::Unavailable, "server_answer"), "{body}: {error}");
    }
    let error = write(&model("http://127.0.0.1:9/v1".to_owned(), 1), request()).await.unwrap_err();
    assert_eq!((error.kind, error.code), (ErrorKind::Unavailable, "server_unreachable"), "{error}");
}

#[tokio::test]
async fn a_silent_server_is_given_up_and_more_requests_than_agreed_are_refused() {
    let (url, _asked) = serve("200 OK", STREAM.to_owned(), true).await;
    let model = model(url, 1);
    let mut first = model.generate(request()).await.unwrap();
    let error = model.generate(request()).await.err().expect("one at a time");
    assert_eq!((error.kind, error.code), (ErrorKind::Overloaded, "generator_busy"));
    let mut last = Ok(Generated::Text(String::new()));
    while let Some(event) = first.next().await {
        last = event;
    }
    assert_eq!(last.unwrap_err().code, "server_unreachable");
    drop(first);
    assert!(model.generate(request()).await.is_ok());
}

#[tokio::test]
async fn what_servers_cannot_do_is_unsupported() {
    let model = model("http://127.0.0.1:9/v1".to_owned(), 1);
    let constraint = Some(Constraint::Cited { passages: vec!["a".to_owned()], refusal: None });
    let error = model.generate(GenerateRequest { constraint, ..request() }).await.err().unwrap();
    assert_eq!((error.kind, error.code), (ErrorKind::Unsupported, "constraint_unsupported"));
    let scores = ScoreRequest { messages: Vec::new(), continuations: vec!["a".to_owned()] };
    assert_eq!(model.score(scores).await.unwrap_err().kind, ErrorKind::Unsupported);
    assert_eq!((model.count_tokens("光合"), model.count_tokens("plants")), (2, 2));
}
