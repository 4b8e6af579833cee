//! Who may call: the API key, and protection of a keyless local service against other sites' pages in the same browser.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, StatusCode, Uri, header, uri::Authority},
    middleware::Next,
    response::{IntoResponse, Response},
};
use domain::ErrorCode;
use sha2::{Digest, Sha256};

use super::problem::Problem;
use crate::bootstrap::App;

/// Lets a request through, or answers 401 or 403.
pub async fn guard(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let key = &app.settings.server.api_key;
    let refused = if needs_key(request.uri().path()) && !key.is_empty() {
        check_key(request.headers(), key)
    } else if key.is_empty() {
        check_same_site(request.headers())
    } else {
        Ok(())
    };
    match refused {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

/// The page and the health probes are open; data is not.
fn needs_key(path: &str) -> bool {
    path.starts_with("/api/") || path.starts_with("/v1/") || path == "/metrics"
}

fn check_key(headers: &HeaderMap, key: &str) -> Result<(), Problem> {
    let given =
        headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok()).and_then(|v| v.strip_prefix("Bearer "));
    // Digests are compared, so that the time taken says nothing about the key.
    if given.is_some_and(|given| Sha256::digest(given) == Sha256::digest(key)) {
        return Ok(());
    }
    let detail = "This service needs its API key: send `Authorization: Bearer <key>`.";
    Err(Problem::with_status(StatusCode::UNAUTHORIZED, ErrorCode::ApiKeyRequired, detail))
}

/// Without a key the service is for this machine alone. A page of another site, open in the same browser, could still
/// send requests to it: its `Origin` gives it away, or, after rebinding its own name to 127.0.0.1, its `Host`.
fn check_same_site(headers: &HeaderMap) -> Result<(), Problem> {
    let host = headers.get(header::HOST).and_then(|v| v.to_str().ok());
    let origin = headers.get(header::ORIGIN).and_then(|v| v.to_str().ok());
    let local = host.is_none_or(is_local);
    let same =
        origin.is_none_or(|o| o.parse::<Uri>().ok().is_some_and(|o| o.authority().map(Authority::as_str) == host));
    if local && same {
        return Ok(());
    }
    let detail = "Without an API key this service answers only requests from this machine's own page.";
    Err(Problem::with_status(StatusCode::FORBIDDEN, ErrorCode::ForeignOrigin, detail))
}

fn is_local(host: &str) -> bool {
    let name =
        host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit())).map_or(host, |(n, _)| n);
    let address = name.trim_start_matches('[').trim_end_matches(']');
    address == "localhost" || address.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(host: &'static str, origin: Option<&'static str>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, host.parse().unwrap());
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, origin.parse().unwrap());
        }
        headers
    }

    #[test]
    fn only_this_machines_own_page_passes_without_a_key() {
        for host in ["127.0.0.1:8080", "localhost:8080", "localhost", "[::1]:8080"] {
            check_same_site(&headers(host, None)).unwrap();
        }
        check_same_site(&headers("127.0.0.1:8080", Some("http://127.0.0.1:8080"))).unwrap();
        check_same_site(&headers("evil.example:8080", None)).unwrap_err();
        check_same_site(&headers("127.0.0.1:8080", Some("https://evil.example"))).unwrap_err();
        check_same_site(&headers("127.0.0.1:8080", Some("null"))).unwrap_err();
    }

    #[test]
    fn the_key_must_be_the_right_one() {
        let mut headers = HeaderMap::new();
        check_key(&headers, "0123456789abcdef").unwrap_err();
        headers.insert(header::AUTHORIZATION, "Bearer 0123456789abcdef".parse().unwrap());
        check_key(&headers, "0123456789abcdef").unwrap();
        check_key(&headers, "0123456789abcdeg").unwrap_err();
    }
}
