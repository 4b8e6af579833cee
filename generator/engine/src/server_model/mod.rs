//! A language model behind an OpenAI-compatible server (vLLM, llama.cpp, TGI and others), for schools that have one.
//!
//! Speaks `POST /chat/completions`, streaming: <https://platform.openai.com/docs/api-reference/chat>. What a text would
//! score cannot be asked there, nor every constraint be kept to.

mod read_events;

use std::{sync::Arc, time::Duration};

use domain::{
    PortResult,
    ports::{BoxFuture, Constraint, GenerateRequest, Generation, LanguageModel, ModelInfo, Sampling},
};
use reqwest::{Client, Response, StatusCode};
use serde_json::{Map, Value, json};
use tokio::sync::Semaphore;

use self::read_events::Events;
use crate::{EngineError, EngineResult};

/// How an OpenAI-compatible server is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerSettings {
    /// Where `/chat/completions` is, for example `http://server:8000/v1`.
    pub url: String,
    /// The model's name there.
    pub model: String,
    /// Sent as the bearer token, where the server wants one.
    pub key: Option<String>,
    /// Requests at once; one more is told `generator_busy`.
    pub parallel: usize,
    /// Longest wait for a connection, and for more of an answer.
    pub patience: Duration,
}

/// A model on a server.
pub struct ServerModel {
    info: ModelInfo,
    settings: ServerSettings,
    client: Client,
    free: Arc<Semaphore>,
}

impl ServerModel {
    /// A client; nothing is sent yet. `info` is what the operator knows of the model: servers do not tell.
    pub fn new(info: ModelInfo, settings: ServerSettings) -> EngineResult<Self> {
        let client = Client::builder().connect_timeout(settings.patience).read_timeout(settings.patience);
        let client = client.build().map_err(|e| unreachable(&settings.url, &e))?;
        let free = Arc::new(Semaphore::new(settings.parallel.max(1)));
        Ok(Self { info, settings, client, free })
    }

    async fn begin(&self, request: GenerateRequest) -> EngineResult<Events> {
        let permit = Arc::clone(&self.free).try_acquire_owned();
        let permit = permit.map_err(|_| EngineError::Busy { waiting: self.settings.parallel })?;
        let prompt_tokens = request.messages.iter().map(|m| self.count_tokens(&m.content)).sum();
        let url = format!("{}/chat/completions", self.settings.url.trim_end_matches('/'));
        let mut call = self.client.post(&url).json(&body(&self.settings.model, request)?);
        if let Some(key) = &self.settings.key {
            call = call.bearer_auth(key);
        }
        let response = call.send().await.map_err(|e| unreachable(&url, &e))?;
        if response.status().is_success() {
            return Ok(Events::new(response, url, prompt_tokens, permit));
        }
        Err(refused(response).await)
    }
}

impl LanguageModel for ServerModel {
    fn info(&self) -> &ModelInfo {
        &self.info
    }

    /// An estimate, rather too high: a token a Chinese character, one for three others.
    fn count_tokens(&self, text: &str) -> usize {
        let wide = text.chars().filter(|c| u32::from(*c) >= 0x2E80).count();
        wide + (text.chars().count() - wide).div_ceil(3)
    }

    fn generate(&self, request: GenerateRequest) -> BoxFuture<'_, PortResult<Box<dyn Generation>>> {
        Box::pin(async move { Ok(Box::new(self.begin(request).await?) as Box<dyn Generation>) })
    }
}

/// The request as the API has it. What is not in the API itself, but known to vLLM and llama.cpp, is sent only where it
/// says anything.
fn body(model: &str, request: GenerateRequest) -> EngineResult<Value> {
    let GenerateRequest { messages, max_tokens, stop, sampling, constraint, log_probabilities } = request;
    let Sampling { temperature, top_p, seed, presence_penalty, frequency_penalty, .. } = sampling;
    let mut body = json!({
        "model": model, "messages": messages, "max_tokens": max_tokens, "stream": true,
        "stream_options": { "include_usage": true },
        "temperature": temperature, "top_p": top_p, "seed": seed,
        "presence_penalty": presence_penalty, "frequency_penalty": frequency_penalty,
    });
    let mut more = Map::new();
    let mut add = |key: &str, value: Value, wanted: bool| {
        if wanted {
            more.insert(key.to_owned(), value);
        }
    };
    add("top_k", json!(sampling.top_k), sampling.top_k > 0);
    add("min_p", json!(sampling.min_p), sampling.min_p > 0.0);
    let repetition = sampling.repetition_penalty;
    add("repetition_penalty", json!(repetition), (repetition - 1.0).abs() > f32::EPSILON);
    add("logprobs", json!(true), log_probabilities);
    add("stop", json!(stop), !stop.is_empty());
    match constraint {
        None => {}
        Some(Constraint::JsonSchema(schema)) => {
            let schema = json!({ "name": "answer", "schema": schema, "strict": true });
            add("response_format", json!({ "type": "json_schema", "json_schema": schema }), true);
        }
        Some(Constraint::Regex(_)) => return Err(EngineError::UnknownConstraint { what: "a regular expression" }),
        Some(Constraint::Cited { .. }) => return Err(EngineError::UnknownConstraint { what: "cited words" }),
    }
    if let Some(object) = body.as_object_mut() {
        object.extend(more);
    }
    Ok(body)
}

fn unreachable(url: &str, error: &reqwest::Error) -> EngineError {
    // The error's own text names the address again, its sources what happened.
    let mut reason = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        reason = cause.to_string();
        source = cause.source();
    }
    EngineError::ServerUnreachable { url: url.to_owned(), reason }
}

/// The error for an answer that is none: the server's own message, cut to a line.
async fn refused(response: Response) -> EngineError {
    let status = response.status();
    let url = response.url().to_string();
    if status == StatusCode::TOO_MANY_REQUESTS {
        return EngineError::ServerBusy { url };
    }
    let text = response.text().await.unwrap_or_default();
    let parsed: Value = serde_json::from_str(&text).unwrap_or_default();
    let message = parsed["error"]["message"].as_str().or_else(|| parsed["message"].as_str()).unwrap_or(&text);
    let message = message.chars().take(300).collect::<String>().replace('\n', " ");
    EngineError::ServerRefused { url, status: status.as_u16(), message }
}
