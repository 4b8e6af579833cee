//! The web page, built into the binary, and the list of API calls at `/docs`.

use axum::{
    http::{HeaderMap, HeaderName, StatusCode, Uri, header},
    response::{AppendHeaders, Html, IntoResponse, Response},
};
use domain::ErrorCode;
use rust_embed::RustEmbed;

use crate::http::problem::Problem;

/// What `npm run build` made; empty where it has not run.
#[derive(RustEmbed)]
#[folder = "../../web/dist"]
#[allow_missing = true]
struct Page;

const NOT_BUILT: &str = "<!doctype html><meta charset=utf-8><title>Lectern</title><p>Lectern is running, but its page was \
                         not built into this binary: build it with <code>make build</code>. The API is at \
                         <a href=/docs>/docs</a>.";

/// Nothing is loaded from elsewhere, and nothing may frame the page.
const POLICY: &str = "default-src 'self'; img-src 'self' blob:; object-src 'none'; frame-ancestors 'none'; \
                      base-uri 'none'; form-action 'self'";

/// A file of the page; any other path without a dot is the page itself.
pub(super) async fn asset(uri: Uri, asked: HeaderMap) -> Response {
    let path = uri.path().trim_start_matches('/');
    let api = path.starts_with("api/") || path.starts_with("v1/");
    let name = if path.is_empty() || (!api && !path.contains('.')) { "index.html" } else { path };
    let Some(file) = Page::get(name).filter(|_| !api) else {
        if name == "index.html" && !api {
            return Html(NOT_BUILT).into_response();
        }
        let detail = format!("There is nothing at {}. /docs lists what is offered.", uri.path());
        return Problem::with_status(StatusCode::NOT_FOUND, ErrorCode::RouteNotFound, detail).into_response();
    };
    // The build names assets after their content; only the page itself may change under its name.
    let caching = if name.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    let headers: [(HeaderName, String); 5] = [
        (header::CONTENT_TYPE, file.metadata.mimetype().to_owned()),
        (header::CACHE_CONTROL, caching.to_owned()),
        (header::CONTENT_SECURITY_POLICY, POLICY.to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (header::REFERRER_POLICY, "no-referrer".to_owned()),
    ];
    // The build keeps assets compressed, better than there is time for here.
    let packed = takes_brotli(&asked).then(|| Page::get(&format!("{name}.br"))).flatten();
    let encoding = packed.as_ref().map(|_| [(header::CONTENT_ENCODING, "br"), (header::VARY, "accept-encoding")]);
    (headers, AppendHeaders(encoding.into_iter().flatten()), packed.unwrap_or(file).data).into_response()
}

fn takes_brotli(asked: &HeaderMap) -> bool {
    let accepted = asked.get(header::ACCEPT_ENCODING).and_then(|codings| codings.to_str().ok());
    // A browser that takes it says so without a weight.
    accepted.is_some_and(|codings| codings.split(',').any(|coding| coding.trim() == "br"))
}

/// Every call of the API with its description, read from `/openapi.json`.
pub(super) async fn docs() -> Html<&'static str> {
    Html(include_str!("docs.html"))
}
