//! Reads a streamed answer: server-sent events, each a piece of the text as JSON.

use domain::{
    PortResult, Usage,
    ports::{BoxFuture, FinishReason, Generated, Generation},
};
use reqwest::Response;
use serde_json::Value;
use tokio::sync::OwnedSemaphorePermit;

use super::unreachable;
use crate::{EngineError, EngineResult};

/// Longest line of an event, in bytes.
const LONGEST: usize = 1 << 20;

/// An answer that is coming in. Dropping it closes the connection, at which servers stop.
pub(super) struct Events {
    response: Response,
    url: String,
    buffer: Vec<u8>,
    reason: Option<FinishReason>,
    usage: Usage,
    log_probabilities: Vec<f32>,
    over: bool,
    _permit: OwnedSemaphorePermit,
}

impl Events {
    /// `prompt_tokens` is told where the server does not say.
    pub(super) fn new(response: Response, url: String, prompt_tokens: usize, permit: OwnedSemaphorePermit) -> Self {
        let usage = Usage { prompt_tokens, completion_tokens: 0 };
        let (buffer, log_probabilities) = (Vec::new(), Vec::new());
        Self { response, url, buffer, reason: None, usage, log_probabilities, over: false, _permit: permit }
    }

    async fn read(&mut self) -> EngineResult<Generated> {
        loop {
            while let Some(end) = self.buffer.iter().position(|b| *b == b'\n') {
                let line: Vec<u8> = self.buffer.drain(..=end).collect();
                let line = String::from_utf8_lossy(&line);
                let Some(data) = line.trim().strip_prefix("data:") else { continue };
                if data.trim() == "[DONE]" {
                    return self.finish();
                }
                if let Some(text) = self.take(data)? {
                    return Ok(Generated::Text(text));
                }
            }
            if self.buffer.len() > LONGEST {
                return Err(self.odd("a line without end"));
            }
            match self.response.chunk().await.map_err(|e| unreachable(&self.url, &e))? {
                Some(bytes) => self.buffer.extend_from_slice(&bytes),
                None => return self.finish(),
            }
        }
    }

    /// Takes in one event; the text in it, if any.
    fn take(&mut self, data: &str) -> EngineResult<Option<String>> {
        let event: Value = serde_json::from_str(data).map_err(|_| self.odd("an event that is no JSON"))?;
        if let Some(message) = event["error"]["message"].as_str() {
            let message = message.chars().take(300).collect();
            return Err(EngineError::ServerRefused { url: self.url.clone(), status: 500, message });
        }
        let count = |key: &str| event["usage"][key].as_u64().map(|n| n as usize);
        if let (Some(prompt_tokens), Some(completion_tokens)) = (count("prompt_tokens"), count("completion_tokens")) {
            self.usage = Usage { prompt_tokens, completion_tokens };
        }
        let choice = &event["choices"][0];
        if let Some(reason) = choice["finish_reason"].as_str() {
            self.reason = Some(if reason == "length" { FinishReason::Length } else { FinishReason::Stop });
        }
        if let Some(tokens) = choice["logprobs"]["content"].as_array() {
            let each = tokens.iter().filter_map(|t| t["logprob"].as_f64());
            self.log_probabilities.extend(each.map(|p| p as f32));
        }
        let text = choice["delta"]["content"].as_str().filter(|t| !t.is_empty());
        // Until the server says how many: servers send a piece a token.
        self.usage.completion_tokens += usize::from(text.is_some());
        Ok(text.map(str::to_owned))
    }

    fn finish(&mut self) -> EngineResult<Generated> {
        let Some(reason) = self.reason else { return Err(self.odd("an answer that breaks off")) };
        let log_probabilities = std::mem::take(&mut self.log_probabilities);
        Ok(Generated::Finished { reason, usage: self.usage, log_probabilities })
    }

    fn odd(&self, what: &'static str) -> EngineError {
        EngineError::ServerAnswer { url: self.url.clone(), what }
    }
}

impl Generation for Events {
    fn next(&mut self) -> BoxFuture<'_, Option<PortResult<Generated>>> {
        Box::pin(async move {
            if self.over {
                return None;
            }
            let event = self.read().await.map_err(Into::into);
            self.over = !matches!(event, Ok(Generated::Text(_)));
            Some(event)
        })
    }
}
