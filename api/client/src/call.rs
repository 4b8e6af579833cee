//! What the command line speaks to: the REST API, of a running server where there is one, else of this process.

use std::{path::Path, time::Duration};

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    http::{HeaderMap, Method, Request, StatusCode, header},
};
use serde_json::Value;
use server::{Address, DataLock, Places, Settings, StartError};
use tower::ServiceExt;

const MAX_ANSWER_BYTES: usize = 256 << 20;

/// Why a call failed.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The API refused; `detail` is for the user.
    #[error("{detail}")]
    Refused {
        /// The stable code.
        code: String,
        /// For the user.
        detail: String,
    },
    /// The server can't be reached.
    #[error("cannot reach the server: {0}. Is it still running?")]
    Unreachable(#[from] reqwest::Error),
    /// A file could not be read.
    #[error("{path}: {error}")]
    File {
        /// Which.
        path: String,
        /// Why.
        error: std::io::Error,
    },
    /// The answer is not what the API promises.
    #[error("the server's answer could not be understood: {0}")]
    Garbled(String),
    /// Lectern could not start.
    #[error(transparent)]
    Start(#[from] StartError),
}

/// The REST API.
pub enum Client {
    /// Of this process.
    Here(Router, String),
    /// Of a running server.
    There(reqwest::Client, Address, String),
}

/// The API of the server that holds the data folder, or else of this process.
pub async fn connect(settings: Settings, places: Places) -> Result<Client, CallError> {
    let key = settings.server.api_key.clone();
    let Some(lock) = DataLock::take(&places.data).map_err(StartError::data_dir(&places.data))? else {
        let address = DataLock::holder(&places.data).ok_or_else(|| StartError::DataDirInUse(places.data.clone()))?;
        return Ok(Client::there(address, key));
    };
    Ok(Client::Here(server::router(settings, places, lock).await?, key))
}

impl Client {
    /// Speaks to a running server.
    pub fn there(address: Address, api_key: String) -> Self {
        Self::There(reqwest::Client::new(), address, api_key)
    }

    /// Calls a route with a JSON body, or none; returns the JSON answer (null for none).
    pub async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Result<Value, CallError> {
        let body = body.map(|b| ("application/json".to_owned(), Bytes::from(b.to_string())));
        let (status, bytes) = self.send(method, path, body).await?;
        read(status, &bytes)
    }

    /// Downloads a file; returns its bytes and what its format had no place for.
    pub async fn download(&self, path: &str) -> Result<(Bytes, Value), CallError> {
        let (status, headers, bytes) = self.send_for(Method::GET, path, None).await?;
        if !status.is_success() {
            read(status, &bytes)?;
        }
        let left_out =
            headers.get("x-lectern-left-out").and_then(|value| serde_json::from_slice(value.as_bytes()).ok());
        Ok((bytes, left_out.unwrap_or_default()))
    }

    /// Uploads files to a course.
    pub async fn upload(
        &self,
        course: &str,
        files: &[impl AsRef<Path>],
        password: Option<&str>,
    ) -> Result<Value, CallError> {
        let boundary = format!("lectern-{}", uuid::Uuid::new_v4().simple());
        let mut form = Vec::new();
        if let Some(password) = password {
            form.extend(format!("--{boundary}\r\nContent-Disposition: form-data; name=\"password\"\r\n\r\n").bytes());
            form.extend(password.bytes().chain(*b"\r\n"));
        }
        for file in files.iter().map(AsRef::as_ref) {
            let failed = |error| CallError::File { path: file.display().to_string(), error };
            let bytes = tokio::fs::read(file).await.map_err(failed)?;
            let name =
                file.file_name().map(|n| n.to_string_lossy().replace(['"', '\r', '\n'], "_")).unwrap_or_default();
            let head = format!(
                "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
                 Content-Type: application/octet-stream\r\n\r\n"
            );
            form.extend(head.bytes().chain(bytes).chain(*b"\r\n"));
        }
        form.extend(format!("--{boundary}--\r\n").bytes());
        let kind = format!("multipart/form-data; boundary={boundary}");
        let path = format!("/api/v1/courses/{course}/documents");
        let (status, bytes) = self.send(Method::POST, &path, Some((kind, form.into()))).await?;
        read(status, &bytes)
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<(String, Bytes)>,
    ) -> Result<(StatusCode, Bytes), CallError> {
        let (status, _, bytes) = self.send_for(method, path, body).await?;
        Ok((status, bytes))
    }

    async fn send_for(
        &self,
        method: Method,
        path: &str,
        body: Option<(String, Bytes)>,
    ) -> Result<(StatusCode, HeaderMap, Bytes), CallError> {
        let (kind, bytes) = body.unwrap_or_default();
        match self {
            Self::Here(router, key) => {
                let request = Request::builder()
                    .method(method)
                    .uri(path)
                    .header(header::CONTENT_TYPE, kind)
                    .header(header::AUTHORIZATION, format!("Bearer {key}"))
                    .body(Body::from(bytes))
                    .map_err(|e| CallError::Garbled(e.to_string()))?;
                let response = match router.clone().oneshot(request).await {
                    Ok(response) => response,
                    Err(never) => match never {},
                };
                let (status, headers) = (response.status(), response.headers().clone());
                let bytes = to_bytes(response.into_body(), MAX_ANSWER_BYTES).await;
                Ok((status, headers, bytes.map_err(|e| CallError::Garbled(e.to_string()))?))
            }
            Self::There(http, address, key) => {
                let response = http
                    .request(method, format!("{}{path}", address.url))
                    .header(header::CONTENT_TYPE, kind)
                    .bearer_auth(key)
                    .timeout(Duration::from_mins(10))
                    .body(bytes)
                    .send()
                    .await?;
                let headers = response.headers().clone();
                Ok((response.status(), headers, response.bytes().await?))
            }
        }
    }
}

fn read(status: StatusCode, bytes: &[u8]) -> Result<Value, CallError> {
    if bytes.is_empty() && status.is_success() {
        return Ok(Value::Null);
    }
    let value: Value = serde_json::from_slice(bytes).map_err(|e| CallError::Garbled(format!("{status}: {e}")))?;
    if status.is_success() {
        return Ok(value);
    }
    let text = |key: &str| value[key].as_str().unwrap_or_default().to_owned();
    Err(CallError::Refused { code: text("code"), detail: text("detail") })
}
