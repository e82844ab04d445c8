//! Both applications answer nobody who did not come through Symbolon.

use crate::app::{App, pluck};
use axum::http::{HeaderValue, StatusCode};
use symbolon_backends::{odin, odysseus};

const HEADERS: [&str; 5] = [
    "X-Symbolon-Principal",
    "X-Symbolon-Token-Id",
    "X-Symbolon-Owner",
    "X-Symbolon-Role",
    "X-Symbolon-Scopes",
];

#[tokio::test]
async fn each_missing_doubled_or_empty_header_is_401_on_every_kind_of_path() {
    for (app, known) in [(App::odin().await, "/api/printers"), (App::odysseus().await, "/api/codex/todos")] {
        for path in [known, "/api/health", "/no/such/path"] {
            for name in HEADERS {
                let mut missing = app.headers();
                missing.remove(name);
                let mut doubled = app.headers();
                doubled.append(name, HeaderValue::from_static("admin"));
                let mut empty = app.headers();
                empty.insert(name, HeaderValue::from_static(""));
                for headers in [missing, doubled, empty] {
                    let response = app.send("GET", path, headers, "").await;
                    assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "{path} {name}");
                    let body = axum::body::to_bytes(response.into_body(), 4096).await.expect("a body");
                    let body = String::from_utf8(body.to_vec()).expect("text");
                    assert!(body.contains("not behind Symbolon") && body.contains(name), "{body}");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_principal_that_symbolon_never_sends_is_401() {
    let app = App::odin().await.header("X-Symbolon-Principal", "root");
    assert_eq!(app.get("/api/printers").await.0, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn dashes_are_valid_values() {
    let mut app = App::odin().await.header("X-Symbolon-Principal", "anonymous");
    for name in &HEADERS[1..] {
        app = app.header(name, "-");
    }
    assert_eq!(app.get("/api/health").await.0, StatusCode::OK);
}

#[tokio::test]
async fn unknown_paths_and_methods_are_refused_as_json() {
    let app = App::odin().await;
    for path in ["/", "/api", "/api/v1", "/api/nothing", "/api/v2/printers", "/api/printers/"] {
        let (status, body) = app.get(path).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
        assert!(body["detail"].is_string(), "{path}: {body}");
    }
    for path in ["/api/stats", "/api/v1/stats"] {
        let (status, body) = app.post(path, "{}").await;
        assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED, "{path}");
        assert!(body["detail"].is_string(), "{path}: {body}");
    }
}

#[tokio::test]
async fn a_restart_finds_what_was_there_and_adds_nothing() {
    let app = App::odin().await;
    app.post("/api/jobs", r#"{"model_id": 42}"#).await;
    let (_, before) = app.get("/api/jobs").await;
    assert_eq!(app.odin_again().await.get("/api/jobs").await.1, before);
}

#[tokio::test]
async fn of_two_starts_on_a_new_file_one_fills_it() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("odin.db");
    let (one, two) = tokio::join!(odin::app(&file), odin::app(&file));
    assert!(one.is_ok(), "{one:?}");
    assert!(two.is_ok(), "{two:?}");
}

#[tokio::test]
async fn a_file_that_cannot_be_used_is_named() {
    let app = App::odin().await;
    let foreign = odysseus::app(&app.odin_file()).await.expect_err("another application's file");
    assert!(foreign.to_string().contains("odin.db"), "{foreign}");
    assert_eq!(app.get("/api/printers").await.0, StatusCode::OK, "and is left as it was");

    let nowhere = odin::app(&app.odin_file().join("no.db")).await.expect_err("a folder that is a file");
    assert!(nowhere.to_string().contains("no.db"), "{nowhere}");
}

#[tokio::test]
async fn the_owner_is_the_one_who_acts() {
    let app = App::odin().await;
    app.post("/api/jobs", r#"{"model_id": 42}"#).await;
    let (_, jobs) = app.get("/api/jobs?limit=1").await;
    assert_eq!(pluck(&jobs, "submitted_by"), ["harriet"]);
}
