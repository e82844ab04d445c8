//! The public conformance tests of the protocol (`@modelcontextprotocol/conformance`), by what each of both versions
//! requires. What can pass must; what cannot is named, and why, so that nothing falls out of either list unseen.

use std::process::Command;

use axum::Router;
use axum::routing::get;
use http::StatusCode;
use http::header::CONTENT_TYPE;
use serde_json::json;

use crate::stage::Stage;
use crate::support::{Backend, Place, Server};

const CATALOG: &str = r#"
service = "conformance"
token_prefix = "conf"

[scopes]
"use" = "Call everything"

[[routes]]
scopes = ["use"]
paths = ["GET /text", "GET /image", "GET /audio", "GET /resource", "GET /error"]

[[tools]]
name = "test_simple_text"
description = "Answers with a text."
call = "GET /text"

[[tools]]
name = "test_image_content"
description = "Answers with a picture."
call = "GET /image"

[[tools]]
name = "test_audio_content"
description = "Answers with a sound."
call = "GET /audio"

[[tools]]
name = "test_embedded_resource"
description = "Answers with bytes of another kind."
call = "GET /resource"

[[tools]]
name = "test_multiple_content_types"
description = "Answers with several."
calls.a = { call = "GET /text" }
calls.b = { call = "GET /image" }
calls.c = { call = "GET /resource" }

[[tools]]
name = "test_error_handling"
description = "Fails."
call = "GET /error"
"#;

/// The application behind it. Nobody looks whether the picture is one.
fn application() -> Router {
    let of =
        |kind: &'static str, body: &'static str| get(move || async move { ([(CONTENT_TYPE, kind)], body) });
    let failing = (StatusCode::INTERNAL_SERVER_ERROR, "This tool intentionally returns an error for testing");
    Router::new()
        .route("/text", of("text/plain", "This is a simple text response for testing."))
        .route("/image", of("image/png", "\u{89}PNG"))
        .route("/audio", of("audio/wav", "RIFF"))
        .route("/resource", of("application/octet-stream", "This is an embedded resource content."))
        .route("/error", get(move || async move { failing }))
}

/// Which scenarios of a version pass, and which do not.
fn run(requirements: &str) -> (Vec<String>, Vec<String>) {
    let place = Place::empty();
    let backend = Backend::of(application());
    place.write("conformance.toml", CATALOG);
    place.write(
        "symbolon.toml",
        &format!(
            "listen = \"127.0.0.1:0\"\ncatalogs = [\"conformance.toml\"]\n\
             [services.conformance]\nlisten = \"127.0.0.1:0\"\nupstream = \"http://{}\"\n",
            backend.address
        ),
    );
    let stage = Stage { server: Server::start(place, vec![backend]) };
    let token = stage.made("conformance", &json!({ "name": "t", "scopes": ["use"] }));
    let mut node = Command::new("node");
    node.arg(stage.script("relay.mjs")).arg(stage.server.management().to_string());
    node.args(["/mcp/conformance", &token, requirements]).current_dir(stage.server.place.path());
    let done = node.output().unwrap();
    let printed = String::from_utf8_lossy(&done.stdout).into_owned();
    let (_, summary) = printed.split_once("=== SUMMARY ===").unwrap_or_else(|| {
        panic!("{printed}\n{}\n{}", String::from_utf8_lossy(&done.stderr), stage.server.log())
    });
    let (scored, _) = summary.split_once("Total:").unwrap();
    let of = |mark: &str| {
        let lines = scored.lines().filter_map(|line| line.strip_prefix(mark)?.trim().split_once(':'));
        let mut names: Vec<_> = lines.map(|(name, _)| name.to_owned()).collect();
        names.sort();
        names
    };
    (of("✓"), of("✗"))
}

/// Scenarios that no catalog can pass: a tool is a request to an application, and what these ask for is none.
const NOT_OURS: &[(&str, &str)] = &[
    ("caching", "asks for prompts and resources too"),
    ("completion-complete", "completes arguments of prompts and resources"),
    ("elicitation-", "asks the client's user in the middle of a call"),
    ("input-required-", "asks the client's user or model in the middle of a call"),
    ("logging-", "sends log lines to the client"),
    ("prompts-", "prompts"),
    ("resources-", "resources"),
    ("server-stateless", "has checks of tools that ask the client's model, or log, in the middle of a call"),
    ("tasks-", "an extension: tools that go on after their answer"),
    ("tools-call-elicitation", "asks the client's user in the middle of a call"),
    ("tools-call-sampling", "asks the client's model in the middle of a call"),
    ("tools-call-with-logging", "sends log lines to the client"),
    ("tools-call-with-progress", "an application does not say how far it is"),
    ("json-schema-2020-12", "words of JSON Schema that a catalog may not use; not scored"),
    ("http-custom-header-server-validation", "arguments that a client repeats in headers; not scored"),
];

fn conforms(requirements: &str, least: &[&str]) {
    let (passed, failed) = run(requirements);
    for name in least {
        assert!(passed.iter().any(|own| own == name), "{requirements}: {name} does not pass; {passed:?}");
    }
    for name in &failed {
        let known = NOT_OURS.iter().any(|(start, _)| name.starts_with(start));
        assert!(known, "{requirements}: {name} does not pass, and nobody knows why");
    }
}

#[test]
fn heavy_the_current_version_is_kept_as_its_conformance_tests_have_it() {
    conforms(
        "2026-07-28",
        &[
            "dns-rebinding-protection",
            "http-header-validation",
            "sep-2164-resource-not-found",
            "server-sse-multiple-streams",
            "tools-call-audio",
            "tools-call-embedded-resource",
            "tools-call-error",
            "tools-call-image",
            "tools-call-mixed-content",
            "tools-call-simple-text",
            "tools-list",
        ],
    );
}

#[test]
fn heavy_the_version_before_is_kept_as_its_conformance_tests_have_it() {
    conforms(
        "2025-11-25",
        &[
            "dns-rebinding-protection",
            "ping",
            "server-initialize",
            "tools-call-audio",
            "tools-call-embedded-resource",
            "tools-call-error",
            "tools-call-image",
            "tools-call-mixed-content",
            "tools-call-simple-text",
            "tools-list",
        ],
    );
}
