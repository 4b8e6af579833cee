//! Who may call.

use lectern_tests::{Options, Server};
use reqwest::Method;

use super::{run, shared, text};

const KEY: &str = "a-key-for-this-test-only";

#[test]
fn with_a_key_set_only_its_holder_reaches_data() {
    run(async {
        let settings = vec![("LECTERN_SERVER__API_KEY", KEY.to_owned())];
        let server = Server::start_with(Options { settings, ..Options::default() }).await;
        let stranger = reqwest::Client::new();
        for (path, expected) in
            [("/api/v1/courses", 401), ("/v1/models", 401), ("/metrics", 401), ("/health/live", 200), ("/", 200)]
        {
            let response = stranger.get(format!("{}{path}", server.url)).send().await.unwrap();
            assert_eq!(response.status().as_u16(), expected, "{path}");
        }
        assert_eq!(server.get("/api/v1/courses").await.0, 200);
    });
}

#[test]
fn another_sites_page_in_the_same_browser_is_kept_out() {
    run(async {
        let server = shared().await;
        let foreign = server.request(Method::GET, "/api/v1/courses").header("origin", "https://evil.example");
        let (status, problem) = server.send(foreign).await;
        assert_eq!((status, text(&problem, "code")), (403, "foreign_origin"));
        let rebound = server.request(Method::GET, "/api/v1/courses").header("host", "evil.example");
        assert_eq!(server.send(rebound).await.0, 403);
    });
}
