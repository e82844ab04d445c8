//! What does not pass, and what the client is told.

use serde_json::Value;
use symbolon_core::decision::ServiceRules;
use symbolon_server::OtherCredentials;
use tonic::Code;

use super::call::{asking, header, joined, passed, raw, refused};
use super::messages::{AttributeContext, CheckRequest, CheckResponse, HttpRequest, Request};
use crate::door::Door;
use crate::support::world::World;

/// Status and code of a refusal; asserts that it is whole.
fn told(answer: CheckResponse) -> (i32, String) {
    let denied = refused(answer);
    let status = denied.status.as_ref().unwrap().code;
    let problem: Value = serde_json::from_str(&denied.body).unwrap();
    assert_eq!(problem["status"], status);
    let told = |name: &str| header(&denied.headers, name);
    assert_eq!(told("content-type").as_deref(), Some("application/problem+json"));
    assert_eq!(told("cache-control").as_deref(), Some("no-store"));
    assert_eq!(told("x-symbolon-request-id"), problem["request_id"].as_str().map(str::to_owned));
    let code = told("x-symbolon-error").unwrap();
    assert_eq!(problem["code"], code);
    let challenged = status == 401 || code == "insufficient_scope";
    assert_eq!(told("www-authenticate").is_some(), challenged, "{denied:?}");
    (status, code)
}

#[tokio::test]
async fn refusals_are_as_in_the_table() {
    let world = World::new().await;
    let ann = world.user("ann", "operator").await;
    let vic = world.user("vic", "viewer").await;
    let secret = world.token(&ann, &["read:things"]).await;
    let reader = format!("Bearer {secret}");
    let weak = format!("Bearer {}", world.token(&vic, &["write:things"]).await);
    let door = Door::of(&world).await;
    let bearer = |value| ("Authorization", value);
    for (line, headers, status, code) in [
        ("GET /api/things", &[][..], 401, "credential_required"),
        ("GET /api/things", &[bearer("Bearer shop_x")], 401, "invalid_token"),
        ("POST /api/things", &[bearer(&reader)], 403, "insufficient_scope"),
        ("POST /api/things", &[bearer(&weak)], 403, "insufficient_role"),
        ("GET /api/settings", &[bearer(&reader)], 403, "human_only"),
        ("GET /api/nothing", &[bearer(&reader)], 404, "no_route"),
        ("get /api/things", &[bearer(&reader)], 405, "method_not_allowed"),
        ("GET //api/things", &[bearer(&reader)], 400, "invalid_request"),
        ("GET /api/%2e%2e/things", &[bearer(&reader)], 400, "invalid_request"),
        ("OPTIONS *", &[bearer(&reader)], 400, "invalid_request"),
        ("GET /api/things?_method=PUT", &[bearer(&reader)], 400, "invalid_request"),
        ("GET /api/things", &[bearer(&reader), ("X-Http_Method", "PUT")], 400, "invalid_request"),
        ("GET /api/things", &[bearer(&reader), ("X-API-Key", &secret)], 400, "invalid_request"),
        // Joined, as Envoy shows what came more than once.
        ("GET /api/things", &[bearer(&reader), bearer(&reader)], 400, "invalid_request"),
        ("GET /api/things", &[bearer("Basic dTpw"), bearer(&reader)], 400, "invalid_request"),
        ("GET /api/things", &[("X-API-Key", &secret), ("X-API-Key", &secret)], 400, "invalid_request"),
        // Another family's headers are not asked.
        ("POST /api/things", &[bearer(&reader), ("X-Forwarded-Method", "GET")], 403, "insufficient_scope"),
        ("GET /api/settings", &[bearer(&reader), ("X-Original-URI", "/api/things")], 403, "human_only"),
    ] {
        let answer = door.check(joined(line, headers)).await;
        assert_eq!(told(answer), (status, code.to_owned()), "{line} {headers:?}");
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_bytes())).collect();
        assert_eq!(told(door.check(raw(line, &headers)).await), (status, code.to_owned()), "raw: {line}");
    }
}

#[tokio::test]
async fn what_is_not_shown_is_refused_and_never_guessed() {
    let world = World::new().await;
    let door = Door::by(&world, &["127.0.0.1"], OtherCredentials::Passthrough).await;
    let of = |change: fn(&mut HttpRequest)| {
        let shown = joined("GET /api/health", &[]).attributes.unwrap().request.unwrap();
        let mut http = shown.http.unwrap();
        change(&mut http);
        asking(http)
    };
    let with = |request| CheckRequest { attributes: Some(AttributeContext { source: None, request }) };
    passed(door.check(of(|_| ())).await);
    for (question, what) in [
        (CheckRequest::default(), "no attributes"),
        (with(None), "no request"),
        (with(Some(Request { http: None })), "no HTTP request"),
        (of(|http| http.method.clear()), "no method"),
        (of(|http| "GET /".clone_into(&mut http.method)), "a method that is none"),
        (of(|http| http.path.clear()), "no path"),
        (of(|http| "/a!".clone_into(&mut http.path)), "a path that may be another"),
        (of(|http| http.headers.extend([("a b".to_owned(), String::new())])), "a header that is none"),
        (of(|http| http.headers.extend([("a".to_owned(), "\n".to_owned())])), "a value that is none"),
        (raw("GET /api/health", &[(":path", b"/api/settings")]), "two paths"),
        (raw("GET ", &[]), "an empty path"),
    ] {
        assert_eq!(told(door.check(question).await), (400, "invalid_request".to_owned()), "{what}");
    }
    let mut strange = of(|_| ());
    let source = strange.attributes.as_mut().unwrap().source.as_mut().unwrap();
    "unknown".clone_into(&mut source.address.as_mut().unwrap().socket_address.as_mut().unwrap().address);
    assert_eq!(told(door.check(strange).await).0, 400, "an address that is none");
}

#[tokio::test]
async fn the_service_is_named_once_by_the_metadata() {
    let world = World::new().await;
    let ann = world.user("ann", "operator").await;
    let bearer = format!("Bearer {}", world.token(&ann, &["read:things"]).await);
    let door = Door::of(&world).await;
    // A client that says so itself says it in the question.
    let question =
        || joined("GET /api/things", &[("Authorization", &bearer), ("X-Symbolon-Service", "shop")]);
    passed(door.call(&["shop"], question()).await.unwrap());
    for (services, status) in [(&[][..], 400), (&["shop", "shop"], 400), (&["shap"], 404), (&["Shop"], 404)] {
        assert_eq!(told(door.call(services, question()).await.unwrap()).0, status, "{services:?}");
    }
    assert_eq!(told(door.call(&["bank"], question()).await.unwrap()).0, 404);
}

#[tokio::test]
async fn a_stranger_may_not_ask() {
    let world = World::new().await;
    let door = Door::by(&world, &["10.0.0.0/8"], OtherCredentials::Passthrough).await;
    let status = door.call(&["shop"], joined("GET /api/health", &[])).await.unwrap_err();
    assert_eq!(status.code(), Code::PermissionDenied);
}

#[tokio::test]
async fn an_outage_is_neither_a_refusal_nor_a_pass() {
    let world = World::unloaded(ServiceRules::default()).await;
    let door = Door::of(&world).await;
    for line in ["GET /api/health", "GET /api/things", "GET /api/nothing"] {
        assert_eq!(told(door.check_as("shop_x", line).await), (503, "unavailable".to_owned()), "{line}");
    }
}

#[tokio::test]
async fn a_revoked_token_is_refused_at_the_next_question() {
    let world = World::new().await;
    let ann = world.user("ann", "operator").await;
    let (secret, token) = world.token_of("shop", &ann, &["read:things"]).await;
    let door = Door::of(&world).await;
    passed(door.check_as(&secret, "GET /api/things").await);
    world.revoke(token).await;
    assert_eq!(told(door.check_as(&secret, "GET /api/things").await), (401, "invalid_token".to_owned()));
}
